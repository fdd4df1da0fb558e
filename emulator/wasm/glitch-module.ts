/**
 * Rewrites a module so that one dynamic instruction of a run can be disturbed, chosen by the host at
 * each run: no recompilation per glitch (docs/glitches.md).
 *
 * Functions named as kernels keep no body: the host stands in for them, so that a hash or a signature
 * is not computed a million times. The host's functions are appended to the imports; every function
 * index behind them moves. What is added to the exports:
 *
 * ```
 * bo:arm(countdown, code, bit, budget, distance, secondCode, secondBit)
 *                      puts every global back to its first value and sets the glitch, and a second
 *                      one `distance` instructions behind it, counted as the disturbed run executes
 *                      them; a distance of 0: no second one
 * bo:countdown   i32   instructions left before the glitch; what is left of the budget after it
 * bo:fired       i32   1 once the glitch was reached, 3 once the second one was, 2 once the budget
 *                      behind the last one was used up
 * bo:digest(seed) -> i32   a digest of RAM and of every mutable global of the module; traced only
 * ```
 */
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { sectionOrder } from "./decode.ts";
import { rewriteForGlitches } from "./glitch-body.ts";
import type { GlitchContext, GlitchGlobals, GlitchRun } from "./glitch-context.ts";
import { GLITCH_GLOBAL_COUNT, HostCode, skipExpression } from "./glitch-host-code.ts";
import { SectionId } from "./module.ts";
import type { DecodedModule, FunctionType } from "./module.ts";
import { Opcode, typeCode, TypeCode } from "./opcode.ts";

export { FIRED_TWICE, HUNG } from "./glitch-context.ts";
export type { GlitchRun } from "./glitch-context.ts";

/** Import module of the functions that the host adds. */
export const GLITCH_IMPORTS = "bo";
/** Export names that are added. */
export const glitchExport = {
  arm: "bo:arm",
  countdown: "bo:countdown",
  fired: "bo:fired",
  digest: "bo:digest",
} as const;

export interface GlitchOptions {
  /** Stores outside of `[ramStart, ramEnd)` trap. */
  readonly ramStart: number;
  readonly ramEnd: number;
  /** Functions, by index, that the host stands in for: imports `kernel0`, `kernel1`, … */
  readonly kernels: readonly number[];
  /** Tell the import `run` the number of every straight run of code as it begins. */
  readonly traced: boolean;
}

export interface GlitchModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly runs: readonly GlitchRun[];
}

/** Rewrites a decoded module whose bodies are valid. Custom sections are dropped. */
export function instrumentForGlitches(module: DecodedModule, options: GlitchOptions): GlitchModule {
  return new GlitchAssembler(module, options).assemble();
}

/** The module with some of its functions exported as `bo:kernel0` and so on, and nothing else changed. */
export function exportFunctions(
  module: DecodedModule,
  functions: readonly number[],
): Uint8Array<ArrayBuffer> {
  const output = new ByteWriter(module.bytes.length + 256).copy(module.bytes, 0, 8);
  for (const id of sectionOrder) {
    const section = module.sections.find((entry) => entry.id === id);
    if (id === SectionId.Export) {
      const body = new ByteWriter().u32(module.exports.length + functions.length);
      for (const entry of module.exports) writeExport(body, entry.name, entry.kind, entry.index);
      functions.forEach((index, position) => {
        writeExport(body, `bo:kernel${position}`, "function", index);
      });
      output.byte(id).u32(body.length).copy(body.finish());
    } else if (section !== undefined) {
      output
        .byte(id)
        .u32(section.end - section.bodyStart)
        .copy(module.bytes, section.bodyStart, section.end);
    }
  }
  return output.finish();
}

class GlitchAssembler {
  private readonly module: DecodedModule;
  private readonly options: GlitchOptions;
  private readonly types: FunctionType[];
  private readonly typesByText = new Map<string, number>();
  private readonly context: GlitchContext;
  private readonly hostFunctions: { readonly name: string; readonly type: FunctionType }[];
  private readonly firstGlobal: number;

