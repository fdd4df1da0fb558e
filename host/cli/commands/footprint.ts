/**
 * Says what a module takes: flash by section and by function, RAM with the deepest path of calls,
 * static data by address, and, of what it is made to do, the executed instructions, the time with its
 * confidence interval, and time and energy on each part by the emulator's model.
 *
 * Without a module it measures our own build: every algorithm alone, for speed and for size, and every
 * build of the bootloader. With one, names come from the module, from `--symbols`, or from a file
 * beside it that ends in `.symbols.wasm`. What it is to do is either a call of one of its functions,
 * which may import nothing but memory, or to be the bootloader in a scenario.
 *
 * `--compare` takes what `--json` wrote earlier, and `--max-growth` says how much may have been added
 * since, each in percent or as a number: flash, code, static, stack, ram, instructions, time.
 * docs/footprint.md has more.
 *
 * ```console
 * $ brownout footprint --only sha512 --no-time
 * Flash and RAM [bytes], executed Wasm instructions, and time on this machine
 * ...
 * Simulated time and energy on each part
 * ...
 * $ brownout footprint firmware-2.wasm
 * ...
 * RAM: 1,684 bytes
 *       1,036  static data
 *          24  globals
 *         624  worst-case stack
 * ...
 * ```
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { Option } from "commander";
import { z } from "zod";
import { PROFILE_NAMES, profileNamed } from "../../../emulator/index.ts";
import { timeOf, USUAL_EFFORT } from "../../footprint/call-time.ts";
import { ownFeatures, type Feature } from "../../footprint/feature.ts";
import { footprintDocument, readFootprints, StateRows } from "../../footprint/footprint-file.ts";
import { plotSvg } from "../../footprint/footprint-plot.ts";
import type { FootprintRow, Work } from "../../footprint/footprint-row.ts";
import { detailLines, matrixCsv, matrixLines, matrixMarkdown } from "../../footprint/footprint-text.ts";
import { compareGrowth, parseAllowances, USUAL_ALLOWANCES, type Growth } from "../../footprint/growth.ts";
import { bootWorks, measureMatrix } from "../../footprint/matrix.ts";
import { MeasuredCall } from "../../footprint/measured-call.ts";
import { PlainCall } from "../../footprint/plain-call.ts";
import { measureSize } from "../../footprint/module-size.ts";
import { costOfFuel } from "../../footprint/part-cost.ts";
import { things } from "../../report/quantity.ts";
import { UserError } from "../../user-error.ts";
import { decodeModule } from "../../../emulator/wasm/decode.ts";
import { findExport, type DecodedModule } from "../../../emulator/wasm/module.ts";
import { namingModule } from "../../device/wasm-file.ts";
import { writeFileWhole } from "../../device/whole-file.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readJson, readSymbols, replaceOutput, resolvePath } from "../file.ts";
import { ProgressLine, type Io } from "../io.ts";
import { repeatable } from "../option.ts";
import { readScenario } from "../scenario.ts";

const Options = z.object({
  symbols: z.string().optional(),
  call: z.string().optional(),
  scenario: z.string().optional(),
  layout: z.string().optional(),
  recording: z.string().optional(),
  profiles: z.string(),
  only: z.array(z.string()).optional(),
  time: z.boolean(),
  state: z.string().optional(),
  csv: z.boolean().optional(),
  markdown: z.boolean().optional(),
  plot: z.string().optional(),
  compare: z.string().optional(),
  maxGrowth: z.string().optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof Options>;

/** `brownout footprint`. */
export const footprint: CliCommand = {
  words: "footprint",
  summary: "say what modules take of flash, RAM, time and energy",
  examples: [
    "footprint firmware-2.wasm",
    "footprint --json > base.json",
    "footprint --compare base.json --max-growth code=2%,ram=0,instructions=5%",
    "footprint build/bootloader.wasm --scenario scenario.json --layout layout.json",
    "footprint sum.wasm --call 'sum(120832,64)' --profiles class1,nrf52",
  ],
  findings: "something has grown more than is allowed since the base",
  declare: (command) => {
    command
      .argument("[module]", "a Wasm module instead of our own build")
      .option("--symbols <wasm>", "an unstripped twin, for the names of functions")
      .option("--call <call>", "an exported function with its arguments, as in 'sum(120832,64)'")
      .option("--scenario <name>", "boot the module as a bootloader: update, or a file scenario.json")
      .option("--layout <file>", "layout.json: its partitions; goes with a scenario.json")
      .option("--recording <file>", "recorded flash operations, which come first; goes with a scenario.json")
      .option("--profiles <list>", "the parts to simulate", PROFILE_NAMES.join(","))
      .addOption(repeatable("--only <feature>", "of our own build, only this: sha512, bootloader"))
      .option("--no-time", "do not measure time on this machine")
      .option("--state <file>", "write each row down when it is done, and go on from there")
      .addOption(new Option("--csv", "print comma-separated values").conflicts("markdown"))
      .option("--markdown", "print Markdown tables")
      .option("--plot <file>", "also draw bars, as SVG")
      .option("--compare <file>", "the base: what --json wrote earlier")
      .option("--max-growth <list>", `what may grow since the base (default: ${USUAL_ALLOWANCES})`);
  },
  run: async ({ io, operands, options: given }) => {
    const options = Options.parse(given);
    const [file] = z.array(z.string()).max(1).parse(operands);
    checkTogether(file, options);
    const allowances = parseAllowances(options.maxGrowth ?? USUAL_ALLOWANCES);
    const base =
      options.compare === undefined
        ? undefined
        : readFootprints(readJson(io, options.compare, "base"), options.compare);
    const rows = file === undefined ? await ownRows(io, options) : [ownModuleRow(io, file, options)];
    const growth = base && compareGrowth(base, rows, allowances);
    if (options.plot !== undefined) replaceOutput(io, options.plot, plotSvg(rows));
    print(io, rows, growth, file !== undefined, options);
    return growth === undefined || growth.violations.length === 0 ? ExitCode.Pass : ExitCode.Findings;
  },
};

