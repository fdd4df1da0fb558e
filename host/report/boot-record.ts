/**
 * What a power-on did, gathered for a person: the power cycle, its operations by kind, and the
 * device before and after it.
 */
import { Slot } from "../../assembly/layout.ts";
import type { Device, PowerCycle } from "../../emulator/device.ts";
import type { PowerObserver } from "../../emulator/power.ts";
import type { TraceEvent, TraceSink } from "../../emulator/trace.ts";
import type { BootJournal } from "../../emulator/explore/journal.ts";
import { runningRadioImage } from "../../emulator/radio.ts";
import { readOwnJournal } from "../device/journal-form.ts";
import { mapFlash, type FlashMap } from "./flash-map.ts";
import { radioPhrase } from "./radio-text.ts";
import { readSlot, type SlotFacts } from "./slot-content.ts";

/** What lasts, in a person's terms. */
export interface DeviceFacts {
  readonly map: FlashMap;
  readonly journal: BootJournal | undefined;
  readonly slots: readonly SlotFacts[];
  /** By counter id. */
  readonly counters: readonly bigint[];
  /** What the radio runs, in words; undefined if there is none. */
  readonly radio: string | undefined;
}

/** One counter that moved. */
export interface CounterAdvance {
  readonly id: number;
  readonly before: bigint;
  readonly after: bigint;
}

/** One power-on. */
export interface BootRecord {
  readonly cycle: PowerCycle;
  readonly pagesErased: number;
  readonly unitsProgrammed: number;
  readonly counterAdvances: readonly CounterAdvance[];
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  readonly before: DeviceFacts;
  readonly after: DeviceFacts;
}

/** Power-ons until the device has come to rest. */
export interface BootHistory {
  readonly boots: readonly BootRecord[];
  /** The last power-on changed nothing and ended in sleep; false when the limit was reached first. */
  readonly isAtRest: boolean;
}

/** Reads what lasts on a device. */
export function deviceFacts(device: Device): DeviceFacts {
  const { bytes } = device.flash;
  return {
    map: mapFlash(bytes, device.profile),
    journal: readOwnJournal(bytes, device.profile),
    slots: [Slot.A, Slot.B].map((slot) => readSlot(bytes, device.profile, slot)),
    counters: [...device.counters.values],
    radio:
      device.profile.layout.radio === undefined
        ? undefined
        : radioPhrase(runningRadioImage(bytes, device.flash.bits)),
  };
}

/** Switches the power on once and records what happened. */
export function recordBoot(device: Device, observer?: PowerObserver): BootRecord {
  const tally = new Tally();
  const before = deviceFacts(device);
  const cycle = device.powerOn({ trace: tally, ...(observer === undefined ? {} : { observer }) });
  return { cycle, ...tally.counts(), before, after: deviceFacts(device) };
}

/**
 * Switches the power on again and again until a power-on writes nothing and ends in sleep.
 *
 * @param limit power-ons after which to give up
 */
export function recordUntilRest(device: Device, limit = 20): BootHistory {
  const boots: BootRecord[] = [];
  while (boots.length < limit) {
    const boot = recordBoot(device);
    boots.push(boot);
    if (boot.cycle.end === "idle" && boot.cycle.operations === 0) return { boots, isAtRest: true };
  }
  return { boots, isAtRest: false };
}

/** Counts events; keeping them all would keep thousands. */
class Tally implements TraceSink {
  #erases = 0;
  #programs = 0;
  #sent = 0;
  #received = 0;
  readonly #counters: CounterAdvance[] = [];

  event(event: TraceEvent): void {
    if (event.kind === "erase") this.#erases += 1;
    else if (event.kind === "program") this.#programs += 1;
    else if (event.kind === "send") this.#sent += 1;
    else if (event.kind === "receive") this.#received += 1;
    else if (event.kind === "counter") {
      this.#counters.push({ id: event.id, before: event.before, after: event.after });
    }
  }

  counts() {
    return {
      pagesErased: this.#erases,
      unitsProgrammed: this.#programs,
      counterAdvances: this.#counters,
      datagramsSent: this.#sent,
      datagramsReceived: this.#received,
    };
  }
}
