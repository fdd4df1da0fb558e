/**
 * Edge coverage: which ways through a module a run took, and how often.
 *
 * Function entries, both arms of every `if`, loop heads, both outcomes of every `br_if` and `select`
 * and every target of a `br_table` get a 16-bit counter each, in a map that the module itself can
 * neither load nor store: it lies in the hole between flash and RAM, where every check refuses an
 * access, and is counted up by code behind the checks. Nothing is added that could trap, and the
 * fuel is that of the module without it.
 *
 * A counter wraps at 65,536. Compilers turn small decisions into `select`, so those count as edges.
 */
import type { ByteWriter } from "./byte-writer.ts";
import type { InstructionReader } from "./instruction.ts";
import { Opcode } from "./opcode.ts";

/** What an edge stands for. */
export type EdgeKind = "entry" | "then" | "else" | "loop" | "taken" | "untaken" | "case";

/** One edge; its counter is the one with the same position in the map. */
export interface Edge {
  readonly kind: EdgeKind;
  readonly functionIndex: number;
  /** Byte offset of the branching instruction in the module before instrumentation. */
  readonly instructionOffset: number;
}

/** Where the counters lie, as addresses of linear memory. */
export interface EdgeMap {
  readonly address: number;
  readonly bytes: number;
}

/** Bytes of a counter. */
export const EDGE_COUNTER_BYTES = 2;

/** An open `if` whose other arm has not been seen. */
interface OpenBlock {
  readonly offset: number;
  readonly lacksElse: boolean;
}

/** Hands out edges while a module is rewritten. */
export class EdgeRecorder {
  readonly edges: Edge[] = [];

  readonly #map: EdgeMap;
  readonly #isCounted: (functionIndex: number) => boolean;

  /** @param isCounted whether the edges of a function are of interest */
  constructor(map: EdgeMap, isCounted: (functionIndex: number) => boolean = () => true) {
    this.#map = map;
    this.#isCounted = isCounted;
  }

  /**
   * What writes the counting into one function.
   *
   * @param local gives a local of type i32 for a role, the same one every time
   */
  writer(functionIndex: number, local: (role: string) => number): EdgeWriter | undefined {
    return this.#isCounted(functionIndex) ? new EdgeWriter(this, functionIndex, local) : undefined;
  }

  /**
   * Adds an edge.
   *
   * @returns the address of its counter
   * @throws RangeError when the map is full
   */
  add(edge: Edge): number {
    const offset = (this.edges.push(edge) - 1) * EDGE_COUNTER_BYTES;
    if (offset + EDGE_COUNTER_BYTES > this.#map.bytes) {
      throw new RangeError(
        `The module has more than the ${this.#map.bytes / EDGE_COUNTER_BYTES} edges there is room for.`,
      );
    }
    return this.#map.address + offset;
  }
}

/** Writes the counting into one function, instruction by instruction. */
export class EdgeWriter {
  readonly #recorder: EdgeRecorder;
  readonly #functionIndex: number;
  readonly #local: (role: string) => number;
  readonly #open: OpenBlock[] = [];

  constructor(recorder: EdgeRecorder, functionIndex: number, local: (role: string) => number) {
    this.#recorder = recorder;
    this.#functionIndex = functionIndex;
    this.#local = local;
  }

  /** To be called at the start of the body. */
  enter(code: ByteWriter, offset: number): void {
    this.#countStatic(code, "entry", offset);
  }

  /** To be called right before an instruction is written. */
  before(code: ByteWriter, source: InstructionReader): void {
    const { opcode, offset } = source;
    switch (opcode) {
      case Opcode.BrIf:
      case Opcode.Select:
      case Opcode.SelectTyped:
        this.#countCondition(code, offset);
        break;
      case Opcode.BrTable:
        this.#countCase(code, offset, source.labels.length);
        break;
      case Opcode.End: {
        const block = this.#open.pop();
        if (block?.lacksElse !== true) break;
        code.byte(Opcode.Else);
        this.#countStatic(code, "else", block.offset);
        break;
      }
      default:
        break;
    }
  }

  /** To be called right after an instruction was written. */
  after(code: ByteWriter, source: InstructionReader): void {
    const { opcode, offset } = source;
    switch (opcode) {
      case Opcode.Block:
        this.#open.push({ offset, lacksElse: false });
        break;
      case Opcode.Loop:
        this.#open.push({ offset, lacksElse: false });
        this.#countStatic(code, "loop", offset);
        break;
      case Opcode.If:
        this.#open.push({ offset, lacksElse: true });
        this.#countStatic(code, "then", offset);
        break;
      case Opcode.Else: {
        const start = this.#open.pop()?.offset ?? offset;
        this.#open.push({ offset: start, lacksElse: false });
        this.#countStatic(code, "else", start);
        break;
      }
      default:
        break;
    }
  }

  #countStatic(code: ByteWriter, kind: EdgeKind, offset: number): void {
    const address = this.#add(kind, offset);
    code.raw(Opcode.I32Const, 0, Opcode.I32Const, 0);
    increment(code, address);
  }

  /** Counts by the condition on top of the stack, which stays there: not 0 first, then 0. */
  #countCondition(code: ByteWriter, offset: number): void {
    const address = this.#add("taken", offset);
    this.#add("untaken", offset);
    const condition = this.#local("edge condition");
    code.byte(Opcode.LocalTee).u32(condition);
    code.byte(Opcode.LocalGet).u32(condition).byte(Opcode.I32Eqz);
    this.#incrementIndexed(code, address);
  }

  /** Counts by the index on top of the stack, which stays there; the last target is the default. */
  #countCase(code: ByteWriter, offset: number, targets: number): void {
    const address = this.#add("case", offset);
    for (let target = 1; target < targets; target++) this.#add("case", offset);
    const index = this.#local("edge condition");
    code.byte(Opcode.LocalTee).u32(index);
    code.byte(Opcode.LocalGet).u32(index);
    code.byte(Opcode.I32Const).signed(targets - 1);
    code.byte(Opcode.LocalGet).u32(index);
    code.byte(Opcode.I32Const).signed(targets - 1);
    code.raw(Opcode.I32LtU, Opcode.Select);
    this.#incrementIndexed(code, address);
  }

  /** Counts up the counter whose number, from `address` on, is on top of the stack; takes it away. */
  #incrementIndexed(code: ByteWriter, address: number): void {
    const counter = this.#local("edge counter");
    code.raw(Opcode.I32Const, 1, Opcode.I32Shl);
    code.byte(Opcode.LocalTee).u32(counter).byte(Opcode.LocalGet).u32(counter);
    increment(code, address);
  }

  #add(kind: EdgeKind, instructionOffset: number): number {
    return this.#recorder.add({ kind, functionIndex: this.#functionIndex, instructionOffset });
  }
}

/** Counts up the 16 bits at `address` plus what is twice on top of the stack; takes both away. */
function increment(code: ByteWriter, address: number): void {
  code.raw(I32_LOAD_16_U, 1).u32(address);
  code.raw(Opcode.I32Const, 1, Opcode.I32Add, I32_STORE_16, 1).u32(address);
}

const I32_LOAD_16_U = 0x2f;
const I32_STORE_16 = 0x3b;
