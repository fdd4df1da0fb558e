/**
 * One instance of a loaded module: one power cycle of the device.
 */
import { enginePosition, faultAt } from "./fault.ts";
import type { Fault, FaultSite, FaultSource } from "./fault.ts";
import { reservedExport } from "./instrument.ts";

export { faultOf } from "./fault.ts";

/** What turns the marks of an instance into words. */
export interface FaultMap {
  readonly sites: readonly FaultSite[];
  /** Pairs of byte offsets, instrumented and original, in ascending order. */
  readonly trapOffsets: Int32Array;
  readonly functionNames: readonly string[];
}

/** Bytes that a counting build has moved between memory and its locals. */
export interface MemoryTraffic {
  readonly loadedBytes: number;
  readonly storedBytes: number;
}

export class RunningModule implements FaultSource {
  readonly exports: WebAssembly.Exports;
  private readonly faults: FaultMap;

  constructor(instance: WebAssembly.Instance, faults: FaultMap) {
    this.exports = instance.exports;
    this.faults = faults;
  }

  /**
   * Calls an exported function and returns its result. Throws TypeError if there is none of that
   * name, and whatever stops the function; {@link faultOf} tells a fault from a signal of an import.
   */
  call(name: string, ...parameters: readonly (number | bigint)[]): unknown {
    const target = this.exports[name];
    if (!isCallable(target)) throw new TypeError(`The module exports no function ${name}.`);
    return target(...parameters);
  }

  /** Fuel left; 0 after it was used up. */
  get fuel(): number {
    return this.number(reservedExport.fuel) ?? 0;
  }

  /** Sets the fuel left, a whole number below 2^53. */
  set fuel(value: number) {
    const cell = this.exports[reservedExport.fuel];
    if (cell instanceof WebAssembly.Global) cell.value = BigInt(value);
  }

  /**
   * Instructions executed so far; undefined unless the module was loaded to count them. Exact
   * whenever the module has returned or is inside an import; after a fault it includes the rest of
   * the straight run of code that faulted.
   */
  get executedInstructions(): number | undefined {
    return this.number(reservedExport.instructions);
  }

  /** Memory traffic so far; undefined unless the module was loaded to count. */
  get memoryTraffic(): MemoryTraffic | undefined {
    const loadedBytes = this.number(reservedExport.loaded);
    const storedBytes = this.number(reservedExport.stored);
    if (loadedBytes === undefined || storedBytes === undefined) return undefined;
    return { loadedBytes, storedBytes };
  }

  /** The fault that a check has stopped this instance with, if one has. */
  fault(): Fault | undefined {
    const site = this.faults.sites[(this.number(reservedExport.site) ?? 0) - 1];
    if (site === undefined) return undefined;
    const access = this.exports[reservedExport.address];
    const packed: unknown = access instanceof WebAssembly.Global ? access.value : undefined;
    const bits = typeof packed === "bigint" ? packed : 0n;
    const found = { address: Number(bits & 0xffff_ffffn), length: Number((bits >> 32n) & 0xffff_ffffn) };
    return faultAt(site, found, this.faults.functionNames[site.functionIndex] ?? "");
  }

  /** The fault that a trap of the engine is, with the place in the original module if the engine tells it. */
  trapFault(error: Error): Fault {
    const position = enginePosition(error);
    const functionIndex = position?.functionIndex;
    const functionName = functionIndex === undefined ? undefined : this.faults.functionNames[functionIndex];
    const instructionOffset = position && originalOffset(this.faults.trapOffsets, position.offset);
    const place = functionName === undefined ? "" : ` in ${functionName}`;
    const at = instructionOffset === undefined ? "" : ` at byte ${instructionOffset}`;
    return {
      kind: "trap",
      functionName,
      functionIndex: functionName === undefined ? undefined : functionIndex,
      address: undefined,
      accessBytes: undefined,
      instructionOffset,
      message: `The module trapped${place}${at}: ${error.message}.`,
    };
  }

  private number(name: string): number | undefined {
    const cell = this.exports[name];
    return cell instanceof WebAssembly.Global ? Number(cell.value) : undefined;
  }
}

function isCallable(value: unknown): value is (...parameters: readonly (number | bigint)[]) => unknown {
  return typeof value === "function";
}

/** Finds the original offset of an instruction that may trap; the pairs are in ascending order. */
function originalOffset(trapOffsets: Int32Array, offset: number): number | undefined {
  let low = 0;
  let high = trapOffsets.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((trapOffsets[middle * 2] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return trapOffsets[low * 2] === offset ? trapOffsets[low * 2 + 1] : undefined;
}
