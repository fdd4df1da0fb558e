/**
 * The way from bytes to a module that runs on the device: decode, judge, measure, instrument, compile.
 */
import { decodeModule } from "./decode.ts";
import { computeFootprint } from "./footprint.ts";
import type { Footprint } from "./footprint.ts";
import { instrument } from "./instrument.ts";
import type { Build } from "./instrument.ts";
import { ModuleError } from "./module-error.ts";
import { findExport, SectionId } from "./module.ts";
import type { DecodedModule, FunctionEntry } from "./module.ts";
import { enforcePolicy, refuseDataOutsideRam } from "./policy.ts";
import type { HalSignatures } from "./policy.ts";
import { RunningModule } from "./running-module.ts";
import type { FaultMap } from "./running-module.ts";
import { computeStack } from "./stack.ts";

export interface LoadOptions {
  /** RAM is `[ramBase, ramBase + ramBytes)`, the top of the address space. */
  readonly ramBase: number;
  readonly ramBytes: number;
  /** Flash is `[0, flashBytes)`, readable only. */
  readonly flashBytes: number;
  readonly build: Build;
  /** Exports that must be there: `__heap_base` is a global, everything else a function. */
  readonly requiredExports: readonly string[];
  /** Functions of module `hal` that may be imported; `env.memory` always may. */
  readonly allowedImports: HalSignatures;
  /** Exported functions that the host calls, where they exist: the stack is measured from them. */
  readonly entryPoints?: readonly string[];
  /** Names of all functions that indirect calls may reach. */
  readonly indirectTargets?: readonly string[];
  /** Heap that the module is known to use, in bytes. */
  readonly heapBytes?: number;
  /** An unstripped twin of the module, for the names of its functions. */
  readonly symbols?: Uint8Array;
  /** Count executed instructions and memory traffic exactly, at some cost in speed. */
  readonly countInstructions?: boolean;
}

/** What {@link LoadOptions.entryPoints} is if not given. */
export const defaultEntryPoints: readonly string[] = ["reset", "verify"];

/** A module that has been judged, measured, instrumented and compiled. */
export class LoadedModule {
  readonly module: WebAssembly.Module;
  readonly footprint: Footprint;
  readonly build: Build;
  private readonly faults: FaultMap;

  constructor(module: WebAssembly.Module, footprint: Footprint, build: Build, faults: FaultMap) {
    this.module = module;
    this.footprint = footprint;
    this.build = build;
    this.faults = faults;
  }

  /**
   * A new instance with no fuel; `imports` has `env.memory` and the `hal` functions. Throws
   * WebAssembly.LinkError if an import is missing.
   */
  instantiate(imports: WebAssembly.Imports): RunningModule {
    return new RunningModule(new WebAssembly.Instance(this.module, imports), this.faults);
  }
}

/** Loads a module. Throws ModuleError with the first reason why the device would not run it. */
export function loadModule(bytes: Uint8Array, options: LoadOptions): LoadedModule {
  const decoded = decodeModule(bytes);
  const module =
    options.symbols === undefined ? decoded : withSymbols(decoded, decodeModule(options.symbols));
  enforcePolicy(module, { ...options, memoryBytes: options.ramBase + options.ramBytes });
  const stack = computeStack(module, { ...options, roots: entryPoints(module, options) });
  refuseInvalid(bytes);
  const footprint = computeFootprint(module, stack, options);
  const { linearRamEnd } = footprint;
  refuseDataOutsideRam(module, options.ramBase, linearRamEnd);
  const instrumented = instrument(module, {
    build: options.build,
    bounds: { ramStart: options.ramBase, ramEnd: linearRamEnd, flashBytes: options.flashBytes },
    countInstructions: options.countInstructions ?? false,
  });
  return new LoadedModule(new WebAssembly.Module(instrumented.bytes), footprint, options.build, {
    sites: instrumented.sites,
    trapOffsets: instrumented.trapOffsets,
    functionNames: module.functions.map((entry) => entry.name),
  });
}

/** Indices of the functions that the host calls: the stack is measured from them. */
export function entryPoints(module: DecodedModule, options: Pick<LoadOptions, "entryPoints">): number[] {
  const names = options.entryPoints ?? defaultEntryPoints;
  return names.flatMap((name) => {
    const found = findExport(module, name);
    return found?.kind === "function" ? [found.index] : [];
  });
}

/**
 * Throws ModuleError "malformed" for what the engine does not accept: the last word on validity is its, and it is
 * asked about the module as it was given.
 */
export function refuseInvalid(bytes: Uint8Array): void {
  if (WebAssembly.validate(new Uint8Array(bytes))) return;
  throw new ModuleError("malformed", "The module is malformed: the WebAssembly engine does not accept it.");
}

/**
 * The module with the names of its twin, whose code must be the same to the byte. Throws ModuleError
 * "symbols-mismatch".
 */
export function withSymbols(module: DecodedModule, twin: DecodedModule): DecodedModule {
  const code = codeOf(module);
  const twinCode = codeOf(twin);
  if (code.length !== twinCode.length || code.some((byte, index) => byte !== twinCode[index])) {
    throw new ModuleError("symbols-mismatch", "The symbols belong to another module: its code differs.");
  }
  const functions: FunctionEntry[] = module.functions.map((entry) => ({
    ...entry,
    name: twin.functions[entry.index]?.name ?? entry.name,
  }));
  return { ...module, functions };
}

function codeOf(module: DecodedModule): Uint8Array {
  const section = module.sections.find((entry) => entry.id === SectionId.Code);
  return section === undefined ? new Uint8Array() : module.bytes.subarray(section.bodyStart, section.end);
}
