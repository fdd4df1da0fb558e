/**
 * The device under test: provisioned once, then put back to a prepared state before every power-on.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import { Device, DeviceError, type PowerCycle } from "../../emulator/device.ts";
import type { Trouble } from "../../emulator/fuzz/fuzzer.ts";
import { loadFuzzModule, type FuzzModule } from "../../emulator/fuzz/fuzz-module.ts";
import type { Link } from "../../emulator/link.ts";
import { contains, journalRange, slotRange, type FlashRange } from "../../emulator/memory-map.ts";
import type { Operation, PowerObserver } from "../../emulator/power.ts";
import { profileNamed, type Profile } from "../../emulator/profile.ts";
import {
  buildDevicePage,
  encodeJournalRecord,
  provision,
  type JournalFields,
} from "../../emulator/provision.ts";
import { encodeAnchors } from "../device/factory.ts";
import { OWN_CAPABILITY, type Capability } from "../manifest/capability.ts";
import { encodeCbor } from "../manifest/cbor-writer.ts";
import { AUTHOR, COMPONENTS, genuineContent, IDENTITY, INSTALLED_SEQUENCE, SECOND_AUTHOR } from "./author.ts";

/** What is under test. */
export interface BenchOptions {
  /** The bootloader as it lies in flash. */
  readonly bootloader: Uint8Array;
  /** What the host takes it to process; that of our default build unless given. */
  readonly capability?: Capability | undefined;
  /** The same code with names. */
  readonly symbols?: Uint8Array | undefined;
  readonly linkEnd?: Link;
  /** Firmware runs that may write slot A. */
  readonly mayWriteSlotA?: boolean;
  /** Nothing is counted: the device as it is. */
  readonly isPlain?: boolean;
}

/** One device, with a genuine image in slot A and whatever the test puts into slot B. */
export class FuzzBench implements PowerObserver {
  readonly profile: Profile = profileNamed("class1");
  readonly device: Device;
  /** Undefined for a plain bench. */
  readonly module: FuzzModule | undefined;
  readonly counters: Uint16Array;
  readonly slotB: FlashRange;
  readonly capability: Capability;

  readonly #journal: FlashRange;
  readonly #slotA: FlashRange;
  readonly #genuine: Uint8Array;
  readonly #mayWriteSlotA: boolean;
  /** Told of every power-on. */
  onCycle: ((cycle: PowerCycle) => void) | undefined;
  /** Told of every judgement. */
  onVerify: ((verdict: number | Trouble) => void) | undefined;
  /** Slot A holds what it holds at first. */
  isSlotAGenuine = true;
  #strayAddress: number | undefined;

