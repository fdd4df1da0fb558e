/**
 * The functions that instrumentation appends to a module: the cold ends of its checks, and the
 * checks of memory.copy, memory.fill and memory.init, whose length is known only at run time.
 */
import { ByteWriter } from "./byte-writer.ts";
import type { Instrumentation } from "./instrumentation.ts";
import { Opcode, TypeCode } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

/** Parameters of the functions below, in their order. None has a result. */
export const helperTypes: readonly (readonly ValueType[])[] = [
  ["i32", "i32"],
  ["i32"],
  ["i32", "i32", "i32"],
  ["i32", "i32", "i32"],
];

/** Bodies of fault(address, site), fuelFault(site), storeRange and loadRange(address, length, site). */
export function helperBodies(instrumentation: Instrumentation): Uint8Array[] {
  return [
    faultBody(instrumentation),
    fuelFaultBody(instrumentation),
    storeRangeBody(instrumentation),
    loadRangeBody(instrumentation),
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
