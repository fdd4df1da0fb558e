/**
 * A translated module with a bench around it, compiled for a core and run by qemu.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../../host/project.ts";
import { ICOUNT_OPTIONS, type Core, instructionsIn } from "./core.ts";
import { run } from "./toolchain.ts";

/** Where the C sources are. */
export const RUNTIME_FOLDER = path.join(projectRoot, "benchmarks/real-core/runtime");

/** What a module takes on a core [bytes]. */
export interface CoreSizes {
  /** Its functions. */
  readonly textBytes: number;
  /** Its constants and the initial content of its RAM. */
  readonly rodataBytes: number;
  /** Functions of the C library and of libgcc that it needs. */
  readonly libraryBytes: number;
  /** Its globals, which WebAssembly keeps outside linear memory. */
  readonly globalBytes: number;
}

/** What to compile. */
export interface ProgramParts {
  readonly core: Core;
  /** Has module.c and module.h, and what `bench` includes; takes the objects. */
  readonly folder: string;
  /** The bench: a source in runtime/. */
  readonly bench: string;
  /** The part of the module's address space that there is. */
  readonly window: { readonly base: number; readonly bytes: number };
  /** The module never accesses memory but at multiples of the access's size, as compilers of C see to. */
  readonly isAligned?: boolean;
}

/** A compiled program. */
export interface Program {
  readonly core: Core;
  readonly file: string;
  readonly sizes: CoreSizes;
  /** What gcc says of frames and calls. */
  readonly callGraph: string;
}

/** What a run has said: names with numbers or bytes, in hexadecimal. */
export type Said = ReadonlyMap<string, string>;

const FLAGS = [
  "-mthumb",
  "-Os",
  "-std=gnu11",
  "-Wall",
  "-Wextra",
  // wasm2c declares what it may need, and labels what it may jump to.
  "-Wno-unused",
  "-ffunction-sections",
  "-fdata-sections",
  // An access is of the type that the module asks for, whatever was stored there.
  "-fno-strict-aliasing",
  // These two lengthen code, loops above all.
  "-fno-move-loop-invariants",
  "-fno-thread-jumps",
  "-fcallgraph-info=su",
  "-masm-syntax-unified",
];

/** Compiles and links. @throws Error with gcc's words if it does not */
export function compileProgram({ core, folder, bench, window, isAligned = false }: ProgramParts): Program {
  const file = path.join(folder, "program.elf");
  const flags = [
    ...core.compilerFlags,
    ...FLAGS,
    `-DWINDOW_BASE=${window.base}u`,
    `-DWINDOW_BYTES=${window.bytes}u`,
    ...(isAligned ? ["-DMODULE_ALIGNS"] : []),
    `-I${RUNTIME_FOLDER}`,
    "-I.",
  ];
  const sources = [
    path.join(folder, "module.c"),
    ...[bench, "bench.c", "unaligned.c"].map((name) => path.join(RUNTIME_FOLDER, name)),
  ];
  const objects = sources.map((source) => {
    const object = `${path.basename(source, ".c")}.o`;
    run("arm-none-eabi-gcc", [...flags, "-c", source, "-o", object], folder);
    return object;
  });
  const link = [
    "-nostartfiles",
    "--specs=nano.specs",
    "-Wl,--gc-sections",
    `-Wl,--defsym=FLASH_BYTES=${core.flashBytes}`,
    `-Wl,--defsym=SRAM_BYTES=${core.sramBytes}`,
    "-T",
    path.join(RUNTIME_FOLDER, "core.ld"),
  ];
  run("arm-none-eabi-gcc", [...flags, ...link, ...objects, "-o", file], folder);
  return {
    core,
    file,
    sizes: sizesOf(file),
    callGraph: readFileSync(path.join(folder, "module.ci"), "utf8"),
  };
}

function sizesOf(file: string): CoreSizes {
  const lines = run("arm-none-eabi-size", ["-A", file]).split("\n");
  const bytesOf = (name: string): number => {
    const line = lines.find((each) => each.startsWith(`${name} `));
    return line === undefined ? 0 : Number(line.split(/\s+/)[1]);
  };
  return {
    textBytes: bytesOf(".module_text"),
    rodataBytes: bytesOf(".module_rodata"),
    libraryBytes: bytesOf(".library_text"),
    globalBytes: bytesOf(".module_globals"),
  };
}

/**
 * Runs a program to its end.
 *
 * @param memory a file whose content is in memory at an address before it starts
 * @throws Error if it traps, faults, or counts the calibration loop wrongly
 */
export function runProgram(
  { core, file }: Program,
  memory?: { readonly file: string; readonly address: number },
): Said {
  const options = ["-M", core.board, "-nographic", "-monitor", "none", "-serial", "none"];
  const semihosting = ["-semihosting-config", "enable=on,target=native"];
  const loader =
    memory === undefined ? [] : ["-device", `loader,file=${memory.file},addr=${memory.address},force-raw=on`];
  const text = run(
    "qemu-system-arm",
    [...options, ...semihosting, ...ICOUNT_OPTIONS, ...loader, "-kernel", file],
    path.dirname(file),
  );
  const said = new Map(text.split("\n").map((line) => [line.split(" ")[0] ?? "", line.split(" ")[1] ?? ""]));
  checkCalibration(core, said);
  return said;
}

/** Instructions that the calibration loop executes: two a turn. */
export const CALIBRATION_INSTRUCTIONS = 2_000_000;

function checkCalibration(core: Core, said: Said): void {
  const measured = instructionsIn(core, numberSaid(said, "calibration"));
  const tick = instructionsIn(core, 1);
  if (Math.abs(measured - CALIBRATION_INSTRUCTIONS) > 2 * tick) {
    throw new Error(
      `${core.name}: a loop of ${CALIBRATION_INSTRUCTIONS} instructions reads as ${measured}, so qemu does not count them`,
    );
  }
}

/** A number that a run has said. @throws Error if it has not */
export function numberSaid(said: Said, name: string): number {
  const text = said.get(name);
  if (text === undefined) throw new Error(`the program on the core has not said "${name}"`);
  return Number.parseInt(text, 16);
}
