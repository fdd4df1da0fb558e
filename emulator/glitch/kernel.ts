/**
 * Kernels: functions that only compute on memory, such as a hash or a signature, and take most of a
 * boot's time. A glitch bench runs each distinct computation once and remembers what it changed.
 *
 * A computation is the same if arguments, flash, and all memory that it can reach are the same, compared
 * byte by byte. What it can reach is at first a guess, the stretch of RAM that the constants in its code
 * point into, and the MPU holds it to that: if it wants more, the guess becomes all of RAM.
 */
import { decodeModule } from "../wasm/decode.ts";
import { faultOf } from "../wasm/fault.ts";
import { exportFunctions } from "../wasm/glitch-module.ts";
import { instrument, type Build } from "../wasm/instrument.ts";
import { InstructionReader } from "../wasm/instruction.ts";
import type { DecodedModule } from "../wasm/module.ts";
import { Opcode } from "../wasm/opcode.ts";
import { RunningModule } from "../wasm/running-module.ts";
import { Comparer } from "./comparer.ts";
import { closureOf } from "./kernel-purity.ts";

/** Where kernels compute. */
export interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  /** RAM, in whole words. */
  readonly ramStart: number;
  readonly ramEnd: number;
  readonly flashBytes: number;
}

/** Arguments that are not there are 0; a result that is not there is not looked at. */
type KernelFunction = (a?: number, b?: number, c?: number, d?: number) => number;

/** A remembered computation. */
interface Entry {
  readonly memo: Memo;
  readonly flashVersion: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** Memory before it, as the comparer knows it. */
  readonly place: number;
  /** It has given its place to another one. */
  isForgotten: boolean;
  /** Word index and new value of every word that changed. */
  readonly changes: Int32Array;
  readonly result: number;
  /** A word in which memory differed from that when it was last compared. */
  probe: number;
}

/** Computations remembered; each has one place where it can be, which it may have to give to another. */
const ENTRIES_MAX = 8192;
const FNV_PRIME = 16777619;
/** Fuel of one computation; a glitched argument may make one long. */
const KERNEL_FUEL = 200e6;
/** How far behind a constant the memory goes on that it points to [bytes]. */
const REACH_BYTES = 128;

/** Runs kernels for a glitch bench. */
export class Kernels {
  /** A number for the content of flash; equal numbers, equal content. */
  flashVersion = 0;
  /** How often a computation was run rather than looked up. */
  computations = 0;
  /** The functions, as imports `kernel0` and so on. */
  readonly functions: Readonly<Record<string, KernelFunction>>;

  readonly #module: DecodedModule;
  readonly #place: KernelMemory;
  readonly #imports: WebAssembly.Imports;
  readonly #parameterCounts: readonly number[];
  readonly #memos: Memo[];
  readonly #wide: Memo[];
  /** The first entry that fitted at each turn of a run. */
  readonly #predicted: Entry[] = [];
  #turn = 0;

  /** @param imports of the pristine module; kernels call none of them, but they have to be there */
  constructor(
    module: DecodedModule,
    indices: readonly number[],
    place: KernelMemory,
    imports: WebAssembly.Imports,
  ) {
    this.#module = decodeModule(exportFunctions(module, indices));
    this.#place = place;
    this.#imports = imports;
    this.#parameterCounts = indices.map((index) => module.functions[index]?.type.parameters.length ?? 0);
    this.#wide = indices.map((_, position) => this.#memo(position, "fast", place));
    this.#memos = indices.map((index, position) =>
      this.#memo(position, "checked", reachOf(module, index, place)),
    );
    this.functions = Object.fromEntries(
      indices.map((_, position) => [
        `kernel${position}`,
        (a = 0, b = 0, c = 0, d = 0) => this.#call(position, a, b, c, d),
      ]),
    );
  }

  /** A run begins: its computations are likely to be those of the run before, in the same order. */
  begin(): void {
    this.#turn = 0;
  }

  #memo(position: number, build: Build, range: Pick<KernelMemory, "ramStart" | "ramEnd">): Memo {
    const { memory, flashBytes } = this.#place;
    const { ramStart, ramEnd } = range;
    const instrumented = instrument(this.#module, { build, bounds: { ramStart, ramEnd, flashBytes } });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(instrumented.bytes), this.#imports);
    const running = new RunningModule(instance, {
      sites: instrumented.sites,
      trapOffsets: instrumented.trapOffsets,
      functionNames: [],
    });
    const words = new Int32Array(memory.buffer, ramStart, (ramEnd - ramStart) >> 2);
    return new Memo(running, position, this.#parameterCounts[position] ?? 0, words);
  }

  #call(position: number, a: number, b: number, c: number, d: number): number {
    const turn = this.#turn;
    this.#turn += 1;
    const memo = this.#memos[position];
    const wide = this.#wide[position];
    if (memo === undefined || wide === undefined) throw new TypeError("There is no such kernel.");
    memo.take();
    const predicted = this.#predicted[turn];
    if (predicted?.memo === memo && memo.fits(predicted, this.flashVersion, a, b, c, d)) {
      return memo.apply(predicted);
    }
    const known = memo.find(this.flashVersion, a, b, c, d);
    if (known !== undefined) {
      if (predicted?.isForgotten !== false) this.#predicted[turn] = known;
      return memo.apply(known);
    }
    this.computations += 1;
    if (memo === wide) return memo.compute(this.flashVersion, a, b, c, d).result;
    try {
      return memo.compute(this.flashVersion, a, b, c, d).result;
    } catch (error) {
      if (faultOf(error, memo.running) === undefined) throw error;
      memo.giveBack();
    }
    // It reaches further than its constants say: always, if it has never stayed within.
    if (memo.size === 0) this.#memos[position] = wide;
    wide.take();
    return wide.compute(this.flashVersion, a, b, c, d).result;
  }
}

