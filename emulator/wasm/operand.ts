/**
 * Follows the operand stack through a function body by validating it (WebAssembly 1.0 appendix A.3),
 * and so finds how many bytes of operands the function holds at most.
 */
import { InstructionReader } from "./instruction.ts";
import type { BlockType } from "./instruction.ts";
import { malformed, ModuleError } from "./module-error.ts";
import type { DecodedModule, FunctionEntry, FunctionType } from "./module.ts";
import { memoryAccessOf, Opcode, signatureOf } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

/** What validating one body tells. */
export interface OperandUse {
  /** Most bytes of operands at any point: 4 for i32 and f32, 8 for i64 and f64. */
  readonly maximumBytes: number;
  /** Functions called directly. */
  readonly calls: ReadonlySet<number>;
  /** Type indices of indirect calls. */
  readonly indirectTypes: ReadonlySet<number>;
}

/** Bytes that a value of the type takes in a frame. */
export function valueBytes(type: ValueType): number {
  return type === "i32" || type === "f32" ? 4 : 8;
}

/** Validates the body of a defined function. Throws ModuleError "malformed" if its types do not fit. */
export function measureOperands(module: DecodedModule, entry: FunctionEntry): OperandUse {
  return new BodyValidator(module, entry).run();
}

/** An operand of code that cannot be reached may be of any type; it counts as the largest. */
type Operand = ValueType | "any";

interface Frame {
  readonly opcode: number;
  readonly type: FunctionType;
  readonly height: number;
  unreachable: boolean;
}

const maximumHeight = 100_000;

class BodyValidator {
  private readonly module: DecodedModule;
  private readonly locals: readonly ValueType[];
  private readonly instructions: InstructionReader;
  private readonly operands: Operand[] = [];
  private readonly frames: Frame[] = [];
  private operandBytes = 0;
  private maximumBytes = 0;
  private readonly calls = new Set<number>();
  private readonly indirectTypes = new Set<number>();

  constructor(module: DecodedModule, entry: FunctionEntry) {
    const body = entry.body;
    if (body === undefined) throw new TypeError(`Function ${entry.name} is imported.`);
    this.module = module;
    this.locals = [
      ...entry.type.parameters,
      ...body.localGroups.flatMap((group) => Array.from({ length: group.count }, () => group.type)),
    ];
    this.instructions = new InstructionReader(module.bytes, body.codeStart, body.end);
    this.enter(Opcode.Block, { parameters: [], results: entry.type.results });
  }

  run(): OperandUse {
    while (this.instructions.next()) this.step(this.instructions.opcode);
    return { maximumBytes: this.maximumBytes, calls: this.calls, indirectTypes: this.indirectTypes };
  }

  private step(opcode: number): void {
    const signature = signatureOf(opcode);
    if (signature !== undefined) {
      this.apply(signature.parameters, [signature.result]);
      return;
    }
    const access = memoryAccessOf(opcode);
    if (access === undefined) {
      this.stepOther(opcode);
      return;
    }
    this.requireMemory();
    if (opcode <= Opcode.LastLoad) this.apply(["i32"], [access.type]);
    else this.apply(["i32", access.type], []);
  }

  private stepOther(opcode: number): void {
    switch (opcode) {
      case Opcode.Nop:
        return;
      case Opcode.Unreachable: {
        this.leave();
        return;
      }
      case Opcode.Drop:
        this.pop();
        return;
      case Opcode.Select: {
        this.selectUntyped();
        return;
      }
      case Opcode.SelectTyped: {
        const type = this.instructions.selectType;
        this.apply([type, type, "i32"], [type]);
        return;
      }
      case Opcode.I32Const: {
        this.push("i32");
        return;
      }
      case Opcode.I64Const: {
        this.push("i64");
        return;
      }
      case Opcode.F32Const: {
        this.push("f32");
        return;
      }
      case Opcode.F64Const: {
        this.push("f64");
        return;
      }
      case Opcode.LocalGet:
      case Opcode.LocalSet:
      case Opcode.LocalTee:
      case Opcode.GlobalGet:
      case Opcode.GlobalSet: {
        this.stepVariable(opcode);
        return;
      }
      case Opcode.MemorySize:
        this.requireMemory();
        {
          this.push("i32");
          return;
        }
      case Opcode.MemoryGrow:
        this.requireMemory();
        {
          this.apply(["i32"], ["i32"]);
          return;
        }
      case Opcode.MemoryInit:
      case Opcode.MemoryCopy:
      case Opcode.MemoryFill:
        this.requireMemory();
        if (opcode === Opcode.MemoryInit) this.requireData();
        {
          this.apply(["i32", "i32", "i32"], []);
          return;
        }
      case Opcode.DataDrop: {
        this.requireData();
        return;
      }
      default:
        this.stepControl(opcode);
    }
  }

  private stepVariable(opcode: number): void {
    const index = this.instructions.index;
    if (opcode === Opcode.GlobalGet || opcode === Opcode.GlobalSet) {
      const global = this.module.globals[index];
      if (global === undefined) throw this.fail(`there is no global ${index}`);
      if (opcode === Opcode.GlobalGet) {
        this.push(global.type);
        return;
      }
      if (!global.mutable) throw this.fail(`global ${index} is constant`);
      this.pop(global.type);
      return;
    }
    const type = this.locals[index];
    if (type === undefined) throw this.fail(`there is no local ${index}`);
    if (opcode !== Opcode.LocalGet) this.pop(type);
    if (opcode !== Opcode.LocalSet) this.push(type);
  }

