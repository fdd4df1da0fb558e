/**
 * The operations of one power-on, neighbours of one kind taken together, and the cut that ends them.
 */
import { CutPower, type Cut } from "../../emulator/cut.ts";
import type { DeviceBit } from "../../emulator/device-bits.ts";
import type { Operation, PowerObserver } from "../../emulator/power.ts";
import { tornVariant } from "../../emulator/tear.ts";
import { address, count, things } from "../report/quantity.ts";
import { radioPlace } from "../report/radio-text.ts";

/** Operations of one kind that follow each other in flash, or one advance of a counter. */
export interface OperationRun {
  readonly kind: Operation["kind"];
  /** Numbers of the first and the last one. */
  readonly first: number;
  readonly last: number;
  /** Lowest address, or the number of the counter. */
  readonly from: number;
  /** Bytes that were erased or programmed; 0 for a counter. */
  readonly bytes: number;
  /** In words. */
  readonly sentence: string;
}

interface OpenRun {
  kind: Operation["kind"];
  first: number;
  last: number;
  from: number;
  bytes: number;
  value: bigint;
}

/** Watches a power-on, makes the cut if there is one, and keeps what happened. */
export class OperationRecorder implements PowerObserver {
  readonly #cut: Cut | undefined;
  readonly #cutter: CutPower | undefined;
  readonly #runs: OpenRun[] = [];
  #sentence: string | undefined;

  constructor(cut: Cut | undefined) {
    this.#cut = cut;
    this.#cutter = cut === undefined ? undefined : new CutPower(cut);
  }

  /** What happened, torn operations left out. */
  get runs(): OperationRun[] {
    return this.#runs.map((run) => {
      const { kind, first, last, from, bytes } = run;
      return { kind, first, last, from, bytes, sentence: sentenceOf(run) };
    });
  }

  /** What the cut hit, or undefined: it was not made. */
  cutSentence(): string | undefined {
    return this.#sentence;
  }

  before(operation: Operation): void {
    const cut = this.#cut;
    if (cut?.operation === operation.index) this.#sentence = cutSentenceOf(cut, operation);
    this.#cutter?.before(operation);
  }

  after(operation: Operation): void {
    const last: OpenRun | undefined = this.#runs[this.#runs.length - 1];
    if (last === undefined || !follows(last, operation)) {
      const isCounter = operation.kind === "counter";
      this.#runs.push({
        kind: operation.kind,
        first: operation.index,
        last: operation.index,
        from: isCounter ? operation.id : operation.address,
        bytes: isCounter ? 0 : operation.length,
        value: isCounter ? operation.after : 0n,
      });
    } else if (operation.kind !== "counter") {
      last.last = operation.index;
      last.from = Math.min(last.from, operation.address);
      last.bytes += operation.length;
    }
    this.#cutter?.after(operation);
  }
}

/** Whether the operation borders on the run: programs go upward, erases either way. */
function follows(run: OpenRun, operation: Operation): boolean {
  if (operation.kind === "counter" || run.kind !== operation.kind) return false;
  if (operation.address === run.from + run.bytes) return true;
  return operation.kind === "erase" && operation.address + operation.length === run.from;
}

function sentenceOf({ kind, first, last, from, bytes, value }: OpenRun): string {
  const numbers = first === last ? `operation ${first}` : `operations ${first} to ${last}`;
  if (kind === "counter") return `${numbers}: counter ${from} advanced to ${value}`;
  const what = kind === "erase" ? things(last - first + 1, "page") : `${count(bytes)} bytes`;
  const range = `${address(from)} to ${address(from + bytes - 1)}`;
  return `${numbers}: ${what} ${kind === "erase" ? "erased" : "programmed"}, ${range}${placeText(from, bytes)}`;
}

/** What flash of the radio is there for; that of the device says it by its address. */
function placeText(from: number, bytes: number): string {
  const place = radioPlace(from, bytes);
  return place === undefined ? "" : ` (${place})`;
}

function cutSentenceOf(cut: Cut, operation: Operation): string {
  const what =
    operation.kind === "counter"
      ? `the advance of counter ${operation.id} to ${operation.after}`
      : `the ${operation.kind} of ${things(operation.length, "byte")} at ${address(operation.address)}${placeText(operation.address, operation.length)}`;
  const target = `operation ${operation.index}, ${what}`;
  if (cut.phase !== "torn") return `Power is cut ${cut.phase} ${target}.`;
  const left = tornVariant(operation, cut.variant);
  if (left === undefined) return `Power is cut during ${target}; torn variant ${cut.variant}.`;
  const { tearClass, bytes, damage, bits = [] } = left;
  const damaged =
    damage === undefined ? [] : [`${address(damage.address)} is damaged to ${hexOf(damage.bytes)}`];
  const rest = [...damaged, ...bits.map(bitSentenceOf)].map((clause) => `; ${clause}`).join("");
  return `Power is cut during ${target}; torn variant ${cut.variant} (${tearClass}): ${hexOf(bytes)} is left${rest}.`;
}

/** What flash remembers, as a clause. */
function bitSentenceOf({ kind, address: from, length, value, other }: DeviceBit): string {
  const where = `${things(length, "byte")} at ${address(from)}`;
  const reads = other === undefined ? "something else" : hexOf(other);
  switch (kind) {
    case "poisoned":
      return `reading the ${where} is a bus fault until they are erased`;
    case "weak":
    case "fading":
      return `the ${where} will read ${reads} after ${things(value, "more power-on")}`;
    case "wavering":
      return `the ${where} read two ways, the other one ${reads} (pattern ${value})`;
    case "writes":
      return `the ${where} were written ${things(value, "time")} more than shows`;
  }
}

function hexOf(bytes: Uint8Array): string {
  const shown = bytes.length > 16 ? bytes.subarray(0, 16) : bytes;
  const text = Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length > 16 ? `${text} …` : text;
}