/** Refuses options that say nothing about what is measured. */
function checkTogether(file: string | undefined, options: Options): void {
  const needsModule = (["symbols", "call", "scenario", "layout", "recording"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (file === undefined && needsModule !== undefined) {
    throw new UserError("usage", `--${needsModule} goes with a module.`, "Name the module, or leave it out.");
  }
  const needsScenario = (["layout", "recording"] as const).find((name) => options[name] !== undefined);
  if (options.scenario === undefined && needsScenario !== undefined) {
    throw new UserError(
      "usage",
      `--${needsScenario} goes with a scenario of your own.`,
      "Add --scenario scenario.json; `brownout init` writes one.",
    );
  }
  const needsNone = (["only", "state"] as const).find((name) => options[name] !== undefined);
  if (file !== undefined && needsNone !== undefined) {
    throw new UserError(
      "usage",
      `--${needsNone} goes with our own build.`,
      "Leave out the module, or the option.",
    );
  }
  if (options.maxGrowth !== undefined && options.compare === undefined) {
    throw new UserError("usage", "--max-growth goes with --compare.", "Name the base with --compare.");
  }
  if (options.call !== undefined && options.scenario !== undefined) {
    throw new UserError(
      "usage",
      "A module is called or booted, not both.",
      "Leave out --call or --scenario.",
    );
  }
}

async function ownRows(io: Io, options: Options): Promise<FootprintRow[]> {
  const features = selected(ownFeatures(), options.only);
  const matrix = { profiles: profilesOf(options), effort: options.time ? USUAL_EFFORT : undefined };
  const asked = `--profiles ${matrix.profiles.join(",")}${options.time ? "" : " --no-time"}`;
  const progress = new ProgressLine(io);
  try {
    return await measureMatrix(features, matrix, stateRows(io, options.state, asked), (name, done) => {
      progress.show(`${done} of ${features.length}: ${name}`);
    });
  } finally {
    progress.clear();
  }
}

function selected(features: readonly Feature[], only: readonly string[] | undefined): readonly Feature[] {
  if (only === undefined) return features;
  const known = new Set(features.map(({ feature }) => feature));
  const unknown = only.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new UserError(
      "feature-unknown",
      `There is no feature "${unknown}".`,
      `There are ${[...known].join(", ")}.`,
    );
  }
  return features.filter(({ feature }) => only.includes(feature));
}

function stateRows(io: Io, file: string | undefined, asked: string): StateRows | undefined {
  if (file === undefined) return undefined;
  const document = existsSync(resolvePath(io, file)) ? readJson(io, file, "state") : undefined;
  return new StateRows(document, file, asked, (state) => {
    writeFileWhole(resolvePath(io, file), JSON.stringify(state), { name: file });
  });
}

/** The row of a module that somebody brings. */
function ownModuleRow(io: Io, file: string, options: Options): FootprintRow {
  const module = Uint8Array.from(readInput(io, file, "module"));
  const call = options.call === undefined ? undefined : parseCall(options.call);
  const symbols = twinOf(io, file, options.symbols);
  return namingModule(file, () => {
    const size = measureSize(module, { symbols, entry: call?.entry });
    const CallOf = size.isLinkedElsewhere === true ? PlainCall : MeasuredCall;
    const works =
      options.scenario === undefined
        ? callWorks(module, call, CallOf, options)
        : scenarioWorks(io, file, options);
    return { feature: path.basename(file, ".wasm"), build: "", ...size, works };
  });
}

function twinOf(io: Io, file: string, symbols: string | undefined): Uint8Array | undefined {
  const beside = file.replace(/\.wasm$/, ".symbols.wasm");
  const isBeside = beside !== file && existsSync(resolvePath(io, beside));
  const twin = symbols ?? (isBeside ? beside : undefined);
  return twin === undefined ? undefined : readSymbols(io, twin);
}

interface Call {
  readonly entry: string;
  readonly parameters: readonly number[];
}

/** Reads `name(1,0x20)`. */
function parseCall(text: string): Call {
  const [, entry, list] = /^([^()\s]+)\(([^()]*)\)$/.exec(text.trim()) ?? [];
  const parameters = (list ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each, _index, all) => each !== "" || all.length > 1)
    .map((each) => (each === "" ? NaN : Number(each)));
  if (entry === undefined || parameters.some((each) => !Number.isInteger(each))) {
    const hint = "It is a name with whole numbers in parentheses: 'sum(120832,64)'.";
    throw new UserError("usage", `"${text}" is no call of a function.`, hint);
  }
  return { entry, parameters };
}

