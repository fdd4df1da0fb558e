/**
 * Reads a function body one instruction at a time, without an object per instruction.
 */
import { ByteReader } from "./byte-reader.ts";
import { malformed, unsupported } from "./module-error.ts";
import { foreignFeatureOf, memoryAccessOf, Opcode, signatureOf, TypeCode, valueTypeOf } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

/** The type of a block: nothing, one result, or a function type by index (§5.4.1). */
export type BlockType = ValueType | number | undefined;

/**
 * A cursor over the instructions in `[start, end)`. After `next()` has returned true the fields
 * describe that instruction; those that its kind does not have keep stale values.
 */
export class InstructionReader {
  opcode = 0;
  /** Byte offset of the instruction in the module. */
  offset = 0;
  /** Byte offset after the instruction. */
  nextOffset = 0;
  /** Index of a label, function, type, local, global or data segment. */
  index = 0;
  /** Static offset of a load or a store. */
  memoryOffset = 0;
  blockType: BlockType = undefined;
  /** Labels of a br_table, the default last. */
  labels: readonly number[] = [];
  /** The value of an i32.const. */
  constant = 0;
  /** The type of a typed select. */
  selectType: ValueType = "i32";

  private readonly reader: ByteReader;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.reader = new ByteReader(bytes, start, end);
    this.nextOffset = start;
  }

  /** Reads one instruction; false at the end. Throws ModuleError on anything that is not one of ours. */
  next(): boolean {
    const reader = this.reader;
    if (reader.atEnd) return false;
    this.offset = reader.position;
    let opcode = reader.byte();
    if (opcode === Opcode.Prefix) opcode = 0xfc00 + Math.min(reader.u32(), 0xff);
    this.opcode = opcode;
    this.readImmediates(opcode);
    this.nextOffset = reader.position;
    return true;
  }

  private readImmediates(opcode: number): void {
    const access = memoryAccessOf(opcode);
    if (access !== undefined) {
      this.readMemoryArgument(access.bytes);
      return;
    }
    if (signatureOf(opcode) !== undefined) return;
    const reader = this.reader;
    switch (opcode) {
      case Opcode.Unreachable:
      case Opcode.Nop:
      case Opcode.Else:
      case Opcode.End:
      case Opcode.Return:
      case Opcode.Drop:
      case Opcode.Select:
        return;
      case Opcode.Block:
      case Opcode.Loop:
      case Opcode.If:
        this.blockType = this.readBlockType();
        return;
      case Opcode.Br:
      case Opcode.BrIf:
      case Opcode.Call:
      case Opcode.LocalGet:
      case Opcode.LocalSet:
      case Opcode.LocalTee:
      case Opcode.GlobalGet:
      case Opcode.GlobalSet:
      case Opcode.DataDrop:
        this.index = reader.u32();
        return;
      case Opcode.BrTable:
        this.labels = Array.from({ length: reader.count() + 1 }, () => reader.u32());
        return;
      case Opcode.CallIndirect:
        this.index = reader.u32();
        if (reader.u32() !== 0) throw unsupported("a second table", this.offset);
        return;
      case Opcode.SelectTyped:
        if (reader.u32() !== 1) throw malformed("select has other than one type", this.offset);
        this.selectType = readValueType(reader);
        return;
      case Opcode.I32Const:
        this.constant = reader.signed(32);
        return;
      case Opcode.I64Const:
        reader.skipS64();
        return;
      case Opcode.F32Const:
        reader.skip(4);
        return;
      case Opcode.F64Const:
        reader.skip(8);
        return;
      default:
        this.readMemoryInstruction(opcode);
    }
  }

  private readMemoryInstruction(opcode: number): void {
    switch (opcode) {
      case Opcode.MemoryInit:
        this.index = this.reader.u32();
        {
          this.readMemoryIndex();
          return;
        }
      case Opcode.MemoryCopy:
        this.readMemoryIndex();
        {
          this.readMemoryIndex();
          return;
        }
      case Opcode.MemorySize:
      case Opcode.MemoryGrow:
      case Opcode.MemoryFill: {
        this.readMemoryIndex();
        return;
      }
      default: {
        const feature = foreignFeatureOf(opcode);
        if (feature !== undefined) throw unsupported(feature, this.offset);
        throw malformed(`0x${opcode.toString(16)} is not an instruction`, this.offset);
      }
    }
  }

  private readMemoryIndex(): void {
    if (this.reader.byte() !== 0) throw unsupported("a second memory", this.offset);
  }

  private readMemoryArgument(accessBytes: number): void {
    const alignment = this.reader.u32();
    if (alignment >= 64) throw unsupported("a second memory", this.offset);
    if (alignment > Math.log2(accessBytes)) throw malformed("alignment is larger than natural", this.offset);
    this.memoryOffset = this.reader.u32();
  }

  private readBlockType(): BlockType {
    const first = this.reader.bytes[this.reader.position] ?? 0;
    if (this.reader.atEnd || (first & 0xc0) !== 0x40) {
      const index = this.reader.signed(33);
      if (index < 0) throw malformed("a block has no valid type", this.offset);
      return index;
    }
    if (first !== TypeCode.Empty) return readValueType(this.reader);
    this.reader.byte();
    return undefined;
  }
}

/** Reads a numeric value type. Throws ModuleError "unsupported-feature" on vectors and references. */
export function readValueType(reader: ByteReader): ValueType {
  const offset = reader.position;
  const code = reader.byte();
  const type = valueTypeOf(code);
  if (type !== undefined) return type;
  if (code === 0x7b) throw unsupported("vector values (SIMD)", offset);
  if (code >= 0x62 && code <= 0x75) throw unsupported("reference values", offset);
  throw malformed(`0x${code.toString(16)} is not a value type`, offset);
}
