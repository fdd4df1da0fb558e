/**
 * Whether a module may run on the device, and if not, every reason why, not only the first.
 */
import { HAL_SIGNATURES } from "../../emulator/hal.ts";
import { DEVICE_PAGE, FLASH_BYTES, RAM_BASE, RAM_BYTES, slotRange } from "../../emulator/memory-map.ts";
import type { Profile } from "../../emulator/profile.ts";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { computeFootprint, type Footprint } from "../../emulator/wasm/footprint.ts";
import { entryPoints, loadModule, withSymbols, type LoadOptions } from "../../emulator/wasm/load.ts";
import { ModuleError, type ModuleErrorCode } from "../../emulator/wasm/module-error.ts";
import { describeType, SectionId, type DecodedModule } from "../../emulator/wasm/module.ts";
import { dataErrors, policyErrors } from "../../emulator/wasm/policy.ts";
import { computeStack } from "../../emulator/wasm/stack.ts";
import { Slot } from "../../assembly/layout.ts";

/** One reason why the device would not run the module. */
export interface LintReason {
  readonly code: ModuleErrorCode | "not-wasm" | "too-large";
  /** What and where, in one sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** Something that the module imports or exports. */
export interface LintLink {
  readonly name: string;
  /** Its type if it is a function, else what it is. */
  readonly type: string;
}

/** How a module fits a stretch of flash. */
export interface LintFit {
  readonly bytes: number;
  readonly fits: boolean;
}

/** What the module is to be, and so where it has to fit. */
export type ModuleRole = "bootloader" | "firmware" | "either";

/** What there is to know about a file that is, or should be, a module. */
export interface ModuleLint {
  readonly moduleBytes: number;
  /** Nothing stands against running it in its role. */
  readonly mayRun: boolean;
  readonly reasons: readonly LintReason[];
  readonly imports: readonly LintLink[];
  readonly exports: readonly LintLink[];
  /** RAM and code; undefined when the module is too broken to measure. */
  readonly footprint: Footprint | undefined;
  readonly sections: readonly { readonly name: string; readonly bytes: number }[];
  /** Bytes of custom sections: names, and whatever else the device does not need. */
  readonly customBytes: number;
  /** Where it fits. */
  readonly boot: LintFit;
  readonly slot: LintFit;
}

/** What to judge by. */
export interface LintOptions {
  readonly profile: Profile;
  /** The layout is somebody's own, without our device page in the boot partition. */
  readonly hasOwnLayout?: boolean;
  readonly role?: ModuleRole;
  /** An unstripped twin, for the names of functions. */
  readonly symbols?: Uint8Array | undefined;
}

const LOAD: LoadOptions = {
  ramBase: RAM_BASE,
  ramBytes: RAM_BYTES,
  flashBytes: FLASH_BYTES,
  build: "checked",
  requiredExports: ["reset", "__heap_base"],
  allowedImports: HAL_SIGNATURES,
};

/** Judges a file; nothing is thrown on account of its bytes. Throws ModuleError for bad symbols. */
export function lintModule(bytes: Uint8Array, options: LintOptions): ModuleLint {
  const fits = fitsOf(bytes.length, options);
  const nothing = { imports: [], exports: [], footprint: undefined, sections: [], customBytes: 0, ...fits };
  const alien = notWasm(bytes);
  if (alien !== undefined) {
    return { moduleBytes: bytes.length, mayRun: false, reasons: [alien], ...nothing };
  }
  const reasons = new ReasonList();
  const decoded = reasons.collect(() => decodeModule(bytes));
  if (decoded === undefined) {
    return { moduleBytes: bytes.length, mayRun: false, reasons: reasons.list, ...nothing };
  }
  const module =
    options.symbols === undefined ? decoded : withSymbols(decoded, decodeModule(options.symbols));
  const footprint = judge(module, reasons);
  const tooLarge = tooLargeFor(options.role ?? "either", bytes.length, fits);
  return {
    moduleBytes: bytes.length,
    mayRun: reasons.list.length === 0 && tooLarge === undefined,
    reasons: tooLarge === undefined ? reasons.list : [...reasons.list, tooLarge],
    imports: importsOf(module),
    exports: exportsOf(module),
    footprint,
    sections: module.sections.map(({ name, offset, end }) => ({ name, bytes: end - offset })),
    customBytes: module.sections
      .filter(({ id }) => id === SectionId.Custom)
      .reduce((sum, { offset, end }) => sum + end - offset, 0),
    ...fits,
  };
}

/** Puts a module before every judge, and measures it as far as it can be measured. */
function judge(module: DecodedModule, reasons: ReasonList): Footprint | undefined {
  reasons.collect(() => {
    const memoryBytes = RAM_BASE + RAM_BYTES;
    for (const error of policyErrors(module, { ...LOAD, memoryBytes })) reasons.add(error);
  });
  const stack = reasons.collect(() => computeStack(module, { roots: entryPoints(module, LOAD) }));
  const measured =
    stack === undefined
      ? undefined
      : reasons.collect(() => computeFootprint(module, stack, { ramBase: RAM_BASE, ramBytes: Infinity }));
  if (stack !== undefined && measured !== undefined) {
    reasons.collect(() => computeFootprint(module, stack, LOAD));
  }
  const end =
    RAM_BASE + RAM_BYTES - (measured === undefined ? 0 : measured.stackBytes + measured.globalBytes);
  for (const error of dataErrors(module, RAM_BASE, end)) reasons.add(error);
  // The last word is the loader's: whatever it refuses that nobody above did is a reason as well.
  if (reasons.list.length === 0) reasons.collect(() => loadModule(module.bytes, LOAD));
  return measured === undefined ? undefined : { ...measured, ramBytes: RAM_BYTES };
}

/** Collects refusals, each once. */
class ReasonList {
  readonly list: LintReason[] = [];

