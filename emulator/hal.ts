/**
 * The hardware abstraction layer as the device code sees it: the functions of import module `hal`.
 *
 * Every call returns a status and never throws on account of its arguments: a pointer that leads
 * nowhere is Status.HalArgument. Out-pointers must lie wholly in the linear part of RAM, pointers
 * to data in RAM or flash. Calls that do not return (`boot`, `reset`, an `idle` in which nothing
 * more can happen) and power losses unwind the module by throwing a preallocated signal.
 */

import { hexToBytes } from "@noble/hashes/utils.js";
import { DevicePage, RadioStatus, Slot } from "../assembly/layout.ts";
import { Status } from "../assembly/status.ts";
import type { Clock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import type { Flash } from "./flash.ts";
import type { Link } from "./link.ts";
import { FLASH_BYTES, journalRange, otherSlot, RAM_BASE, slotHolding, slotRange } from "./memory-map.ts";
import type { Power } from "./power.ts";
import type { Profile } from "./profile.ts";
import type { RadioWire } from "./radio.ts";
import type { RandomBytes } from "./random.ts";
import type { ViolationLog } from "./violation.ts";
import type { Watchdog } from "./watchdog.ts";
import type { FunctionType } from "./wasm/module.ts";
import type { ValueType } from "./wasm/opcode.ts";

/** What runs: the bootloader, an image in a slot, or the bootloader's `verify` export. */
export type HalStage = "bootloader" | "firmware" | "verify";

/** Unwinds a module that gave up control. Preallocated, not an Error; compare with `===`. */
export class ControlSignal {
  readonly kind: "boot" | "reset" | "idle";

  constructor(kind: ControlSignal["kind"]) {
    this.kind = kind;
  }
}

/** Control goes to an image: {@link Hal.bootAddress}, {@link Hal.bootLength}. */
export const bootSignal: ControlSignal = Object.freeze(new ControlSignal("boot"));
/** A reset was requested. */
export const resetSignal: ControlSignal = Object.freeze(new ControlSignal("reset"));
/** Nothing more can happen in this power cycle. */
export const idleSignal: ControlSignal = Object.freeze(new ControlSignal("idle"));

/** Unwinds a module that made the hardware read flash that faults: {@link Hal.busFaultAddress}. */
export class BusFaultSignal {
  readonly kind = "bus-fault";
}

/** The one {@link BusFaultSignal}; compare with `===`. */
export const busFaultSignal: BusFaultSignal = Object.freeze(new BusFaultSignal());

/** One line of the device's log. */
export interface LogLine {
  /** Simulated time since power-on [µs]. */
  readonly micros: number;
  readonly text: string;
}

/** What a device can find out about the world; plain data, the same at every power-on. */
export interface Surroundings {
  /** Seconds since 1970; a part without a clock does not know. */
  readonly timeSeconds?: bigint;
  /** Energy left in the battery [mWh]; a part without a gauge does not know. */
  readonly batteryMilliwattHours?: number;
  /**
   * Updates up to this priority may be made, a smaller one being more urgent; a part that has nobody to
   * ask does not know.
   */
  readonly authorizedPriority?: number;
}

/** The parts of a device that the HAL gives access to. */
export interface HalParts {
  readonly profile: Profile;
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly flash: Flash;
  readonly counters: Counters;
  readonly link: Link;
  readonly power: Power;
  readonly clock: Clock;
  readonly watchdog: Watchdog;
  readonly random: RandomBytes;
  /** The second processor, if the device has one. */
  readonly radio?: RadioWire | undefined;
  readonly violations: ViolationLog;
  /** Nothing by default. */
  readonly surroundings?: Surroundings;
  /** Time waiting for an answer after which the next `idle` ends the power cycle [µs]. */
  readonly idleLimitMicros: number;
}

/** A function of import module `hal`; the only 64-bit argument is the value of `counter_advance`. */
export type HalFunction = (...values: never[]) => number;

/** The functions of import module `hal` and their types. */
export const HAL_SIGNATURES = Object.freeze({
  flash_erase: takes("i32"),
  flash_program: takes("i32", "i32", "i32"),
  flash_check: takes("i32", "i32"),
  counter_read: takes("i32", "i32"),
  counter_advance: takes("i32", "i64"),
  boot: takes("i32", "i32"),
  boot_with_arguments: takes("i32", "i32", "i32", "i32"),
  boot_arguments: takes("i32"),
  reset: takes(),
  log: takes("i32", "i32"),
  time: takes("i32"),
  unique_id: takes("i32"),
  random: takes("i32", "i32"),
  link_receive: takes("i32", "i32", "i32"),
  link_send: takes("i32", "i32"),
  idle: takes("i32"),
  watchdog_kick: takes(),
  battery: takes("i32"),
  authorize: takes("i32"),
  radio_status: takes("i32"),
  radio_erase: takes("i32"),
  radio_program: takes("i32", "i32", "i32"),
});

/** Log lines kept per power cycle; software that logs for ever loses the later ones. */
export const LOG_LINE_LIMIT = 1000;

const DEVICE_ID_BYTES = 16;

/** The HAL of one device. */
export class Hal {
  /** The functions, by import name; the same objects for every instance. */
  readonly functions: Readonly<Record<keyof typeof HAL_SIGNATURES, HalFunction>>;
  /** The log of this power cycle. Replaced, not emptied, at power-on. */
  log: LogLine[] = [];
  /** What `boot` was last called with. */
  bootAddress = 0;
  bootLength = 0;
  bootSlot: Slot = Slot.A;
  /** Where the image that runs finds its arguments: address and bytes; 0 bytes for none. */
  #arguments: readonly [number, number] = [0, 0];
  /** Where the data began that the last bus fault was about. */
  busFaultAddress = 0;

  readonly #parts: HalParts;
  readonly #view: DataView;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #stage: HalStage = "bootloader";
  #linearEnd = RAM_BASE;

  constructor(parts: HalParts) {
    this.#parts = parts;
    this.#view = new DataView(parts.memory.buffer);
    this.functions = Object.freeze({
      ...this.#storageFunctions(),
      ...this.#controlFunctions(),
      ...this.#dataFunctions(),
      ...this.#surroundingsFunctions(),
      ...this.#radioFunctions(),
    });
  }

  /** Starts a power cycle. */
  powerOn(): void {
    this.log = [];
  }

  /**
   * Says who calls from now on, and with it what may be written.
   *
   * @param linearEnd end of the part of RAM that out-pointers may point to
   */
  enterStage(stage: HalStage, linearEnd: number): void {
    const { flash, profile } = this.#parts;
    const { layout } = profile;
    this.#stage = stage;
    this.#linearEnd = linearEnd;
    if (stage === "bootloader") {
      const start = layout.boot.address + layout.boot.bytes;
      flash.window = [{ address: start, bytes: FLASH_BYTES - start }];
    } else if (stage === "firmware") {
      flash.window = [slotRange(layout, otherSlot(this.bootSlot)), journalRange(layout, profile.pageBytes)];
    } else {
      flash.window = [];
    }
  }

  #storageFunctions() {
    const { flash, counters, memory, power, violations } = this.#parts;
    return {
      flash_erase: (address: number): Status => flash.erase(address >>> 0),

      flash_program: (address: number, source: number, length: number): Status => {
        const start = source >>> 0;
        const bytes = length >>> 0;
        if (!this.#readable(start, bytes)) return Status.HalArgument;
        return flash.program(address >>> 0, memory.subarray(start, start + bytes));
      },

      flash_check: (address: number, length: number): Status => {
        const start = address >>> 0;
        const bytes = length >>> 0;
        if (start + bytes > FLASH_BYTES) return Status.HalArgument;
        return flash.isPoisoned(start, bytes) ? Status.FlashUnreadable : Status.Ok;
      },

      counter_read: (id: number, out: number): Status => {
        const value = counters.read(id >>> 0);
        if (value === undefined || !this.#writable(out >>> 0, 8)) return Status.HalArgument;
        this.#view.setBigUint64(out >>> 0, value, true);
        return Status.Ok;
      },

      counter_advance: (id: number, value: bigint): Status => {
        if (this.#stage === "verify") return Status.HalUnavailable;
        if (this.#stage === "firmware") {
          const sentence = "Firmware tried to advance a monotonic counter.";
          violations.add("counter-protected", id >>> 0, power.operationCount, sentence);
          return Status.CounterFailed;
        }
        return counters.advance(id >>> 0, BigInt.asUintN(64, value));
      },
    };
  }

  /** Hands over to an image; its arguments have to lie in its own slot. */
  #boot(start: number, bytes: number, [from, argumentBytes]: readonly [number, number]): Status {
    const { profile, power, violations } = this.#parts;
    if (this.#stage !== "bootloader") return Status.HalUnavailable;
    const slot = bytes > 0 ? slotHolding(profile.layout, start, bytes) : undefined;
    if (slot === undefined) {
      const sentence = `The ${bytes} bytes to boot do not lie in one slot.`;
      violations.add("boot-target", start, power.operationCount, sentence);
      return Status.HalArgument;
    }
    if (argumentBytes > 0 && slotHolding(profile.layout, from, argumentBytes) !== slot) {
      const sentence = `The ${argumentBytes} bytes of arguments do not lie in the slot of the image.`;
      violations.add("boot-target", from, power.operationCount, sentence);
      return Status.HalArgument;
    }
    this.bootAddress = start;
    this.bootLength = bytes;
    this.bootSlot = slot;
    this.#arguments = [from, argumentBytes];
    throw bootSignal;
  }

  #controlFunctions() {
    const { link, power, clock, watchdog, idleLimitMicros } = this.#parts;
    return {
      boot: (address: number, length: number): Status => this.#boot(address >>> 0, length >>> 0, [0, 0]),

      boot_with_arguments: (...[address, length, from, bytes]: [number, number, number, number]): Status =>
        this.#boot(address >>> 0, length >>> 0, bytes === 0 ? [0, 0] : [from >>> 0, bytes >>> 0]),

      boot_arguments: (out: number): Status => {
        if (this.#stage !== "firmware") return Status.HalUnavailable;
        if (!this.#writable(out >>> 0, 8)) return Status.HalArgument;
        this.#arguments.forEach((word, index) => {
          this.#view.setUint32((out >>> 0) + index * 4, word, true);
        });
        return Status.Ok;
      },

      reset: (): Status => {
        if (this.#stage === "verify") return Status.HalUnavailable;
        throw resetSignal;
      },

      idle: (milliseconds: number): Status => {
        if (this.#stage === "verify") return Status.HalUnavailable;
        if (link.peek() !== undefined) return Status.Ok;
        if (!link.unanswered || clock.idleMicros >= idleLimitMicros) throw idleSignal;
        clock.idleMicros += (milliseconds >>> 0) * 1000;
        power.trace?.event({ kind: "idle", micros: clock.now(), milliseconds: milliseconds >>> 0 });
        return Status.Ok;
      },

      watchdog_kick: (): Status => {
        watchdog.kick();
        return Status.Ok;
      },
    };
  }

  #surroundingsFunctions() {
    const { timeSeconds, batteryMilliwattHours, authorizedPriority } = this.#parts.surroundings ?? {};
    return {
      time: (out: number): Status => {
        if (timeSeconds === undefined) return Status.HalUnavailable;
        if (!this.#writable(out >>> 0, 8)) return Status.HalArgument;
        this.#view.setBigUint64(out >>> 0, timeSeconds, true);
        return Status.Ok;
      },

      battery: (out: number): Status => {
        if (batteryMilliwattHours === undefined) return Status.HalUnavailable;
        if (!this.#writable(out >>> 0, 4)) return Status.HalArgument;
        this.#view.setUint32(out >>> 0, batteryMilliwattHours, true);
        return Status.Ok;
      },

      authorize: (priority: number): Status => {
        if (authorizedPriority === undefined) return Status.HalUnavailable;
        return priority <= authorizedPriority ? Status.Ok : Status.UpdateUnauthorized;
      },
    };
  }

  #dataFunctions() {
    const { memory, link, power, clock, random } = this.#parts;
    return {
      log: (pointer: number, length: number): Status => {
        const start = pointer >>> 0;
        const bytes = length >>> 0;
        if (!this.#readable(start, bytes)) return Status.HalArgument;
        if (this.log.length >= LOG_LINE_LIMIT) return Status.Ok;
        const line = {
          micros: clock.now(),
          text: this.#decoder.decode(memory.subarray(start, start + bytes)),
        };
        this.log.push(line);
        power.trace?.event({ kind: "log", ...line });
        return Status.Ok;
      },

      unique_id: (out: number): Status => {
        if (!this.#writable(out >>> 0, DEVICE_ID_BYTES)) return Status.HalArgument;
        const id = DevicePage.Address + DevicePage.DeviceId;
        memory.copyWithin(out >>> 0, id, id + DEVICE_ID_BYTES);
        return Status.Ok;
      },

      random: (out: number, length: number): Status => {
        if (!this.#writable(out >>> 0, length >>> 0)) return Status.HalArgument;
        random.fill(memory.subarray(out >>> 0, (out >>> 0) + (length >>> 0)));
        return Status.Ok;
      },

      link_receive: (out: number, capacity: number, lengthOut: number): Status => {
        if (!this.#linkUsable()) return Status.HalUnavailable;
        if (!this.#writable(out >>> 0, capacity >>> 0) || !this.#writable(lengthOut >>> 0, 4)) {
          return Status.HalArgument;
        }
        const datagram = link.receive();
        this.#view.setUint32(lengthOut >>> 0, datagram?.length ?? 0, true);
        if (datagram === undefined) return Status.Ok;
        power.trace?.event({ kind: "receive", micros: clock.now(), datagram: datagram.slice() });
        if (datagram.length > capacity >>> 0) return Status.DatagramTooLarge;
        memory.set(datagram, out >>> 0);
        return Status.Ok;
      },

      link_send: (pointer: number, length: number): Status => {
        const start = pointer >>> 0;
        const bytes = length >>> 0;
        if (!this.#linkUsable()) return Status.HalUnavailable;
        if (!this.#readable(start, bytes)) return Status.HalArgument;
        const datagram = memory.slice(start, start + bytes);
        power.trace?.event({ kind: "send", micros: clock.now(), datagram: datagram.slice() });
        link.send(datagram);
        return Status.Ok;
      },
    };
  }

  #radioFunctions() {
    const { memory } = this.#parts;
    return {
      radio_status: (out: number): Status => {
        const radio = this.#radio();
        if (radio === undefined) return Status.HalUnavailable;
        const start = out >>> 0;
        if (!this.#writable(start, RadioStatus.Bytes)) return Status.HalArgument;
        const image = radio.running();
        if (image === undefined) return Status.RadioImageMissing;
        this.#view.setUint32(start + RadioStatus.SubSlot, image.subSlot, true);
        this.#view.setUint32(start + RadioStatus.Generation, image.generation, true);
        memory.set(hexToBytes(image.digest), start + RadioStatus.Digest);
        return Status.Ok;
      },

      radio_erase: (address: number): Status => this.#radio()?.erase(address >>> 0) ?? Status.HalUnavailable,

      radio_program: (address: number, source: number, length: number): Status => {
        const radio = this.#radio();
        if (radio === undefined) return Status.HalUnavailable;
        const start = source >>> 0;
        const bytes = length >>> 0;
        if (!this.#readable(start, bytes)) return Status.HalArgument;
        return radio.program(address >>> 0, memory.subarray(start, start + bytes));
      },
    };
  }

  /** The radio, if there is one and it is for the running stage: only firmware talks to it. */
  #radio(): RadioWire | undefined {
    return this.#stage === "firmware" ? this.#parts.radio : undefined;
  }

  #linkUsable(): boolean {
    return this.#stage !== "verify" && this.#parts.link.present;
  }

  #writable(address: number, bytes: number): boolean {
    return address >= RAM_BASE && address + bytes <= this.#linearEnd;
  }

  /** @throws BusFaultSignal when it is in flash and reading it is a bus fault */
  #readable(address: number, bytes: number): boolean {
    if (address + bytes > FLASH_BYTES) return this.#writable(address, bytes);
    if (!this.#parts.flash.isPoisoned(address, bytes)) return true;
    this.busFaultAddress = address;
    throw busFaultSignal;
  }
}

function takes(...parameters: ValueType[]): FunctionType {
  return { parameters, results: ["i32"] };
}
