/**
 * Instructions as text, for reports: the names of the text format (WebAssembly 1.0 §6.5) with the
 * immediate that tells the most.
 */
import type { InstructionReader } from "./instruction.ts";
import type { DecodedModule } from "./module.ts";
import { memoryAccessOf, Opcode } from "./opcode.ts";

const MEMORY_NAMES = (
  "i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u i64.load8_s " +
  "i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u i32.store i64.store f32.store f64.store " +
  "i32.store8 i32.store16 i64.store8 i64.store16 i64.store32"
).split(" ");

const INTEGER_COMPARISONS = "eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u".split(" ");
const INTEGER_OPERATIONS =
  "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr".split(" ");

const NAMED: ReadonlyMap<number, string> = new Map([
  [Opcode.Unreachable, "unreachable"],
  [Opcode.If, "if"],
  [Opcode.Br, "br"],
  [Opcode.BrIf, "br_if"],
  [Opcode.BrTable, "br_table"],
  [Opcode.Return, "return"],
  [Opcode.Call, "call"],
  [Opcode.CallIndirect, "call_indirect"],
  [Opcode.Select, "select"],
  [Opcode.SelectTyped, "select"],
  [Opcode.LocalGet, "local.get"],
  [Opcode.LocalSet, "local.set"],
  [Opcode.LocalTee, "local.tee"],
  [Opcode.GlobalGet, "global.get"],
  [Opcode.GlobalSet, "global.set"],
  [Opcode.MemorySize, "memory.size"],
  [Opcode.I32Const, "i32.const"],
  [Opcode.I64Const, "i64.const"],
  [0xa7, "i32.wrap_i64"],
  [0xac, "i64.extend_i32_s"],
  [0xad, "i64.extend_i32_u"],
  [0xc0, "i32.extend8_s"],
  [0xc1, "i32.extend16_s"],
  [0xc2, "i64.extend8_s"],
  [0xc3, "i64.extend16_s"],
  [0xc4, "i64.extend32_s"],
  [Opcode.MemoryInit, "memory.init"],
  [Opcode.MemoryCopy, "memory.copy"],
  [Opcode.MemoryFill, "memory.fill"],
]);

/** The instruction that the reader stands on. */
export function instructionText(module: DecodedModule, reader: InstructionReader): string {
  const { opcode } = reader;
  const name = opcodeName(opcode);
  switch (opcode) {
    case Opcode.Call:
      return `${name} ${module.functions[reader.index]?.name ?? reader.index}`;
    case Opcode.Br:
    case Opcode.BrIf:
    case Opcode.LocalGet:
    case Opcode.LocalSet:
    case Opcode.LocalTee:
    case Opcode.GlobalGet:
    case Opcode.GlobalSet:
      return `${name} ${reader.index}`;
    case Opcode.I32Const:
      return `${name} ${reader.constant}`;
    default:
      return memoryAccessOf(opcode) === undefined || reader.memoryOffset === 0
        ? name
        : `${name} offset=${reader.memoryOffset}`;
  }
}

function opcodeName(opcode: number): string {
  const named = NAMED.get(opcode) ?? MEMORY_NAMES[opcode - Opcode.FirstLoad];
  if (named !== undefined) return named;
  if (opcode >= 0x45 && opcode <= 0x4f) return `i32.${INTEGER_COMPARISONS[opcode - 0x45]}`;
  if (opcode >= 0x50 && opcode <= 0x5a) return `i64.${INTEGER_COMPARISONS[opcode - 0x50]}`;
  if (opcode >= 0x67 && opcode <= 0x78) return `i32.${INTEGER_OPERATIONS[opcode - 0x67]}`;
  if (opcode >= 0x79 && opcode <= 0x8a) return `i64.${INTEGER_OPERATIONS[opcode - 0x79]}`;
  return `opcode 0x${opcode.toString(16)}`;
}