  constructor(module: DecodedModule, options: GlitchOptions) {
    this.module = module;
    this.options = options;
    this.types = [...module.types];
    module.types.forEach((type, index) => this.typesByText.set(textOf(type), index));
    this.hostFunctions = options.kernels.map((index, position) => ({
      name: `kernel${position}`,
      type: module.functions[index]?.type ?? { parameters: [], results: [] },
    }));
    if (options.traced) this.hostFunctions.push({ name: "run", type: { parameters: ["i32"], results: [] } });
    this.firstGlobal = module.globals.length;
    const added = this.hostFunctions.length;
    const kernels = new Map(options.kernels.map((index, position) => [index, position]));
    const globals: GlitchGlobals = {
      countdown: this.firstGlobal,
      code: this.firstGlobal + 1,
      bit: this.firstGlobal + 2,
      budget: this.firstGlobal + 3,
      fired: this.firstGlobal + 4,
      distance: this.firstGlobal + 5,
      secondCode: this.firstGlobal + 6,
      secondBit: this.firstGlobal + 7,
    };
    this.context = {
      module,
      ramStart: options.ramStart,
      ramEnd: options.ramEnd,
      runs: [],
      globals,
      functionIndex: (index) => {
        const kernel = kernels.get(index);
        if (kernel !== undefined) return module.importedFunctionCount + kernel;
        return index < module.importedFunctionCount ? index : index + added;
      },
      isOpaque: (index) => index < module.importedFunctionCount || kernels.has(index),
      traceFunction: options.traced ? module.importedFunctionCount + added - 1 : undefined,
      guardFunction: module.functions.length + added,
      fireFunction: module.functions.length + added + 2,
      againFunction: module.functions.length + added + 3,
      typeIndex: (type) => this.typeIndex(type),
    };
  }

  assemble(): GlitchModule {
    const code = this.code();
    // Every type has to be known before the type section is written.
    for (const type of [...this.addedTypes(), ...this.hostFunctions.map((host) => host.type)])
      this.typeIndex(type);
    const output = new ByteWriter(this.module.bytes.length * 12).copy(this.module.bytes, 0, 8);
    for (const id of sectionOrder) {
      const body = id === SectionId.Code ? code : this.section(id);
      if (body === undefined) continue;
      output.byte(id).u32(body.length).copy(body);
    }
    return { bytes: output.finish(), runs: this.context.runs };
  }

  private section(id: SectionId): Uint8Array | undefined {
    const { module, context } = this;
    const writer = new ByteWriter();
    switch (id) {
      case SectionId.Type: {
        writer.u32(this.types.length);
        for (const type of this.types) writeType(writer, type);
        return writer.finish();
      }
      case SectionId.Import: {
        writer.u32(module.imports.length + this.hostFunctions.length);
        this.copyElements(writer, id);
        for (const { name, type } of this.hostFunctions) {
          writer.text(GLITCH_IMPORTS).text(name).byte(0).u32(this.typeIndex(type));
        }
        return writer.finish();
      }
      case SectionId.Function: {
        const defined = module.functions.slice(module.importedFunctionCount);
        const added = this.addedTypes();
        writer.u32(defined.length + added.length);
        for (const entry of defined) writer.u32(entry.typeIndex);
        for (const type of added) writer.u32(this.typeIndex(type));
        return writer.finish();
      }
      case SectionId.Global: {
        writer.u32(module.globals.filter((global) => !global.imported).length + GLITCH_GLOBAL_COUNT);
        this.copyElements(writer, id);
        for (let count = 0; count < GLITCH_GLOBAL_COUNT; count++)
          writer.raw(TypeCode.I32, 1, Opcode.I32Const, 0, Opcode.End);
        return writer.finish();
      }
      case SectionId.Export: {
        writer.u32(module.exports.length + (this.options.traced ? 4 : 3));
        for (const { name, kind, index } of module.exports) {
          writeExport(writer, name, kind, kind === "function" ? context.functionIndex(index) : index);
        }
        writeExport(writer, glitchExport.arm, "function", context.guardFunction + 1);
        writeExport(writer, glitchExport.countdown, "global", context.globals.countdown);
        writeExport(writer, glitchExport.fired, "global", context.globals.fired);
        if (this.options.traced) {
          writeExport(writer, glitchExport.digest, "function", context.againFunction + 1);
        }
        return writer.finish();
      }
      case SectionId.Element:
        return this.elements();
      case SectionId.Start:
        return module.startFunction === undefined
          ? undefined
          : writer.u32(context.functionIndex(module.startFunction)).finish();
      default: {
        const section = module.sections.find((entry) => entry.id === id);
        return section && module.bytes.subarray(section.bodyStart, section.end);
      }
    }
  }