/** The remembered computations of one kernel in one stretch of RAM. */
class Memo {
  readonly running: RunningModule;
  /** Computations remembered. */
  size = 0;

  readonly #export: string;
  readonly #parameterCount: number;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #comparer: Comparer;
  readonly #entries: (Entry | undefined)[] = [];

  constructor(running: RunningModule, position: number, parameterCount: number, words: Int32Array) {
    this.running = running;
    this.#export = `bo:kernel${position}`;
    this.#parameterCount = parameterCount;
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    this.#comparer = new Comparer(words.byteLength);
  }

  /** Looks at memory: what the calls below compare with, until the next computation. */
  take(): void {
    this.#comparer.take(this.#bytes);
  }

  /** Puts memory back to what was taken. */
  giveBack(): void {
    this.#comparer.giveBack(this.#bytes);
  }

  find(flashVersion: number, a: number, b: number, c: number, d: number): Entry | undefined {
    const entry = this.#entries[this.#indexOf(flashVersion, a, b, c, d)];
    return entry !== undefined && this.fits(entry, flashVersion, a, b, c, d) ? entry : undefined;
  }

  /** Whether the computation is the one of the entry. */
  fits(entry: Entry, flashVersion: number, a: number, b: number, c: number, d: number): boolean {
    if (entry.isForgotten) return false;
    const comparer = this.#comparer;
    // Most entries that do not fit differ from memory where they did the last time.
    if (!comparer.sameWord(entry.place, entry.probe)) return false;
    if (entry.a !== a || entry.b !== b || entry.c !== c || entry.d !== d) return false;
    if (entry.flashVersion !== flashVersion) return false;
    const difference = comparer.difference(entry.place);
    if (difference < 0) return true;
    entry.probe = difference;
    return false;
  }

  /** Changes memory as the computation did, and returns its result. */
  apply({ changes, result }: Entry): number {
    const words = this.#words;
    for (let index = 0; index < changes.length; index += 2) {
      words[changes[index] ?? 0] = changes[index + 1] ?? 0;
    }
    return result;
  }

  /** Runs the computation, and remembers it if there is room. Throws what stops it. */
  compute(flashVersion: number, a: number, b: number, c: number, d: number): { readonly result: number } {
    this.running.fuel = KERNEL_FUEL;
    const parameters = [a, b, c, d].slice(0, this.#parameterCount);
    const result = Number(this.running.call(this.#export, ...parameters) ?? 0);
    const index = this.#indexOf(flashVersion, a, b, c, d);
    const before = this.#entries[index];
    const place = this.#comparer.keep(before?.place);
    if (place === undefined) return { result };
    if (before === undefined) this.size += 1;
    else before.isForgotten = true;
    const changes: number[] = [];
    for (let index = 0; index < this.#words.length; index += 1) {
      const word = this.#words[index] ?? 0;
      if (this.#comparer.wordOf(place, index) !== word) changes.push(index, word);
    }
    this.#entries[index] = {
      memo: this,
      flashVersion,
      a,
      b,
      c,
      d,
      place,
      isForgotten: false,
      changes: Int32Array.from(changes),
      result,
      probe: 0,
    };
    return { result };
  }

  /** Where the computation is remembered, if it is. */
  #indexOf(flashVersion: number, a: number, b: number, c: number, d: number): number {
    let key = this.#comparer.digest();
    for (const value of [flashVersion, a, b, c, d]) key = Math.imul(key ^ value, FNV_PRIME);
    return (key ^ (key >>> 15)) & (ENTRIES_MAX - 1);
  }
}

/** The stretch of RAM that the constants in a function, and in what it calls, point into. */
function reachOf(
  module: DecodedModule,
  index: number,
  { ramStart, ramEnd }: KernelMemory,
): Pick<KernelMemory, "ramStart" | "ramEnd"> {
  let lowest = ramEnd;
  let highest = ramStart;
  for (const member of closureOf(module, [index])) {
    const body = module.functions[member]?.body;
    if (body === undefined) continue;
    const reader = new InstructionReader(module.bytes, body.codeStart, body.end);
    while (reader.next()) {
      const { opcode, constant } = reader;
      if (opcode !== Opcode.I32Const || constant < ramStart || constant >= ramEnd) continue;
      lowest = Math.min(lowest, constant & ~3);
      highest = Math.max(highest, constant);
    }
  }
  if (lowest > highest) return { ramStart, ramEnd };
  return { ramStart: lowest, ramEnd: Math.min(ramEnd, (highest + REACH_BYTES) & ~3) };
}
