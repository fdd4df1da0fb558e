/**
 * Hostile envelopes: judged by `verify`, and staged in slot B with a genuine image behind them.
 *
 * `verify` refuses trailing bytes, the boot does not; but for that, both open an envelope with the same
 * code. So an envelope goes on to be staged if `verify` accepts it or finds bytes behind it, and of the
 * others one in four, chosen by the input itself. A staged envelope gets a power-on, and as many more as it
 * takes until an accepted candidate is booted. One input in ten is also found in a slot on trial, in the
 * active slot, or beside a blank journal.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { readJournal } from "../../emulator/explore/journal.ts";
import type { Chance } from "../../emulator/fuzz/chance.ts";
import type { RunResult, Trouble } from "../../emulator/fuzz/fuzzer.ts";
import { mutateEnvelope } from "../../emulator/fuzz/envelope-mutation.ts";
import { simplerEnvelopes } from "../../emulator/fuzz/shrink.ts";
import { slotRange } from "../../emulator/memory-map.ts";
import type { JournalFields } from "../../emulator/provision.ts";
import { IMAGE, sign } from "./author.ts";
import { FuzzBench, type BenchOptions } from "./bench.ts";
import { seedEnvelopes } from "./seed.ts";
import type { HostTarget } from "./target.ts";
import { bootRefusal, hostRefusal, slotRefusal } from "./verdict.ts";

/** Longer envelopes say nothing new. */
const ENVELOPE_BYTES_MAX = 4096;
/** Power-ons that one prepared state may take to come to rest. */
const POWER_ONS_MAX = 8;

/** Of the envelopes that `verify` refuses, one in so many is staged all the same. */
const STAGED_EVERY = 4;
const UNSTAGED = { isAccepted: false, reason: Status.Ok, trouble: undefined };

const STAGED: JournalFields = { phase: Phase.Staged, activeSlot: Slot.A };
/** Other states in which the bootloader reads slot B. */
const CIRCUMSTANCES: readonly (JournalFields | undefined)[] = [
  { phase: Phase.Trial, activeSlot: Slot.A, trialBoots: 1 },
  { phase: Phase.Confirmed, activeSlot: Slot.B },
  undefined,
];

/** See the file comment. */
export class EnvelopeTarget implements HostTarget {
  readonly name = "envelope";
  readonly bench: FuzzBench;
  readonly #plain: FuzzBench;

  constructor(options: BenchOptions) {
    this.bench = new FuzzBench(options);
    this.#plain = new FuzzBench({ ...options, isPlain: true });
  }

  get counters(): Uint16Array {
    return this.bench.counters;
  }

  seeds(): Uint8Array[] {
    return seedEnvelopes();
  }

