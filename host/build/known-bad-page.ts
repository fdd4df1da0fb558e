/**
 * Writes docs/known-bad.md: every known-bad variant, what was published, how it is re-created and found.
 * A test runs the corpus and compares what it finds with what the variants' files state here.
 */
import { format } from "prettier";
import { oracleOf } from "../../emulator/explore/oracle.ts";
import { cutsText, threadAddress, trialText } from "../known-bad/text.ts";
import { cutsIn, readVariants, type Variant } from "../known-bad/variant.ts";

/** The page as the file has it, formatted by prettier like every other file. */
export function knownBadPage(): Promise<string> {
  const variants = readVariants();
  const table = variants.map(
    ({ name, bugs, oracle, plan }) =>
      `| [${name}](#${name}) | ${bugs.map(threadLink).join(", ")} | ${oracle} | ${cutsIn(plan)} |`,
  );
  const sections = variants.flatMap(sectionOf);
  return format([...HEAD, ...table, "", ...sections].join("\n"), {
    parser: "markdown",
    printWidth: 110,
    proseWrap: "preserve",
  });
}

function sectionOf(variant: Variant): string[] {
  const { name, title, bugs, happened, recreated, remedy, modules, repaired, trial, oracle, plan } = variant;
  const twin = repaired === undefined ? "" : ", and so does the repaired twin";
  return [
    `## ${name}`,
    "",
    `_${title.charAt(0).toUpperCase()}${title.slice(1)}._ ${bugs.map(threadLink).join(", ")}`,
    "",
    `**What happened.** ${happened}`,
    "",
    `**How it is re-created.** ${recreated} ([patches](../assembly/known-bad/${name}.json) to ${modules.join(", ")})`,
    "",
    `**How it is found.** By \`${oracle}\`: ${oracleOf(oracle).sentence} Campaign: ${trialText(trial)}.`,
    "",
    `**Shortest plan.** ${plan === "" ? "None is needed: uninterrupted power shows it." : `\`${plan}\`, ${cutsText(plan)}.`}`,
    "",
    `**What makes it right.** ${remedy} Ours passes the same campaign${twin}.`,
    "",
  ];
}

function threadLink(bug: string): string {
  return `[${bug}](${threadAddress(bug)})`;
}

const HEAD = [
  "# Known-bad bootloaders",
  "",
  "A campaign that cannot find what others found too late is worth little. So there is a corpus of",
  "bootloaders that are known to be bad: ours, patched so that each has the _mechanism_ of a bug that was",
  "published for another bootloader, for its library, or for the file system that its state lies in.",
  "`brownout known-bad` finds every one of them, and shows that what is right passes where they are found;",
  "a test does the same.",
  "",
  "None is a copy of the code that had the bug. Most of the bugs are about exchanging two images; our",
  "bootloader exchanges nothing, it runs an image where it lies and keeps a journal. What is re-created is",
  "what went wrong: two steps taken for one, a flag that outlives what it speaks of, a check on one path and",
  "not on the other. What is said of each bug is what its thread says, and no more.",
  "",
  "Each variant is a file in [assembly/known-bad](../assembly/known-bad): patches that are applied while",
  "our sources are compiled (`npm run build:known-bad`), the campaign in which it is found, the oracle that",
  "objects, and the shortest plan of cuts to which that oracle objects. The search begins with no cut at",
  "all and goes on to those with the fewest. A plan has one entry per power-on: a cut as it stands in a",
  "[case id](fault-model.md#a-case-id), or `end` where the power-on ends by itself. `brownout known-bad",
  "NAME --story` tells a plan power-on by power-on.",
  "",
  "**Fixed** means that our own modules pass the same campaign, every plan tried, no oracle objecting.",
  "Where the idea of the published fix differs from ours, there is a **repaired twin** as well: the variant",
  "with that idea applied, and it passes too.",
  "",
  "| variant | published | found by | cuts |",
  "| --- | --- | --- | --- |",
];
