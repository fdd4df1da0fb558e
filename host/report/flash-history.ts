/**
 * The flash over time: the run without cuts, photographed at even intervals, with what was erased
 * and programmed in between.
 */
import { Device } from "../../emulator/device.ts";
import type { ByCause } from "../../emulator/clock.ts";
import type { Operation } from "../../emulator/power.ts";
import type { Scenario } from "../campaign/scenario.ts";
import { deviceOf } from "../campaign/scenario-device.ts";
import { mapFlash, type CellKind, type FlashMap } from "./flash-map.ts";

/** Cells of all partitions in the order of their addresses, one letter per cell. */
export type CellText = string;

/** One photograph, and what happened since the one before. */
export interface FlashFrame {
  /** Number of the power-on, from 1. */
  readonly powerOn: number;
  /** Operations of this power-on done so far. */
  readonly operation: number;
  readonly cells: CellText;
  /** One sign per cell: `e` erased, `p` programmed, `b` both, `.` neither. */
  readonly activity: string;
}

/** One power-on of the run without cuts. */
export interface PowerOnCost {
  readonly operations: number;
  readonly micros: ByCause;
  readonly nanojoules: ByCause;
}

/** The run without cuts. */
export interface FlashHistory {
  /** Partitions with the number of their cells, in the order of their addresses. */
  readonly partitions: readonly { readonly name: string; readonly address: number; readonly cells: number }[];
  readonly cellBytes: number;
  readonly pageBytes: number;
  readonly frames: readonly FlashFrame[];
  readonly powerOns: readonly PowerOnCost[];
  /** Erases per page during the run, and how many the part stands. */
  readonly wear: readonly number[];
  readonly enduranceCycles: number;
}

/** Photographs of all power-ons together, about; a short power-on has at least a few. */
const FRAMES_MAX = 240;
const FRAMES_MIN = 8;
const POWER_ONS_MAX = 64;
const LETTERS: Readonly<Record<CellKind, string>> = {
  blank: ".",
  bootloader: "c",
  "device-page": "d",
  envelope: "e",
  image: "i",
  unreadable: "u",
  journal: "j",
  state: "s",
};

/** The cells of a map, one letter each. */
export function cellText(map: FlashMap): CellText {
  return map.partitions.map(({ cells }) => cells.map(({ kind }) => LETTERS[kind]).join("")).join("");
}

/** Runs a scenario without cuts and records it. @param operations of each power-on, to space the frames */
export function recordHistory(scenario: Scenario, operations: readonly number[]): FlashHistory {
  const total = operations.reduce((sum, some) => sum + some, 0);
  const { profile, initial } = scenario;
  const device = new Device({ ...deviceOf(scenario), build: "fast" });
  device.restore({ ...initial, wear: new Uint32Array(initial.wear.length) });
  const map = mapFlash(device.flash.bytes, profile);
  const camera = new Camera(device, map);
  const powerOns: PowerOnCost[] = [];
  camera.shoot(1, 0);
  for (let number = 1; number <= POWER_ONS_MAX; number += 1) {
    camera.powerOn = number;
    const share = operations[number - 1] ?? 0;
    const frames = Math.max(FRAMES_MIN, Math.floor((FRAMES_MAX * share) / Math.max(1, total)));
    camera.interval = Math.max(1, Math.ceil(share / frames));
    const cycle = device.powerOn({ observer: camera });
    powerOns.push({ operations: cycle.operations, micros: cycle.micros, nanojoules: cycle.nanojoules });
    if (cycle.operations === 0) break;
    camera.shoot(number, cycle.operations);
  }
  return {
    partitions: map.partitions.map(({ name, range, cells }) => ({
      name,
      address: range.address,
      cells: cells.length,
    })),
    cellBytes: map.cellBytes,
    pageBytes: profile.pageBytes,
    frames: camera.frames,
    powerOns,
    wear: [...device.flash.wear],
    enduranceCycles: profile.enduranceCycles,
  };
}

class Camera {
  powerOn = 1;
  /** Operations between two photographs. */
  interval = 1;
  readonly frames: FlashFrame[] = [];
  readonly #device: Device;
  readonly #addresses: readonly number[];
  readonly #cellBytes: number;
  #activity: string[];
  #sinceFrame = 0;

  constructor(device: Device, map: FlashMap) {
    this.#device = device;
    this.#cellBytes = map.cellBytes;
    this.#addresses = map.partitions.flatMap(({ cells }) => cells.map(({ address }) => address));
    this.#activity = this.#addresses.map(() => ".");
  }

  after(operation: Operation): void {
    if (operation.kind !== "counter") {
      const { address, length } = operation;
      const sign = operation.kind === "erase" ? "e" : "p";
      this.#addresses.forEach((start, cell) => {
        if (address >= start + this.#cellBytes || address + length <= start) return;
        const before = this.#activity[cell];
        this.#activity[cell] = before === "." || before === sign ? sign : "b";
      });
    }
    this.#sinceFrame += 1;
    if (this.#sinceFrame >= this.interval) this.shoot(this.powerOn, operation.index + 1);
  }

  shoot(powerOn: number, operation: number): void {
    const last = this.frames[this.frames.length - 1];
    if (last?.powerOn === powerOn && last.operation === operation) return;
    this.frames.push({
      powerOn,
      operation,
      cells: cellText(mapFlash(this.#device.flash.bytes, this.#device.profile)),
      activity: this.#activity.join(""),
    });
    this.#activity = this.#addresses.map(() => ".");
    this.#sinceFrame = 0;
  }
}
