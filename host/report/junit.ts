/**
 * A campaign as JUnit XML, for the test pages of CI systems: one test case per oracle, and one for
 * whether everything was tried.
 */
import { CLOSED_GRAPH_ORACLES } from "../../emulator/explore/oracle.ts";
import { canarySentence } from "../campaign/canary-report.ts";
import { verdictOf } from "../campaign/report.ts";
import type { CampaignView } from "./campaign-view.ts";
import { things } from "./quantity.ts";

/** What became of one test case. */
type Verdict =
  | { readonly kind: "passed" }
  | { readonly kind: "skipped"; readonly why: string }
  | { readonly kind: "failed"; readonly oracle: string; readonly message: string; readonly text: string };

/** Writes it. */
export function junitXml(view: CampaignView): string {
  const { result } = view;
  const { scenario, exploration, seconds, canaries } = result;
  const cases = [
    ...result.oracles.map((oracle) => ({
      name: `${oracle.id}: ${oracle.sentence}`,
      verdict: verdictOfOracle(view, oracle.id),
    })),
    { name: "closed: Every sequence of cuts was tried.", verdict: closedVerdict(view) },
  ];
  const className = `brownout.${scenario.profile}.${scenario.name}`;
  const failures = cases.filter(({ verdict }) => verdict.kind === "failed").length;
  const skipped = cases.filter(({ verdict }) => verdict.kind === "skipped").length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds.toFixed(3)}"`;
  const properties: readonly (readonly [string, string])[] = [
    ["bootloaderDigest", scenario.bootloaderDigest],
    ["inputsDigest", scenario.inputsDigest],
    ["closed", exploration.closed ? "yes" : "no"],
    ["states", String(exploration.states)],
    ["transitions", String(exploration.transitions)],
    ["tornBudget", String(exploration.tornBudget)],
    ["tearClasses", exploration.tearClasses.join(" ")],
    ["graphDigest", exploration.graphDigest],
    ...(canaries === undefined ? [] : [["canaries", canarySentence(canaries)] as const]),
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="brownout campaign" ${counts}>`,
    `  <testsuite name="${xml(`${scenario.profile}/${scenario.name}`)}" ${counts}>`,
    "    <properties>",
    ...properties.map(([name, value]) => `      <property name="${name}" value="${xml(value)}"/>`),
    "    </properties>",
    ...cases.flatMap(({ name, verdict }) => [
      `    <testcase classname="${xml(className)}" name="${xml(name)}"${verdict.kind === "passed" ? "/>" : ">"}`,
      ...inside(verdict),
    ]),
    `    <system-out>${xml(verdictOf(result).sentence)}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** Text as XML 1.0 takes it, in content and in attributes; characters that it forbids become U+FFFD. */
export function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&apos;");
}

function inside(verdict: Verdict): string[] {
  switch (verdict.kind) {
    case "passed":
      return [];
    case "skipped":
      return [`      <skipped message="${xml(verdict.why)}"/>`, "    </testcase>"];
    case "failed":
      return [
        `      <failure type="${xml(verdict.oracle)}" message="${xml(verdict.message)}">${xml(verdict.text)}</failure>`,
        "    </testcase>",
      ];
  }
}

function verdictOfOracle({ result, stories }: CampaignView, oracle: string): Verdict {
  const { exploration } = result;
  const found = exploration.findingCounts[oracle] ?? 0;
  const told = stories.filter((story) => story.oracle === oracle);
  const [first] = told;
  if (first !== undefined) {
    const text = told.map(({ sentence, replay, end, lastCut, steps }) =>
      [
        `${sentence}${end === undefined ? "" : ` (${end})`}`,
        replay,
        ...steps.flatMap(({ number, cutSentence, cutPlace }) =>
          cutSentence === undefined
            ? []
            : [`power-on ${number}: ${cutSentence}${cutPlace === undefined ? "" : ` In ${cutPlace}.`}`],
        ),
        ...(lastCut?.source === undefined ? [] : [`at ${lastCut.source.file}:${lastCut.source.line}`]),
      ].join("\n"),
    );
    const head = `${things(found, "finding")}. ${first.sentence} ${first.caseId}`;
    return { kind: "failed", oracle, message: head, text: text.join("\n\n") };
  }
  if (!exploration.closed && CLOSED_GRAPH_ORACLES.some((id) => id === oracle)) {
    return { kind: "skipped", why: "Shows only once every state was tried." };
  }
  return { kind: "passed" };
}

function closedVerdict({ result }: CampaignView): Verdict {
  const { exploration, findings } = result;
  if (exploration.closed) return { kind: "passed" };
  const { sentence } = verdictOf(result);
  if (findings.length > 0) return { kind: "skipped", why: sentence };
  return { kind: "failed", oracle: "closed", message: "Not everything could be tried.", text: sentence };
}