  run(input: Uint8Array): RunResult {
    const { bench } = this;
    bench.clearCounters();
    this.#stage(bench, input, STAGED);
    const verdict = bench.verify(input.length);
    if (typeof verdict !== "number") return { outcome: 0, isAccepted: false, trouble: verdict };
    const lot = digestOf(input);
    const isStaged = verdict === Status.Ok || verdict === Status.CborTrailing || lot % STAGED_EVERY === 0;
    const { isAccepted, reason, trouble } = isStaged ? this.#judge(bench) : UNSTAGED;
    const isTaken = isAccepted || verdict === Status.Ok;
    const circumstance = (lot >>> 8) % 30;
    return {
      outcome: verdict * 31 + reason,
      isAccepted: isTaken,
      trouble:
        trouble ??
        (isTaken ? this.#judgeAgain(input, verdict, isAccepted) : undefined) ??
        (circumstance < CIRCUMSTANCES.length ? this.#inCircumstance(circumstance, input) : undefined),
    };
  }

  look(input: Uint8Array): Trouble | undefined {
    const { bench } = this;
    for (let index = 0; index < CIRCUMSTANCES.length; index += 1) {
      const trouble = this.#inCircumstance(index, input);
      if (trouble !== undefined) return trouble;
    }
    this.#stage(bench, input, STAGED);
    const verdict = bench.verify(input.length);
    if (verdict === Status.Ok || typeof verdict !== "number") return undefined;
    if (hostRefusal(input, this.bench.capability) !== undefined) return undefined;
    const sentence = `The host accepts an envelope that verify refuses with status 0x${verdict.toString(16)}.`;
    return { kind: "disagreement", sentence, place: `verify 0x${verdict.toString(16)}` };
  }

  mutate(input: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
    return mutateEnvelope(input, other, chance, { sign, bytesMax: ENVELOPE_BYTES_MAX });
  }

  simpler(input: Uint8Array): Iterable<Uint8Array> {
    return simplerEnvelopes(input, sign);
  }

  /** Slot B with the envelope, and a genuine image where one would be delivered. */
  #stage(bench: FuzzBench, input: Uint8Array, journal: JournalFields | undefined): void {
    const { pageBytes } = bench.profile;
    bench.prepare(journal);
    bench.place(input);
    bench.place(IMAGE, Math.ceil(input.length / pageBytes) * pageBytes);
  }

  /** One power-on with slot B staged, and what follows if it is accepted. */
  #judge(bench: FuzzBench): { isAccepted: boolean; reason: number; trouble: Trouble | undefined } {
    const { cycle, trouble } = bench.powerOn();
    const journal = readJournal(bench.device.flash.bytes, bench.profile);
    const isAccepted = journal?.phase === Phase.Trial;
    const result = { isAccepted, reason: journal?.reason ?? 0 };
    if (trouble !== undefined) return { ...result, trouble };
    if (journal === undefined || (!isAccepted && journal.phase !== Phase.Rejected) || cycle.end !== "reset") {
      const sentence = `A staged candidate was neither accepted nor rejected; the power-on ended with "${cycle.end}".`;
      return { ...result, trouble: { kind: "violation", sentence, place: "undecided" } };
    }
    if (!isAccepted) return { ...result, trouble: undefined };
    const { address, bytes } = bench.slotB;
    const refusal = slotRefusal(
      bench.device.flash.bytes.subarray(address, address + bytes),
      bench.capability,
    );
    if (refusal !== undefined)
      return { ...result, trouble: unauthentic("the candidate is accepted", refusal) };
    return { ...result, trouble: this.#untilRest(bench) };
  }

  /** Power-ons until something runs, or nothing does and the bootloader waits. */
  #untilRest(bench: FuzzBench): Trouble | undefined {
    for (let count = 0; count < POWER_ONS_MAX; count += 1) {
      const { cycle, trouble } = bench.powerOn();
      if (trouble !== undefined) return trouble;
      if (cycle.booted !== undefined) {
        const { slot } = cycle.booted;
        // Slot A is genuine, and a write to it would have been trouble.
        if (slot === Slot.A) return undefined;
        const range = slotRange(bench.profile.layout, slot);
        const refusal = bootRefusal(bench.device.flash.bytes, range, cycle.booted, bench.capability);
        return refusal === undefined ? undefined : unauthentic("slot B is booted", refusal);
      }
      if (cycle.end === "idle") return undefined;
    }
    const sentence = `After ${POWER_ONS_MAX} power-ons the device still resets.`;
    return { kind: "stuck", sentence, place: "reset loop" };
  }

  #inCircumstance(index: number, input: Uint8Array): Trouble | undefined {
    this.#stage(this.bench, input, CIRCUMSTANCES[index]);
    return this.#untilRest(this.bench);
  }

  /** What was accepted goes to the host, and to a device that nothing is counted in. */
  #judgeAgain(input: Uint8Array, verdict: number, isAccepted: boolean): Trouble | undefined {
    if (verdict === Status.Ok) {
      const refusal = hostRefusal(input, this.bench.capability);
      if (refusal !== undefined) return unauthentic("verify accepts", refusal);
    }
    const plain = this.#plain;
    this.#stage(plain, input, STAGED);
    const again = plain.verify(input.length);
    if (typeof again !== "number") return again;
    const second = this.#judge(plain);
    if (second.trouble !== undefined) return second.trouble;
    if (again === verdict && second.isAccepted === isAccepted) return undefined;
    const sentence = "The device without counters decides otherwise than the one with counters.";
    return { kind: "defect", sentence, place: "counters" };
  }
}

function unauthentic(what: string, why: string): Trouble {
  return { kind: "unauthentic", sentence: `Although ${what}, the host says: ${why}`, place: what };
}

/** Fowler, Noll, Vo: FNV-1a, 32 bits, without its lowest bits, which are the weakest. */
export function digestOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 8;
}
