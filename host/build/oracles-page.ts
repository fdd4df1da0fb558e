/**
 * Writes docs/oracles.md: every oracle with its sentence, its canary and the shortest counterexample,
 * as the canaries of this build have them.
 */
import { formatCuts } from "../../emulator/cut.ts";
import { format } from "prettier";
import { CLOSED_GRAPH_ORACLES, ORACLES, type OracleId } from "../../emulator/explore/oracle.ts";
import { tryCanaries } from "../campaign/canary.ts";
import type { CanaryOutcome } from "../campaign/canary-report.ts";
import { canaryScenario } from "../campaign/canary-scenario.ts";
import { readCaseId, replayCase } from "../campaign/replay.ts";
import { things } from "../report/quantity.ts";

/** What each oracle looks at, and what its name stands for. */
const ABOUT: Readonly<Record<Exclude<OracleId, "arrives">, string>> = {
  authentic:
    "Every hand-over: the bytes that are booted are compared with the images that the scenario allows, whatever the bootloader thinks of them. Authenticity of what is jumped to.",
  floor:
    "Every hand-over, on every path, recovery included: the image's sequence number against the counter as it is when the power-on ends. Anti-rollback.",
  alive:
    "Every power-on: the bootloader may not wait or call for help. And the closed graph: each state has one uncut successor, and the walk from it must come to a power-on that ends with an image that runs and waits. Liveness.",
  sound:
    "How every power-on ends: no fault, no watchdog reset of the bootloader, no image that is no module, no return from reset. The only image that may hang is one that the scenario says hangs.",
  rules:
    "Every flash operation, torn or not: alignment, write counts, bits that only an erase can move, write protection, and the part of flash that the running stage may write.",
  durable:
    "Every boot and every state behind a state in which the update was confirmed. The way to a state counts here, so states carry it along.",
  accepted:
    "Every step in the journal that refuses an update or gives it up, or confirms one that was not to stay.",
  counted: "The counter of every state against the image in the slot that the journal calls active.",
  "last-known-good":
    "Every state, whatever the way to it: the slot that the journal calls active holds one of the images byte for byte, and in front of it the envelope that authenticates it. Until the new image is confirmed, that is the old one. Without a valid record, any slot will do. A bootloader that moves images between slots has other invariants, so this is asked only where the journal is ours.",
  confidential:
    "The whole flash of every state, torn ones included: sixteen bytes in a row of something that the scenario declares secret, anywhere but where it may lie. Asked only where something is declared.",
  truthful:
    "Every line of the log that claims a boot, a trial boot, a refusal, a reversion, a raised counter, a confirmation or an image sent to the radio, against the hand-over, the journal, the counter and what the radio runs. What is not said is not judged. Power-ons that a cut ends are not judged either: their log is lost with them.",
  idempotent:
    "The closed graph: the walk along uncut successors must end in a state that is its own successor, boot(s) = s, and not go round in a circle.",
  quiet: "The closed graph: in a state at rest, the boot may do no operation at all, not even one that changes nothing.",
  wear:
    "The closed graph: the erases of each page, summed along the way from each state to rest with no further cut. Cuts that are repeated for ever wear flash for ever, so this is what can be bounded: the cost of finishing, from every state that any cuts can lead to. The report names the worst page and state; the bound is the scenario's.",
  "radio-alive":
    "Every state of a device with a radio, whatever the way to it: of the radio's two sub-slots at least one has a whole header and the image that it states. Asked where the scenario says what the radio is to run.",
  "radio-follows":
    "Every step that changes what the radio runs: it may be what the confirmed manifest states, or still the old one, and never what comes with an update that is on trial. And the closed graph: at rest the radio runs what the manifest of the running image states. Asked where the scenario says so.",
};

/** The page as the file has it, formatted by prettier like every other file. */
export function oraclesPage(): Promise<string> {
  const { outcomes } = tryCanaries();
  const sections = ORACLES.flatMap(({ id, sentence }) => {
    const about = id === "arrives" ? "" : ABOUT[id];
    const outcome = outcomes.find(({ canary }) => canary.oracle === id);
    return [`## ${id}`, "", `> ${sentence}`, "", `_Looks at:_ ${about}`, "", ...canaryLines(outcome)];
  });
  return format([...HEAD, ...sections, ...TAIL].join("\n"), { parser: "markdown", printWidth: 110, proseWrap: "preserve" });
}

