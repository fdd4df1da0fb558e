/**
 * The instruction set of the device: opcodes, memory accesses and operand types (WebAssembly 1.0 §5.4).
 *
 * Beyond version 1.0: sign extension, bulk memory and non-trapping float-to-int conversion. An
 * instruction behind the prefix 0xfc has the opcode `0xfc00 + n` here.
 */

/** A value of the device: references and vectors do not exist. */
export type ValueType = "i32" | "i64" | "f32" | "f64";

/** The opcodes that something here treats by name. */
export const enum Opcode {
  Unreachable = 0x00,
  Nop = 0x01,
  Block = 0x02,
  Loop = 0x03,
  If = 0x04,
  Else = 0x05,
  End = 0x0b,
  Br = 0x0c,
  BrIf = 0x0d,
  BrTable = 0x0e,
  Return = 0x0f,
  Call = 0x10,
  CallIndirect = 0x11,
  Drop = 0x1a,
  Select = 0x1b,
  SelectTyped = 0x1c,
  LocalGet = 0x20,
  LocalSet = 0x21,
  LocalTee = 0x22,
  GlobalGet = 0x23,
  GlobalSet = 0x24,
  FirstLoad = 0x28,
  I64Load = 0x29,
  I32Load8U = 0x2d,
  LastLoad = 0x35,
  FirstStore = 0x36,
  I64Store = 0x37,
  LastStore = 0x3e,
  MemorySize = 0x3f,
  MemoryGrow = 0x40,
  I32Const = 0x41,
  I64Const = 0x42,
  F32Const = 0x43,
  F64Const = 0x44,
  I32Eqz = 0x45,
  I32LtU = 0x49,
  I32GtU = 0x4b,
  I32GeU = 0x4f,
  I64LtS = 0x53,
  I64LtU = 0x54,
  I64GtU = 0x56,
  I32Add = 0x6a,
  I32Sub = 0x6b,
  I32And = 0x71,
  I32Or = 0x72,
  I32Shl = 0x74,
  I32ShrU = 0x76,
  I64Add = 0x7c,
  I64Sub = 0x7d,
  I64Xor = 0x85,
  I64Shl = 0x86,
  I64ExtendI32U = 0xad,
  Prefix = 0xfc,
  MemoryInit = 0xfc08,
  DataDrop = 0xfc09,
  MemoryCopy = 0xfc0a,
  MemoryFill = 0xfc0b,
}

/** Byte codes of types in the binary format (§5.3). */
export const enum TypeCode {
  Empty = 0x40,
  Function = 0x60,
  FunctionReference = 0x70,
  F64 = 0x7c,
  F32 = 0x7d,
  I64 = 0x7e,
  I32 = 0x7f,
}

/** What a numeric instruction pops (last operand on top) and pushes. */
export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly result: ValueType;
}

/** Width and type of a load or a store. */
export interface MemoryAccess {
  readonly type: ValueType;
  readonly bytes: number;
}

/** The byte code of a value type. */
export function typeCode(type: ValueType): TypeCode {
  return { i32: TypeCode.I32, i64: TypeCode.I64, f32: TypeCode.F32, f64: TypeCode.F64 }[type];
}

/** The value type of a byte code, or undefined for anything that is not a number. */
export function valueTypeOf(code: number): ValueType | undefined {
  if (code === TypeCode.I32) return "i32";
  if (code === TypeCode.I64) return "i64";
  if (code === TypeCode.F32) return "f32";
  if (code === TypeCode.F64) return "f64";
  return undefined;
}

/** Type and width of the load or store `opcode`, or undefined if it is neither. */
export function memoryAccessOf(opcode: number): MemoryAccess | undefined {
  return memoryAccesses[opcode - Opcode.FirstLoad];
}

/** Operand and result types of the numeric instruction `opcode`, or undefined if it is none. */
export function signatureOf(opcode: number): Signature | undefined {
  return signatures.get(opcode);
}

