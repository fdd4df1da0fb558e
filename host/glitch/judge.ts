/**
 * The oracle of glitch campaigns: no image but the allowed one gets control, at this boot or,
 * undisturbed, at a later one; no candidate is accepted that must be refused; and the device still
 * boots what it booted before, also if the power goes during the disturbed boot, between two of its
 * operations or in the middle of one.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import { Device, type BootedImage } from "../../emulator/device.ts";
import { readJournal, type BootJournal } from "../../emulator/explore/journal.ts";
import type { DoneOperation, GlitchBench, GlitchRunOutcome } from "../../emulator/glitch/bench.ts";
import { journalRange, otherSlot } from "../../emulator/memory-map.ts";
import { encodeJournalRecord } from "../../emulator/provision.ts";
import { PLAIN_TEAR_CLASSES, tornVariants } from "../../emulator/tear.ts";
import type { RefusalScenario } from "./scenario.ts";

/** How a disturbed boot went. */
export const VERDICTS = ["harmless", "booted", "accepted", "booted-later", "bricked"] as const;
export type Verdict =
  /** As it should: refused, stopped or started over, with nothing lost. */
  | "harmless"
  /** An image that must not run got control. */
  | "booted"
  /** The candidate went on trial although it must be refused. */
  | "accepted"
  /** Something that must not run gets control at a later, undisturbed boot. */
  | "booted-later"
  /** No later boot reaches the image that ran before. */
  | "bricked";

/** Where the power goes during the disturbed boot. */
export interface GlitchCut {
  /** Number of the operation since power-on. */
  readonly operation: number;
  /** The torn variant of it, as in tear.ts; undefined: the power goes right behind it. */
  readonly torn?: number;
  /** Operations of the disturbed boot. */
  readonly operations: number;
  /** What the operation is, in words. */
  readonly what: string;
}

/** A verdict, and the cut that it takes, if it takes one. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly cut?: GlitchCut;
}

const HARMLESS: Judgement = { verdict: "harmless" };

/** Later power-ons in which the device has to be back. */
const LATER_BOOTS_MAX = 8;

/** Judges runs of one scenario. */
export class Judge {
  readonly #scenario: RefusalScenario;
  readonly #bench: GlitchBench;
  /** Judgements on what runs have left in flash and counters, by what they wrote. */
  readonly #judgements = new Map<string, Judgement>();
  /** Verdicts on states that cuts leave, by what was written until then. */
  readonly #states = new Map<string, Verdict>();
  readonly #phaseBefore: Phase | undefined;
  #device: Device | undefined;

  constructor(scenario: RefusalScenario, bench: GlitchBench) {
    this.#scenario = scenario;
    this.#bench = bench;
    this.#phaseBefore = readJournal(scenario.state.flash, scenario.profile)?.phase;
  }

  /** States that were judged: what runs left, and what cuts during them would have left. */
  get judgedStates(): number {
    return this.#states.size;
  }

  /** The judgement on the bench's last run; its writes are still there, some of them undone afterwards. */
  judge(run: GlitchRunOutcome): Judgement {
    const { allowed } = this.#scenario;
    if (run.end === "boot" && (run.bootAddress !== allowed?.address || run.bootLength !== allowed.length)) {
      return { verdict: "booted" };
    }
    // A boot that wrote nothing leaves the next one exactly where this one began.
    if (run.operations === 0) return HARMLESS;
    const key = this.#bench.written();
    const known = this.#judgements.get(key);
    if (known !== undefined) return known;
    const judgement = this.#judgeWritten(this.#bench.operations());
    this.#judgements.set(key, judgement);
    return judgement;
  }

