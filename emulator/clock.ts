/**
 * Simulated time.
 *
 * Time is a ledger of what happened, priced by the device profile: fuel burnt by the processor,
 * units programmed, pages erased, time slept. Nothing reads a real clock, so equal power cycles
 * take equal times. The processor waits while the flash works: operations do not overlap.
 */

import type { Profile } from "./profile.ts";

/** Which of a profile's two figures for an operation's time is used. */
export type Timing = "typical" | "max";

/** Time or energy by cause. */
export interface ByCause {
  readonly cpu: number;
  /** Units programmed, and counters advanced, which take as long. */
  readonly program: number;
  readonly erase: number;
  readonly idle: number;
  readonly total: number;
}

/** The ledger of one power cycle. */
export class Clock {
  /** Units programmed and counters advanced, torn ones too. */
  programCount = 0;
  /** Pages erased, torn ones too. */
  eraseCount = 0;
  /** Time slept [µs]. */
  idleMicros = 0;
  /** Fuel burnt in stages that are over. */
  fuelBurnt = 0;
  /** Fuel burnt so far by the stage that runs now. */
  fuelRunning: () => number = () => 0;

  readonly #programMicros: number;
  readonly #eraseMicros: number;
  readonly #microsPerFuel: number;

  constructor(profile: Profile, timing: Timing = "typical") {
    this.#programMicros = profile.programMicros[timing];
    this.#eraseMicros = profile.eraseMicros[timing];
    this.#microsPerFuel = (profile.cyclesPerFuel * 1e6) / profile.cpuHertz;
  }

  /** Starts a power cycle at zero. */
  powerOn(): void {
    this.programCount = 0;
    this.eraseCount = 0;
    this.idleMicros = 0;
    this.fuelBurnt = 0;
  }

  /** Time since power-on, whole [µs]. */
  now(): number {
    return Math.round(
      (this.fuelBurnt + this.fuelRunning()) * this.#microsPerFuel +
        this.programCount * this.#programMicros +
        this.eraseCount * this.#eraseMicros +
        this.idleMicros,
    );
  }

  /** Time since power-on by cause, each rounded to whole microseconds. */
  micros(): ByCause {
    const cpu = Math.round((this.fuelBurnt + this.fuelRunning()) * this.#microsPerFuel);
    const program = this.programCount * this.#programMicros;
    const erase = this.eraseCount * this.#eraseMicros;
    const idle = this.idleMicros;
    return { cpu, program, erase, idle, total: cpu + program + erase + idle };
  }
}
