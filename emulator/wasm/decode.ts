/**
 * Decodes a WebAssembly binary (WebAssembly 1.0 §5.5) into its sections, functions and names.
 *
 * Understood beyond version 1.0: sign extension, mutable globals, bulk memory without tables,
 * multi-value and non-trapping float-to-int conversion. Whatever the bytes are, the outcome is a
 * module or a ModuleError; no count in the file is believed before as many bytes are there.
 */
import { ByteReader } from "./byte-reader.ts";
import { InstructionReader, readValueType } from "./instruction.ts";
import { malformed, ModuleError, unsupported } from "./module-error.ts";
import { readFunctionNames } from "./name-section.ts";
import { Opcode, TypeCode } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";
import { SectionId } from "./module.ts";
import type {
  ConstantExpression,
  DataSegment,
  DecodedModule,
  ElementSegment,
  Export,
  ExternalKind,
  FunctionBody,
  FunctionEntry,
  FunctionType,
  Global,
  Import,
  Limits,
  Section,
} from "./module.ts";

/** The limit of engines (WebAssembly JavaScript Interface, implementation limits). */
const maximumParameters = 1000;
/** More would not fit the RAM of any device here, and would let a few bytes claim much memory. */
const maximumLocals = 4096;
const maximumMemoryPages = 65_536;

/** Sections by the byte that stands for them. */
const standardSections: readonly { readonly id: SectionId; readonly name: string }[] = [
  { id: SectionId.Custom, name: "custom" },
  { id: SectionId.Type, name: "type" },
  { id: SectionId.Import, name: "import" },
  { id: SectionId.Function, name: "function" },
  { id: SectionId.Table, name: "table" },
  { id: SectionId.Memory, name: "memory" },
  { id: SectionId.Global, name: "global" },
  { id: SectionId.Export, name: "export" },
  { id: SectionId.Start, name: "start" },
  { id: SectionId.Element, name: "element" },
  { id: SectionId.Code, name: "code" },
  { id: SectionId.Data, name: "data" },
  { id: SectionId.DataCount, name: "datacount" },
];

/** The order that the standard asks for; the data count stands before the code. */
export const sectionOrder: readonly SectionId[] = [
  SectionId.Type,
  SectionId.Import,
  SectionId.Function,
  SectionId.Table,
  SectionId.Memory,
  SectionId.Global,
  SectionId.Export,
  SectionId.Start,
  SectionId.Element,
  SectionId.DataCount,
  SectionId.Code,
  SectionId.Data,
];

const externalKinds: readonly (ExternalKind | undefined)[] = ["function", "table", "memory", "global"];

/**
 * Decodes `bytes`. Throws ModuleError "malformed" if they are no module, "unsupported-feature" if
 * it uses what the device does not have, "limit-exceeded" beyond the limits of engines. The types
 * of operands are checked by {@link measureOperands}, function by function.
 */
export function decodeModule(bytes: Uint8Array): DecodedModule {
  return new ModuleDecoder(bytes).decode();
}

/** Finds the sections of a module without looking into them. Throws ModuleError "malformed". */
export function readSections(bytes: Uint8Array): Section[] {
  const reader = new ByteReader(bytes);
  const magic = [0x00, 0x61, 0x73, 0x6d];
  if (magic.some((expected) => reader.atEnd || reader.byte() !== expected)) {
    throw malformed("it does not begin with the WebAssembly magic number", 0);
  }
  for (const expected of [1, 0, 0, 0]) {
    if (reader.byte() !== expected) throw malformed("its version is not 1", 4);
  }
  const sections: Section[] = [];
  let previousRank = -1;
  while (!reader.atEnd) {
    const offset = reader.position;
    const code = reader.byte();
    const length = reader.u32();
    const bodyStart = reader.skip(length);
    const end = reader.position;
    const standard = standardSections[code];
    if (code === 13) throw unsupported("exception tags", offset);
    if (standard === undefined) throw malformed(`there is no section ${code}`, offset);
    const { id } = standard;
    if (id === SectionId.Custom) {
      const name = new ByteReader(bytes, bodyStart, end).text();
      sections.push({ id, name, offset, bodyStart, end });
      continue;
    }
    const rank = sectionOrder.indexOf(id);
    if (rank <= previousRank) throw malformed(`the ${standard.name} section is out of order`, offset);
    previousRank = rank;
    sections.push({ id, name: standard.name, offset, bodyStart, end });
  }
  return sections;
}

