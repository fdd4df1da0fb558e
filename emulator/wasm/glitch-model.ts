/**
 * Glitch models: what one disturbed instruction does instead of what it should (docs/glitches.md).
 *
 * A glitch is a code and, for flips, a bit. Codes are numbers because instrumented code compares them.
 */
import { memoryAccessOf, Opcode, signatureOf } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

/** What the instruction does instead. */
export const enum GlitchCode {
  /** It is not executed; where a value is due, the first operand stays, of a call nothing: 0. */
  Skip = 0,
  /** A call is not made, and its first argument stays where its result is expected. */
  KeepArgument = 1,
  /** A condition is taken for its opposite; a br_table goes to the next target. */
  Invert = 2,
  /** A call is not made, and its result is 1. */
  ReturnOne = 3,
  /** One bit of a loaded value is wrong; also of a global, which is memory on the device. */
  FlipLoad = 4,
  /** One bit of a local is wrong at one read; the local itself keeps its value. */
  FlipLocal = 5,
}

/** Names of the models, as options and reports have them. */
export const GLITCH_MODELS = ["skip", "invert", "return", "load", "local"] as const;
export type GlitchModel = (typeof GLITCH_MODELS)[number];

/** What is done to one instruction. */
export interface Effect {
  readonly code: GlitchCode;
  /** Which bit flips; 0 for codes that flip none. */
  readonly bit: number;
}

/** An instruction that can be disturbed. */
export interface GlitchSite {
  readonly functionIndex: number;
  /** Byte offset in the module before instrumentation. */
  readonly offset: number;
  readonly opcode: number;
  /** Type of the value read by a load, a global.get or a local.get; of a call's first result. */
  readonly valueType: ValueType | undefined;
  /** A call that has an argument which can stand for its result. */
  readonly keepsArgument: boolean;
  /** The instruction as text, with its operands. */
  readonly text: string;
}

/** Whether an instruction counts: everything but the marks of the structure, `nop` and `drop`. */
export function isSite(opcode: number): boolean {
  switch (opcode) {
    case Opcode.Block:
    case Opcode.Loop:
    case Opcode.Else:
    case Opcode.End:
    case Opcode.Nop:
    case Opcode.Drop:
    case Opcode.DataDrop:
      return false;
    default:
      return true;
  }
}

/** Whether an instruction yields, or branches on, a truth value: what `invert` applies to. */
export function isConditional(opcode: number): boolean {
  if (opcode === Opcode.If || opcode === Opcode.BrIf || opcode === Opcode.BrTable) return true;
  if (opcode === Opcode.Select || opcode === Opcode.SelectTyped) return true;
  return opcode >= Opcode.I32Eqz && opcode <= 0x66 && signatureOf(opcode) !== undefined;
}

/** Every effect of the chosen models on an instruction; none twice. */
export function effectsOn(site: GlitchSite, models: ReadonlySet<GlitchModel>): Effect[] {
  const effects: Effect[] = [];
  const { opcode, valueType } = site;
  const isCall = opcode === Opcode.Call || opcode === Opcode.CallIndirect;
  const returns = isCall && valueType !== undefined;
  if (models.has("skip") || (models.has("return") && returns))
    effects.push({ code: GlitchCode.Skip, bit: 0 });
  if (site.keepsArgument && (models.has("skip") || models.has("return"))) {
    effects.push({ code: GlitchCode.KeepArgument, bit: 0 });
  }
  if (models.has("return") && returns) effects.push({ code: GlitchCode.ReturnOne, bit: 0 });
  if (models.has("invert") && isConditional(opcode)) effects.push({ code: GlitchCode.Invert, bit: 0 });
  if (models.has("load") && (memoryAccessOf(opcode) !== undefined || opcode === Opcode.GlobalGet)) {
    for (const bit of flippedBits(opcode, valueType)) effects.push({ code: GlitchCode.FlipLoad, bit });
  }
  if (models.has("local") && opcode === Opcode.LocalGet) {
    for (const bit of flippedBits(opcode, valueType)) effects.push({ code: GlitchCode.FlipLocal, bit });
  }
  return effects;
}

/** The bits that are tried: the lowest, one in the middle, the highest; none of a float. */
function flippedBits(opcode: number, type: ValueType | undefined): number[] {
  if (type !== "i32" && type !== "i64") return [];
  if (opcode >= Opcode.FirstStore && opcode <= Opcode.LastStore) return [];
  const width = 8 * (memoryAccessOf(opcode)?.bytes ?? (type === "i32" ? 4 : 8));
  return [0, (width >> 1) - 1, width - 1];
}

const LETTERS = "saioLV";

/** The text of an effect in a case id: `s`, `a`, `i`, `o`, `l31` or `v0`. */
export function formatEffect(effect: Effect): string {
  if (effect.code === GlitchCode.FlipLoad) return `l${effect.bit}`;
  if (effect.code === GlitchCode.FlipLocal) return `v${effect.bit}`;
  return LETTERS.charAt(effect.code);
}

/** Reads the text of an effect; undefined if it is none. */
export function parseEffect(text: string): Effect | undefined {
  const flip = /^([lv])(0|[1-5]?[0-9]|6[0-3])$/.exec(text);
  if (flip !== null) {
    const code = flip[1] === "l" ? GlitchCode.FlipLoad : GlitchCode.FlipLocal;
    return { code, bit: Number(flip[2]) };
  }
  if (!/^[saio]$/.test(text)) return undefined;
  const codes = [GlitchCode.Skip, GlitchCode.KeepArgument, GlitchCode.Invert, GlitchCode.ReturnOne];
  const code = codes[LETTERS.indexOf(text)];
  return code === undefined ? undefined : { code, bit: 0 };
}

/** An effect in words, for reports. */
export function describeEffect(effect: Effect): string {
  switch (effect.code) {
    case GlitchCode.Skip:
      return "skipped";
    case GlitchCode.KeepArgument:
      return "skipped, its first argument taken for its result";
    case GlitchCode.Invert:
      return "inverted";
    case GlitchCode.ReturnOne:
      return "skipped, 1 taken for its result";
    case GlitchCode.FlipLoad:
      return `bit ${effect.bit} of what it read flipped`;
    case GlitchCode.FlipLocal:
      return `bit ${effect.bit} of the local flipped`;
  }
}
