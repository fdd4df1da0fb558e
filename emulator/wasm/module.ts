/**
 * The parts of a decoded WebAssembly module, as decode.ts finds them and everything else reads them.
 */
import type { ValueType } from "./opcode.ts";

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Sections by their id (WebAssembly 1.0 §5.5.2, data count from bulk memory). */
export const enum SectionId {
  Custom = 0,
  Type = 1,
  Import = 2,
  Function = 3,
  Table = 4,
  Memory = 5,
  Global = 6,
  Export = 7,
  Start = 8,
  Element = 9,
  Code = 10,
  Data = 11,
  DataCount = 12,
}

/** One section: `[offset, end)` with its header, `[bodyStart, end)` without. */
export interface Section {
  readonly id: SectionId;
  /** The standard's name of the section, or the name of the custom section. */
  readonly name: string;
  readonly offset: number;
  readonly bodyStart: number;
  readonly end: number;
}

/** Sizes of a memory (in 64 KiB pages) or of a table (in elements). */
export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
}

/** What an initial value or a segment offset is; only integers of 32 bits have a known value. */
export type ConstantExpression =
  | { readonly kind: "i32"; readonly value: number }
  | { readonly kind: "global"; readonly index: number }
  | { readonly kind: "other" };

export interface Global {
  readonly type: ValueType;
  readonly mutable: boolean;
  readonly imported: boolean;
  readonly initial: ConstantExpression;
}

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternalKind;
  readonly offset: number;
}

export type ExternalKind = "function" | "table" | "memory" | "global";

export interface Export {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
}

/** A body: its locals are `[localsStart, codeStart)`, its instructions `[codeStart, end)`. */
export interface FunctionBody {
  readonly localsStart: number;
  readonly codeStart: number;
  readonly end: number;
  /** Declared locals, without the parameters, in runs of one type. */
  readonly localGroups: readonly LocalGroup[];
  readonly localCount: number;
}

/** `count` locals of one type, as the binary declares them. */
export interface LocalGroup {
  readonly count: number;
  readonly type: ValueType;
}

/** One function of the index space: imported if `body` is undefined. */
export interface FunctionEntry {
  readonly index: number;
  /** From the name section, else the export, else the import, else `function[index]`. */
  readonly name: string;
  readonly typeIndex: number;
  readonly type: FunctionType;
  readonly body: FunctionBody | undefined;
}

/** Function indices that a segment puts into the table, or could. */
export interface ElementSegment {
  readonly functions: readonly number[];
}

/** A data segment; `offset` is undefined if it is passive (bulk memory). */
export interface DataSegment {
  readonly offset: ConstantExpression | undefined;
  readonly start: number;
  readonly bytes: number;
}

export interface DecodedModule {
  readonly bytes: Uint8Array;
  readonly sections: readonly Section[];
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  readonly functions: readonly FunctionEntry[];
  readonly importedFunctionCount: number;
  readonly tables: readonly Limits[];
  /** Imported memories come first. */
  readonly memories: readonly (Limits & { readonly imported: boolean })[];
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly startFunction: number | undefined;
  readonly elements: readonly ElementSegment[];
  readonly data: readonly DataSegment[];
}

/** A function type as text, for messages: `(i32, i64) → i32`. */
export function describeType(type: FunctionType): string {
  return `(${type.parameters.join(", ")}) → ${type.results.join(", ") || "nothing"}`;
}

/** The export called `name`, or undefined. */
export function findExport(module: DecodedModule, name: string): Export | undefined {
  return module.exports.find((entry) => entry.name === name);
}
