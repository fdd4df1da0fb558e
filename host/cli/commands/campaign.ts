/**
 * Tries every sequence of power cuts during an update: before, during and after every operation, and
 * again during the recovery from that, until no new state of the device is left, with oracles looking
 * on at every boot. What the report then says is proved for this scenario and this class of faults,
 * not sampled.
 *
 * Scenarios ship; or bring a device and an update of your own with `--device`, `--envelope` and
 * `--payload`. A finding comes with a case id that `replay` plays again. The first one has the fewest
 * cuts that any has, and the campaign ends with it unless `--all` says otherwise.
 *
 * A bootloader of your own, in any language, comes with a layout.json and a scenario.json; `brownout
 * init` writes both, and docs/bring-your-own.md describes them.
 *
 * The power-ons are shared out to one thread per processor; `--workers` says otherwise. The result is
 * the same whatever their number. `--certificate` writes the whole graph down for `certificate check`.
 * `--shard 2/8 --out DIR` does a part of the work on one of eight machines; `merge` puts the parts
 * together.
 *
 * Before anything else, canaries are let out: bootloaders and firmware that are broken on purpose, one
 * for each oracle. If one is not caught, the campaign would prove nothing and is not begun.
 * docs/oracles.md tells what they are.
 *
 * `--report` writes the same for other readers: JUnit XML and SARIF for CI systems, JSON for programs,
 * and one HTML file, which needs no network, for people. `--coverage` says which calls of flash
 * operations were cut, torn, and cut again during recovery. docs/reports.md describes all of it.
 *
 * What a torn operation may leave is chosen with `--tear`, what is wrong with this copy of the part with
 * `--defect`, `--flaky` lets operations fail that would not fail again, `--watchdog` resets the trial firmware
 * everywhere, and `--operations` asks how long the supply must last for the update to finish; the classes
 * and what each stands for are in docs/fault-model.md.
 *
 * ```console
 * $ brownout campaign --scenario refused-update --torn 0
 * Campaign class1/refused-update
 *   Slot A runs confirmed firmware, slot B holds an older image; an update with a stranger's signature is offered and refused.
 * ...
 *   3,818 states, 21,651 transitions, 3,818 boots in 3.5 s: 1,104 per second, 1,021 bytes per state.
 *   Deepest nesting: 3 cuts; longest chain: 6 power-ons.
 * ...
 * ```
 */
import { availableParallelism } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { tryCanariesInTurn } from "../../campaign/canary.ts";
import { canarySentence, missedSentence, type CanaryReport } from "../../campaign/canary-report.ts";
import { withDefectOracles } from "../../campaign/defect.ts";
import { coverageJson, coverageText } from "../../campaign/coverage-text.ts";
import { reportJson, reportText, verdictOf } from "../../campaign/report.ts";
import type { ExploredGraph } from "../../../emulator/explore/explore.ts";
import { runCampaignInThreads, type CampaignOptions } from "../../campaign/run.ts";
import type { Scenario, ScenarioLimits } from "../../campaign/scenario.ts";
import { shrinkFindings } from "../../campaign/shrink.ts";
import { ownsTornOf, parseShard, type Shard } from "../../campaign/shard.ts";
import { viewCampaign } from "../../report/campaign-view.ts";
import { REPORT_FORMATS, reportFile } from "../../report/report-file.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode, SHARD_FINDINGS_LINE } from "../exit-code.ts";
import { checkExplorationFiles, writeExplorationFiles } from "../exploration-file.ts";
import { declareFaults, FaultOptions, partOf, runInstead, tearClassesFor } from "../fault-option.ts";
import { replaceOutput } from "../file.ts";
import { ProgressLine, type Io } from "../io.ts";
import { repeatable } from "../option.ts";
import { planReports } from "../report-option.ts";
import { declareParts, declareScenario, readScenario, ScenarioOptions } from "../scenario.ts";
import { VERSION } from "../version.ts";

/** The exploration keeps the budget in three bits. */
const TORN_MAX = 7;

