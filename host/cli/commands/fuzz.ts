/**
 * Gives the bootloader hostile input, a million times if need be: envelopes that follow the grammar of
 * SUIT where it hurts most, signed again by the trusted author; images that do harm; a link that alters,
 * repeats and loses. What reaches new code is kept and mutated further.
 *
 * A finding is a fault, a hang, a broken rule, something accepted or booted that nobody entitled has
 * signed, or a device that does not come back. Its input is shrunk; with `--out` it is written to a file,
 * and `--replay` tells what happens with it, power-on by power-on. `--corpus` keeps the inputs that
 * together reach all that was reached, and goes on from there the next time. docs/hostile-input.md says
 * how it is done and what is not covered.
 *
 * ```console
 * $ brownout fuzz --target envelope --runs 20000 --workers 1
 * Target envelope: 20000 executions in 8.0 s with seed 1
 * ...
 * ```
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { capabilityOfModule } from "../../device/module-capability.ts";
import { ownModule } from "../../device/wasm-file.ts";
import { readCorpus, targetOfFile, writeCorpus, writeFinding } from "../../fuzz/corpus-folder.ts";
import { replayInput } from "../../fuzz/replay.ts";
import { fuzzReportJson, fuzzReportLines, type ReportedFinding } from "../../fuzz/report.ts";
import { runFuzz } from "../../fuzz/run.ts";
import { makeTarget, type FuzzRecipe } from "../../fuzz/session.ts";
import { TARGET_NAMES, type TargetName } from "../../fuzz/target.ts";
import { wasmDirectory } from "../../project.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readModule, resolvePath } from "../file.ts";
import { ProgressLine, type Io } from "../io.ts";

const Options = z.object({
  target: z.enum([...TARGET_NAMES, "all"]).optional(),
  time: z.number().optional(),
  runs: z.number().optional(),
  seed: z.number(),
  workers: z.number(),
  corpus: z.string().optional(),
  out: z.string().optional(),
  coverage: z.boolean().optional(),
  replay: z.string().optional(),
  bootloader: z.string().optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof Options>;

/** How long a target is tested unless told otherwise [s]. */
const SECONDS = 60;

/** `brownout fuzz`. */
export const fuzz: CliCommand = {
  words: "fuzz",
  summary: "give the bootloader hostile envelopes, images and datagrams",
  examples: [
    "fuzz --time 30",
    "fuzz --target envelope --runs 1000000 --corpus corpus --out findings",
    "fuzz --replay findings/hang-0123456789abcdef.envelope",
  ],
  findings: "something was found, or the replayed input still shows it",
  declare: (command) => {
    command
      .addOption(
        new Option("--target <name>", "what is hostile (default: all)").choices([...TARGET_NAMES, "all"]),
      )
      .option("--time <seconds>", `how long for each target (default: ${SECONDS})`, parseCount)
      .option("--runs <number>", "executions for each target", parseCount)
      .option("--seed <number>", "where chance starts", parseCount, 1)
      .option("--workers <number>", "threads", parseCount, 2)
      .option("--corpus <folder>", "go on from these inputs, and keep those that are needed")
      .option("--out <folder>", "write the inputs of findings")
      .option("--coverage", "list the functions of which something was not reached")
      .option("--replay <file>", "run one input and tell what happens")
      .option("--bootloader <wasm>", "a bootloader instead of ours");
  },
  run: ({ io, options: given }) => {
    const options = Options.parse(given);
    return options.replay === undefined ? runAll(io, options) : replay(io, options.replay, options);
  },
};

async function runAll(io: Io, options: Options): Promise<ExitCode> {
  const { target = "all", corpus, out, runs, json, workers } = options;
  const seconds = options.time ?? (runs === undefined ? SECONDS : undefined);
  const progress = new ProgressLine(io);
  const reports: object[] = [];
  let isClean = true;
  for (const name of target === "all" ? TARGET_NAMES : [target]) {
    const folder = corpus === undefined ? undefined : resolvePath(io, corpus);
    const result = await runFuzz({
      recipe: recipeFor(io, name, options),
      workers,
      executions: runs,
      seconds,
      inputs: folder === undefined ? [] : readCorpus(folder, name),
      onProgress: (executions, edges, findings) => {
        progress.show(`${name}: ${executions} executions, ${edges} edges, ${findings} findings`);
      },
    });
    progress.clear();
    if (folder !== undefined) writeCorpus(folder, name, result.corpus);
    const findings: ReportedFinding[] = result.findings.map((finding) => {
      if (out === undefined) return { ...finding, file: undefined };
      const file = writeFinding(resolvePath(io, out), name, finding);
      return { ...finding, file: path.relative(io.directory, file) };
    });
    isClean &&= findings.length === 0;
    if (json === true) reports.push(fuzzReportJson(result, findings));
    else writeLines(io, fuzzReportLines(result, findings, options.coverage === true));
  }
  if (json === true) writeJson(io, { targets: reports });
  return isClean ? ExitCode.Pass : ExitCode.Findings;
}

function replay(io: Io, file: string, options: Options): ExitCode {
  const { target } = options;
  const name = target === undefined || target === "all" ? targetOfFile(file) : target;
  const input = readInput(io, file, "input");
  const { story, trouble, isAccepted } = replayInput(makeTarget(recipeFor(io, name, options)), input);
  if (options.json === true) {
    writeJson(io, { file, target: name, bytes: input.length, isAccepted, story, trouble });
  } else {
    writeLines(io, [
      `${file}: ${input.length} bytes for target ${name}`,
      ...story.map((line) => `  ${line}`),
      trouble === undefined
        ? `Nothing is wrong; the input is ${isAccepted ? "accepted" : "refused"}.`
        : `FINDING ${trouble.kind}: ${trouble.sentence}`,
    ]);
  }
  return trouble === undefined ? ExitCode.Pass : ExitCode.Findings;
}

function recipeFor(io: Io, target: TargetName, { bootloader, seed }: Options): FuzzRecipe {
  const file =
    bootloader === undefined ? path.join(wasmDirectory, "bootloader.wasm") : resolvePath(io, bootloader);
  const symbols = file.replace(/\.wasm$/, ".symbols.wasm");
  const module = readModule(io, bootloader, "bootloader");
  return {
    target,
    bootloader: module,
    capability: capabilityOfModule(module),
    symbols: symbols !== file && existsSync(symbols) ? readInput(io, symbols, "symbols") : undefined,
    images: target === "payload" ? ["firmware-1", "firmware-failing"].map(ownModule) : [],
    seed,
  };
}

function parseCount(text: string): number {
  if (/^[1-9][0-9]{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number above 0.");
}
