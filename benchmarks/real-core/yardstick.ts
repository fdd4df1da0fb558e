/**
 * What the way through WebAssembly costs: the same C, compiled for the core by gcc, and compiled to
 * Wasm by clang, translated back by wasm2c and then compiled for the core by gcc.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { crc32 } from "../../host/config/crc32.ts";
import type { Call } from "../../host/footprint/workload.ts";
import { RAM_BYTES } from "../../emulator/memory-map.ts";
import { type Core, instructionsIn } from "./core.ts";
import { caseText, wasmCall } from "./kernel.ts";
import { compileProgram, numberSaid, type Program, runProgram, RUNTIME_FOLDER } from "./program.ts";
import { run } from "./toolchain.ts";
import { translate } from "./translate.ts";

/** What one way costs. */
export interface WayCost {
  /** Functions and constants, without those of the C library [bytes]. */
  readonly codeBytes: number;
  readonly instructions: number;
}

/** One yardstick on one core, both ways. */
export interface YardstickCost {
  readonly name: string;
  readonly core: string;
  readonly native: WayCost;
  readonly throughWasm: WayCost;
}

/** C that is compiled both ways. */
export interface Yardstick {
  /** The file in yardstick/. */
  readonly name: string;
  readonly input: Uint8Array;
  readonly length: number;
  readonly output: Uint8Array;
}

const MESSAGE = Uint8Array.from({ length: 4096 }, (_, index) => (index * 31) ^ (index >> 8));
const ROUNDS = 100;

/** The sources in yardstick/, each with an input and the output that is right. */
export const YARDSTICKS: readonly Yardstick[] = [
  {
    name: "sha256",
    input: MESSAGE,
    length: MESSAGE.length,
    output: createHash("sha256").update(MESSAGE).digest(),
  },
  {
    name: "multiply",
    input: MESSAGE.subarray(1, 65),
    length: ROUNDS,
    output: product(MESSAGE.subarray(1, 65)),
  },
  { name: "crc32", input: MESSAGE, length: MESSAGE.length, output: word(crc32(MESSAGE)) },
];

/** Memory begins at 0, as clang likes it. The stack of address-taken variables that it keeps there lies below this. */
const DATA_BASE = 1024;
const OPERANDS = DATA_BASE + 1024;

const CLANG_OPTIONS = [
  "--target=wasm32",
  "-std=c11",
  "-Os",
  "-ffreestanding",
  "-mbulk-memory",
  "-nostdlib",
  "-Wl,--no-entry",
  "-Wl,--import-memory",
  "-Wl,--initial-memory=131072",
  "-Wl,--max-memory=131072",
  "-Wl,--stack-first",
  `-Wl,-z,stack-size=${DATA_BASE}`,
  `-Wl,--global-base=${DATA_BASE}`,
  "-Wl,--export=yardstick",
];

/** Measures one yardstick. @throws Error if either way computes something else */
export function measureYardstick(yardstick: Yardstick, core: Core): YardstickCost {
  const source = path.join(RUNTIME_FOLDER, "../yardstick", `${yardstick.name}.c`);
  const call: Call = {
    parameters: [OPERANDS, yardstick.length, OPERANDS + yardstick.input.length],
    pieces: [{ address: OPERANDS, bytes: yardstick.input }],
    returned: undefined,
    output: { address: OPERANDS + yardstick.input.length, bytes: yardstick.output },
    forged: undefined,
  };
  const [input = 0, length = 0, output = 0] = call.parameters;
  return {
    name: yardstick.name,
    core: core.name,
    native: inFolder((folder) => {
      copyFileSync(source, path.join(folder, "module.c"));
      copyFileSync(path.join(RUNTIME_FOLDER, "native-module.h"), path.join(folder, "module.h"));
      const text = `yardstick(stretch(${input}u, 0), ${length}u, stretch(${output}u, 0))`;
      return measureWay(yardstick, core, folder, caseText(text, call));
    }),
    throughWasm: inFolder((folder) => {
      const wasm = path.join(folder, "module.wasm");
      run("clang", [...CLANG_OPTIONS, source, "-o", wasm]);
      translate(wasm, folder);
      return measureWay(yardstick, core, folder, caseText(wasmCall("yardstick", call.parameters), call));
    }),
  };
}

function measureWay({ name, output }: Yardstick, core: Core, folder: string, text: string): WayCost {
  writeFileSync(path.join(folder, "case.h"), text);
  const window = { base: 0, bytes: RAM_BYTES };
  const program: Program = compileProgram({ core, folder, bench: "kernel-bench.c", window, isAligned: true });
  const said = runProgram(program);
  if (said.get("output") !== Buffer.from(output).toString("hex")) {
    throw new Error(`${name} on ${core.name} computes ${said.get("output")}`);
  }
  const { textBytes, rodataBytes } = program.sizes;
  return {
    codeBytes: textBytes + rodataBytes,
    instructions: instructionsIn(core, numberSaid(said, "ticks")),
  };
}

function inFolder<Result>(work: (folder: string) => Result): Result {
  const folder = mkdtempSync(path.join(tmpdir(), "brownout-core-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What multiply.c computes: the halves of a product are the factors of the next. */
function product(bytes: Uint8Array): Uint8Array {
  const half = 256n;
  let value = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
  for (let round = 0; round < ROUNDS; round++) value = (value >> half) * BigInt.asUintN(Number(half), value);
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(128, "0"), "hex").reverse());
}

function word(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
