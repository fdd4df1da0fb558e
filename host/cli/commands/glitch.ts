/**
 * Disturbs a boot that must refuse: every executed instruction, one at a time, is skipped, or its
 * condition is inverted, or a call returns the wrong value, or one bit that it reads is flipped. No
 * image but the allowed one may get control, and the device must still boot afterwards.
 *
 * Before anything counts, the campaign has to find what is wrong with bootloaders that are wrong on
 * purpose. Hash and signature have windows of their own; of the signature, so many instructions are
 * drawn at random. A finding names the source line, what was done, and what would prevent it, and
 * comes with a case id, which `--case` plays again. docs/glitches.md says what each model does.
 *
 * `--order 2` disturbs a second time around the glitches that changed something and did not get
 * through. `--state` makes a long run that may be stopped at any time and goes on where it was.
 *
 * ```console
 * $ brownout glitch --scenario unsigned
 * Control: canary digest-uncompared is found: it boots a tampered image even without a glitch.
 * ...
 * ```
 */
import { availableParallelism } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { profileNamed } from "../../../emulator/index.ts";
import { BOOTLOADER, twinOf } from "../../config/module-twin.ts";
import { GLITCH_MODELS, type GlitchModel } from "../../../emulator/wasm/glitch-model.ts";
import {
  runGlitchCampaignInThreads,
  type GlitchCampaign,
  type GlitchProgress,
} from "../../glitch/campaign.ts";
import { runControl } from "../../glitch/control.ts";
import { PAIR_COUNT, PAIR_REACH } from "../../glitch/pair.ts";
import { ProgressFile } from "../../glitch/progress-file.ts";
import { diagnose, glitchReportJson, glitchReportText } from "../../glitch/report.ts";
import type { GlitchRecipe } from "../../glitch/runner.ts";
import { glitchSarif } from "../../glitch/sarif.ts";
import {
  FULL_IMAGE_KIB,
  REFUSAL_NAMES,
  refusalBootloader,
  refusalNamed,
  refusalOfSize,
} from "../../glitch/scenario.ts";
import { ownTarget, targetOf, type GlitchTarget } from "../../glitch/target.ts";
import { GLITCH_WINDOWS, SIGNATURE_SAMPLE, windowOptions } from "../../glitch/window.ts";
import { GlitchThreads } from "../../glitch/worker-pool.ts";
import { UserError } from "../../user-error.ts";
import { VERSION } from "../version.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readModule, readOptional, replaceOutput, resolvePath } from "../file.ts";
import { replayGlitch } from "../glitch-replay.ts";
import { ProgressLine, type Io } from "../io.ts";
import { profileOption, repeatable } from "../option.ts";
import { planReports, type PlannedReport } from "../report-option.ts";

