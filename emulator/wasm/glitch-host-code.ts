/**
 * The functions that the glitch rewriter adds to a module: what keeps stores in RAM, what arms a glitch,
 * what happens when one is reached, and a digest of the module's state.
 */
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FIRED_TWICE, HUNG } from "./glitch-context.ts";
import type { GlitchContext } from "./glitch-context.ts";
import { InstructionReader } from "./instruction.ts";
import { SectionId } from "./module.ts";
import type { DecodedModule } from "./module.ts";
import { Opcode, TypeCode } from "./opcode.ts";

/** How many globals {@link GlitchContext.globals} names. */
export const GLITCH_GLOBAL_COUNT = 8;

/** Bodies of the added functions: locals and code, without the length before them. */
export class HostCode {
  readonly #context: GlitchContext;

  constructor(context: GlitchContext) {
    this.#context = context;
  }

  /** guardRange(address, length): traps unless the range lies in RAM; a length of 0 always passes. */
  guardRange(): Uint8Array {
    const { ramStart, ramEnd } = this.#context;
    const code = new ByteWriter().byte(0);
    code.byte(Opcode.LocalGet).u32(1).raw(Opcode.If, TypeCode.Empty);
    get(code, 0);
    constant(code, ramStart | 0).byte(Opcode.I32Sub);
    constant(code, (ramEnd - ramStart) | 0).byte(Opcode.I32GtU);
    get(code, 1);
    constant(code, ramEnd | 0);
    get(code, 0).raw(Opcode.I32Sub, Opcode.I32GtU, Opcode.I32Or);
    code.raw(Opcode.If, TypeCode.Empty, Opcode.Unreachable, Opcode.End, Opcode.End, Opcode.End);
    return code.finish();
  }

  /** bo:arm: the globals of the module as they were at first, then the glitches. */
  arm(): Uint8Array {
    const { module, globals } = this.#context;
    const code = new ByteWriter().byte(0);
    const section = module.sections.find((entry) => entry.id === SectionId.Global);
    if (section !== undefined) {
      const reader = new ByteReader(module.bytes, section.bodyStart, section.end);
      reader.u32();
      module.globals.forEach((global, index) => {
        if (global.imported) return;
        reader.skip(2);
        const start = reader.position;
        const end = skipExpression(module, reader, section.end);
        if (global.mutable) code.copy(module.bytes, start, end).byte(Opcode.GlobalSet).u32(index);
      });
    }
    const { countdown, code: glitchCode, bit, budget, distance, secondCode, secondBit, fired } = globals;
    [countdown, glitchCode, bit, budget, distance, secondCode, secondBit].forEach((global, parameter) => {
      get(code, parameter).byte(Opcode.GlobalSet).u32(global);
    });
    return setConstant(code, fired, 0).byte(Opcode.End).finish();
  }

  /**
   * fire(position, count): the countdown ends in a run of `count` instructions, `position` into it. The
   * first time it is the glitch's, the second time the second one's or the end of the budget.
   */
  fire(): Uint8Array {
    const { fired, distance, budget } = this.#context.globals;
    const code = new ByteWriter().byte(0);
    code.byte(Opcode.GlobalGet).u32(fired).byte(Opcode.I32Eqz).raw(Opcode.If, TypeCode.Empty);
    setConstant(code, fired, 1);
    // The second one in a later run: so many instructions behind the end of this one.
    code.byte(Opcode.GlobalGet).u32(distance).raw(Opcode.If, TypeCode.Empty);
    this.#distanceWithin(code);
    get(code, 1).raw(Opcode.I32Sub).byte(Opcode.LocalTee).u32(0);
    constant(code, 0).raw(I32_GE_S, Opcode.If, TypeCode.Empty);
    get(code, 0).raw(Opcode.Return, Opcode.End, Opcode.End);
    code.byte(Opcode.GlobalGet).u32(budget).raw(Opcode.Return, Opcode.End);
    code.byte(Opcode.GlobalGet).u32(distance).byte(Opcode.I32Eqz).raw(Opcode.If, TypeCode.Empty);
    setConstant(code, fired, HUNG).raw(Opcode.Unreachable, Opcode.End);
    this.#takeSecond(code);
    return code.byte(Opcode.GlobalGet).u32(budget).byte(Opcode.End).finish();
  }

