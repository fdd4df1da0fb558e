/**
 * Says whether a Wasm module may run on the device, as a bootloader or as firmware in a slot, and if
 * not, every reason why, each with what to do about it. It also says what the module takes: flash by
 * section and by function, RAM with the deepest path of calls, what it imports and exports.
 *
 * Functions of a stripped module have numbers; `--symbols` names an unstripped twin with the same code.
 *
 * ```console
 * $ brownout lint firmware-2.wasm
 * firmware-2.wasm may run on the device
 * flash    4,120 B: type 92, import 176, function 60, global 22, export 25, datacount 3, code 3,300, data 434, header 8
 * ...
 * names    stripped: no custom section takes up flash
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { profileNamed } from "../../../emulator/index.ts";
import { applyLayout } from "../../config/layout-json.ts";
import { lintLines } from "../../lint/lint-text.ts";
import { lintModule } from "../../lint/module-lint.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readJson, readSymbols } from "../file.ts";
import { profileOption } from "../option.ts";

const ROLES = ["bootloader", "firmware", "either"] as const;

const Options = z.object({
  as: z.enum(ROLES),
  profile: z.string(),
  layout: z.string().optional(),
  symbols: z.string().optional(),
  json: z.boolean().optional(),
});

/** `brownout lint`. */
export const lint: CliCommand = {
  words: "lint",
  summary: "say whether a module may run on the device, and why not",
  examples: ["lint firmware-2.wasm", "lint build/bootloader.wasm --as bootloader --layout layout.json"],
  findings: "the module may not run, or does not fit",
  declare: (command) => {
    command
      .argument("<module>", "the Wasm module")
      .addOption(new Option("--as <role>", "what it is to be").choices(ROLES).default("either"))
      .addOption(profileOption())
      .option("--layout <file>", "layout.json: partitions of your own")
      .option("--symbols <wasm>", "an unstripped twin, for the names of functions");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { as: role, profile: name, layout, symbols, json } = Options.parse(options);
    const profile = profileNamed(name);
    const found = lintModule(readInput(io, file, "module"), {
      profile: layout === undefined ? profile : applyLayout(profile, readJson(io, layout, "layout"), layout),
      hasOwnLayout: layout !== undefined,
      role,
      symbols: symbols === undefined ? undefined : readSymbols(io, symbols),
    });
    if (json === true) writeJson(io, { file, ...found, footprint: found.footprint ?? null });
    else writeLines(io, lintLines(file, found, io.out.colors));
    return found.mayRun ? ExitCode.Pass : ExitCode.Findings;
  },
};
