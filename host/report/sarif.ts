/**
 * A campaign as SARIF 2.1.0 (OASIS), for code scanning: one rule per oracle, one result per finding,
 * at the function that made the last cut operation, with the power-ons as a code flow.
 */
import { formatCuts } from "../../emulator/cut.ts";
import { canaryJson } from "../campaign/canary-report.ts";
import type { CampaignView } from "./campaign-view.ts";
import { shortName, type CallPath, type SourceLine } from "./call-site.ts";
import type { FindingStory } from "./finding-story.ts";

/** Where the schema of SARIF 2.1.0 is. */
export const SARIF_SCHEMA =
  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** The log as data that JSON can hold. */
export function sarifLog({ result, stories, version }: CampaignView): Record<string, unknown> {
  const { scenario, oracles, findings, canaries } = result;
  return {
    $schema: SARIF_SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Brownout",
            version,
            rules: oracles.map(({ id, sentence }) => ({
              id,
              name: id,
              shortDescription: { text: sentence },
              fullDescription: { text: sentence },
              defaultConfiguration: { level: "error" },
            })),
          },
        },
        automationDetails: { id: `brownout/${scenario.profile}/${scenario.name}/` },
        columnKind: "utf16CodeUnits",
        ...(canaries === undefined ? {} : { properties: { canaries: canaryJson(canaries) } }),
        invocations: [{ executionSuccessful: true, exitCode: findings.length > 0 ? 1 : 0 }],
        results: stories.map((story, index) => ({
          ruleId: story.oracle,
          ruleIndex: oracles.findIndex(({ id }) => id === story.oracle),
          level: "error",
          message: { text: messageOf(story) },
          locations: story.lastCut === undefined ? [] : [locationOf(story.lastCut)],
          codeFlows: codeFlowsOf(story),
          partialFingerprints: { "brownoutCase/v1": story.caseId },
          properties: {
            caseId: story.caseId,
            replay: story.replay,
            cuts: formatCuts(findings[index]?.cuts ?? []),
          },
        })),
      },
    ],
  };
}

function messageOf({ sentence, replay, end }: FindingStory): string {
  return `${sentence}${end === undefined ? "" : ` (${end})`} Replay: ${replay}`;
}

function locationOf({
  path,
  source,
}: {
  readonly path: CallPath;
  readonly source: SourceLine | undefined;
}): Record<string, unknown> {
  return {
    ...(source === undefined
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: encodeURI(source.file), uriBaseId: "%SRCROOT%" },
            region: { startLine: source.line },
          },
        }),
    logicalLocations: path.map(({ module, functionName, offset }) => ({
      name: shortName(functionName),
      fullyQualifiedName: `${module}: ${functionName}+0x${offset.toString(16)}`,
      kind: "function",
    })),
  };
}

/** One step per power-on; a flow has at least one (SARIF 2.1.0 §3.37.6). */
function codeFlowsOf({ steps }: FindingStory): Record<string, unknown>[] {
  if (steps.length === 0) return [];
  const locations = steps.map(({ number, cutSentence, end, journalAfter }) => ({
    location: {
      message: {
        text: `Power-on ${number}: ${cutSentence ?? end}. Journal: ${journalAfter}`.replace("..", "."),
      },
    },
  }));
  return [{ threadFlows: [{ locations }] }];
}
