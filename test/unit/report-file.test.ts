/**
 * Reports of a campaign in the formats of other programs.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { embedJson } from "../../host/report/html.ts";
import { junitXml, xml } from "../../host/report/junit.ts";
import { formatOfFile, reportFile } from "../../host/report/report-file.ts";
import { sarifLog } from "../../host/report/sarif.ts";
import { toyView } from "../report-campaign.ts";

const HOSTILE = `</script><script>document.documentElement.dataset.hacked = "yes"</script> & "<b>' \u0001 \u2028`;
const proved = toyView("data first", HOSTILE);
const broken = toyView("flag first", HOSTILE);

/** Elements of a document with their attributes, in order. Throws unless tags balance and text is escaped. */
function wellFormed(document: string): { name: string; attributes: Record<string, string> }[] {
  const body = document.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  const elements: { name: string; attributes: Record<string, string> }[] = [];
  const open: string[] = [];
  const token = /<(\/?)([a-z-]+)((?: [a-zA-Z]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const match = token.exec(body);
    if (match === null) throw new Error(`Not XML at ${at}: ${body.slice(at, at + 40)}`);
    const [, slash, name = "", attributes = "", empty, text = ""] = match;
    if (/&(?!(amp|lt|gt|quot|apos);)/.test(text + attributes)) throw new Error(`A bare ampersand at ${at}.`);
    if (name === "") continue;
    if (slash === "/") {
      if (open.pop() !== name) throw new Error(`${name} closes nothing at ${at}.`);
      continue;
    }
    const found: Record<string, string> = {};
    for (const [, key = "", value = ""] of attributes.matchAll(/ ([a-zA-Z]+)="([^"]*)"/g)) found[key] = value;
    elements.push({ name, attributes: found });
    if (empty !== "/") open.push(name);
  }
  if (open.length > 0) throw new Error(`${open.join()} stay open.`);
  return elements;
}

describe("JUnit XML", () => {
  it("is well formed and has one test case per oracle, and one for completeness", () => {
    for (const view of [proved, broken]) {
      const elements = wellFormed(junitXml(view));
      const cases = elements.filter(({ name }) => name === "testcase");
      expect(cases.map(({ attributes }) => attributes["name"]?.split(":")[0])).toEqual([
        ...view.result.oracles.map(({ id }) => id),
        "closed",
      ]);
      const suite = elements.find(({ name }) => name === "testsuite")?.attributes;
      expect(suite?.["tests"]).toBe(String(cases.length));
      expect(suite?.["failures"]).toBe(String(elements.filter(({ name }) => name === "failure").length));
    }
  });

  it("fails no case of a proof, and names the case id of a failure", () => {
    expect(wellFormed(junitXml(proved)).filter(({ name }) => name === "failure")).toEqual([]);
    const failures = wellFormed(junitXml(broken)).filter(({ name }) => name === "failure");
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]?.attributes["message"]).toContain(broken.stories[0]?.caseId);
  });

  it("replaces what XML 1.0 has no place for", () => {
    expect(xml(`a\u0000<&>"'\ud800\u{1f600}`)).toBe("a\ufffd&lt;&amp;&gt;&quot;&apos;\ufffd\u{1f600}");
  });
});

/** The parts of SARIF 2.1.0 that we write, with what the standard requires of them. */
const Message = z.strictObject({ text: z.string().min(1) });
const LogicalLocation = z.strictObject({
  name: z.string(),
  fullyQualifiedName: z.string(),
  kind: z.literal("function"),
});
const Location = z.strictObject({
  message: Message.optional(),
  physicalLocation: z
    .strictObject({
      artifactLocation: z.strictObject({ uri: z.string(), uriBaseId: z.literal("%SRCROOT%") }),
      region: z.strictObject({ startLine: z.int().min(1) }),
    })
    .optional(),
  logicalLocations: z.array(LogicalLocation).optional(),
});
const Rule = z.strictObject({
  id: z.string(),
  name: z.string(),
  shortDescription: Message,
  fullDescription: Message,
  defaultConfiguration: z.strictObject({ level: z.literal("error") }),
});
const Result = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.int().min(0),
  level: z.literal("error"),
  message: Message,
  locations: z.array(Location),
  codeFlows: z.array(
    z.strictObject({
      threadFlows: z
        .array(z.strictObject({ locations: z.array(z.strictObject({ location: Location })).min(1) }))
        .min(1),
    }),
  ),
  partialFingerprints: z.record(z.string(), z.string()),
  properties: z.looseObject({ caseId: z.string() }),
});
const Sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z
    .array(
      z.strictObject({
        tool: z.strictObject({
          driver: z.strictObject({ name: z.string(), version: z.string(), rules: z.array(Rule) }),
        }),
        automationDetails: z.strictObject({ id: z.string() }),
        columnKind: z.literal("utf16CodeUnits"),
        invocations: z.array(z.strictObject({ executionSuccessful: z.boolean(), exitCode: z.int() })),
        results: z.array(Result),
      }),
    )
    .length(1),
});

describe("SARIF", () => {
  it("has a rule per oracle and a result per finding, at the call that the last cut hit", () => {
    const [run] = Sarif.parse(JSON.parse(reportFile(broken, "sarif"))).runs;
    expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(broken.result.oracles.map(({ id }) => id));
    expect(run?.results).toHaveLength(broken.result.findings.length);
    for (const { ruleId, ruleIndex, message, properties } of run?.results ?? []) {
      expect(run?.tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      expect(message.text).toContain(properties.caseId);
    }
    const cut = run?.results.find((_result, index) => broken.result.findings[index]?.cuts.length === 1);
    expect(cut?.locations[0]?.logicalLocations?.[0]?.fullyQualifiedName).toMatch(
      /^bootloader: .+\+0x[0-9a-f]+$/,
    );
  });

  it("has no result for a proof", () => {
    expect(Sarif.parse(sarifLog(proved)).runs[0]?.results).toEqual([]);
  });
});

describe("report files", () => {
  it("take their format from their extension, or refuse", () => {
    const files = ["a.xml", "a.sarif", "a.sarif.json", "a.json", "A.HTML"];
    expect(files.map(formatOfFile)).toEqual(["junit", "sarif", "sarif", "json", "html"]);
    expect(() => formatOfFile("a.txt")).toThrow(expect.objectContaining({ code: "report-format" }));
  });

  it("hold verdict, coverage and the fate of each cut as JSON", () => {
    const report: unknown = JSON.parse(reportFile(broken, "json"));
    expect(report).toMatchObject({
      verdict: { kind: "broken" },
      coverage: { watched: broken.coverage.watched },
      cutOutcomes: { strips: [{ operations: 4 }] },
    });
  });

  it("end no script element of the page early, and change no data", () => {
    const text = embedJson({ HOSTILE });
    expect(text).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(text)).toEqual({ HOSTILE });
    const page = reportFile(broken, "html");
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).not.toMatch(/<(link|img|iframe)|src=|@import|url\(/);
  });
});