/** Why an opcode is not among ours: the name of its feature, or undefined if no such instruction exists. */
export function foreignFeatureOf(opcode: number): string | undefined {
  if ((opcode >= 0x06 && opcode <= 0x0a) || opcode === 0x18 || opcode === 0x19 || opcode === 0x1f) {
    return "exception handling";
  }
  if (opcode === 0x12 || opcode === 0x13) return "tail calls";
  if (opcode === 0x14 || opcode === 0x15 || (opcode >= 0xd3 && opcode <= 0xd6))
    return "typed function references";
  if (opcode === 0x25 || opcode === 0x26 || (opcode >= 0xd0 && opcode <= 0xd2)) return "reference types";
  if (opcode >= 0xe0 && opcode <= 0xe6) return "stack switching";
  if (opcode === 0xfb) return "garbage collection";
  if (opcode === 0xfd) return "vector instructions (SIMD)";
  if (opcode === 0xfe) return "atomic instructions (threads)";
  if (opcode >= 0xfc0c && opcode <= 0xfc11) return "table instructions";
  return undefined;
}

const memoryAccesses: readonly MemoryAccess[] = (
  "i32 4, i64 8, f32 4, f64 8, i32 1, i32 1, i32 2, i32 2, i64 1, i64 1, i64 2, i64 2, i64 4, i64 4, " +
  "i32 4, i64 8, f32 4, f64 8, i32 1, i32 2, i64 1, i64 2, i64 4"
)
  .split(", ")
  .map((entry) => ({ type: typeNamed(entry.slice(0, 3)), bytes: Number(entry.slice(4)) }));

const signatures: ReadonlyMap<number, Signature> = buildSignatures();

/** Ranges of opcodes with equal types, in the order of the opcode table (§5.4.5). */
function buildSignatures(): Map<number, Signature> {
  const ranges: readonly (readonly [first: number, last: number, parameters: string, result: string])[] = [
    [0x45, 0x45, "i32", "i32"],
    [0x46, 0x4f, "i32 i32", "i32"],
    [0x50, 0x50, "i64", "i32"],
    [0x51, 0x5a, "i64 i64", "i32"],
    [0x5b, 0x60, "f32 f32", "i32"],
    [0x61, 0x66, "f64 f64", "i32"],
    [0x67, 0x69, "i32", "i32"],
    [0x6a, 0x78, "i32 i32", "i32"],
    [0x79, 0x7b, "i64", "i64"],
    [0x7c, 0x8a, "i64 i64", "i64"],
    [0x8b, 0x91, "f32", "f32"],
    [0x92, 0x98, "f32 f32", "f32"],
    [0x99, 0x9f, "f64", "f64"],
    [0xa0, 0xa6, "f64 f64", "f64"],
    [0xa7, 0xa7, "i64", "i32"],
    [0xa8, 0xa9, "f32", "i32"],
    [0xaa, 0xab, "f64", "i32"],
    [0xac, 0xad, "i32", "i64"],
    [0xae, 0xaf, "f32", "i64"],
    [0xb0, 0xb1, "f64", "i64"],
    [0xb2, 0xb3, "i32", "f32"],
    [0xb4, 0xb5, "i64", "f32"],
    [0xb6, 0xb6, "f64", "f32"],
    [0xb7, 0xb8, "i32", "f64"],
    [0xb9, 0xba, "i64", "f64"],
    [0xbb, 0xbb, "f32", "f64"],
    [0xbc, 0xbc, "f32", "i32"],
    [0xbd, 0xbd, "f64", "i64"],
    [0xbe, 0xbe, "i32", "f32"],
    [0xbf, 0xbf, "i64", "f64"],
    [0xc0, 0xc1, "i32", "i32"],
    [0xc2, 0xc4, "i64", "i64"],
    [0xfc00, 0xfc01, "f32", "i32"],
    [0xfc02, 0xfc03, "f64", "i32"],
    [0xfc04, 0xfc05, "f32", "i64"],
    [0xfc06, 0xfc07, "f64", "i64"],
  ];
  const table = new Map<number, Signature>();
  for (const [first, last, parameters, result] of ranges) {
    const signature = { parameters: parameters.split(" ").map(typeNamed), result: typeNamed(result) };
    for (let opcode = first; opcode <= last; opcode++) table.set(opcode, signature);
  }
  return table;
}

function typeNamed(name: string): ValueType {
  if (name === "i32" || name === "i64" || name === "f32" || name === "f64") return name;
  throw new TypeError(`No value type is called ${name}.`);
}