function canaryLines(outcome: CanaryOutcome | undefined): string[] {
  if (outcome?.finding === undefined) return [];
  const { canary, finding } = outcome;
  return [
    `_Canary:_ [${canary.name}](../assembly/canary/${canary.name}.json), ${canary.title}. ${canary.story}`,
    "",
    `_Shortest counterexample_ (\`${canary.profile}\`, ${canary.situation}): ${planText(canary.name, finding)}.`,
    "",
    "```",
    withoutPlace(finding.sentence),
    "```",
    "",
  ];
}

/** How many cuts a plan has: where a power-on has ended by itself by then, the cut after it is none. */
function planText(name: string, { caseId, cuts }: NonNullable<CanaryOutcome["finding"]>): string {
  if (cuts.length === 0) return "no cut, at the first power-on";
  const { powerOns } = replayCase(canaryScenario(name), readCaseId(caseId));
  const real = powerOns.filter(({ fate }) => fate === "cut").length;
  return `${real === 0 ? "no cut" : things(real, "cut")}, the plan \`${formatCuts(cuts)}\``;
}

/** The place of a fault in the code and the size of an image change with every build and say nothing here. */
function withoutPlace(sentence: string): string {
  return sentence.replace(/ in function\[\d+\] at byte \d+/, "").replace(/^The \d+ bytes at/, "The bytes at");
}

const HEAD = [
  "# Oracles",
  "",
  "<!-- Generated by `npm run docs` (host/build/oracles-page.ts). -->",
  "",
  "An oracle is one rule that must hold in every power-on, in every step or in the closed graph of a campaign,",
  "and it knows nothing of how a bootloader works. [fault-model.md](fault-model.md) says how the states are",
  "explored; this page says what is demanded of them.",
  "",
  "Each oracle has a _canary_: our bootloader or firmware with a patch that breaks exactly that rule.",
  "`brownout campaign` lets all of them out before it begins, on small updates that are in the slot already,",
  "and is not begun if one is missed: a campaign that cannot find what is known to be wrong proves nothing.",
  "`--no-canaries` leaves that out, and the report says so. A canary is caught if the first finding, which has",
  "the fewest cuts that any has, is one of its own oracle; a test asks as well that no other oracle objects",
  "before the search ends, and that the replay shows the same.",
  "",
  "```sh",
  "brownout campaign --scenario canary-journal-erased-first --no-canaries",
  "```",
  "",
  "shows one of them: each is a scenario of its own, `canary-NAME`, and so a case id of one can be replayed.",
  "A plan has one cut per power-on, `6a` after operation 6, `0t3` during operation 0; where an operation is the",
  "last one of its power-on, the cut after it is none. An exploration that is not closed leaves the following",
  `open, wholly or in part: ${CLOSED_GRAPH_ORACLES.map((id) => `\`${id}\``).join(", ")}.`,
  "",
];

const TAIL = [
  "## arrives",
  "",
  "Not one of those that are asked by default: _from every state, uninterrupted power ends with the new image_.",
  "For bootloaders that promise that no cut loses an update. Ours promises less: it gives an update up whose three",
  "trial boots were all cut, so it would be the canary of this one.",
  "",
  "## Declaring a secret, stating a limit",
  "",
  "In a scenario.json (see [bring-your-own.md](bring-your-own.md)):",
  "",
  "```json",
  "{",
  '  "secrets": [{ "name": "the key", "file": "key.bin", "mayLieIn": [{ "at": "state", "offset": "0xc00" }] }],',
  '  "limits": { "erasesPerPage": 2 }',
  "}",
  "```",
  "",
  "A secret is given as `hex`, as a `file` or as one of the images; with an empty `mayLieIn` it may lie nowhere in",
  "flash, as a decrypted image may not. What lies in RAM is not looked at: it does not survive a power cut.",
  "",
];
