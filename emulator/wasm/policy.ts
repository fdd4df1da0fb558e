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
  refuseOwnMemory(module);
  refuseForeignImports(module, options);
  refuseMemorySize(module, options.memoryBytes);
  refuseStartFunction(module);
  refuseMemoryGrowth(module);
  refuseExports(module, options.requiredExports);
}

/** Refuses active data outside `[ramBase, linearRamEnd)`: the engine would copy it there unchecked. */
export function refuseDataOutsideRam(module: DecodedModule, ramBase: number, linearRamEnd: number): void {
  module.data.forEach(({ offset, bytes }, index) => {
    if (offset === undefined) return;
    if (offset.kind !== "i32") {
      throw new ModuleError(
        "data-outside-ram",
        `Data segment ${index} lies at an address that is not a constant.`,
      );
    }
    const start = offset.value >>> 0;
    if (start >= ramBase && start + bytes <= linearRamEnd) return;
    throw new ModuleError(
      "data-outside-ram",
      `Data segment ${index} lies at [${start}, ${start + bytes}), outside RAM at [${ramBase}, ${linearRamEnd}).`,
    );
  });
}

function refuseOwnMemory(module: DecodedModule): void {
  if (module.memories.every((memory) => memory.imported)) return;
  throw new ModuleError("own-memory", "The module defines a memory of its own.");
}

function refuseMemorySize(module: DecodedModule, memoryBytes: number): void {
  const pages = memoryBytes / wasmPageBytes;
  for (const { minimum, maximum } of module.memories) {
    if (minimum <= pages && (maximum ?? pages) >= pages) continue;
    throw new ModuleError(
      "memory-size",
      `The module asks for a memory of ${minimum} to ${maximum ?? "any number of"} pages and the device has ${pages}.`,
    );
  }
}

function refuseStartFunction(module: DecodedModule): void {
  if (module.startFunction === undefined) return;
  const name = module.functions[module.startFunction]?.name ?? "";
  throw new ModuleError("start-function", `The module has a start function, ${name}.`);
}

function refuseMemoryGrowth(module: DecodedModule): void {
  for (const { name, body } of module.functions) {
    if (body === undefined) continue;
    const instructions = new InstructionReader(module.bytes, body.codeStart, body.end);
    while (instructions.next()) {
      if (instructions.opcode !== Opcode.MemoryGrow) continue;
      throw new ModuleError("grows-memory", `Function ${name} grows memory at byte ${instructions.offset}.`);
    }
  }
}

function refuseForeignImports(module: DecodedModule, { allowedImports }: PolicyOptions): void {
  let functionIndex = 0;
  for (const entry of module.imports) {
    const type = entry.kind === "function" ? module.functions[functionIndex++]?.type : undefined;
    if (isDeviceMemory(entry)) continue;
    const isHal = entry.module === "hal" && Object.hasOwn(allowedImports, entry.name);
    const allowed = isHal ? allowedImports[entry.name] : undefined;
    if (allowed === undefined || type === undefined) {
      throw new ModuleError(
        "foreign-import",
        `The module imports the ${entry.kind} ${entry.module}.${entry.name}.`,
      );
    }
    if (describeType(type) !== describeType(allowed)) {
      throw new ModuleError(
        "import-signature",
        `The module imports hal.${entry.name} as ${describeType(type)}; it is ${describeType(allowed)}.`,
      );
    }
  }
}

function isDeviceMemory({ module, name, kind }: Import): boolean {
  return module === "env" && name === "memory" && kind === "memory";
}

function refuseExports(module: DecodedModule, required: readonly string[]): void {
  const reserved = module.exports.find((entry) => entry.name.startsWith("bo:"));
  if (reserved !== undefined) {
    throw new ModuleError("reserved-export", `The module exports ${reserved.name}.`);
  }
  for (const name of required) {
    const kind = name === "__heap_base" ? "global" : "function";
    const found = findExport(module, name);
    if (found === undefined) throw new ModuleError("missing-export", `The module does not export ${name}.`);
    if (found.kind !== kind) {
      throw new ModuleError(
        "export-signature",
        `The module exports ${name} as a ${found.kind}, not as a ${kind}.`,
      );
    }
    const type = found.kind === "function" ? module.functions[found.index]?.type : undefined;
    if (name === "reset" && type !== undefined && type.parameters.length > 0) {
      throw new ModuleError(
        "export-signature",
        `The module exports reset as ${describeType(type)}; it takes nothing.`,
      );
    }
  }
}
