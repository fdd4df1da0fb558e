/**
 * Writes docs/conformance.md: what of the SUIT drafts the bootloader does, where, and which test shows it.
 *
 * Whether a build supports a row comes from the label tables, which a test holds against the device. The page
 * cannot be made if a supported row has no source or test, or if a named file or test does not exist.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import {
  COMMANDS,
  COMMON_MEMBERS,
  DOCUMENTS,
  ENVELOPE_MEMBERS,
  isSupported,
  MANIFEST_MEMBERS,
  PARAMETERS,
  type Label,
} from "../manifest/labels.ts";
import { projectRoot } from "../project.ts";
import { DECISIONS, type Decision } from "./conformance-decision.ts";
import {
  ABSENT,
  BEHAVIOURS,
  COMMAND_EVIDENCE,
  MEMBER_EVIDENCE,
  PARAMETER_EVIDENCE,
  REFUSAL_EVIDENCE,
  ROW_REASONS,
  ROW_REFUSALS,
  type Evidence,
  type TestReference,
} from "./conformance-table.ts";
import { MANAGED } from "./variant.ts";
import { table } from "./markdown-table.ts";

/** The page as the file has it, formatted by prettier like every other file. */
export function conformancePage(): Promise<string> {
  const members = [
    ...ENVELOPE_MEMBERS.filter(({ label }) => label < 4),
    ...MANIFEST_MEMBERS,
    ...COMMON_MEMBERS,
  ];
  const rows = [...members, ...COMMANDS, ...PARAMETERS];
  const usual = rows.filter(({ supported }) => supported).length;
  const managed = rows.filter(({ support }) => isSupported(support, MANAGED)).length;
  const text = [
    ...HEAD,
    `${Object.entries(DOCUMENTS)
      .map(([letter, name]) => `${letter} is ${name}`)
      .join(", ")}. Of ${rows.length} members, commands and parameters, ${usual} are processed by the default build, ${managed} by \`bootloader-managed\`.`,
    "",
    "## Members",
    "",
    labelTable(members, MEMBER_EVIDENCE, REFUSAL_EVIDENCE.member),
    "",
    "## Commands",
    "",
    labelTable(COMMANDS, COMMAND_EVIDENCE, REFUSAL_EVIDENCE.command),
    "",
    "## Parameters",
    "",
    labelTable(PARAMETERS, PARAMETER_EVIDENCE, REFUSAL_EVIDENCE.parameter),
    "",
    "## Processing",
    "",
    table(
      ["section", "what", "source", "test"],
      BEHAVIOURS.map((row) => [row.where, row.what, ...evidenceCells(row)]),
    ),
    "",
    "## What else is not supported",
    "",
    table(
      ["what", "why", "test of the refusal"],
      ABSENT.map(([what, why, test]) => [what, why, testText(test)]),
    ),
    "",
    ...ORDER,
    "## Decisions",
    "",
    "Where the drafts contradict themselves, each other or what is found in the field:",
    "",
    ...DECISIONS.flatMap(decisionLines),
  ].join("\n");
  return format(text, { parser: "markdown", printWidth: 110, proseWrap: "preserve" });
}

/**
 * Checks that a test exists.
 *
 * @returns the reference
 * @throws Error for a file that is not there, or has no such string
 */
export function existingTest(reference: TestReference): TestReference {
  const { file, name } = reference;
  const absolute = path.join(projectRoot, "test", file);
  if (!existsSync(absolute)) throw new Error(`conformance: test/${file} does not exist`);
  if (readFileSync(absolute, "utf8").includes(JSON.stringify(name))) return reference;
  throw new Error(`conformance: test/${file} has no test ${JSON.stringify(name)}`);
}

function labelTable(
  rows: readonly Label[],
  evidence: Readonly<Record<string, Evidence>>,
  refusal: TestReference,
): string {
  return table(
    ["section", "name", "number", "on the device", "source", "test"],
    rows.map((row) => {
      const { document, section, name, label } = row;
      const head = [`${document} §${section}`, `\`${name}\``, String(label)];
      const refusedBy = testText(ROW_REFUSALS[name] ?? refusal);
      if (!isSupported(row.support, MANAGED)) return [...head, `refused: ${reasonOf(row)}`, "", refusedBy];
      const found = evidence[name];
      if (found === undefined) throw new Error(`conformance: ${name} is supported, and nothing shows it`);
      const [source = "", test = ""] = evidenceCells(found);
      if (row.supported) return [...head, "processed", source, test];
      return [...head, "processed by `bootloader-managed`", source, `${test}; the default: ${refusedBy}`];
    }),
  );
}

function reasonOf({ name }: Label): string {
  const reason = ROW_REASONS[name];
  if (reason === undefined) throw new Error(`conformance: nothing says why ${name} is refused`);
  return reason;
}

function evidenceCells({ source, test }: Evidence): string[] {
  if (!existsSync(path.join(projectRoot, "assembly", source))) {
    throw new Error(`conformance: assembly/${source} does not exist`);
  }
  return [`[${source}](../assembly/${source})`, testText(test)];
}

function testText(reference: TestReference): string {
  const { file, name } = existingTest(reference);
  return `[${path.basename(file, ".test.ts")}](../test/${file}): ${name}`;
}

function decisionLines({ where, question, decision, tests }: Decision): string[] {
  return [
    `### ${where}`,
    "",
    `_${question}_`,
    "",
    decision,
    "",
    ...tests.map((test) => `- ${testText(test)}`),
    "",
  ];
}

const HEAD = [
  "# Conformance",
  "",
  "<!-- Generated by `npm run docs` (host/build/conformance-page.ts). -->",
  "",
  "What of the SUIT drafts the bootloader processes, where in its source, and which test shows it. What the default",
  "build leaves out `bootloader-managed` processes, which has [every extension](suit.md#builds); component-metadata no build",
  "processes. What a build does not process it refuses by name before it does anything. The author's tools read and write all of it",
  "([manifest.md](manifest.md)). `npx tsx benchmarks/agreement.ts` compares the bootloader with the host's own",
  "reading of the same bytes; a test does so with 100,000 envelopes, and with 20,000 for each other build of",
  "extensions (`--build managed`, `base`, `unordered`, `encrypted`).",
  "",
];

const ORDER = [
  "## The first broken rule",
  "",
  "An envelope is refused for the first rule that it breaks on this way; device and host, which share no code,",
  "go the same way:",
  "",
  "1. The envelope from its first byte to its last: tag, map, keys, members as byte strings; nothing behind it;",
  "   then whether members 2 and 3 are there.",
  "2. The authentication wrapper: digest, then how many blocks, then each block as a byte string, then the",
  "   signature of each. If none verifies, what is wrong with the first is the reason.",
  "3. The digest of the manifest.",
  "4. The manifest as a map of CBOR, and keys of old drafts in it; then member by member, a severed one with its",
  "   digest; then what is missing, and what the envelope has and the manifest does not mention.",
  "5. The common map from its first byte to its last; whether a dependency's index can be selected is asked before",
  "   its end.",
  "6. The sequences: shared, dependency-resolution, payload-fetch, candidate-verification, install, validate, load,",
  "   invoke, uninstall. Each one first as an array that fills its bytes, then command by command, nested ones",
  "   where they stand. Those of a dependency follow when it is processed, on a device only.",
  "7. Where the components of the device are known (`manifest verify --device`): whether it has those of the",
  "   manifest, and whether those who signed may touch them; then the same of an integrated dependency, with its",
  "   own signers. A device that installs the manifest asks this of the root before it looks at the sequences.",
  "",
];