function callWorks(
  module: Uint8Array<ArrayBuffer>,
  call: Call | undefined,
  CallOf: typeof PlainCall | typeof MeasuredCall,
  options: Options,
): Work[] {
  if (call === undefined) return [];
  checkParameters(decodeModule(module), call);
  const { entry, parameters } = call;
  const device = new CallOf(module, entry);
  const { returned, instructions, fuel } = device.count(...parameters);
  const time = options.time ? timeOf(() => void device.run(...parameters)) : undefined;
  return [
    {
      title: `${entry}(${parameters.join(", ")})${typeof returned === "number" ? ` = ${returned}` : ""}`,
      instructions,
      ...(time === undefined ? {} : { time }),
      parts: costOfFuel(fuel, profilesOf(options)),
    },
  ];
}

/** Refuses arguments that the function would not be called with as they are written. */
function checkParameters(module: DecodedModule, { entry, parameters }: Call): void {
  const { parameters: kinds = [] } = module.functions[findExport(module, entry)?.index ?? -1]?.type ?? {};
  if (kinds.length !== parameters.length) {
    throw new UserError(
      "usage",
      `${entry} takes ${things(kinds.length, "argument")}, not ${parameters.length}.`,
      "Write one whole number for each, as in 'sum(120832,64)'.",
    );
  }
  const isBeyond = (value: number): boolean => value < -(2 ** 31) || value >= 2 ** 32;
  const wrong = kinds.findIndex((kind, index) => kind === "i64" || isBeyond(parameters[index] ?? 0));
  if (wrong < 0) return;
  throw new UserError(
    "usage",
    kinds[wrong] === "i64"
      ? `Argument ${wrong + 1} of ${entry} has 64 bits, and --call gives 32.`
      : `Argument ${wrong + 1} of ${entry} does not fit into 32 bits.`,
    "Call a function whose arguments are integers of 32 bits.",
  );
}

/** The module as a bootloader. A scenario in a file is about one part, the others are about any. */
function scenarioWorks(io: Io, file: string, { scenario = "", layout, recording, ...rest }: Options): Work[] {
  const read = (profile: string) => {
    const made = readScenario(io, scenario, profile, { bootloader: file, layout, recording });
    return { profile: made.profile, state: made.initial, link: made.link, recording: made.recording };
  };
  const [first = ""] = profilesOf(rest);
  if (!scenario.endsWith(".json")) return bootWorks(profilesOf(rest), read);
  const parts = read(first);
  return bootWorks([parts.profile.name], () => parts);
}

function profilesOf({ profiles }: Pick<Options, "profiles">): string[] {
  return profiles.split(",").map((name) => profileNamed(name.trim()).name);
}

function print(
  io: Io,
  rows: readonly FootprintRow[],
  growth: Growth | undefined,
  hasDetails: boolean,
  { json, csv, markdown }: Options,
): void {
  const { colors } = io.out;
  if (json === true) {
    writeJson(io, { ...footprintDocument(rows), ...(growth === undefined ? {} : { growth }) });
    return;
  }
  if (csv === true) writeLines(io, matrixCsv(rows));
  else if (markdown === true) writeLines(io, matrixMarkdown(rows));
  else {
    const details = hasDetails ? rows.flatMap((row) => ["", ...detailLines(row, colors)]) : [];
    writeLines(io, [...matrixLines(rows, colors), ...details]);
  }
  if (growth === undefined) return;
  const { violations, notes } = growth;
  const verdict =
    violations.length === 0
      ? colors.green(`Nothing has grown more than is allowed, in ${things(rows.length, "row")}.`)
      : colors.red(`${things(violations.length, "figure")} grew too much:`);
  // A table that a program reads is alone on the output.
  const where = csv === true || markdown === true ? io.err : io.out;
  where.write(
    [verdict, ...violations, ...notes.map((note) => `note: ${note}`)].map((line) => `${line}\n`).join(""),
  );
}