  add({ code, message, hint }: LintReason): void {
    if (!this.list.some((known) => known.message === message)) this.list.push({ code, message, hint });
  }

  /** The result, or undefined after adding the ModuleError that was thrown. */
  collect<T>(compute: () => T): T | undefined {
    try {
      return compute();
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      this.add(error);
      return undefined;
    }
  }
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** Why a file is no module at all. */
function notWasm(bytes: Uint8Array): LintReason | undefined {
  if (MAGIC.every((byte, index) => bytes[index] === byte)) return undefined;
  const code = "not-wasm";
  if (bytes.length === 0) {
    return { code, message: "The file is empty.", hint: "Build the module first." };
  }
  const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const message = `The file is no WebAssembly module: it begins with ${start}, not with 00 61 73 6d.`;
  const isText = /^\s*\(module\b/.test(new TextDecoder().decode(bytes.subarray(0, 256)));
  const hint = isText
    ? "It is WebAssembly text: assemble it first, for example with wat2wasm."
    : "Give the .wasm file that the linker wrote.";
  return { code, message, hint };
}

function fitsOf(
  moduleBytes: number,
  { profile, hasOwnLayout }: LintOptions,
): { boot: LintFit; slot: LintFit } {
  const { boot } = profile.layout;
  const bootBytes = hasOwnLayout === true ? boot.bytes : DEVICE_PAGE.address - boot.address;
  const slotBytes = Math.max(...[Slot.A, Slot.B].map((slot) => slotRange(profile.layout, slot).bytes));
  return {
    boot: { bytes: bootBytes, fits: moduleBytes <= bootBytes },
    slot: { bytes: slotBytes, fits: moduleBytes <= slotBytes },
  };
}

function tooLargeFor(
  role: ModuleRole,
  moduleBytes: number,
  { boot, slot }: { readonly boot: LintFit; readonly slot: LintFit },
): LintReason | undefined {
  if (role === "bootloader" ? boot.fits : role === "firmware" ? slot.fits : boot.fits || slot.fits) {
    return undefined;
  }
  const [place, bytes] =
    role === "bootloader" ? ["boot partition has", boot.bytes] : ["slot has", slot.bytes];
  return {
    code: "too-large",
    message: `The module has ${moduleBytes} bytes, and the ${place} ${bytes}.`,
    hint: "Strip it (wasm-ld: --strip-all), optimise for size, or move code out of it.",
  };
}

function importsOf(module: DecodedModule): LintLink[] {
  let functionIndex = 0;
  return module.imports.map((entry) => {
    const type = entry.kind === "function" ? module.functions[functionIndex++]?.type : undefined;
    return {
      name: `${entry.module}.${entry.name}`,
      type: type === undefined ? entry.kind : describeType(type),
    };
  });
}

function exportsOf(module: DecodedModule): LintLink[] {
  return module.exports.map(({ name, kind, index }) => {
    const type = kind === "function" ? module.functions[index]?.type : undefined;
    return { name, type: type === undefined ? kind : describeType(type) };
  });
}
