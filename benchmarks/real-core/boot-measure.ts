/**
 * Runs the bootloader on a core, power-on by power-on through an update, and compares what it leaves in
 * flash with what it leaves in the emulator's.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DevicePage } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import {
  COUNTER_COUNT,
  FLASH_BYTES,
  type DeviceState,
  profileNamed,
  WASM_PAGES,
} from "../../emulator/index.ts";
import type { Profile } from "../../emulator/profile.ts";
import { type CountedPowerOn, countedPowerOns } from "../../host/footprint/boot-cost.ts";
import { measureSize } from "../../host/footprint/module-size.ts";
import { ownUpdate } from "../../host/footprint/own-update.ts";
import { wasmDirectory } from "../../host/project.ts";
import { readWasm } from "../../test/wasm-file.ts";
import { type Core, instructionsIn } from "./core.ts";
import {
  compileProgram,
  type CoreSizes,
  numberSaid,
  type Program,
  runProgram,
  type Said,
} from "./program.ts";
import { stackBound } from "./stack-bound.ts";
import { translate } from "./translate.ts";

/** One power-on, as far as the bootloader goes. */
export interface CoreBoot {
  /** What it came to: "boots slot A". */
  readonly title: string;
  readonly instructions: number;
  readonly wasmInstructions: number;
  /** Stack that lost its paint. */
  readonly stackBytes: number;
}

/** A bootloader on a core. */
export interface BootloaderCost extends CoreSizes {
  readonly name: string;
  readonly core: string;
  /** RAM below `__heap_base`. */
  readonly staticBytes: number;
  readonly stackBoundBytes: number;
  /** The longest path by frames of gcc, outermost first. */
  readonly stackPath: readonly string[];
  readonly wasm: { readonly codeBytes: number; readonly stackBytes: number };
  readonly boots: readonly CoreBoot[];
}

/** Where the program is given the state, and the stack ends below it. */
const SRAM_BYTES = 1 << 20;
const STATE_ADDRESS = 0x2000_0000 + SRAM_BYTES;
/** How the C says that a power-on ended. */
const Ends = { boot: 1, reset: 2, idle: 3 } as const;
/** The frames of the bench, and of the HAL and what it calls. */
const BENCH_FRAME_BYTES = 192;
/**
 * Compiles one of our bootloaders for a core and takes it through the update of own-update.ts.
 *
 * @param core one whose board has room for the whole address space
 * @throws Error if the core ends a power-on otherwise than the emulator, or leaves another flash
 */
export function measureBootloader(name: string, core: Core): BootloaderCost {
  const module = readWasm(name);
  const size = measureSize(module);
  const profile = profileNamed("class1");
  const folder = mkdtempSync(path.join(tmpdir(), "brownout-core-"));
  try {
    translate(path.join(wasmDirectory, `${name}.symbols.wasm`), folder);
    writeFileSync(path.join(folder, "case.h"), caseText(profile));
    const window = { base: 0, bytes: WASM_PAGES * 65_536 };
    const program = compileProgram({
      core: { ...core, sramBytes: SRAM_BYTES },
      folder,
      bench: "boot-bench.c",
      window,
    });
    const bound = stackBound(program.callGraph, "Z_moduleZ_reset");
    const boots: CoreBoot[] = [];
    for (const step of countedPowerOns(ownUpdate(name, module, profile))) {
      const boot = bootOnce(program, folder, step);
      if (boot.stackBytes > bound.bytes + BENCH_FRAME_BYTES) {
        throw new Error(`${name} on ${core.name}: ${boot.stackBytes} bytes of stack, beyond ${bound.bytes}`);
      }
      boots.push(boot);
      if (step.cycle.operations === 0) break;
    }
    return {
      ...program.sizes,
      name,
      core: core.name,
      staticBytes: size.staticBytes,
      stackBoundBytes: bound.bytes,
      stackPath: bound.path,
      wasm: { codeBytes: size.codeBytes, stackBytes: size.stackBytes },
      boots,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function bootOnce(program: Program, folder: string, step: CountedPowerOn): CoreBoot {
  const { before, after, cycle, instructions, handover } = step;
  writeFileSync(path.join(folder, "before.bin"), stateBytes(before));
  const said = runProgram(program, { file: "before.bin", address: STATE_ADDRESS });
  const title = titleOf(step);
  const expect = (what: string, found: number, wanted: number): void => {
    if (found !== wanted)
      throw new Error(`${program.core.name}, ${title}: ${what} is ${found}, not ${wanted}`);
  };
  expect("the end", numberSaid(said, "end"), handover === undefined ? endOf(step) : Ends.boot);
  expect("the address", numberSaid(said, "address"), cycle.booted?.address ?? 0);
  expect("the length", numberSaid(said, "length"), cycle.booted?.length ?? 0);
  const left = readFileSync(path.join(folder, "after.bin"));
  const difference = firstDifference(left, stateBytes(handover?.state ?? after));
  if (difference !== undefined) {
    throw new Error(
      `${program.core.name}, ${title}: flash differs from the emulator's at byte ${difference}`,
    );
  }
  return {
    title,
    instructions: instructionsOf(program, said),
    wasmInstructions: instructions,
    stackBytes: numberSaid(said, "stack"),
  };
}

function instructionsOf({ core }: Program, said: Said): number {
  return instructionsIn(core, numberSaid(said, "ticks"));
}

function titleOf({ cycle, handover }: CountedPowerOn): string {
  if (handover === undefined) return `${cycle.operations} flash operations, then ${cycle.end}`;
  const slot = cycle.booted?.slot === 0 ? "A" : "B";
  return handover.hasWritten ? `writes, then boots slot ${slot}` : `boots slot ${slot}`;
}

function endOf({ cycle }: CountedPowerOn): number {
  return cycle.end === "reset" ? Ends.reset : Ends.idle;
}

/** Counters, then flash, as boot-bench.c has them. */
function stateBytes({ counters, flash }: DeviceState): Uint8Array {
  const bytes = new Uint8Array(8 * COUNTER_COUNT + FLASH_BYTES);
  bytes.set(new Uint8Array(counters.slice().buffer));
  bytes.set(flash, 8 * COUNTER_COUNT);
  return bytes;
}

function firstDifference(left: Uint8Array, right: Uint8Array): number | undefined {
  const index = left.findIndex((byte, position) => byte !== right[position]);
  return index >= 0 ? index : left.length === right.length ? undefined : left.length;
}

function caseText(profile: Profile): string {
  const constants = {
    STATE_ADDRESS,
    COUNTERS: COUNTER_COUNT,
    FLASH_BYTES,
    BOOT_BYTES: profile.layout.boot.bytes,
    PAGE_BYTES: profile.pageBytes,
    UNIT_BYTES: profile.unitBytes,
    DEVICE_ID_ADDRESS: DevicePage.Address + DevicePage.DeviceId,
    HAL_ARGUMENT: Status.HalArgument,
    HAL_UNAVAILABLE: Status.HalUnavailable,
  };
  return Object.entries(constants)
    .map(([name, value]) => `#define ${name} ${value}u\n`)
    .join("");
}
