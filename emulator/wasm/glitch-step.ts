/**
 * One instruction as the glitch rewriter sees it: what it takes from the operands and leaves there.
 */
import type { InstructionReader } from "./instruction.ts";
import type { DecodedModule, FunctionType } from "./module.ts";
import { memoryAccessOf, Opcode, signatureOf } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

/** One instruction of a run, and what it does to the operands. */
export interface Step {
  readonly opcode: number;
  readonly start: number;
  readonly end: number;
  readonly index: number;
  readonly memoryOffset: number;
  readonly type: FunctionType;
  readonly isSite: boolean;
}

/** Takes nothing and leaves nothing. */
export const CONTROL: FunctionType = { parameters: [], results: [] };

/**
 * What the instruction that the reader stands on pops and pushes; the module is known to be valid.
 *
 * @param locals types of parameters and locals
 * @param operands types of the operands before it
 */
export function typeOfInstruction(
  module: DecodedModule,
  locals: readonly ValueType[],
  operands: readonly ValueType[],
  source: InstructionReader,
): FunctionType {
  const { opcode } = source;
  const signature = signatureOf(opcode);
  if (signature !== undefined) return { parameters: signature.parameters, results: [signature.result] };
  const access = memoryAccessOf(opcode);
  if (access !== undefined) {
    if (opcode <= Opcode.LastLoad) return { parameters: ["i32"], results: [access.type] };
    return { parameters: ["i32", access.type], results: [] };
  }
  const { index } = source;
  const top = operands[operands.length - 1] ?? "i32";
  const second = operands[operands.length - 2] ?? "i32";
  const local = locals[index] ?? "i32";
  const global = module.globals[index]?.type ?? "i32";
  switch (opcode) {
    case Opcode.Drop:
      return { parameters: [top], results: [] };
    case Opcode.Select:
    case Opcode.SelectTyped:
      return { parameters: [second, second, "i32"], results: [second] };
    case Opcode.I32Const:
    case Opcode.MemorySize:
      return { parameters: [], results: ["i32"] };
    case Opcode.I64Const:
      return { parameters: [], results: ["i64"] };
    case Opcode.F32Const:
      return { parameters: [], results: ["f32"] };
    case Opcode.F64Const:
      return { parameters: [], results: ["f64"] };
    case Opcode.LocalGet:
      return { parameters: [], results: [local] };
    case Opcode.LocalSet:
      return { parameters: [local], results: [] };
    case Opcode.LocalTee:
      return { parameters: [local], results: [local] };
    case Opcode.GlobalGet:
      return { parameters: [], results: [global] };
    case Opcode.GlobalSet:
      return { parameters: [global], results: [] };
    case Opcode.MemoryGrow:
      return { parameters: ["i32"], results: ["i32"] };
    case Opcode.MemoryInit:
    case Opcode.MemoryCopy:
    case Opcode.MemoryFill:
      return { parameters: ["i32", "i32", "i32"], results: [] };
    case Opcode.Call:
      return module.functions[index]?.type ?? CONTROL;
    case Opcode.CallIndirect: {
      const { parameters, results } = module.types[index] ?? CONTROL;
      return { parameters: [...parameters, "i32"], results };
    }
    default:
      return CONTROL;
  }
}

/** Emitted behind the run, not in it. */
export function isControl(opcode: number): boolean {
  return (
    opcode === Opcode.If || opcode === Opcode.Unreachable || (opcode >= Opcode.Br && opcode <= Opcode.Return)
  );
}

/** Whether bits of the type can be flipped. */
export function isInteger(type: ValueType | undefined): type is "i32" | "i64" {
  return type === "i32" || type === "i64";
}

/** Whether a value of one type can stand for one of the other, wrapped or extended. */
export function isConvertible(from: ValueType | undefined, to: ValueType): boolean {
  return from !== undefined && isInteger(from) && isInteger(to);
}

/** Writes a stretch of memory whose length is known only at run time. */
export function isRangeAccess(opcode: number): boolean {
  return opcode === Opcode.MemoryInit || opcode === Opcode.MemoryCopy || opcode === Opcode.MemoryFill;
}
