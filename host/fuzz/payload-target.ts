/**
 * Hostile images. Each one is staged twice: behind a genuine envelope for another image, and behind an
 * envelope of its own, in which a trusted author vouches for it, so that it runs.
 *
 * What an authentic image does to the other slot and to the journal is its author's business. The
 * bootloader has to stand it: it never faults or hangs, stays as it is, and boots nothing that no author
 * has vouched for.
 */
import { createHash } from "node:crypto";
import { Phase, Slot } from "../../assembly/layout.ts";
import type { PowerCycle } from "../../emulator/device.ts";
import { Chance } from "../../emulator/fuzz/chance.ts";
import {
  integerNode,
  NodeKind,
  readNodes,
  writeNodes,
  type CborNode,
} from "../../emulator/fuzz/cbor-tree.ts";
import { repairEnvelope } from "../../emulator/fuzz/envelope-repair.ts";
import type { RunResult, Trouble } from "../../emulator/fuzz/fuzzer.ts";
import { mutateImage, randomImage } from "../../emulator/fuzz/image-mutation.ts";
import { shorterBytes } from "../../emulator/fuzz/shrink.ts";
import { slotRange } from "../../emulator/memory-map.ts";
import { genuineContent, IMAGE, INSTALLED_SEQUENCE, sign } from "./author.ts";
import { FuzzBench, type BenchOptions } from "./bench.ts";
import { digestOf } from "./envelope-target.ts";
import type { HostTarget } from "./target.ts";
import { bootRefusal } from "./verdict.ts";

/** Larger ones do not fit behind an envelope. */
const IMAGE_BYTES_MAX = 35 * 1024;
/** Power-ons after staging: judged, three trials, given up, and some more. */
const POWER_ONS = 7;
const SEED_PROGRAMS = 24;

/** See the file comment. */
export class PayloadTarget implements HostTarget {
  readonly name = "payload";
  readonly bench: FuzzBench;
  readonly #others: readonly Uint8Array[];
  readonly #boot: Uint8Array;

  /** @param images to begin with besides small ones */
  constructor(options: BenchOptions, images: readonly Uint8Array[] = []) {
    this.bench = new FuzzBench({ ...options, mayWriteSlotA: true });
    this.#others = images;
    const { address, bytes } = this.bench.profile.layout.boot;
    this.#boot = this.bench.device.flash.bytes.slice(address, address + bytes);
  }

  get counters(): Uint16Array {
    return this.bench.counters;
  }

  seeds(): Uint8Array[] {
    const programs = Array.from({ length: SEED_PROGRAMS }, (_, seed) => randomImage(new Chance(seed)));
    return [
      IMAGE,
      ...this.#others,
      ...programs,
      new Uint8Array(1),
      new Uint8Array(IMAGE_BYTES_MAX).fill(0xff),
    ];
  }

  run(input: Uint8Array): RunResult {
    const { bench } = this;
    bench.clearCounters();
    const image = input.length === 0 ? new Uint8Array(1) : input;
    const strange = this.#live(TEMPLATE, image);
    const own = this.#live(envelopeFor(image), image);
    return {
      outcome: digestOf(new TextEncoder().encode(`${strange.story}/${own.story}`)),
      isAccepted: own.isBooted,
      trouble: strange.trouble ?? own.trouble,
    };
  }

  mutate(input: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
    return mutateImage(input, other, chance, IMAGE_BYTES_MAX);
  }

  simpler(input: Uint8Array): Iterable<Uint8Array> {
    return shorterBytes(input);
  }

  /** Stages an image and powers on until nothing more is to be expected. */
  #live(
    envelope: Uint8Array,
    image: Uint8Array,
  ): { readonly story: string; readonly isBooted: boolean; readonly trouble: Trouble | undefined } {
    const { bench } = this;
    const { pageBytes } = bench.profile;
    bench.prepare({ phase: Phase.Staged, activeSlot: Slot.A });
    bench.place(envelope);
    bench.place(image, Math.ceil(envelope.length / pageBytes) * pageBytes);
    let story = "";
    let isBooted = false;
    for (let count = 0; count < POWER_ONS; count += 1) {
      const { cycle, trouble } = bench.powerOn();
      story += `${tellingOf(cycle)};`;
      isBooted ||= cycle.booted?.slot === Slot.B;
      const found = trouble ?? this.#judge(cycle);
      if (found !== undefined) return { story, isBooted, trouble: found };
      if (cycle.operations === 0 && cycle.end === "idle") break;
    }
    return { story, isBooted, trouble: undefined };
  }

  #judge({ booted }: PowerCycle): Trouble | undefined {
    const { bench } = this;
    const { layout } = bench.profile;
    const flash = bench.device.flash.bytes;
    const refusal = booted && this.#refusalOf(booted.slot, booted.address, booted.length);
    if (refusal !== undefined) {
      const sentence = `An image was booted, and the host says: ${refusal}`;
      return { kind: "unauthentic", sentence, place: "boot" };
    }
    const boot = flash.subarray(layout.boot.address, layout.boot.address + layout.boot.bytes);
    if (Buffer.compare(boot, this.#boot) !== 0) {
      return { kind: "violation", sentence: "The boot partition has changed.", place: "boot partition" };
    }
    const floor = bench.device.counters.values[0] ?? 0n;
    if (floor <= BigInt(INSTALLED_SEQUENCE + 1)) return undefined;
    const sentence = `The anti-rollback floor is ${floor}, above every genuine sequence number.`;
    return { kind: "violation", sentence, place: "floor" };
  }

  /** The image may have been changed by itself since; it cannot write its own slot, so the slot is as it was. */
  #refusalOf(slot: Slot, address: number, length: number): string | undefined {
    const { bench } = this;
    if (slot === Slot.A && bench.isSlotAGenuine) return undefined;
    return bootRefusal(
      bench.device.flash.bytes,
      slotRange(bench.profile.layout, slot),
      { address, length },
      bench.capability,
    );
  }
}

/** How a power cycle went, as far as it makes a difference. */
function tellingOf({ end, stage, fault, moduleError, booted, violations }: PowerCycle): string {
  const rules = violations.map(({ rule }) => rule).join();
  return `${end} ${stage} ${fault?.kind ?? ""} ${moduleError?.code ?? ""} ${booted?.slot ?? ""} ${rules}`;
}

/** The genuine envelope with digest and size of another image, signed again. */
function envelopeFor(image: Uint8Array): Uint8Array {
  const roots = readNodes(TEMPLATE);
  const visit = (node: CborNode): void => {
    if (node.kind === NodeKind.Map) setParameters(node, image);
    node.children.forEach(visit);
  };
  roots.forEach(visit);
  repairEnvelope(roots, "signatures", sign);
  return writeNodes(roots);
}

const TEMPLATE = genuineContent(INSTALLED_SEQUENCE + 1).envelope;
const IMAGE_DIGEST = 3n;
const IMAGE_SIZE = 14n;

/** Sets image-digest and image-size where a map of parameters has both. */
function setParameters({ children }: CborNode, image: Uint8Array): void {
  const at = (label: bigint): number =>
    children.findIndex(
      (key, index) => index % 2 === 0 && key.kind === NodeKind.Unsigned && key.argument === label,
    );
  const digest = children[at(IMAGE_DIGEST) + 1]?.children[0]?.children[1];
  const size = at(IMAGE_SIZE);
  if (at(IMAGE_DIGEST) < 0 || size < 0 || digest?.content.length !== 32) return;
  digest.content = createHash("sha256").update(image).digest();
  children[size + 1] = integerNode(image.length);
}
