/**
 * Rewrites one function body so that any one of its executed instructions can be disturbed.
 *
 * Straight runs of code are kept twice. The first copy is the code as it was; before it, one
 * subtraction tells whether the countdown to the glitch ends inside the run. Only then the second
 * copy is taken, in which every instruction asks whether it is the one. So what is not disturbed
 * costs a subtraction and a branch per run, not per instruction.
 *
 * Conditional branches are disturbed through their condition, which the run before them computes. A
 * `br`, `return` or `unreachable` that is skipped falls through to the end of its block, whose
 * results are then 0. Stores are held inside RAM here as well, because wild addresses are what
 * glitches make; loads are not: what is not memory reads as 0.
 */
import { ByteWriter } from "./byte-writer.ts";
import type { GlitchContext } from "./glitch-context.ts";
import { GlitchCode, isConditional, isSite } from "./glitch-model.ts";
import type { GlitchSite } from "./glitch-model.ts";
import {
  CONTROL,
  isControl,
  isConvertible,
  isInteger,
  isRangeAccess,
  typeOfInstruction,
} from "./glitch-step.ts";
import type { Step } from "./glitch-step.ts";
import { instructionText } from "./glitch-text.ts";
import { InstructionReader } from "./instruction.ts";
import type { FunctionBody, FunctionEntry, FunctionType } from "./module.ts";
import { memoryAccessOf, Opcode, typeCode, TypeCode } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

interface Frame {
  readonly opcode: number;
  readonly type: FunctionType;
  readonly height: number;
}

/** The rewritten body: locals and code, without the length before them. */
export function rewriteForGlitches(context: GlitchContext, entry: FunctionEntry): Uint8Array {
  if (entry.body === undefined) throw new TypeError(`Function ${entry.name} is imported.`);
  return new GlitchBodyRewriter(context, entry, entry.body).rewrite();
}

class GlitchBodyRewriter {
  private readonly context: GlitchContext;
  private readonly entry: FunctionEntry;
  private readonly body: FunctionBody;
  private readonly source: InstructionReader;
  private readonly code = new ByteWriter(4096);
  private readonly locals: readonly ValueType[];
  private readonly addedLocals: ValueType[] = [];
  private readonly localsByRole = new Map<string, number>();
  private readonly frames: Frame[] = [];
  private operands: ValueType[] = [];
  private steps: Step[] = [];
  private sites: GlitchSite[] = [];
  /** Operands before the run, and the lowest height it has reached. */
  private before: ValueType[] = [];
  private lowest = 0;

  constructor(context: GlitchContext, entry: FunctionEntry, body: FunctionBody) {
    this.context = context;
    this.entry = entry;
    this.body = body;
    this.locals = [
      ...entry.type.parameters,
      ...body.localGroups.flatMap((group) => Array.from({ length: group.count }, () => group.type)),
    ];
    this.source = new InstructionReader(context.module.bytes, body.codeStart, body.end);
    this.frames.push({
      opcode: Opcode.Block,
      type: { parameters: [], results: entry.type.results },
      height: 0,
    });
  }

  rewrite(): Uint8Array {
    this.loadCountdown();
    while (this.source.next()) this.visit(this.source.opcode);
    const head = new ByteWriter();
    head.u32(this.body.localGroups.length + this.addedLocals.length);
    for (const group of this.body.localGroups) head.u32(group.count).byte(typeCode(group.type));
    for (const type of this.addedLocals) head.u32(1).byte(typeCode(type));
    return head.copy(this.code.finish()).finish();
  }

