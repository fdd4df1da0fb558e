/**
 * Glitch campaigns as SARIF 2.1.0 (OASIS), for code scanning: one rule per verdict, one result per
 * diagnostic, at the source line of the instruction.
 */
import { SARIF_SCHEMA } from "../report/sarif.ts";
import { describeCut, describePlace, VERDICT_SENTENCES, type GlitchDiagnostic } from "./report.ts";

/** The log as data that JSON can hold. */
export function glitchSarif(
  diagnostics: readonly GlitchDiagnostic[],
  version: string,
): Record<string, unknown> {
  const rules = Object.entries(VERDICT_SENTENCES);
  return {
    $schema: SARIF_SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "Brownout",
            version,
            rules: rules.map(([id, sentence]) => ({
              id: `glitch-${id}`,
              name: id,
              shortDescription: { text: sentence },
              defaultConfiguration: { level: "error" },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        invocations: [{ executionSuccessful: true, exitCode: diagnostics.length > 0 ? 1 : 0 }],
        results: diagnostics.map((diagnostic) => ({
          ruleId: `glitch-${diagnostic.verdict}`,
          ruleIndex: rules.findIndex(([id]) => id === diagnostic.verdict),
          level: "error",
          message: { text: messageOf(diagnostic) },
          locations: [locationOf(diagnostic)],
          partialFingerprints: { "brownoutCase/v1": diagnostic.caseId },
          properties: { caseId: diagnostic.caseId, dynamicIndices: diagnostic.indices },
        })),
      },
    ],
  };
}

function messageOf(diagnostic: GlitchDiagnostic): string {
  const { instruction, effect, why, countermeasure, caseId, cut, after } = diagnostic;
  const [first] = after;
  return [
    `"${instruction}" ${effect}`,
    ...(first === undefined
      ? []
      : [` after "${first.instruction}" ${first.effect} at ${describePlace(first)}`]),
    ...(cut === undefined ? [] : [`, and ${describeCut(cut)}`]),
    `: ${why} ${countermeasure} Replay: brownout glitch --case '${caseId}'`,
  ].join("");
}

function locationOf({ place, functionName, offset }: GlitchDiagnostic): Record<string, unknown> {
  return {
    ...(place === undefined
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: encodeURI(place.file), uriBaseId: "%SRCROOT%" },
            region: { startLine: place.line, startColumn: place.column },
          },
        }),
    logicalLocations: [{ fullyQualifiedName: `${functionName}+0x${offset.toString(16)}`, kind: "function" }],
  };
}
