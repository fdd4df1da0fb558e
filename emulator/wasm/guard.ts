/**
 * The functions that instrumentation appends to a module: the cold ends of its checks, and the
 * checks of memory.copy, memory.fill and memory.init, whose length is known only at run time.
 */
import { HAZARD_ENTRY_BYTES, HAZARD_MAP, HAZARD_TABLE } from "../hazard.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Instrumentation } from "./instrumentation.ts";
import { observeBody } from "./observation.ts";
import { Opcode, TypeCode } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

/** i32.load and i32.store, which are the first of their kind (WebAssembly 1.0 §5.4.6). */
const I32_LOAD: number = Opcode.FirstLoad;
const I32_STORE: number = Opcode.FirstStore;

/** Parameters of the functions below, in their order. None has a result. */
export function helperTypes({ observer }: Instrumentation): (readonly ValueType[])[] {
  const range = ["i32", "i32", "i32"] as const;
  const observe = ["i32", "i32"] as const;
  return [["i32", "i32"], ["i32"], range, range, range, ...(observer === undefined ? [] : [observe])];
}

/**
 * Bodies of fault(address, site), fuelFault(site), storeRange, loadRange and probe(address, length, site),
 * and, for an observer, observe(value, site).
 */
export function helperBodies(instrumentation: Instrumentation): Uint8Array[] {
  return [
    faultBody(instrumentation),
    fuelFaultBody(instrumentation),
    storeRangeBody(instrumentation),
    loadRangeBody(instrumentation),
    probeBody(instrumentation),
    ...(instrumentation.observer === undefined ? [] : [observeBody(instrumentation.globals)]),
  ];
}

function faultBody({ globals }: Instrumentation): Uint8Array {
  const code = new ByteWriter().byte(0);
  localGet(code, 0).byte(Opcode.I64ExtendI32U);
  globalSet(code, globals.address);
  localGet(code, 1);
  globalSet(code, globals.site);
  return code.raw(Opcode.Unreachable, Opcode.End).finish();
}

function fuelFaultBody({ globals }: Instrumentation): Uint8Array {
  const code = new ByteWriter().byte(0);
  code.raw(Opcode.I64Const, 0);
  globalSet(code, globals.fuel);
  localGet(code, 0);
  globalSet(code, globals.site);
  return code.raw(Opcode.Unreachable, Opcode.End).finish();
}

/**
 * Faults unless `[address, address + length)` lies in RAM; a length of 0 touches nothing and passes.
 * Then charges fuel for the words that a loop would have moved, by the site behind the one given.
 */
function storeRangeBody(instrumentation: Instrumentation): Uint8Array {
  const { bounds, globals, functions } = instrumentation;
  const code = new ByteWriter().raw(1, 1, TypeCode.I64);
  const fuel = 3;
  localGet(code, 1).raw(Opcode.If, TypeCode.Empty);
  pushOutside(code, bounds.ramStart, bounds.ramEnd);
  code.raw(Opcode.If, TypeCode.Empty);
  faultWithLength(code, instrumentation);
  code.raw(Opcode.End, Opcode.End);

  globalGet(code, globals.fuel);
  localGet(code, 1);
  i32Const(code, 2).raw(Opcode.I32ShrU, Opcode.I64ExtendI32U, Opcode.I64Sub, Opcode.LocalTee, fuel);
  code.raw(Opcode.I64Const, 0, Opcode.I64LtS, Opcode.If, TypeCode.Empty);
  localGet(code, 2);
  i32Const(code, 1).raw(Opcode.I32Add, Opcode.Call).u32(functions.fuelFault).byte(Opcode.End);
  localGet(code, fuel);
  globalSet(code, globals.fuel);
  return code.byte(Opcode.End).finish();
}

/** Faults unless `[address, address + length)` lies in RAM or in flash. */
function loadRangeBody(instrumentation: Instrumentation): Uint8Array {
  const { bounds } = instrumentation;
  const code = new ByteWriter().byte(0);
  localGet(code, 1).raw(Opcode.If, TypeCode.Empty);
  pushOutside(code, bounds.ramStart, bounds.ramEnd);
  code.raw(Opcode.If, TypeCode.Empty);
  pushOutside(code, 0, bounds.flashBytes);
  code.raw(Opcode.If, TypeCode.Empty);
  faultWithLength(code, instrumentation);
  return code.raw(Opcode.End, Opcode.End, Opcode.End, Opcode.End).finish();
}

/**
 * Looks at the hazard map for each 8 bytes of flash that `[address, address + length)` touches, and
 * faults, or flips the bits that waver, where it says so: see ../hazard.ts. RAM has no hazards.
 */
