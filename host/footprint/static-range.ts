/**
 * Where the static data of anybody's module lies.
 */
import { RAM_BASE } from "../../emulator/memory-map.ts";
import { heapBaseOf } from "../../emulator/wasm/footprint.ts";
import type { DecodedModule } from "../../emulator/wasm/module.ts";

/** Addresses of a module's memory. */
export interface StaticRange {
  readonly start: number;
  readonly end: number;
  /** Whether it is that of a device: what lies there is all the static RAM that the module takes. */
  readonly isOfDevice: boolean;
}

/**
 * The static data of a module.
 *
 * Of one that is linked for a device it is what lies between the base of RAM and `__heap_base`. Of any other,
 * it is what its linker laid out: from its first data to its last, or to its `__heap_base` if that lies behind,
 * so the linker's own stack counts.
 */
export function staticRange(module: DecodedModule): StaticRange {
  const heapBase = heapBaseOf(module);
  const isImporting = module.memories.some(({ imported }) => imported);
  if (isImporting && heapBase !== undefined && heapBase >= RAM_BASE) {
    return { start: RAM_BASE, end: heapBase, isOfDevice: true };
  }
  const segments = placedSegments(module);
  const start = Math.min(...segments.map(({ address }) => address), heapBase ?? Infinity);
  if (start === Infinity) return { start: 0, end: 0, isOfDevice: false };
  return {
    start: segments.length === 0 ? 0 : start,
    end: Math.max(heapBase ?? 0, ...segments.map(({ address, bytes }) => address + bytes)),
    isOfDevice: false,
  };
}

/** A data segment at an address that the module states. */
export interface PlacedSegment {
  /** Its place among all segments. */
  readonly index: number;
  readonly address: number;
  readonly bytes: number;
}

/** The data segments that hold anything, in the order of the module. */
export function placedSegments(module: DecodedModule): PlacedSegment[] {
  return module.data.flatMap(({ offset, bytes }, index) =>
    offset?.kind === "i32" && bytes > 0 ? [{ index, address: offset.value >>> 0, bytes }] : [],
  );
}
