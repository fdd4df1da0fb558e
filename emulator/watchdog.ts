/**
 * The watchdog, in fuel.
 *
 * Loops and calls of device code burn fuel. A stage gets fuel for one watchdog period; a kick
 * refills the period. A hard cap on the fuel of a whole power-on, which no kick moves, ends even
 * software that kicks for ever. Running out ends the power cycle as `watchdog`.
 */

import type { Clock } from "./clock.ts";

/** Something with a fuel gauge: a running module. */
export interface FuelGauge {
  /** Fuel left; below zero once it ran out. */
  fuel: number;
}

/** The watchdog of one device. */
export class Watchdog {
  /** Fuel of a whole power-on, kicks or not. */
  capFuel: number;
  readonly #periodFuel: number;
  readonly #clock: Clock;
  #gauge: FuelGauge | undefined;
  #granted = 0;

  constructor(limits: { readonly watchdogFuel: number; readonly capFuel: number }, clock: Clock) {
    this.#periodFuel = limits.watchdogFuel;
    this.capFuel = limits.capFuel;
    this.#clock = clock;
    clock.fuelRunning = () => this.#running();
  }

  /** Gives a module that is about to run its first period. */
  start(gauge: FuelGauge): void {
    this.#gauge = gauge;
    this.#grant(gauge);
  }

  /** Refills the period, as far as the cap of the power-on allows. */
  kick(): void {
    if (this.#gauge === undefined) return;
    this.#clock.fuelBurnt += this.#running();
    this.#grant(this.#gauge);
  }

  /** Books what the module burnt; it does not run any more. */
  stop(): void {
    this.#clock.fuelBurnt += this.#running();
    this.#gauge = undefined;
  }

  #grant(gauge: FuelGauge): void {
    this.#granted = Math.max(0, Math.min(this.#periodFuel, this.capFuel - this.#clock.fuelBurnt));
    gauge.fuel = this.#granted;
  }

  #running(): number {
    if (this.#gauge === undefined) return 0;
    return Math.min(this.#granted, this.#granted - this.#gauge.fuel);
  }
}