  /** The element segments, with the function indices that have moved. */
  private elements(): Uint8Array | undefined {
    const { bytes, sections } = this.module;
    const section = sections.find((entry) => entry.id === SectionId.Element);
    if (section === undefined) return undefined;
    const reader = new ByteReader(bytes, section.bodyStart, section.end);
    const writer = new ByteWriter();
    const count = reader.u32();
    writer.u32(count);
    for (let segment = 0; segment < count; segment++) {
      const start = reader.position;
      const flags = reader.u32();
      if (flags === 2) reader.u32();
      if ((flags & 1) === 0) skipExpression(this.module, reader, section.end);
      if (flags !== 0) reader.byte();
      writer.copy(bytes, start, reader.position);
      const functions = reader.u32();
      writer.u32(functions);
      for (let position = 0; position < functions; position++) {
        writer.u32(this.context.functionIndex(reader.u32()));
      }
    }
    return writer.finish();
  }

  /** Copies what a section holds behind its count. */
  private copyElements(writer: ByteWriter, id: SectionId): void {
    const section = this.module.sections.find((entry) => entry.id === id);
    if (section === undefined) return;
    const reader = new ByteReader(this.module.bytes, section.bodyStart, section.end);
    reader.u32();
    writer.copy(this.module.bytes, reader.position, section.end);
  }

  private code(): Uint8Array {
    const { module, context } = this;
    const defined = module.functions.slice(module.importedFunctionCount);
    const writer = new ByteWriter(module.bytes.length * 12).u32(defined.length + this.addedTypes().length);
    for (const entry of defined) {
      const isKernel = this.options.kernels.includes(entry.index);
      const body = isKernel ? UNREACHABLE_BODY : rewriteForGlitches(context, entry);
      writer.u32(body.length).copy(body);
    }
    const host = new HostCode(context);
    const bodies = [host.guardRange(), host.arm(), host.fire(), host.again()];
    if (this.options.traced) bodies.push(host.digest());
    for (const body of bodies) writer.u32(body.length).copy(body);
    return writer.finish();
  }

  /** Types of the functions added behind those of the module, in their order. */
  private addedTypes(): readonly FunctionType[] {
    return this.options.traced ? [GUARD, ARM, FIRE, FIRE, DIGEST] : [GUARD, ARM, FIRE, FIRE];
  }

  private typeIndex(type: FunctionType): number {
    const text = textOf(type);
    const known = this.typesByText.get(text);
    if (known !== undefined) return known;
    const index = this.types.push(type) - 1;
    this.typesByText.set(text, index);
    return index;
  }
}

const GUARD: FunctionType = { parameters: ["i32", "i32"], results: [] };
const ARM: FunctionType = { parameters: Array.from({ length: 7 }, () => "i32"), results: [] };
const FIRE: FunctionType = { parameters: ["i32", "i32"], results: ["i32"] };
const DIGEST: FunctionType = { parameters: ["i32"], results: ["i32"] };
const UNREACHABLE_BODY = Uint8Array.of(0, Opcode.Unreachable, Opcode.End);
const KIND_CODES = { function: 0, table: 1, memory: 2, global: 3 } as const;

function textOf(type: FunctionType): string {
  return `${type.parameters.join()}:${type.results.join()}`;
}

function writeType(writer: ByteWriter, type: FunctionType): void {
  writer.byte(TypeCode.Function).u32(type.parameters.length);
  for (const parameter of type.parameters) writer.byte(typeCode(parameter));
  writer.u32(type.results.length);
  for (const result of type.results) writer.byte(typeCode(result));
}

function writeExport(writer: ByteWriter, name: string, kind: keyof typeof KIND_CODES, index: number): void {
  writer.text(name).byte(KIND_CODES[kind]).u32(index);
}