  private visit(opcode: number): void {
    switch (opcode) {
      case Opcode.Block:
      case Opcode.Loop: {
        this.endRun();
        this.copyInstruction();
        this.open(opcode, this.blockType());
        return;
      }
      case Opcode.If: {
        this.conditional();
        this.copyInstruction();
        this.open(opcode, this.blockType());
        return;
      }
      case Opcode.Else: {
        this.endRun();
        const frame = this.close();
        this.copyInstruction();
        this.open(Opcode.Else, frame.type);
        return;
      }
      case Opcode.End: {
        this.endRun();
        if (this.frames.length === 1) this.storeCountdown();
        this.copyInstruction();
        const frame = this.close();
        this.operands.push(...frame.type.results);
        this.beginRun();
        return;
      }
      case Opcode.BrIf:
      case Opcode.BrTable: {
        this.conditional();
        const labels = opcode === Opcode.BrIf ? [this.source.index] : this.source.labels;
        if (labels.includes(this.frames.length - 1)) this.storeCountdown();
        this.copyInstruction();
        if (opcode === Opcode.BrTable) this.skipDeadCode();
        return;
      }
      case Opcode.Br:
      case Opcode.Return:
      case Opcode.Unreachable: {
        this.unconditional(opcode);
        return;
      }
      default: {
        this.addStep(typeOfInstruction(this.context.module, this.locals, this.operands, this.source));
        if (opcode === Opcode.Call || opcode === Opcode.CallIndirect) this.endRun();
      }
    }
  }

  /** br_if, if and br_table: their condition is the last thing that the run leaves on the stack. */
  private conditional(): void {
    this.addStep({ parameters: ["i32"], results: ["i32"] });
    this.endRun();
    this.operands.pop();
    this.beginRun();
  }

