/**
 * The options of `campaign` that say what is wrong with the part, and what happens to its supply.
 */
import { InvalidArgumentError, type Command } from "commander";
import { z } from "zod";
import { formatCut, formatDefect, parseDefect, TEAR_CLASSES, type TearClass } from "../../emulator/index.ts";
import { Brownout } from "../campaign/brownout.ts";
import { limitText, walkText } from "../campaign/brownout-text.ts";
import { defectsOf, defectText, runDefects } from "../campaign/defect.ts";
import { flakyText, runFlaky } from "../campaign/flaky.ts";
import { reportJson, verdictOf } from "../campaign/report.ts";
import type { Scenario } from "../campaign/scenario.ts";
import { sweepWatchdog, watchdogText } from "../campaign/watchdog.ts";
import { UserError } from "../user-error.ts";
import { writeJson } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";

/** What a campaign on one defective copy may take, unless told otherwise. */
const DEFECT_SECONDS = 30;

/** Instead of a number of operations: find the smallest. */
const SMALLEST = "min";

/** The options as they come from the command line. */
export const FaultOptions = z.object({
  tear: z.array(z.enum(TEAR_CLASSES)).optional(),
  defect: z.array(z.string()).optional(),
  defects: z.number().optional(),
  flaky: z.boolean().optional(),
  watchdog: z.number().optional(),
  operations: z.union([z.number(), z.literal(SMALLEST)]).optional(),
});
/** The options as they come from the command line. */
export type FaultOptions = z.infer<typeof FaultOptions>;

/** Declares them. */
export function declareFaults(command: Command): void {
  command
    .option(
      "--tear <classes>",
      "torn classes, commas between them, or atomic, or every (default: those of the part)",
      parseTear,
    )
    .option(
      "--defect <defect>",
      "a defect of this copy of the part, as worn-98304 or rot-98304-3; may be given several times",
      parseDefects,
    )
    .option(
      "--defects <number>",
      "instead: a campaign for each of so many defects, with clean cuts unless --torn is given",
      parseBudget,
    )
    .option(
      "--flaky",
      "instead: let each flash operation of the uninterrupted run fail once, with all clean cuts after it",
    )
    .option(
      "--watchdog <fuel>",
      "instead: let the watchdog reset the trial firmware at every so many units of fuel",
      parseFuel,
    )
    .option(
      "--operations <number>",
      "instead: cut every power-on after so many operations; min finds the fewest that finish",
      parseOperations,
    );
}

/** The name of the part, with its defects. */
export function partOf(profile: string, { defect = [] }: FaultOptions): string {
  return [profile, ...defect].join("-with-");
}

/** What a campaign was asked for, as far as it is about faults. */
export interface FaultRequest {
  readonly io: Io;
  readonly part: string;
  readonly faults: FaultOptions;
  readonly torn: number | undefined;
  readonly maxSeconds: number | undefined;
  readonly asJson: boolean;
}

/**
 * Runs what is to be run instead of one campaign.
 *
 * @param readFor makes the scenario for the name of a part
 * @returns undefined when nothing is
 */
export function runInstead(request: FaultRequest, readFor: (part: string) => Scenario): ExitCode | undefined {
  const { io, part, faults, asJson } = request;
  if (faults.flaky === true) return runFlakyFlash(request, readFor);
  if (faults.watchdog !== undefined) return runWatchdog(request, readFor(part), faults.watchdog);
  if (faults.operations !== undefined) return runBrownout(io, readFor(part), faults.operations, asJson);
  return faults.defects === undefined ? undefined : runDefective(request, faults.defects, readFor);
}

/** Of every class, those that the part can show; a class that was asked for by name must be one of them. */
export function tearClassesFor({ profile }: Scenario, asked: readonly TearClass[]): TearClass[] {
  const possible = asked.filter((tearClass) => tearClass !== "ecc" || profile.eccUnitBytes > 0);
  if (possible.length === asked.length || asked.length === TEAR_CLASSES.length) return possible;
  throw new UserError(
    "usage",
    `The part ${profile.name} has no error-correcting code, so the torn class ecc says nothing of it.`,
    "Leave it out, or take a part that has one: --profile stm32g0.",
  );
}