  private stepControl(opcode: number): void {
    const { index, blockType } = this.instructions;
    switch (opcode) {
      case Opcode.Block:
      case Opcode.Loop:
      case Opcode.If: {
        if (opcode === Opcode.If) this.pop("i32");
        const type = this.typeOfBlock(blockType);
        this.popAll(type.parameters);
        this.enter(opcode, type);
        return;
      }
      case Opcode.Else: {
        const frame = this.exit();
        this.enter(Opcode.Else, frame.type);
        return;
      }
      case Opcode.End: {
        this.end();
        return;
      }
      case Opcode.Br:
        this.popAll(this.labelTypes(index));
        {
          this.leave();
          return;
        }
      case Opcode.BrIf: {
        this.pop("i32");
        const types = this.labelTypes(index);
        this.apply(types, types);
        return;
      }
      case Opcode.BrTable: {
        this.branchTable();
        return;
      }
      case Opcode.Return:
        this.popAll(this.labelTypes(this.frames.length - 1));
        {
          this.leave();
          return;
        }
      case Opcode.Call: {
        const callee = this.module.functions[index];
        if (callee === undefined) throw this.fail(`there is no function ${index}`);
        this.calls.add(index);
        this.apply(callee.type.parameters, callee.type.results);
        return;
      }
      case Opcode.CallIndirect: {
        if (this.module.tables.length === 0) throw this.fail("there is no table");
        this.indirectTypes.add(index);
        this.pop("i32");
        const type = this.typeAt(index);
        this.apply(type.parameters, type.results);
        return;
      }
      default:
        throw this.fail(`0x${opcode.toString(16)} is not an instruction`);
    }
  }

  private end(): void {
    const frame = this.exit();
    if (frame.opcode === Opcode.If && frame.type.parameters.join() !== frame.type.results.join()) {
      throw this.fail("an if without else has a result");
    }
    if (this.frames.length > 0) this.pushAll(frame.type.results);
  }

  private branchTable(): void {
    this.pop("i32");
    const labels = new Set(this.instructions.labels);
    const [first, ...others] = [...labels].map((label) => this.labelTypes(label));
    for (const types of others) {
      if (types.length !== first?.length) throw this.fail("the labels of a br_table differ");
      // Each label may see the operands as another type where the code cannot be reached.
      const popped = types.map((_, position) => this.pop(types[types.length - 1 - position]));
      for (const operand of popped.reverse()) this.push(operand);
    }
    if (first !== undefined) this.popAll(first);
    this.leave();
  }

  private selectUntyped(): void {
    this.pop("i32");
    const second = this.pop();
    const first = this.pop();
    if (first !== second && first !== "any" && second !== "any") throw this.fail("select has two types");
    this.push(first === "any" ? second : first);
  }

  private apply(parameters: readonly ValueType[], results: readonly ValueType[]): void {
    this.popAll(parameters);
    this.pushAll(results);
  }

  private push(operand: Operand): void {
    this.operands.push(operand);
    this.operandBytes += operandBytes(operand);
    if (this.operandBytes > this.maximumBytes) this.maximumBytes = this.operandBytes;
    if (this.operands.length > maximumHeight) {
      const offset = this.instructions.offset;
      throw new ModuleError(
        "limit-exceeded",
        `The code at byte ${offset} holds more than ${maximumHeight} operands.`,
      );
    }
  }

  private pushAll(types: readonly ValueType[]): void {
    for (const type of types) this.push(type);
  }

  private pop(expected?: Operand): Operand {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined) throw this.fail("an instruction follows the end");
    if (this.operands.length === frame.height) {
      if (frame.unreachable) return expected ?? "any";
      throw this.fail("an operand is missing");
    }
    const operand = this.operands.pop() ?? "any";
    this.operandBytes -= operandBytes(operand);
    if (expected !== undefined && operand !== expected && operand !== "any" && expected !== "any") {
      throw this.fail(`an operand is ${operand} where ${expected} is needed`);
    }
    return operand;
  }

  private popAll(types: readonly ValueType[]): void {
    for (let index = types.length - 1; index >= 0; index--) this.pop(types[index]);
  }

  private enter(opcode: number, type: FunctionType): void {
    this.frames.push({ opcode, type, height: this.operands.length, unreachable: false });
    this.pushAll(type.parameters);
  }

  private exit(): Frame {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined) throw this.fail("an end too many");
    this.popAll(frame.type.results);
    if (this.operands.length !== frame.height)
      throw this.fail("operands are left over at the end of a block");
    this.frames.pop();
    return frame;
  }

  /** What follows cannot be reached: the operands of the block are gone, and any may be taken. */
  private leave(): void {
    const frame = this.frames[this.frames.length - 1];
    if (frame === undefined) return;
    while (this.operands.length > frame.height)
      this.operandBytes -= operandBytes(this.operands.pop() ?? "any");
    frame.unreachable = true;
  }

  private labelTypes(label: number): readonly ValueType[] {
    const frame = this.frames[this.frames.length - 1 - label];
    if (frame === undefined) throw this.fail(`there is no label ${label}`);
    return frame.opcode === Opcode.Loop ? frame.type.parameters : frame.type.results;
  }

  private typeAt(index: number): FunctionType {
    const type = this.module.types[index];
    if (type === undefined) throw this.fail(`there is no type ${index}`);
    return type;
  }

  private typeOfBlock(blockType: BlockType): FunctionType {
    if (typeof blockType === "number") return this.typeAt(blockType);
    return { parameters: [], results: blockType === undefined ? [] : [blockType] };
  }

  private requireMemory(): void {
    if (this.module.memories.length === 0) throw this.fail("there is no memory");
  }

  private requireData(): void {
    const index = this.instructions.index;
    if (index >= this.module.data.length) throw this.fail(`there is no data segment ${index}`);
  }

  private fail(what: string): ModuleError {
    return malformed(what, this.instructions.offset);
  }
}

function operandBytes(operand: Operand): number {
  return operand === "any" ? 8 : valueBytes(operand);
}
