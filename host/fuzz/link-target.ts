/**
 * A hostile link, while the bootloader in recovery pulls an update that it needs.
 *
 * The device has nothing that runs, and reports that. What the far end answers is spoilt by a script; afterwards the link is
 * good, and the device has to come back by itself: boot the genuine image that is offered.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import { readJournal } from "../../emulator/explore/journal.ts";
import { mutateBytes, replaced } from "../../emulator/fuzz/byte-mutation.ts";
import type { Chance } from "../../emulator/fuzz/chance.ts";
import type { RunResult, Trouble } from "../../emulator/fuzz/fuzzer.ts";
import { HostileLink, STEP_BYTES } from "../../emulator/fuzz/hostile-link.ts";
import { slotRange } from "../../emulator/memory-map.ts";
import { ENVELOPE_PATH, PAYLOAD_PATH, REPORT_PATH } from "../device/resource-path.ts";
import { genuineContent, INSTALLED_SEQUENCE } from "./author.ts";
import { FuzzBench, type BenchOptions } from "./bench.ts";
import type { HostTarget } from "./target.ts";
import { bootRefusal } from "./verdict.ts";

const SCRIPT_BYTES_MAX = 16 * STEP_BYTES;
/** Power-ons while the link is hostile. */
const HOSTILE_POWER_ONS = 4;
/** Power-ons in which the device has to come back on a good link. */
const GOOD_POWER_ONS = 12;
const EMPTY = new Uint8Array();
/** What the far end wants to find in reports. */
const NONCE = Uint8Array.of(7);

/** See the file comment. */
export class LinkTarget implements HostTarget {
  readonly name = "link";
  readonly bench: FuzzBench;
  readonly #link: HostileLink;

  constructor(options: BenchOptions) {
    const { envelope, payload } = genuineContent(INSTALLED_SEQUENCE + 1);
    const resources = new Map([
      [ENVELOPE_PATH, envelope],
      [PAYLOAD_PATH, payload],
      [REPORT_PATH, NONCE],
    ]);
    const inboxes = new Map([[REPORT_PATH, () => undefined]]);
    this.#link = new HostileLink(new CoapServer(resources, { inboxes }));
    this.bench = new FuzzBench({ ...options, linkEnd: this.#link });
  }

  get counters(): Uint16Array {
    return this.bench.counters;
  }

  seeds(): Uint8Array[] {
    const steps = Array.from({ length: 20 }, (_, what) => Uint8Array.of(what % 7, what, 1, 1));
    return [EMPTY, ...steps];
  }

  run(input: Uint8Array): RunResult {
    const { bench } = this;
    bench.clearCounters();
    bench.prepare({ phase: Phase.Confirmed, activeSlot: Slot.A }, { isSlotABlank: true });
    this.#link.play(input);
    const hostile = this.#powerOns(HOSTILE_POWER_ONS);
    const outcome = this.#link.count * 8 + (readJournal(bench.device.flash.bytes, bench.profile)?.phase ?? 0);
    if (hostile !== "waiting") {
      return {
        outcome,
        isAccepted: hostile === "running",
        trouble: hostile === "running" ? undefined : hostile,
      };
    }
    this.#link.play(EMPTY);
    const good = this.#powerOns(GOOD_POWER_ONS);
    if (good !== "waiting") {
      return { outcome, isAccepted: good === "running", trouble: good === "running" ? undefined : good };
    }
    const sentence = "The link is good again, but the device does not take the genuine update any more.";
    return { outcome, isAccepted: false, trouble: { kind: "stuck", sentence, place: "recovery" } };
  }

  mutate(input: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
    if (chance.oneIn(3)) return mutateBytes(input, chance, { other, bytesMax: SCRIPT_BYTES_MAX });
    const step = Uint8Array.of(
      chance.below(chance.oneIn(4) ? 64 : 12),
      chance.below(20),
      chance.byte(),
      chance.byte(),
    );
    const at = STEP_BYTES * chance.below(1 + Math.floor(input.length / STEP_BYTES));
    return replaced(input, at, chance.oneIn(3) ? STEP_BYTES : 0, step).slice(0, SCRIPT_BYTES_MAX);
  }

  *simpler(input: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < input.length; at += STEP_BYTES) yield replaced(input, at, STEP_BYTES, EMPTY);
    for (let at = 0; at < input.length; at += 1) {
      for (const value of [0, 1, (input[at] ?? 0) >> 1])
        if (value < (input[at] ?? 0)) yield input.with(at, value);
    }
  }

  /** Power-ons until an image runs. */
  #powerOns(count: number): "running" | "waiting" | Trouble {
    const { bench } = this;
    for (let index = 0; index < count; index += 1) {
      const { cycle, trouble } = bench.powerOn();
      if (trouble !== undefined) return trouble;
      const flash = bench.device.flash.bytes;
      if (readJournal(flash, bench.profile) === undefined) {
        return { kind: "violation", sentence: "The journal holds no valid record.", place: "journal" };
      }
      if (cycle.booted === undefined) continue;
      const refusal = bootRefusal(
        flash,
        slotRange(bench.profile.layout, cycle.booted.slot),
        cycle.booted,
        bench.capability,
      );
      if (refusal === undefined) return "running";
      return {
        kind: "unauthentic",
        sentence: `An image was booted, and the host says: ${refusal}`,
        place: "boot",
      };
    }
    return "waiting";
  }
}