class ModuleDecoder {
  private readonly bytes: Uint8Array;
  private sections: Section[] = [];
  private types: FunctionType[] = [];
  private readonly imports: Import[] = [];
  /** Type index of each function, imported ones first. */
  private readonly functionTypes: number[] = [];
  private importedFunctionCount = 0;
  private readonly tables: Limits[] = [];
  private readonly memories: (Limits & { imported: boolean })[] = [];
  private readonly globals: Global[] = [];
  private exports: Export[] = [];
  private startFunction: number | undefined;
  private elements: ElementSegment[] = [];
  private bodies: FunctionBody[] = [];
  private data: DataSegment[] = [];
  private dataCount: number | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  decode(): DecodedModule {
    this.sections = readSections(this.bytes);
    for (const section of this.sections) {
      if (section.id === SectionId.Custom) continue;
      const reader = new ByteReader(this.bytes, section.bodyStart, section.end);
      this.readSection(section.id, reader);
      if (!reader.atEnd) throw malformed(`the ${section.name} section has bytes left over`, reader.position);
    }
    const declared = this.functionTypes.length - this.importedFunctionCount;
    if (declared !== this.bodies.length) {
      throw malformed(
        `${declared} functions are declared and ${this.bodies.length} have a body`,
        this.bytes.length,
      );
    }
    if (this.dataCount !== undefined && this.dataCount !== this.data.length) {
      throw malformed("the data count is not the number of data segments", this.bytes.length);
    }
    return {
      bytes: this.bytes,
      sections: this.sections,
      types: this.types,
      imports: this.imports,
      functions: this.nameFunctions(),
      importedFunctionCount: this.importedFunctionCount,
      tables: this.tables,
      memories: this.memories,
      globals: this.globals,
      exports: this.exports,
      startFunction: this.startFunction,
      elements: this.elements,
      data: this.data,
    };
  }

  private readSection(id: SectionId, reader: ByteReader): void {
    switch (id) {
      case SectionId.Type:
        this.types = vector(reader, () => readFunctionType(reader));
        return;
      case SectionId.Import:
        vector(reader, () => this.readImport(reader));
        return;
      case SectionId.Function:
        vector(reader, () => this.functionTypes.push(this.readTypeIndex(reader)));
        return;
      case SectionId.Table:
        vector(reader, () => this.tables.push(readTable(reader)));
        return;
      case SectionId.Memory:
        vector(reader, () => this.addMemory(reader, false));
        return;
      case SectionId.Global:
        vector(reader, () => this.readGlobal(reader));
        return;
      case SectionId.Export:
        this.exports = vector(reader, () => this.readExport(reader));
        return;
      case SectionId.Start:
        this.startFunction = this.readIndex(reader, this.functionTypes.length, "function");
        return;
      case SectionId.Element:
        this.elements = vector(reader, () => this.readElements(reader));
        return;
      case SectionId.DataCount:
        this.dataCount = reader.u32();
        return;
      case SectionId.Code:
        this.bodies = vector(reader, () => this.readBody(reader));
        return;
      case SectionId.Data:
        this.data = vector(reader, () => this.readData(reader));
        return;
      case SectionId.Custom:
        return;
    }
  }

  private readIndex(reader: ByteReader, count: number, what: string): number {
    const offset = reader.position;
    const index = reader.u32();
    if (index >= count) throw malformed(`there is no ${what} ${index}`, offset);
    return index;
  }

  private readTypeIndex(reader: ByteReader): number {
    return this.readIndex(reader, this.types.length, "type");
  }

  private readImport(reader: ByteReader): void {
    const offset = reader.position;
    const module = reader.text();
    const name = reader.text();
    const kindOffset = reader.position;
    const code = reader.byte();
    const kind = externalKinds[code];
    if (code === 4) throw unsupported("exception tags", kindOffset);
    if (kind === undefined) throw malformed(`nothing of kind ${code} can be imported`, kindOffset);
    if (kind === "function") {
      this.functionTypes.push(this.readTypeIndex(reader));
      this.importedFunctionCount++;
    } else if (kind === "table") {
      this.tables.push(readTable(reader));
    } else if (kind === "memory") {
      this.addMemory(reader, true);
    } else {
      this.globals.push({ ...readGlobalType(reader), imported: true, initial: { kind: "other" } });
    }
    this.imports.push({ module, name, kind, offset });
  }