  /** Throws ModuleError for a bootloader that the device refuses. */
  constructor({
    bootloader,
    symbols,
    linkEnd,
    isPlain = false,
    mayWriteSlotA = false,
    capability = OWN_CAPABILITY,
  }: BenchOptions) {
    const { profile } = this;
    this.capability = capability;
    this.#mayWriteSlotA = mayWriteSlotA;
    const module = isPlain ? undefined : loadFuzzModule(bootloader, symbols);
    this.module = module;
    this.device = new Device({
      profile,
      ...(module === undefined ? {} : { loadBootloader: () => module }),
      ...(linkEnd === undefined ? {} : { linkEnd }),
    });
    provision(this.device, {
      bootloader,
      devicePage: buildDevicePage({
        profile,
        bootloaderBytes: bootloader.length,
        ...IDENTITY,
        anchors: encodeAnchors([AUTHOR, SECOND_AUTHOR]),
        components: encodeCbor(COMPONENTS.map((name) => [new TextEncoder().encode(name)])),
      }),
      slots: { A: genuineContent(INSTALLED_SEQUENCE) },
      journal: { phase: Phase.Confirmed, activeSlot: Slot.A },
      counters: [BigInt(INSTALLED_SEQUENCE)],
    });
    this.counters = module?.countersIn(this.device.memory) ?? new Uint16Array();
    this.#slotA = slotRange(profile.layout, Slot.A);
    this.slotB = slotRange(profile.layout, Slot.B);
    this.#journal = journalRange(profile.layout, profile.pageBytes);
    this.#genuine = this.device.flash.bytes.slice(
      this.#slotA.address,
      this.#slotA.address + this.#slotA.bytes,
    );
  }

  /** Forgets which edges were counted. */
  clearCounters(): void {
    this.counters.fill(0);
  }

  /** Puts everything back: the genuine slot A or a blank one, a blank slot B, and a journal. */
  prepare(journal: JournalFields | undefined, { isSlotABlank = false } = {}): void {
    const { bytes } = this.device.flash;
    const erased = this.profile.erasedValue;
    if (isSlotABlank) this.#fill(this.#slotA, erased);
    else if (!this.isSlotAGenuine) bytes.set(this.#genuine, this.#slotA.address);
    this.isSlotAGenuine = !isSlotABlank;
    this.#fill(this.slotB, erased);
    this.#fill(this.#journal, erased);
    if (journal !== undefined) bytes.set(encodeJournalRecord(journal), this.#journal.address);
    this.device.counters.values.fill(0n);
    this.device.counters.values[0] = BigInt(INSTALLED_SEQUENCE);
    this.#strayAddress = undefined;
  }

  /** Writes into slot B, as far as it fits. */
  place(content: Uint8Array, offset = 0): void {
    const room = Math.max(0, this.slotB.bytes - offset);
    this.device.flash.bytes.set(content.subarray(0, room), this.slotB.address + offset);
  }

  /** One power-on. @returns how it ended, and what is wrong with that */
  powerOn(): { readonly cycle: PowerCycle; readonly trouble: Trouble | undefined } {
    const cycle = this.device.powerOn({ observer: this });
    this.onCycle?.(cycle);
    return { cycle, trouble: troubleOf(cycle) ?? this.#stray() };
  }

  /** The bootloader's judgement on the bytes at the start of slot B, or what stopped it. */
  verify(length: number): number | Trouble {
    const verdict = this.#verify(length);
    this.onVerify?.(verdict);
    return verdict;
  }

  #verify(length: number): number | Trouble {
    try {
      return this.device.verify(this.slotB.address, length);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      const fault = this.module?.running?.fault();
      const kind = fault?.kind === "fuel" ? "hang" : "hard-fault";
      return { kind, sentence: `verify: ${error.message}`, place: fault?.functionName ?? error.message };
    }
  }

  /** Flash may only be written in slot B and in the journal; in slot A where firmware runs in slot B. */
  before(operation: Operation): void {
    if (operation.kind === "counter") return;
    const { address } = operation;
    if (contains(this.slotB, address, 1) || contains(this.#journal, address, 1)) return;
    if (this.#mayWriteSlotA && contains(this.#slotA, address, 1)) this.isSlotAGenuine = false;
    else this.#strayAddress ??= address;
  }

  #stray(): Trouble | undefined {
    if (this.#strayAddress === undefined) return undefined;
    const sentence = `The bootloader wrote at ${this.#strayAddress}, which is neither slot B nor the journal.`;
    return { kind: "violation", sentence, place: "stray write" };
  }

  #fill({ address, bytes }: FlashRange, value: number): void {
    this.device.flash.bytes.fill(value, address, address + bytes);
  }
}

/** What is wrong with a power cycle, whatever was put into the device. */
function troubleOf({ end, stage, fault, violations }: PowerCycle): Trouble | undefined {
  const [violation] = stage === "bootloader" ? violations : [];
  if (violation !== undefined) {
    return { kind: "violation", sentence: violation.sentence, place: violation.rule };
  }
  if (stage === "firmware" || end === "idle" || end === "reset") return undefined;
  if (end === "watchdog") {
    // Where the fuel happens to run out says nothing about the cause.
    return { kind: "hang", sentence: `The bootloader hangs: ${fault?.message ?? ""}`, place: end };
  }
  const place = fault?.functionName ?? end;
  return { kind: "hard-fault", sentence: fault?.message ?? `The bootloader ended with "${end}".`, place };
}
