/**
 * What a module takes of the device: RAM by kind and by path, code by section and by function.
 */
import { ModuleError } from "./module-error.ts";
import { findExport, SectionId } from "./module.ts";
import type { DecodedModule } from "./module.ts";
import { valueBytes } from "./operand.ts";
import type { StackUse } from "./stack.ts";

/** Memory that a module needs; every number is in bytes. */
export interface Footprint {
  /** Zeroed, initialised and read-only data: from the base of RAM to the exported `__heap_base`. */
  readonly staticBytes: number;
  /** Mutable globals: they are RAM on a real part, although linear memory does not hold them. */
  readonly globalBytes: number;
  /** Heap that was declared. */
  readonly heapBytes: number;
  /** Worst-case stack. */
  readonly stackBytes: number;
  /** Names of the functions on the path that needs that stack, outermost first. */
  readonly deepestPath: readonly string[];
  /** Frame of each function on that path. */
  readonly deepestPathBytes: readonly number[];
  readonly totalBytes: number;
  /** RAM of the device. */
  readonly ramBytes: number;
  /** End of the part of RAM that loads and stores may reach: the rest is stack and globals. */
  readonly linearRamEnd: number;
  /** The code section. */
  readonly codeBytes: number;
  /** The whole module. */
  readonly moduleBytes: number;
  readonly sections: readonly { readonly name: string; readonly bytes: number }[];
  readonly functions: readonly { readonly index: number; readonly name: string; readonly bytes: number }[];
}

export interface FootprintOptions {
  readonly ramBase: number;
  readonly ramBytes: number;
  readonly heapBytes?: number;
  /** Static data of a module that is not linked for a device; `__heap_base` is not asked then. */
  readonly staticBytes?: number;
}

/**
 * Adds up what the module needs. Throws ModuleError "missing-export" or "export-signature" without a
 * constant `__heap_base`, "data-outside-ram" if it lies outside of RAM, and "ram-exceeded", naming
 * the deepest path, if the device has less RAM than that.
 */
export function computeFootprint(
  module: DecodedModule,
  stack: StackUse,
  options: FootprintOptions,
): Footprint {
  const { ramBase, ramBytes } = options;
  const staticBytes = options.staticBytes ?? staticEnd(module, ramBase) - ramBase;
  const globalBytes = module.globals.reduce(
    (sum, global) => sum + (global.mutable ? valueBytes(global.type) : 0),
    0,
  );
  const heapBytes = options.heapBytes ?? 0;
  const stackBytes = stack.stackBytes;
  const totalBytes = staticBytes + globalBytes + heapBytes + stackBytes;
  if (totalBytes > ramBytes) {
    const path = stack.path.map((step) => `${step.functionName} ${step.frameBytes}`).join(" → ");
    throw new ModuleError(
      "ram-exceeded",
      `The module needs ${totalBytes} bytes of RAM and the device has ${ramBytes}: static ${staticBytes}, ` +
        `globals ${globalBytes}, heap ${heapBytes}, stack ${stackBytes} (${path || "no calls"}).`,
    );
  }
  return {
    staticBytes,
    globalBytes,
    heapBytes,
    stackBytes,
    deepestPath: stack.path.map((step) => step.functionName),
    deepestPathBytes: stack.path.map((step) => step.frameBytes),
    totalBytes,
    ramBytes,
    linearRamEnd: ramBase + ramBytes - stackBytes - globalBytes,
    codeBytes: sectionBytes(module, SectionId.Code),
    moduleBytes: module.bytes.length,
    sections: module.sections.map((section) => ({ name: section.name, bytes: section.end - section.offset })),
    functions: module.functions.flatMap(({ index, name, body }) =>
      body === undefined ? [] : [{ index, name, bytes: body.end - body.localsStart }],
    ),
  };
}

function sectionBytes(module: DecodedModule, id: SectionId): number {
  const section = module.sections.find((entry) => entry.id === id);
  return section === undefined ? 0 : section.end - section.offset;
}

/** The value of the exported constant `__heap_base`; undefined if there is none of type i32. */
export function heapBaseOf(module: DecodedModule): number | undefined {
  const found = findExport(module, "__heap_base");
  const global = found?.kind === "global" ? module.globals[found.index] : undefined;
  if (global === undefined || global.mutable || global.initial.kind !== "i32") return undefined;
  return global.initial.value >>> 0;
}

function staticEnd(module: DecodedModule, ramBase: number): number {
  if (findExport(module, "__heap_base") === undefined) {
    throw new ModuleError("missing-export", "The module does not export __heap_base.");
  }
  const end = heapBaseOf(module);
  if (end === undefined) {
    throw new ModuleError("export-signature", "The export __heap_base is not a constant global of type i32.");
  }
  if (end < ramBase) {
    throw new ModuleError(
      "data-outside-ram",
      `The static data ends at ${end}, below the base of RAM at ${ramBase}.`,
    );
  }
  return end;
}