  private addMemory(reader: ByteReader, imported: boolean): void {
    const offset = reader.position;
    const flags = reader.byte();
    if ((flags & 2) !== 0) throw unsupported("shared memory (threads)", offset);
    if ((flags & 4) !== 0) throw unsupported("memory of 64-bit addresses", offset);
    if (flags > 1) throw malformed("unknown memory flags", offset);
    if (this.memories.length > 0) throw unsupported("a second memory", offset);
    const limits = readLimits(reader, flags);
    if (limits.minimum > maximumMemoryPages || (limits.maximum ?? 0) > maximumMemoryPages) {
      throw malformed("a memory is larger than 4 GiB", offset);
    }
    this.memories.push({ ...limits, imported });
  }

  private readGlobal(reader: ByteReader): void {
    const type = readGlobalType(reader);
    const initial = readConstantExpression(reader, this.globals.length);
    this.globals.push({ ...type, imported: false, initial });
  }

  private readExport(reader: ByteReader): Export {
    const name = reader.text();
    const offset = reader.position;
    const code = reader.byte();
    const kind = externalKinds[code];
    if (code === 4) throw unsupported("exception tags", offset);
    if (kind === undefined) throw malformed(`nothing of kind ${code} can be exported`, offset);
    const counts = {
      function: this.functionTypes.length,
      table: this.tables.length,
      memory: this.memories.length,
      global: this.globals.length,
    };
    return { name, kind, index: this.readIndex(reader, counts[kind], kind) };
  }

  /** The forms with function indices; those with expressions belong to reference types. */
  private readElements(reader: ByteReader): ElementSegment {
    const offset = reader.position;
    const flags = reader.u32();
    if (flags > 7) throw malformed("unknown flags of an element segment", offset);
    if (flags > 3) throw unsupported("element expressions (reference types)", offset);
    const active = (flags & 1) === 0;
    if (flags === 2 && reader.u32() !== 0) throw unsupported("a second table", offset);
    if (active && this.tables.length === 0)
      throw malformed("there is no table for an element segment", offset);
    if (active) readConstantExpression(reader, this.globals.length);
    if (flags !== 0 && reader.byte() !== 0) throw unsupported("elements other than functions", offset);
    return { functions: vector(reader, () => this.readIndex(reader, this.functionTypes.length, "function")) };
  }

  private readBody(reader: ByteReader): FunctionBody {
    const offset = reader.position;
    const length = reader.u32();
    const localsStart = reader.skip(length);
    const end = reader.position;
    const head = new ByteReader(this.bytes, localsStart, end);
    const localGroups = vector(head, () => ({ count: head.u32(), type: readValueType(head) }));
    const localCount = localGroups.reduce((sum, group) => sum + group.count, 0);
    if (localCount > maximumLocals) {
      throw new ModuleError(
        "limit-exceeded",
        `The function body at byte ${offset} has more than ${maximumLocals} locals.`,
      );
    }
    this.checkNesting(head.position, end);
    return { localsStart, codeStart: head.position, end, localGroups, localCount };
  }

  /** Every block of a body is closed, and the body ends with its own `end`. */
  private checkNesting(start: number, end: number): void {
    const instructions = new InstructionReader(this.bytes, start, end);
    const open: number[] = [Opcode.Block];
    while (instructions.next()) {
      const { opcode, offset } = instructions;
      if (open.length === 0) throw malformed("a function has instructions after its end", offset);
      if (opcode === Opcode.Block || opcode === Opcode.Loop || opcode === Opcode.If) {
        open.push(opcode);
      } else if (opcode === Opcode.Else) {
        if (open.pop() !== Opcode.If) throw malformed("an else has no if", offset);
        open.push(Opcode.Else);
      } else if (opcode === Opcode.End) {
        open.pop();
      }
    }
    if (open.length > 0) throw malformed("a function has no end", end);
  }

