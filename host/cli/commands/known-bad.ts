/**
 * Runs the corpus of known-bad variants: our bootloader or firmware, patched so that each has the
 * mechanism of a bug that was published for another bootloader. Each has to be found, and what is right
 * has to pass where the variant is found: our own modules, and the variant repaired by the idea of the
 * published fix, if it has such a twin. docs/known-bad.md tells what happened, variant by variant.
 *
 * For each it prints the shortest plan of cuts to which the variant's oracle objects. Several names run
 * several variants, none runs them all. `--story` replays the plan and tells it, power-on by power-on.
 *
 * ```console
 * $ brownout known-bad copy-made-again
 * copy-made-again
 *   the only good copy is erased to be made again (wolfSSL/wolfBoot#406, wolfSSL/wolfBoot#407)
 *   update on class1, clean cuts
 *   FOUND by alive, 1 cut, 1,349 boots in 0.4 s
 *     The bootloader found nothing to boot and called for help.
 * ...
 * ```
 */
import { z } from "zod";
import { parseCaseId } from "../../../emulator/explore/case-id.ts";
import { replayCase } from "../../campaign/replay.ts";
import { replayText } from "../../campaign/replay-text.ts";
import { isRight, KnownBadRun, type VariantResult } from "../../known-bad/run.ts";
import { scenarioOf } from "../../known-bad/scenario.ts";
import { listLines, resultJson, resultLines, summaryText, variantJson } from "../../known-bad/text.ts";
import { chooseVariants, type Variant } from "../../known-bad/variant.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { ProgressLine, type Io } from "../io.ts";

const Options = z.object({
  list: z.boolean().optional(),
  story: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout known-bad`. */
export const knownBad: CliCommand = {
  words: "known-bad",
  summary: "find the bootloaders that have a published bug",
  examples: ["known-bad", "known-bad --list", "known-bad revert-magic-torn copy-made-again --story"],
  findings: "a variant is not found, or something that is right does not pass",
  declare: (command) => {
    command
      .argument("[name...]", "variants; all of them unless named")
      .option("--list", "name them, with the published bugs, and run nothing")
      .option("--story", "replay each plan, and tell it");
  },
  run: ({ io, operands, options }) => {
    const { list, story, json } = Options.parse(options);
    const variants = chooseVariants(operands);
    if (list === true) {
      if (json === true) writeJson(io, variants.map(variantJson));
      else writeLines(io, listLines(variants));
      return ExitCode.Pass;
    }
    const start = performance.now();
    const results = runAll(io, variants, (result) => {
      if (json === true) return;
      writeLines(io, [...resultLines(result), ""]);
      if (story === true) tellStory(io, result);
    });
    if (json === true) writeJson(io, results.map(resultJson));
    else writeLines(io, [summaryText(results, (performance.now() - start) / 1000)]);
    const isGood = results.every((result) => result.found !== undefined && isRight(result));
    return isGood ? ExitCode.Pass : ExitCode.Findings;
  },
};

function runAll(
  io: Io,
  variants: readonly Variant[],
  onResult: (result: VariantResult) => void,
): VariantResult[] {
  const run = new KnownBadRun();
  const progress = new ProgressLine(io);
  return variants.map((variant, index) => {
    progress.show(`${index + 1} of ${variants.length}: ${variant.name}`);
    const result = run.run(variant);
    progress.clear();
    onResult(result);
    return result;
  });
}

function tellStory(io: Io, { variant, found }: VariantResult): void {
  if (found === undefined) return;
  const replay = replayCase(scenarioOf(variant.trial, variant), parseCaseId(found.caseId));
  io.out.write(`${replayText(replay)}\n`);
}