/** One campaign for each of so many defects. */
function runDefective(
  { io, part, torn = 0, maxSeconds = DEFECT_SECONDS, asJson }: FaultRequest,
  budget: number,
  readFor: (part: string) => Scenario,
): ExitCode {
  // A scenario of the user's own may be about another part, and has a layout of its own.
  const { profile } = readFor(part);
  const limits = { tornBudget: torn, maxSeconds };
  const results = runDefects(profile, defectsOf(profile, budget), ({ name }) => readFor(name), limits);
  if (asJson) {
    writeJson(
      io,
      results.map(({ defect, result }) => ({ defect: formatDefect(defect), ...reportJson(result) })),
    );
  } else io.out.write(defectText(results));
  const isProved = results.every(({ result }) => verdictOf(result).kind === "proved");
  return isProved ? ExitCode.Pass : ExitCode.Findings;
}

/** Lets each operation of the uninterrupted run fail once. */
function runFlakyFlash(
  { io, part, maxSeconds = Infinity, asJson }: FaultRequest,
  readFor: (part: string) => Scenario,
): ExitCode {
  const scenario = readFor(part);
  const start = performance.now();
  const result = runFlaky(
    scenario,
    (defect) => readFor(partOf(part, { defect: [formatDefect(defect)] })),
    () => performance.now() - start > maxSeconds * 1000,
  );
  if (asJson) {
    const findings = result.findings.map(({ defect, cuts, ...finding }) => ({
      ...finding,
      defect: formatDefect(defect),
      cuts: cuts.map(formatCut),
    }));
    writeJson(io, { ...result, findings });
  } else io.out.write(flakyText(scenario, result));
  return result.closed && result.findingCount === 0 ? ExitCode.Pass : ExitCode.Findings;
}

/** Lets the watchdog reset the trial firmware wherever it can. */
function runWatchdog(
  { io, maxSeconds = Infinity, asJson }: FaultRequest,
  scenario: Scenario,
  fuel: number,
): ExitCode {
  const result = sweepWatchdog(scenario, { stepFuel: fuel, maxSeconds });
  if (asJson) writeJson(io, result);
  else io.out.write(watchdogText(scenario, result));
  return result.closed && result.strange.length === 0 && result.resets > 0
    ? ExitCode.Pass
    : ExitCode.Findings;
}

/** Cuts every power-on after so many operations, or finds the smallest number with which all is well. */
function runBrownout(
  io: Io,
  scenario: Scenario,
  operations: number | typeof SMALLEST,
  asJson: boolean,
): ExitCode {
  const brownout = new Brownout(scenario);
  if (operations === SMALLEST) {
    const limit = brownout.smallest();
    if (asJson) writeJson(io, { ...limit, smallest: limit.smallest ?? null });
    else io.out.write(limitText(scenario, limit));
    return limit.smallest === undefined ? ExitCode.Findings : ExitCode.Pass;
  }
  const walk = brownout.walk(operations);
  if (asJson) writeJson(io, walk);
  else io.out.write(walkText(scenario, walk));
  return walk.outcome === "finished" ? ExitCode.Pass : ExitCode.Findings;
}

function parseTear(text: string): TearClass[] {
  if (text === "atomic") return [];
  if (text === "every") return [...TEAR_CLASSES];
  return text.split(",").map((name) => {
    const known = TEAR_CLASSES.find((tearClass) => tearClass === name);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(
      `There is no torn class "${name}". There are atomic, every, ${TEAR_CLASSES.join(", ")}.`,
    );
  });
}

function parseDefects(text: string, previous: readonly string[] | undefined): string[] {
  const defect = parseDefect(text);
  if (defect?.kind === "flaky") {
    throw new InvalidArgumentError("A flaky operation is not a lasting defect; --flaky tries all of them.");
  }
  if (defect !== undefined) return [...(previous ?? []), text];
  throw new InvalidArgumentError(
    "Expected a defect: worn-98304, failing-98312, stuck-98304-3 or rot-98304-3.",
  );
}

function parseBudget(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number of defects from 1 to 9999.");
}

function parseFuel(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected units of fuel from 1 upward.");
}

function parseOperations(text: string): number | typeof SMALLEST {
  if (text === SMALLEST) return SMALLEST;
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a number of operations from 1 upward, or min.");
}