function probeBody(instrumentation: Instrumentation): Uint8Array {
  const { bounds, build } = instrumentation;
  const code = new ByteWriter();
  if (build !== "probed") return code.raw(0, Opcode.End).finish();
  code.raw(1, 4, TypeCode.I32);
  const [granule, hazard, touched, entry] = [3, 4, 5, 6] as const;
  localGet(code, 1).raw(Opcode.I32Eqz);
  localGet(code, 0);
  i32Const(code, bounds.flashBytes).raw(Opcode.I32GeU, Opcode.I32Or, Opcode.If, TypeCode.Empty);
  code.raw(Opcode.Return, Opcode.End);
  localGet(code, 0);
  i32Const(code, 3).raw(Opcode.I32ShrU, Opcode.LocalSet, granule, Opcode.Loop, TypeCode.Empty);

  localGet(code, granule).byte(Opcode.I32Load8U).u32(0).u32(HAZARD_MAP).raw(Opcode.LocalTee, hazard);
  code.raw(Opcode.If, TypeCode.Empty);
  // Bit 0: the access begins before the middle of the granule. Bit 1: it ends behind the middle.
  localGet(code, 0);
  pushMiddle(code, granule).byte(Opcode.I32LtU);
  localGet(code, 0);
  localGet(code, 1).byte(Opcode.I32Add);
  pushMiddle(code, granule).byte(Opcode.I32GtU);
  i32Const(code, 1).raw(Opcode.I32Shl, Opcode.I32Or, Opcode.LocalTee, touched);
  localGet(code, hazard).raw(Opcode.I32And, Opcode.If, TypeCode.Empty);
  localGet(code, hazard);
  i32Const(code, 2).raw(Opcode.I32ShrU, Opcode.LocalTee, entry, Opcode.I32Eqz, Opcode.If, TypeCode.Empty);
  faultWithLength(code, instrumentation);
  code.byte(Opcode.End);
  pushWaver(code, granule, entry);
  code.raw(Opcode.End, Opcode.End);

  localGet(code, granule);
  i32Const(code, 1).raw(Opcode.I32Add, Opcode.LocalTee, granule);
  i32Const(code, 3).byte(Opcode.I32Shl);
  localGet(code, 0);
  localGet(code, 1).raw(Opcode.I32Add, Opcode.I32LtU, Opcode.BrIf, 0, Opcode.End);
  return code.byte(Opcode.End).finish();
}

/** Pushes the address of the middle of a granule. */
function pushMiddle(code: ByteWriter, granule: number): ByteWriter {
  localGet(code, granule);
  i32Const(code, 3).byte(Opcode.I32Shl);
  return i32Const(code, 4).byte(Opcode.I32Or);
}

/** Counts a read of a wavering granule, and flips its bits if a change is due. */
function pushWaver(code: ByteWriter, granule: number, entry: number): void {
  const at = HAZARD_TABLE - HAZARD_ENTRY_BYTES;
  const [mask, reads, changes] = [at, at + 8, at + 12] as const;
  const decrement = (offset: number): void => {
    localGet(code, entry);
    localGet(code, entry).byte(I32_LOAD).u32(2).u32(offset);
    i32Const(code, 1).raw(Opcode.I32Sub, I32_STORE).u32(2).u32(offset);
  };
  localGet(code, entry);
  i32Const(code, 4).raw(Opcode.I32Shl, Opcode.LocalTee, entry);
  code.byte(I32_LOAD).u32(2).u32(reads).raw(Opcode.If, TypeCode.Empty);
  decrement(reads);
  code.byte(Opcode.Else);
  localGet(code, entry).byte(I32_LOAD).u32(2).u32(changes).raw(Opcode.If, TypeCode.Empty);
  decrement(changes);
  localGet(code, granule);
  i32Const(code, 3).raw(Opcode.I32Shl, Opcode.LocalTee, granule);
  localGet(code, granule).byte(Opcode.I64Load).u32(3).u32(0);
  localGet(code, entry).byte(Opcode.I64Load).u32(3).u32(mask).byte(Opcode.I64Xor);
  code.byte(Opcode.I64Store).u32(3).u32(0);
  localGet(code, granule);
  i32Const(code, 3).raw(Opcode.I32ShrU, Opcode.LocalSet, granule);
  code.raw(Opcode.End, Opcode.End);
}

/** Pushes whether local 0 (address) and local 1 (length) leave `[start, end)`. */
function pushOutside(code: ByteWriter, start: number, end: number): void {
  localGet(code, 0);
  i32Const(code, start).byte(Opcode.I32Sub);
  i32Const(code, end - start).byte(Opcode.I32GtU);
  localGet(code, 1);
  i32Const(code, end);
  localGet(code, 0).raw(Opcode.I32Sub, Opcode.I32GtU, Opcode.I32Or);
}

/** Writes down local 0 as address, local 1 as length and local 2 as site, and traps. */
function faultWithLength(code: ByteWriter, { globals }: Instrumentation): void {
  localGet(code, 1).byte(Opcode.I64ExtendI32U);
  code.raw(Opcode.I64Const, 32, Opcode.I64Shl);
  localGet(code, 0).raw(Opcode.I64ExtendI32U, Opcode.I64Add);
  globalSet(code, globals.address);
  localGet(code, 2);
  globalSet(code, globals.site);
  code.byte(Opcode.Unreachable);
}

function localGet(code: ByteWriter, index: number): ByteWriter {
  return code.byte(Opcode.LocalGet).u32(index);
}

function globalGet(code: ByteWriter, index: number): ByteWriter {
  return code.byte(Opcode.GlobalGet).u32(index);
}

function globalSet(code: ByteWriter, index: number): ByteWriter {
  return code.byte(Opcode.GlobalSet).u32(index);
}

/** An i32.const; values from 2^31 on become the negative number with the same bits. */
function i32Const(code: ByteWriter, value: number): ByteWriter {
  return code.byte(Opcode.I32Const).signed(value | 0);
}