  /** again(position, count): where in the same run of `count` the second glitch lies; -1 if not there. */
  again(): Uint8Array {
    const { distance } = this.#context.globals;
    const code = new ByteWriter().byte(0);
    code.byte(Opcode.GlobalGet).u32(distance).raw(Opcode.If, TypeCode.Empty);
    this.#distanceWithin(code).byte(Opcode.LocalTee).u32(0);
    get(code, 1).raw(I32_LT_S, Opcode.If, TypeCode.Empty);
    this.#takeSecond(code);
    get(code, 0).raw(Opcode.Return, Opcode.End, Opcode.End);
    return constant(code, -1).byte(Opcode.End).finish();
  }

  /**
   * bo:digest(seed): RAM and mutable globals, mixed word by word as FNV does (xor, then multiply by
   * 16777619), each word mixed with a rotation of the sum so far.
   */
  digest(): Uint8Array {
    const { module, ramStart, ramEnd } = this.#context;
    const code = new ByteWriter().raw(1, 1, TypeCode.I32);
    const mix = (): void => {
      code.raw(I32_XOR);
      constant(code, 16777619).raw(I32_MUL);
      code.byte(Opcode.LocalTee).u32(0);
      constant(code, 13).raw(I32_ROTL).byte(Opcode.LocalSet).u32(0);
    };
    module.globals.forEach((global, index) => {
      if (!global.mutable || global.type !== "i32") return;
      get(code, 0).byte(Opcode.GlobalGet).u32(index);
      mix();
    });
    module.globals.forEach((global, index) => {
      if (!global.mutable || global.type !== "i64") return;
      get(code, 0).byte(Opcode.GlobalGet).u32(index).raw(I32_WRAP_I64);
      mix();
      get(code, 0).byte(Opcode.GlobalGet).u32(index).raw(Opcode.I64Const, 32, I64_SHR_U, I32_WRAP_I64);
      mix();
    });
    const start = ramStart | 0;
    const end = (ramEnd & ~3) | 0;
    if (start === end) return get(code, 0).byte(Opcode.End).finish();
    constant(code, start).byte(Opcode.LocalSet).u32(1);
    code.raw(Opcode.Loop, TypeCode.Empty);
    get(code, 0);
    get(code, 1).raw(I32_LOAD, 2, 0);
    mix();
    get(code, 1);
    constant(code, 4).byte(Opcode.I32Add).byte(Opcode.LocalTee).u32(1);
    constant(code, end).raw(I32_NE, Opcode.BrIf, 0, Opcode.End);
    return get(code, 0).byte(Opcode.End).finish();
  }

  /** Leaves how far from the run's beginning the second glitch lies: position + distance. */
  #distanceWithin(code: ByteWriter): ByteWriter {
    return get(code, 0).byte(Opcode.GlobalGet).u32(this.#context.globals.distance).byte(Opcode.I32Add);
  }

  /** From here on the second glitch is the one that instructions ask for. */
  #takeSecond(code: ByteWriter): void {
    const { code: glitchCode, bit, distance, secondCode, secondBit, fired } = this.#context.globals;
    code.byte(Opcode.GlobalGet).u32(secondCode).byte(Opcode.GlobalSet).u32(glitchCode);
    code.byte(Opcode.GlobalGet).u32(secondBit).byte(Opcode.GlobalSet).u32(bit);
    setConstant(code, distance, 0);
    setConstant(code, fired, FIRED_TWICE);
  }
}

/** Skips a constant expression; returns where its `end` stands. */
export function skipExpression(module: DecodedModule, reader: ByteReader, end: number): number {
  const instructions = new InstructionReader(module.bytes, reader.position, end);
  while (instructions.next() && instructions.opcode !== Opcode.End);
  reader.skip(instructions.nextOffset - reader.position);
  return instructions.offset;
}

function get(code: ByteWriter, local: number): ByteWriter {
  return code.byte(Opcode.LocalGet).u32(local);
}

function constant(code: ByteWriter, value: number): ByteWriter {
  return code.byte(Opcode.I32Const).signed(value);
}

function setConstant(code: ByteWriter, global: number, value: number): ByteWriter {
  return constant(code, value).byte(Opcode.GlobalSet).u32(global);
}

const I32_LOAD = 0x28;
const I32_NE = 0x47;
const I32_LT_S = 0x48;
const I32_GE_S = 0x4e;
const I32_MUL = 0x6c;
const I32_XOR = 0x73;
const I32_ROTL = 0x77;
const I32_WRAP_I64 = 0xa7;
const I64_SHR_U = 0x88;