  private readData(reader: ByteReader): DataSegment {
    const flagsOffset = reader.position;
    const flags = reader.u32();
    if (flags > 2) throw malformed("unknown flags of a data segment", flagsOffset);
    if (flags === 2 && reader.u32() !== 0) throw unsupported("a second memory", flagsOffset);
    if (flags !== 1 && this.memories.length === 0)
      throw malformed("there is no memory for data", flagsOffset);
    const offset = flags === 1 ? undefined : readConstantExpression(reader, this.globals.length);
    const bytes = reader.count();
    return { offset, start: reader.skip(bytes), bytes };
  }

  private nameFunctions(): FunctionEntry[] {
    const names = readFunctionNames(this.bytes, this.sections, this.functionTypes.length);
    for (const entry of this.exports) {
      if (entry.kind === "function" && !names.has(entry.index)) names.set(entry.index, entry.name);
    }
    const imported = this.imports.filter((entry) => entry.kind === "function");
    return this.functionTypes.map((typeIndex, index) => {
      const type = this.types[typeIndex];
      if (type === undefined) throw malformed(`there is no type ${typeIndex}`, 0);
      const origin = imported[index];
      const name = origin ? `${origin.module}.${origin.name}` : (names.get(index) ?? `function[${index}]`);
      return { index, name, typeIndex, type, body: this.bodies[index - this.importedFunctionCount] };
    });
  }
}

function vector<T>(reader: ByteReader, element: () => T): T[] {
  return Array.from({ length: reader.count() }, element);
}

function readFunctionType(reader: ByteReader): FunctionType {
  const offset = reader.position;
  const form = reader.byte();
  if (form === 0x4e || form === 0x4f || form === 0x50 || form === 0x5e || form === 0x5f) {
    throw unsupported("garbage-collected types", offset);
  }
  if (form !== TypeCode.Function) throw malformed(`0x${form.toString(16)} is not a function type`, offset);
  const parameters = vector(reader, () => readValueType(reader));
  const results = vector(reader, () => readValueType(reader));
  if (parameters.length > maximumParameters || results.length > maximumParameters) {
    throw new ModuleError(
      "limit-exceeded",
      `The function type at byte ${offset} has more than ${maximumParameters} parameters or results.`,
    );
  }
  return { parameters, results };
}

function readLimits(reader: ByteReader, flags: number): Limits {
  const offset = reader.position;
  const minimum = reader.u32();
  const maximum = (flags & 1) === 0 ? undefined : reader.u32();
  if (maximum !== undefined && maximum < minimum) throw malformed("a maximum is below its minimum", offset);
  return { minimum, maximum };
}

function readTable(reader: ByteReader): Limits {
  const offset = reader.position;
  const type = reader.byte();
  if (type !== TypeCode.FunctionReference) throw unsupported("a table of other than functions", offset);
  const flags = reader.byte();
  if (flags > 1) throw unsupported("a shared or 64-bit table", offset);
  return readLimits(reader, flags);
}

function readGlobalType(reader: ByteReader): { type: ValueType; mutable: boolean } {
  const type = readValueType(reader);
  const offset = reader.position;
  const mutability = reader.byte();
  if (mutability > 1) throw malformed("a global is neither constant nor mutable", offset);
  return { type, mutable: mutability === 1 };
}

function readConstantExpression(reader: ByteReader, globalCount: number): ConstantExpression {
  const instructions = new InstructionReader(reader.bytes, reader.position, reader.end);
  let expression: ConstantExpression = { kind: "other" };
  instructions.next();
  const { opcode, offset } = instructions;
  if (opcode === Opcode.I32Const) {
    expression = { kind: "i32", value: instructions.constant };
  } else if (opcode === Opcode.GlobalGet) {
    if (instructions.index >= globalCount)
      throw malformed(`there is no global ${instructions.index}`, offset);
    expression = { kind: "global", index: instructions.index };
  } else if (opcode < Opcode.I32Const || opcode > Opcode.F64Const) {
    throw malformed("an initial value is not constant", offset);
  }
  if (!instructions.next()) throw malformed("an initial value has no end", offset);
  if (instructions.opcode !== Opcode.End) throw unsupported("computed initial values", instructions.offset);
  reader.skip(instructions.nextOffset - reader.position);
  return expression;
}
