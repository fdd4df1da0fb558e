/**
 * Which modules the device runs at all: the rules that need no arithmetic.
 */
import { InstructionReader } from "./instruction.ts";
import { ModuleError } from "./module-error.ts";
import { describeType, findExport } from "./module.ts";
import type { DecodedModule, FunctionType, Import } from "./module.ts";
import { Opcode } from "./opcode.ts";

export const wasmPageBytes = 65_536;

/** Functions of module `hal` by name. */
export type HalSignatures = Readonly<Record<string, FunctionType>>;

export interface PolicyOptions {
  /** End of the address space: the memory has exactly so many bytes. */
  readonly memoryBytes: number;
  readonly allowedImports: HalSignatures;
  /** Exports that must be there: `__heap_base` is a global, everything else a function. */
  readonly requiredExports: readonly string[];
}

/**
 * Refuses a module that could change the shape of the device or reach beyond it. Throws ModuleError
 * "own-memory", "memory-size", "grows-memory", "start-function", "foreign-import",
 * "import-signature", "missing-export", "export-signature" or "reserved-export".
 */
export function enforcePolicy(module: DecodedModule, options: PolicyOptions): void {
  for (const error of policyErrors(module, options)) throw error;
}

/** Every reason that {@link enforcePolicy} could refuse the module for, in its order. */
export function* policyErrors(module: DecodedModule, options: PolicyOptions): Generator<ModuleError> {
  yield* ownMemoryErrors(module);
  yield* importErrors(module, options);
  yield* memorySizeErrors(module, options.memoryBytes);
  yield* startFunctionErrors(module);
  yield* memoryGrowthErrors(module);
  yield* exportErrors(module, options.requiredExports);
}

/** Refuses active data outside `[ramBase, linearRamEnd)`: the engine would copy it there unchecked. */
export function refuseDataOutsideRam(module: DecodedModule, ramBase: number, linearRamEnd: number): void {
  for (const error of dataErrors(module, ramBase, linearRamEnd)) throw error;
}

/** Every segment that {@link refuseDataOutsideRam} could refuse the module for. */
export function* dataErrors(
  module: DecodedModule,
  ramBase: number,
  linearRamEnd: number,
): Generator<ModuleError> {
  for (const [index, { offset, bytes }] of module.data.entries()) {
    if (offset === undefined) continue;
    if (offset.kind !== "i32") {
      yield new ModuleError(
        "data-outside-ram",
        `Data segment ${index} lies at an address that is not a constant.`,
      );
      continue;
    }
    const start = offset.value >>> 0;
    if (start >= ramBase && start + bytes <= linearRamEnd) continue;
    yield new ModuleError(
      "data-outside-ram",
      `Data segment ${index} lies at [${start}, ${start + bytes}), outside RAM at [${ramBase}, ${linearRamEnd}).`,
    );
  }
}

function* ownMemoryErrors(module: DecodedModule): Generator<ModuleError> {
  if (module.memories.every((memory) => memory.imported)) return;
  yield new ModuleError("own-memory", "The module defines a memory of its own.");
}

function* memorySizeErrors(module: DecodedModule, memoryBytes: number): Generator<ModuleError> {
  const pages = memoryBytes / wasmPageBytes;
  for (const { minimum, maximum } of module.memories) {
    if (minimum <= pages && (maximum ?? pages) >= pages) continue;
    yield new ModuleError(
      "memory-size",
      `The module asks for a memory of ${minimum} to ${maximum ?? "any number of"} pages and the device has ${pages}.`,
    );
  }
}

/** Throws ModuleError "start-function" for a module that runs before anybody calls it. */
export function refuseStartFunction(module: DecodedModule): void {
  for (const error of startFunctionErrors(module)) throw error;
}

function* startFunctionErrors(module: DecodedModule): Generator<ModuleError> {
  if (module.startFunction === undefined) return;
  const name = module.functions[module.startFunction]?.name ?? "";
  yield new ModuleError("start-function", `The module has a start function, ${name}.`);
}

function* memoryGrowthErrors(module: DecodedModule): Generator<ModuleError> {
  for (const { name, body } of module.functions) {
    if (body === undefined) continue;
    const instructions = new InstructionReader(module.bytes, body.codeStart, body.end);
    while (instructions.next()) {
      if (instructions.opcode !== Opcode.MemoryGrow) continue;
      yield new ModuleError("grows-memory", `Function ${name} grows memory at byte ${instructions.offset}.`);
    }
  }
}

function* importErrors(module: DecodedModule, { allowedImports }: PolicyOptions): Generator<ModuleError> {
  let functionIndex = 0;
  for (const entry of module.imports) {
    const type = entry.kind === "function" ? module.functions[functionIndex++]?.type : undefined;
    if (isDeviceMemory(entry)) continue;
    const isHal = entry.module === "hal" && Object.hasOwn(allowedImports, entry.name);
    const allowed = isHal ? allowedImports[entry.name] : undefined;
    if (allowed === undefined || type === undefined) {
      yield new ModuleError(
        "foreign-import",
        `The module imports the ${entry.kind} ${entry.module}.${entry.name}.`,
      );
    } else if (describeType(type) !== describeType(allowed)) {
      yield new ModuleError(
        "import-signature",
        `The module imports hal.${entry.name} as ${describeType(type)}; it is ${describeType(allowed)}.`,
      );
    }
  }
}

function isDeviceMemory({ module, name, kind }: Import): boolean {
  return module === "env" && name === "memory" && kind === "memory";
}

function* exportErrors(module: DecodedModule, required: readonly string[]): Generator<ModuleError> {
  for (const { name } of module.exports) {
    if (name.startsWith("bo:")) yield new ModuleError("reserved-export", `The module exports ${name}.`);
  }
  for (const name of required) {
    const kind = name === "__heap_base" ? "global" : "function";
    const found = findExport(module, name);
    if (found === undefined) {
      yield new ModuleError("missing-export", `The module does not export ${name}.`);
      continue;
    }
    if (found.kind !== kind) {
      yield new ModuleError(
        "export-signature",
        `The module exports ${name} as a ${found.kind}, not as a ${kind}.`,
      );
    }
    const type = found.kind === "function" ? module.functions[found.index]?.type : undefined;
    if (name === "reset" && type !== undefined && type.parameters.length > 0) {
      yield new ModuleError(
        "export-signature",
        `The module exports reset as ${describeType(type)}; it takes nothing.`,
      );
    }
  }
}