const Options = z.object({
  scenario: z.string(),
  models: z.array(z.enum(GLITCH_MODELS)),
  window: z.enum(GLITCH_WINDOWS),
  image: z.number().optional(),
  sample: z.number().optional(),
  seed: z.number(),
  order: z.enum(["1", "2"]),
  pairs: z.number(),
  reach: z.number(),
  state: z.string().optional(),
  atMost: z.number().optional(),
  workers: z.number().optional(),
  report: z.array(z.string()).optional(),
  bootloader: z.string().optional(),
  profile: z.string(),
  case: z.string().optional(),
  anyDigest: z.boolean().optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof Options>;

/** `brownout glitch`. */
export const glitch: CliCommand = {
  words: "glitch",
  summary: "disturb every instruction of a boot that must refuse",
  examples: [
    "glitch",
    "glitch --scenario tampered-active --models skip,invert,return,load,local",
    "glitch --scenario unsigned --order 2 --pairs 1000000",
    "glitch --scenario tampered-active --window all --image full --state run.json",
  ],
  findings: "a glitch gets through or bricks the device, or the control failed",
  declare: (command) => {
    command
      .option("--scenario <name>", `what is wrong: all, or one of ${REFUSAL_NAMES.join(", ")}`, "all")
      .addOption(
        new Option("--models <list>", `what is done: ${GLITCH_MODELS.join(", ")}`)
          .argParser(parseModels)
          .default(["skip", "invert"], "skip,invert"),
      )
      .addOption(
        new Option("--window <name>", "which part of the boot").choices(GLITCH_WINDOWS).default("boot"),
      )
      .option(
        "--sample <number>",
        `so many instructions at random (signature: ${SIGNATURE_SAMPLE})`,
        parseCount,
      )
      .option("--seed <number>", "where chance starts", parseCount, 1)
      .option("--image <size>", `KiB of the images, 1 to ${FULL_IMAGE_KIB} or full`, parseImage)
      .addOption(
        new Option("--order <number>", "glitches in one boot: 2 adds pairs around survivors")
          .choices(["1", "2"])
          .default("1"),
      )
      .option(
        "--pairs <number>",
        "about so many pairs per scenario, drawn with the seed",
        parseCount,
        PAIR_COUNT,
      )
      .option(
        "--reach <number>",
        "instructions behind the first difference that are all disturbed; further on, those that decide",
        parseCount,
        PAIR_REACH,
      )
      .option("--state <file>", "write down how far it is, and go on from there")
      .option("--at-most <number>", "stop after about so many glitches; goes with --state", parseCount)
      .option("--workers <number>", "threads (default: one per processor)", parseWorkers)
      .addOption(repeatable("--report <file>", "also write a report: .sarif or .json"))
      .option("--bootloader <wasm>", "a bootloader instead of ours")
      .option("--case <id>", "play one case again")
      .option("--any-digest", "play it although bootloader or inputs are others than the case's")
      .addOption(profileOption());
  },
  run: ({ io, options: given }) => {
    const options = Options.parse(given);
    const own = options.bootloader === undefined ? undefined : readTarget(io, options.bootloader);
    const targetFor = (scenario: string): GlitchTarget => own ?? builtTarget(scenario);
    return options.case === undefined
      ? campaign(io, options, targetFor)
      : replayGlitch(io, options.case, options, targetFor);
  },
};

async function campaign(
  io: Io,
  options: Options,
  targetFor: (scenario: string) => GlitchTarget,
): Promise<ExitCode> {
  const { window, json, seed, state } = options;
  checkTogether(options);
  const reports = planGlitchReports(io, options);
  const run = new GlitchRun(io, options);
  // Mistakes are told before the control takes its time.
  for (const name of scenarioNames(options).slice(0, 1)) {
    refusalNamed(name, profileNamed(options.profile), targetFor(name).bootloader);
  }
  const controls = runControl(profileNamed(options.profile));
  const count = sampleOf(options);
  if (json !== true) {
    for (const { name, isFound, sentence } of controls) {
      const said = isFound === undefined ? "could not be tried" : isFound ? "is found" : "IS NOT FOUND";
      io.out.write(`Control: canary ${name} ${said}: ${sentence}.\n`);
    }
    if (count !== undefined) io.out.write(`A sample: ${count} instructions each, seed ${seed}.\n`);
  }
  const campaigns: { readonly result: GlitchCampaign; readonly target: GlitchTarget }[] = [];
  try {
    for (const name of scenarioNames(options)) {
      if (run.isStopped) break;
      const target = targetFor(name);
      const scenario = refusalNamed(name, profileNamed(options.profile), target.bootloader);
      const result = await run.campaign({
        scenario,
        models: options.models,
        ...windowOptions(window, target),
        ...(count === undefined ? {} : { sample: { count, seed } }),
        ...(options.order === "1" ? {} : { pairs: { count: options.pairs, seed, reach: options.reach } }),
      });
      campaigns.push({ result, target });
      if (json !== true) io.out.write(`\n${glitchReportText(result, target)}`);
    }
  } finally {
    await run.close();
  }
  const data = {
    controls,
    campaigns: campaigns.map(({ result, target }) => glitchReportJson(result, target)),
  };
  if (json === true) writeJson(io, data);
  const diagnostics = campaigns.flatMap(({ result, target }) => diagnose(result, target));
  for (const { file, format } of reports) {
    const content = format === "sarif" ? glitchSarif(diagnostics, VERSION) : data;
    replaceOutput(io, file, `${JSON.stringify(content, undefined, 1)}\n`);
  }
  const isClean = campaigns.every(({ result }) => !result.failsUndisturbed && result.findings.length === 0);
  if (!isClean || controls.some(({ isFound }) => isFound === false)) return ExitCode.Findings;
  if (!run.isStopped) return ExitCode.Pass;
  const goOn = state === undefined ? "" : ` The same command goes on from ${state}.`;
  io.err.write(`Stopped before the end.${goOn}\n`);
  return ExitCode.Interrupted;
}

/** One run of the command: its threads, its progress, and whether it has been stopped. */
class GlitchRun {
  isStopped = false;
  readonly #threads: GlitchThreads;
  readonly #file: ProgressFile | undefined;
  readonly #progress: ProgressLine;
  readonly #atMost: number;
  readonly #io: Io;
  readonly #interrupt = (): void => {
    this.isStopped = true;
  };
  #faultsBefore = 0;
  #written = performance.now();
  #told = performance.now();

  constructor(io: Io, { workers, state, atMost }: Options) {
    this.#threads = new GlitchThreads(workers ?? availableParallelism());
    this.#file = state === undefined ? undefined : new ProgressFile(resolvePath(io, state), state);
    this.#progress = new ProgressLine(io);
    this.#atMost = atMost ?? Infinity;
    this.#io = io;
    if (this.#file !== undefined) process.once("SIGINT", this.#interrupt);
  }

  async campaign(recipe: GlitchRecipe): Promise<GlitchCampaign> {
    const { scenario, ...options } = recipe;
    const file = this.#file;
    const standing = file?.standingOf(recipe);
    const faultsAtStart = standing?.faults ?? 0;
    const start = performance.now();
    let doneAtStart: number | undefined;
    const result = await runGlitchCampaignInThreads(
      scenario,
      {
        ...options,
        onProgress: (progress) => {
          doneAtStart ??= progress.done - 1;
          const faults = progress.faults - faultsAtStart;
          if (this.#faultsBefore + faults >= this.#atMost) this.isStopped = true;
          this.#tell(scenario.name, progress, (performance.now() - start) / (progress.done - doneAtStart));
        },
      },
      {
        threads: this.#threads,
        isStopped: () => this.isStopped,
        ...(standing === undefined ? {} : { standing }),
        onStanding: (current) => {
          if (file === undefined || performance.now() - this.#written < WRITE_MILLIS) return;
          file.write(recipe, current(), false);
          this.#written = performance.now();
        },
      },
    );
    this.#faultsBefore += result.faults - faultsAtStart;
    file?.write(recipe, result, result.disturbed === result.planned);
    this.#progress.clear();
    return result;
  }

  async close(): Promise<void> {
    process.off("SIGINT", this.#interrupt);
    await this.#threads.close();
  }

  #tell(name: string, { faults, done, total, stage }: GlitchProgress, millisPerJob: number): void {
    const left = ((total - done) * millisPerJob) / 1000;
    const text = `${name}: ${faults} ${stage}, ${((100 * done) / total).toFixed(1)} %, ${duration(left)} left`;
    this.#progress.show(text);
    // Whoever lets a long run write into a file wants to see where it is, too.
    if (this.#progress.isShown || this.#file === undefined) return;
    if (performance.now() - this.#told < TELL_MILLIS) return;
    this.#told = performance.now();
    this.#io.err.write(`${text}\n`);
  }
}

/** Between two writes of the state [ms]. */
const WRITE_MILLIS = 5000;
/** Between two lines of progress where nobody watches [ms]. */
const TELL_MILLIS = 60_000;

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 100 * 60) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}

/** Refuses options that do not go together. */
function checkTogether({ order, state, atMost }: Options): void {
  if (order === "2" && state !== undefined) {
    throw new UserError("usage", "--state is about single glitches.", "Leave it out, or --order 2.");
  }
  if (atMost !== undefined && state === undefined) {
    throw new UserError("usage", "--at-most needs a file to go on from.", "Add --state FILE.");
  }
}

function planGlitchReports(io: Io, { report }: Options): PlannedReport[] {
  const reports = planReports(io, { report });
  const other = reports.find(({ format }) => format !== "sarif" && format !== "json");
  if (other === undefined) return reports;
  throw new UserError(
    "report-format",
    `${other.file}: there is no such report of glitches.`,
    "Name it .sarif or .json.",
  );
}

function scenarioNames({ scenario, image }: Options): string[] {
  const names = scenario === "all" ? REFUSAL_NAMES : [scenario];
  return image === undefined ? names : names.map((name) => refusalOfSize(name, image));
}

function sampleOf({ sample, window }: Options): number | undefined {
  return sample ?? (window === "signature" ? SIGNATURE_SAMPLE : undefined);
}

/** A bootloader that somebody brings, with what lies beside it. */
function readTarget(io: Io, file: string): GlitchTarget {
  const module = readModule(io, file, BOOTLOADER);
  const { symbols = module, sourceMap, notes } = twinOf(file, module, (beside) => readOptional(io, beside));
  for (const note of notes) io.err.write(`note: ${note}\n`);
  return targetOf(module, symbols, sourceMap);
}

function builtTarget(scenario: string): GlitchTarget {
  const own = ownTarget(refusalBootloader(scenario));
  if (own !== undefined) return own;
  throw new UserError("not-built", "Our bootloader is not built.", "Run `npm run build` first.");
}

function parseModels(text: string): GlitchModel[] {
  return text.split(",").map((name) => {
    const model = GLITCH_MODELS.find((known) => known === name);
    if (model !== undefined) return model;
    throw new InvalidArgumentError(`There is no model "${name}": there are ${GLITCH_MODELS.join(", ")}.`);
  });
}

function parseCount(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number above 0.");
}

function parseImage(text: string): number {
  if (text === "full") return FULL_IMAGE_KIB;
  if (/^[1-9][0-9]?$/.test(text) && Number(text) <= FULL_IMAGE_KIB) return Number(text);
  throw new InvalidArgumentError(`Expected full or a number from 1 to ${FULL_IMAGE_KIB}.`);
}

/** Threads at most. */
const WORKERS_MAX = 256;

function parseWorkers(text: string): number {
  if (/^[1-9][0-9]{0,2}$/.test(text) && Number(text) <= WORKERS_MAX) return Number(text);
  throw new InvalidArgumentError(`Expected a number from 1 to ${WORKERS_MAX}.`);
}