  /** The state that the run has left, and those that a power cut during it would have left. */
  #judgeWritten(operations: readonly DoneOperation[]): Judgement {
    for (let kept = operations.length; kept > 0; kept -= 1) {
      this.#bench.rewind(kept);
      const verdict = this.#judgeState(this.#bench.written());
      if (verdict === "harmless") continue;
      if (kept === operations.length) return { verdict };
      return { verdict, cut: cutAt(operations, kept - 1) };
    }
    for (let kept = operations.length - 1; kept >= 0; kept -= 1) {
      this.#bench.rewind(kept);
      const judgement = this.#judgeTorn(operations, kept);
      if (judgement.verdict !== "harmless") return judgement;
    }
    return HARMLESS;
  }

  /** The states that operation `index` leaves when it is torn; flash holds what came before it. */
  #judgeTorn(operations: readonly DoneOperation[], index: number): Judgement {
    const operation = operations[index];
    if (operation === undefined || operation.kind === "counter") return HARMLESS;
    const { kind, address, before, after } = operation;
    const tear = (): never => {
      throw new TypeError("This operation is over.");
    };
    const torn = { kind, index, address, length: after.length, before, after, tear };
    const written = this.#bench.written();
    try {
      for (const { variant, bytes } of tornVariants(torn, PLAIN_TEAR_CLASSES)) {
        this.#bench.flash.bytes.set(bytes, address);
        const verdict = this.#judgeState(`${written};${address}: ${bytes.join()}`);
        if (verdict !== "harmless") return { verdict, cut: { ...cutAt(operations, index), torn: variant } };
      }
    } finally {
      this.#bench.flash.bytes.set(before, address);
    }
    return HARMLESS;
  }

  /** @param key equal for equal content of flash and counters */
  #judgeState(key: string): Verdict {
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const verdict = this.#bootOn();
    this.#states.set(key, verdict);
    return verdict;
  }

  #bootOn(): Verdict {
    const { profile, allowed, surroundings } = this.#scenario;
    const device = (this.#device ??= new Device({ profile, surroundings, build: "fast" }));
    device.restore(this.#bench.snapshot());
    const journal = readJournal(device.flash.bytes, profile);
    // What must be refused lies in slot B. A trial that had begun before is judged by what it boots.
    const hadBegun = this.#phaseBefore === Phase.Trial;
    if (allowed !== undefined && !hadBegun && journal !== undefined && goesToB(journal)) return "accepted";
    let runs = false;
    for (let boots = 0; boots < LATER_BOOTS_MAX; boots += 1) {
      const { booted, operations } = device.powerOn();
      runs = booted !== undefined;
      if (runs && !isAllowed(booted, allowed)) return "booted-later";
      if (booted !== undefined) confirm(device, booted.slot);
      else if (operations === 0) break;
    }
    return runs || allowed === undefined ? "harmless" : "bricked";
  }
}

function cutAt(operations: readonly DoneOperation[], index: number): GlitchCut {
  const operation = operations[index];
  const what =
    operation === undefined || operation.kind === "counter"
      ? `advance of counter ${operation?.id ?? 0}`
      : `${operation.kind} of ${operation.after.length} bytes at 0x${operation.address.toString(16)}`;
  return { operation: index, operations: operations.length, what };
}

function isAllowed(booted: BootedImage | undefined, allowed: RefusalScenario["allowed"]): boolean {
  return booted?.address === allowed?.address && booted?.length === allowed?.length;
}

/** Whether slot B is on trial or confirmed; anything else is decided by a boot that is still to come. */
function goesToB({ phase, activeSlot }: BootJournal): boolean {
  if (phase === Phase.Trial) return otherSlot(activeSlot) === Slot.B;
  return phase === Phase.Confirmed && activeSlot === Slot.B;
}

/** Does what healthy firmware does on trial: it confirms itself. */
function confirm(device: Device, slot: Slot): void {
  const { profile, flash } = device;
  if (readJournal(flash.bytes, profile)?.phase !== Phase.Trial) return;
  const { address, bytes } = journalRange(profile.layout, profile.pageBytes);
  flash.bytes.fill(profile.erasedValue, address, address + bytes);
  flash.bytes.set(encodeJournalRecord({ phase: Phase.Confirmed, activeSlot: slot }), address);
}