  private unconditional(opcode: number): void {
    const label = opcode === Opcode.Br ? this.source.index : this.frames.length - 1;
    this.addStep(CONTROL);
    this.endRun();
    const skipped = this.local("skipped", "i32");
    const { code } = this;
    if (opcode === Opcode.Unreachable) {
      code.byte(Opcode.LocalGet).u32(skipped).byte(Opcode.I32Eqz);
      code.raw(Opcode.If, TypeCode.Empty, Opcode.Unreachable, Opcode.End);
    } else {
      if (label === this.frames.length - 1) this.storeCountdown();
      code.byte(Opcode.LocalGet).u32(skipped).byte(Opcode.I32Eqz).byte(Opcode.BrIf).u32(label);
    }
    code.raw(Opcode.I32Const, 0).byte(Opcode.LocalSet).u32(skipped);
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined) throw new TypeError("A branch is outside of every block.");
    for (let height = this.operands.length; height > frame.height; height--) code.byte(Opcode.Drop);
    for (const type of frame.type.results) this.pushZero(type);
    this.skipDeadCode();
  }

  /** Leaves out what cannot be reached, up to the end or the else of the block. */
  private skipDeadCode(): void {
    let depth = 0;
    while (this.source.next()) {
      const { opcode } = this.source;
      if (opcode === Opcode.Block || opcode === Opcode.Loop || opcode === Opcode.If) depth++;
      else if (depth === 0 && (opcode === Opcode.End || opcode === Opcode.Else)) break;
      else if (opcode === Opcode.End) depth--;
    }
    this.steps = [];
    this.sites = [];
    this.visit(this.source.opcode);
  }

  private open(opcode: number, type: FunctionType): void {
    if (opcode !== Opcode.Else) this.operands.length -= type.parameters.length;
    this.frames.push({ opcode, type, height: this.operands.length });
    this.operands.push(...type.parameters);
    this.beginRun();
  }

  private close(): Frame {
    const frame = this.frames.pop();
    if (frame === undefined) throw new TypeError("A block ends that never began.");
    this.operands.length = frame.height;
    return frame;
  }

  private blockType(): FunctionType {
    const { blockType } = this.source;
    if (typeof blockType === "number") return this.typeAt(blockType);
    return { parameters: [], results: blockType === undefined ? [] : [blockType] };
  }

  private typeAt(index: number): FunctionType {
    const type = this.context.module.types[index];
    if (type === undefined) throw new TypeError(`There is no type ${index}.`);
    return type;
  }

  private addStep(type: FunctionType): void {
    const { opcode, offset, nextOffset, index, memoryOffset } = this.source;
    const counts = isSite(opcode);
    this.steps.push({ opcode, start: offset, end: nextOffset, index, memoryOffset, type, isSite: counts });
    this.operands.length -= type.parameters.length;
    this.lowest = Math.min(this.lowest, this.operands.length);
    this.operands.push(...type.results);
    if (!counts) return;
    const isCall = opcode === Opcode.Call || opcode === Opcode.CallIndirect;
    const [result] = type.results;
    this.sites.push({
      functionIndex: this.entry.index,
      offset,
      opcode,
      valueType: isCall || type.parameters.length <= 1 ? result : undefined,
      keepsArgument: isCall && result !== undefined && isConvertible(type.parameters[0], result),
      text: instructionText(this.context.module, this.source),
    });
  }

  private beginRun(): void {
    this.steps = [];
    this.sites = [];
    this.before = [...this.operands];
    this.lowest = this.operands.length;
  }

  /** Emits the run that ends here, and begins the next one. */
  private endRun(): void {
    const { steps, sites, code, context } = this;
    const type: FunctionType = {
      parameters: this.before.slice(this.lowest),
      results: this.operands.slice(this.lowest),
    };
    this.beginRun();
    if (sites.length === 0) {
      for (const step of steps) this.emitStep(step);
      return;
    }
    const run = context.runs.push({ sites }) - 1;
    if (context.traceFunction !== undefined) {
      code.byte(Opcode.I32Const).signed(run).byte(Opcode.Call).u32(context.traceFunction);
    }
    const countdown = this.local("countdown", "i32");
    code.byte(Opcode.LocalGet).u32(countdown).byte(Opcode.I32Const).signed(sites.length);
    code.byte(Opcode.I32Sub).byte(Opcode.LocalTee).u32(countdown);
    code.raw(Opcode.I32Const, 0, I32_LT_S);
    this.emitIf(type);
    const hit = this.local("hit", "i32");
    code.byte(Opcode.LocalGet).u32(countdown).byte(Opcode.I32Const).signed(sites.length);
    code.byte(Opcode.I32Add).byte(Opcode.LocalTee).u32(hit).byte(Opcode.I32Const).signed(sites.length);
    code.byte(Opcode.Call).u32(context.fireFunction).byte(Opcode.LocalSet).u32(countdown);
    let position = 0;
    for (const step of steps) {
      if (step.isSite) this.emitDisturbed(step, position++, sites.length, hit);
      else this.emitStep(step);
    }
    code.byte(Opcode.Else);
    for (const step of steps) this.emitStep(step);
    code.byte(Opcode.End);
  }

  /** The step as it was, its stores guarded and its calls with the countdown handed over. */
  private emitStep(step: Step): void {
    const { code, context } = this;
    const access = memoryAccessOf(step.opcode);
    if (isControl(step.opcode)) return;
    if (access !== undefined && step.opcode >= Opcode.FirstStore) {
      this.guardStore(step, access.type, access.bytes);
    } else if (isRangeAccess(step.opcode)) {
      this.guardRange();
    }
    if (step.opcode === Opcode.Call) {
      const opaque = context.isOpaque(step.index);
      this.storeCountdown();
      code.byte(Opcode.Call).u32(context.functionIndex(step.index));
      if (!opaque) this.loadCountdown();
      return;
    }
    if (step.opcode === Opcode.CallIndirect) this.storeCountdown();
    code.copy(context.module.bytes, step.start, step.end);
    if (step.opcode === Opcode.CallIndirect) this.loadCountdown();
  }

  /** The step, unless the glitch hits it and its code is one that the step knows. */
  private emitDisturbed(step: Step, position: number, count: number, hit: number): void {
    const { code } = this;
    const type: FunctionType = step.type;
    code.byte(Opcode.LocalGet).u32(hit).byte(Opcode.I32Const).signed(position).byte(I32_EQ);
    this.emitIf(type);
    const effects = this.effectsOf(step);
    for (const [effect, emit] of effects) {
      code.byte(Opcode.GlobalGet).u32(this.context.globals.code);
      code.byte(Opcode.I32Const).signed(effect).byte(I32_EQ);
      this.emitIf(type);
      emit();
      code.byte(Opcode.Else);
    }
    this.emitStep(step);
    for (let depth = effects.length; depth > 0; depth--) code.byte(Opcode.End);
    if (position + 1 < count) {
      // A second glitch may follow in this very run.
      code.byte(Opcode.LocalGet).u32(hit).byte(Opcode.I32Const).signed(count);
      code.byte(Opcode.Call).u32(this.context.againFunction).byte(Opcode.LocalSet).u32(hit);
    }
    code.byte(Opcode.Else);
    this.emitStep(step);
    code.byte(Opcode.End);
  }

  private effectsOf(step: Step): [GlitchCode, () => void][] {
    const { opcode, type } = step;
    const [result] = type.results;
    const effects: [GlitchCode, () => void][] = [[GlitchCode.Skip, () => this.skip(step)]];
    if (isConditional(opcode)) effects.push([GlitchCode.Invert, () => this.invert(step)]);
    if ((opcode === Opcode.Call || opcode === Opcode.CallIndirect) && result !== undefined) {
      if (isConvertible(type.parameters[0], result)) {
        effects.push([GlitchCode.KeepArgument, () => this.keepFirst(type)]);
      }
      effects.push([
        GlitchCode.ReturnOne,
        () => {
          this.dropAll(type.parameters);
          this.pushConstant(result, 1);
          for (const other of type.results.slice(1)) this.pushZero(other);
        },
      ]);
    }
    const isLoad = memoryAccessOf(opcode) !== undefined && opcode <= Opcode.LastLoad;
    if ((isLoad || opcode === Opcode.GlobalGet) && isInteger(result)) {
      effects.push([GlitchCode.FlipLoad, () => this.flip(step, result)]);
    }
    if (opcode === Opcode.LocalGet && isInteger(result)) {
      effects.push([GlitchCode.FlipLocal, () => this.flip(step, result)]);
    }
    return effects;
  }

  private skip(step: Step): void {
    const { opcode, type } = step;
    const { code } = this;
    if (opcode === Opcode.If || opcode === Opcode.BrIf || opcode === Opcode.BrTable) {
      // A branch that is not executed falls through: into the then-arm, behind the br_if.
      code.byte(Opcode.Drop).raw(Opcode.I32Const, opcode === Opcode.If ? 1 : 0);
    } else if (isControl(opcode)) {
      code.raw(Opcode.I32Const, 1).byte(Opcode.LocalSet).u32(this.local("skipped", "i32"));
    } else if (opcode === Opcode.Call || opcode === Opcode.CallIndirect) {
      this.dropAll(type.parameters);
      for (const result of type.results) this.pushZero(result);
    } else if (type.results.length === 0) {
      this.dropAll(type.parameters);
    } else {
      this.keepFirst(type);
    }
  }

  private invert(step: Step): void {
    const { code } = this;
    if (step.opcode === Opcode.BrTable) {
      // One target further; behind the last one stands the default, which is what it then takes.
      code.raw(Opcode.I32Const, 1, Opcode.I32Add);
      return;
    }
    if (step.opcode === Opcode.Select || step.opcode === Opcode.SelectTyped) {
      code.byte(Opcode.I32Eqz);
      this.emitStep(step);
      return;
    }
    this.emitStep(step);
    code.byte(Opcode.I32Eqz);
  }

  /** Leaves the first operand in place of the result, or 0 where the types have nothing in common. */
  private keepFirst(type: FunctionType): void {
    const [first, ...others] = type.parameters;
    const [result, ...more] = type.results;
    if (result === undefined) return;
    this.dropAll(others);
    if (first === undefined) {
      this.pushZero(result);
    } else if (first !== result) {
      if (first === "i64" && result === "i32") this.code.byte(I32_WRAP_I64);
      else if (first === "i32" && result === "i64") this.code.byte(Opcode.I64ExtendI32U);
      else {
        this.code.byte(Opcode.Drop);
        this.pushZero(result);
      }
    }
    for (const other of more) this.pushZero(other);
  }

  private flip(step: Step, type: "i32" | "i64"): void {
    this.emitStep(step);
    this.pushConstant(type, 1);
    this.code.byte(Opcode.GlobalGet).u32(this.context.globals.bit);
    if (type === "i64") this.code.raw(Opcode.I64ExtendI32U, Opcode.I64Shl, I64_XOR);
    else this.code.raw(I32_SHL, I32_XOR);
  }

  private dropAll(types: readonly ValueType[]): void {
    for (let count = types.length; count > 0; count--) this.code.byte(Opcode.Drop);
  }

  private pushZero(type: ValueType): void {
    this.pushConstant(type, 0);
  }

  private pushConstant(type: ValueType, value: 0 | 1): void {
    if (type === "i32") this.code.raw(Opcode.I32Const, value);
    else if (type === "i64") this.code.raw(Opcode.I64Const, value);
    else if (type === "f32") this.code.raw(Opcode.F32Const, 0, 0, value * 0x80, value * 0x3f);
    else this.code.raw(Opcode.F64Const, 0, 0, 0, 0, 0, 0, value * 0xf0, value * 0x3f);
  }

  private emitIf(type: FunctionType): void {
    const [result, ...more] = type.results;
    this.code.byte(Opcode.If);
    if (type.parameters.length === 0 && more.length === 0) {
      this.code.byte(result === undefined ? TypeCode.Empty : typeCode(result));
    } else {
      this.code.signed(this.context.typeIndex(type));
    }
  }

  private guardStore(step: Step, type: ValueType, bytes: number): void {
    const { ramStart, ramEnd } = this.context;
    const value = this.local(`value ${type}`, type);
    const address = this.local("address", "i32");
    const lowest = Math.max(ramStart - step.memoryOffset, 0);
    const highest = ramEnd - bytes - step.memoryOffset;
    const { code } = this;
    code.byte(Opcode.LocalSet).u32(value).byte(Opcode.LocalTee).u32(address);
    if (highest < lowest) {
      code.byte(Opcode.Unreachable);
    } else {
      code
        .byte(Opcode.I32Const)
        .signed(lowest | 0)
        .byte(Opcode.I32Sub);
      code
        .byte(Opcode.I32Const)
        .signed((highest - lowest) | 0)
        .byte(Opcode.I32GtU);
      code.raw(Opcode.If, TypeCode.Empty, Opcode.Unreachable, Opcode.End);
    }
    code.byte(Opcode.LocalGet).u32(address).byte(Opcode.LocalGet).u32(value);
  }

  private guardRange(): void {
    const { code } = this;
    const [length, source, address] = ["length", "source", "address"].map((role) => this.local(role, "i32"));
    if (length === undefined || source === undefined || address === undefined) return;
    for (const local of [length, source, address]) code.byte(Opcode.LocalSet).u32(local);
    code.byte(Opcode.LocalGet).u32(address).byte(Opcode.LocalGet).u32(length);
    code.byte(Opcode.Call).u32(this.context.guardFunction);
    for (const local of [address, source, length]) code.byte(Opcode.LocalGet).u32(local);
  }

  private loadCountdown(): void {
    this.code.byte(Opcode.GlobalGet).u32(this.context.globals.countdown);
    this.code.byte(Opcode.LocalSet).u32(this.local("countdown", "i32"));
  }

  private storeCountdown(): void {
    this.code.byte(Opcode.LocalGet).u32(this.local("countdown", "i32"));
    this.code.byte(Opcode.GlobalSet).u32(this.context.globals.countdown);
  }

  private copyInstruction(): void {
    this.code.copy(this.context.module.bytes, this.source.offset, this.source.nextOffset);
  }

  /** A local of our own behind those of the function, one per role. */
  private local(role: string, type: ValueType): number {
    const known = this.localsByRole.get(role);
    if (known !== undefined) return known;
    const index = this.locals.length + this.addedLocals.push(type) - 1;
    this.localsByRole.set(role, index);
    return index;
  }
}

const I32_EQ = 0x46;
const I32_LT_S = 0x48;
const I32_SHL = 0x74;
const I32_XOR = 0x73;
const I32_WRAP_I64 = 0xa7;
const I64_XOR = 0x85;