const Options = ScenarioOptions.extend({
  scenario: z.string(),
  profile: z.string(),
  torn: z.number().optional(),
  ...FaultOptions.shape,
  all: z.boolean().optional(),
  maxCuts: z.number().optional(),
  maxSeconds: z.number().optional(),
  workers: z.number().optional(),
  certificate: z.string().optional(),
  shard: z.custom<Shard>().optional(),
  out: z.string().optional(),
  report: z.array(z.string()).optional(),
  reportFormat: z.enum(REPORT_FORMATS).optional(),
  coverage: z.boolean().optional(),
  canaries: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** Threads beyond this are a slip of the keyboard. */
const WORKERS_MAX = 256;

/** `brownout campaign`. */
export const campaign: CliCommand = {
  words: "campaign",
  summary: "try every sequence of power cuts during an update",
  examples: [
    "campaign",
    "campaign --scenario refused-update --torn 0",
    "campaign --profile stm32g0 --tear ecc,erase-half",
    "campaign --operations min",
    "campaign --flaky",
    "campaign --device sensor.device --envelope update.suit --payload firmware-2.wasm",
    "campaign --certificate update.certificate",
    "campaign --coverage --report report.html --report junit.xml",
    "campaign --shard 1/4 --out shards",
    "campaign --bootloader build/bootloader.wasm --layout layout.json --scenario scenario.json",
  ],
  findings: "an oracle objects to something, or not everything could be tried",
  moreExitCodes: [SHARD_FINDINGS_LINE],
  declare: (command) => {
    declareScenario(command);
    command
      .option("--torn <number>", "torn operations per sequence of cuts, 0 to 7 (default: 1)", parseTorn)
      .option("--all", "go on after the shortest finding; a broken bootloader may have no end of states")
      .option("--max-cuts <number>", "try no sequence of more cuts than this", parseCutLimit)
      .option("--max-seconds <number>", "give up after so many seconds", parseSeconds)
      .option(
        "--workers <number>",
        "threads that power the device on (default: one per processor)",
        parseWorkers,
      )
      .option(
        "--certificate <file>",
        "write the whole graph for `certificate check`, if nothing was left out",
      )
      .option("--shard <i/n>", "do part i of n; goes with --out", readShard)
      .option("--out <folder>", "where the part goes, for `merge`")
      .addOption(repeatable("--report <file>", "also write a report: .html, .xml (JUnit), .sarif or .json"))
      .addOption(
        new Option("--report-format <name>", "its format, if its name does not say").choices(REPORT_FORMATS),
      )
      .option("--no-canaries", "do not first show that bootloaders which are known to be broken are caught")
      .option("--coverage", "show which calls of flash operations were cut, torn, and cut during recovery");
    declareFaults(command);
    declareParts(command);
  },
  run: async ({ io, options }) => {
    const {
      scenario: scenarioName,
      profile,
      torn,
      all,
      maxCuts,
      maxSeconds,
      json,
      ...rest
    } = Options.parse(options);
    const { workers = availableParallelism(), certificate, shard, out, ...others } = rest;
    const { tear, defect, defects, flaky, watchdog, operations, ...remaining } = others;
    const { canaries: areCanariesAsked, ...parts } = remaining;
    const faults = { tear, defect, defects, flaky, watchdog, operations };
    const files = { certificate, shard, out };
    checkExplorationFiles(files);
    const reports = planReports(io, rest);
    const isGraphNeeded =
      certificate !== undefined || shard !== undefined || reports.length > 0 || rest.coverage === true;
    let graph: ExploredGraph | undefined;
    const part = partOf(profile, faults);
    const readFor = (name: string) => withDefectOracles(readScenario(io, scenarioName, name, parts));
    const scenario = readFor(part);
    const progress = new ProgressLine(io);
    // A supply that lasts N operations is walked, a watchdog compared with cuts: no oracle looks on.
    const areSkipped = areCanariesAsked === false || operations !== undefined || watchdog !== undefined;
    const canaries: CanaryReport | "skipped" = areSkipped
      ? "skipped"
      : await tryCanariesInTurn((done, allOfThem) => {
          if (progress.isShown) progress.show(`canary ${done + 1} of ${allOfThem}`);
        });
    progress.clear();
    const missed = missedSentence(canaries);
    if (missed !== undefined) {
      io.err.write(`${missed}\n`);
      return ExitCode.Findings;
    }
    if ((defects !== undefined || flaky === true) && json !== true)
      io.out.write(`${canarySentence(canaries)}\n\n`);
    const instead = runInstead({ io, part, faults, torn, maxSeconds, asJson: json === true }, readFor);
    if (instead !== undefined) return instead;
    const limits = limitsOf(scenario, { torn, maxCuts, maxSeconds });
    const campaignResult = await runCampaignInThreads(
      scenario,
      { threads: workers },
      {
        ...limits,
        stopAtFinding: all !== true,
        ...(tear === undefined ? {} : { tearClasses: tearClassesFor(scenario, tear) }),
        ...(shard === undefined ? {} : { ownsTorn: ownsTornOf(shard) }),
        ...(!isGraphNeeded
          ? {}
          : {
              onGraph: (explored: ExploredGraph) => {
                graph = explored;
              },
            }),
        ...(progress.isShown
          ? {
              onProgress: ({ states, boots, queued, cuts, seconds }) =>
                progress.show(
                  `${states} states, ${boots} boots, ${queued} waiting, ${cuts} cuts deep, ${seconds.toFixed(0)} s`,
                ),
            }
          : {}),
      },
    );
    progress.clear();
    // Shards are merged finding by finding, so they keep the plans that the exploration gave.
    const result =
      shard === undefined
        ? { ...campaignResult, canaries, findings: shrinkFindings(scenario, campaignResult.findings) }
        : { ...campaignResult, canaries };
    const verdict = verdictOf(result);
    const view =
      graph !== undefined && (reports.length > 0 || rest.coverage === true)
        ? viewCampaign(scenario, result, graph, VERSION)
        : undefined;
    const coverage = rest.coverage === true ? view?.coverage : undefined;
    if (json === true) {
      writeJson(io, {
        ...reportJson(result),
        ...(coverage === undefined ? {} : { coverage: coverageJson(coverage) }),
      });
    } else {
      io.out.write(paintVerdict(io, reportText(result), verdict));
      if (coverage !== undefined) io.out.write(`\n${coverageText(coverage)}`);
    }
    if (view !== undefined) {
      for (const { file, format } of reports) replaceOutput(io, file, reportFile(view, format));
    }
    if (graph !== undefined) {
      for (const note of writeExplorationFiles(io, files, result, graph)) io.err.write(`${note}\n`);
    }
    if (verdict.kind === "proved") return ExitCode.Pass;
    return shard !== undefined && verdict.kind === "broken" ? ExitCode.ShardFindings : ExitCode.Findings;
  },
};

/** What the command line says, else what the scenario says. */
function limitsOf(
  { limits = {} }: Scenario,
  options: ScenarioLimits,
): Pick<CampaignOptions, "tornBudget" | "maxCuts" | "maxSeconds" | "maxStates"> {
  const { torn = limits.torn ?? 1, maxCuts = limits.maxCuts, maxSeconds = limits.maxSeconds } = options;
  const { maxStates } = limits;
  return {
    tornBudget: torn,
    ...(maxCuts === undefined ? {} : { maxCuts }),
    ...(maxSeconds === undefined ? {} : { maxSeconds }),
    ...(maxStates === undefined ? {} : { maxStates }),
  };
}

function paintVerdict(io: Io, report: string, verdict: ReturnType<typeof verdictOf>): string {
  const { green, red, yellow, bold } = io.out.colors;
  const paint = { proved: green, broken: red, open: yellow }[verdict.kind];
  return report.replace(verdict.sentence, () => bold(paint(verdict.sentence)));
}

function parseTorn(text: string): number {
  const torn = Number(text);
  if (/^[0-9]$/.test(text) && torn <= TORN_MAX) return torn;
  throw new InvalidArgumentError(`Expected a number from 0 to ${TORN_MAX}.`);
}

function parseCutLimit(text: string): number {
  if (/^[0-9]{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number of cuts from 0 upward.");
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (/^[0-9]+$/.test(text) && workers >= 1 && workers <= WORKERS_MAX) return workers;
  throw new InvalidArgumentError(`Expected a number from 1 to ${WORKERS_MAX}.`);
}

function readShard(text: string): Shard {
  const shard = parseShard(text);
  if (shard !== undefined) return shard;
  throw new InvalidArgumentError("Expected a part and how many there are, as in 2/8.");
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^[0-9]+(\.[0-9]+)?$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError("Expected a number of seconds above 0.");
}
