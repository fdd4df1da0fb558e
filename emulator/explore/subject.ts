/**
 * What a scenario is about: the images that may run, what is to become of the update, and what can
 * be seen of that in a persistent state.
 */

import { Counter, type Slot } from "../../assembly/layout.ts";
import { slotRange } from "../memory-map.ts";
import type { BootedImage } from "../device.ts";
import type { Profile } from "../profile.ts";
import { decodeJournalWord, readJournalWord, type BootJournal } from "./journal.ts";

/** An image that may run. */
export interface SubjectImage {
  /** As reports call it. */
  readonly name: string;
  /** The image, byte for byte as it is to be booted. */
  readonly bytes: Uint8Array;
  /** Sequence number of the manifest that installs it. */
  readonly sequenceNumber: bigint;
  /** What the device ran before the update, or what the update brings. */
  readonly role: "old" | "new";
  /** It never comes to an end by itself: a watchdog reset while it runs is no fault of the bootloader. */
  readonly hangs?: boolean;
}

/** What is to become of the update: taken, refused before it runs, or tried and given up. */
export type Expectation = "accepted" | "refused" | "reverted";

/** What a scenario is about. */
export interface Subject {
  readonly images: readonly SubjectImage[];
  readonly expectation: Expectation;
}

/** What the oracles see of a persistent state. */
export interface StateFacts {
  readonly journal: BootJournal | undefined;
  /** The image that lies in the slot that the journal calls active, if it is one of the subject's. */
  readonly activeImage: SubjectImage | undefined;
  /** The anti-rollback counter. */
  readonly floor: bigint;
}

/** The image that was handed control, compared byte for byte with what flash holds, or undefined. */
export function bootedImage(
  subject: Subject,
  flash: Uint8Array,
  booted: BootedImage | undefined,
): SubjectImage | undefined {
  if (booted === undefined) return undefined;
  return subject.images.find(
    ({ bytes }) => bytes.length === booted.length && holds(flash, booted.address, bytes),
  );
}

/** Looks at states; keeps what it has seen, so that equal facts are one object. */
export class StateReader {
  readonly #subject: Subject;
  readonly #profile: Profile;
  readonly #facts: StateFacts[] = [];
  readonly #known = new Map<string, number>();

  constructor(subject: Subject, profile: Profile) {
    this.#subject = subject;
    this.#profile = profile;
  }

  /** The number of the facts about a state; equal facts have equal numbers. */
  read(flash: Uint8Array, counters: BigUint64Array): number {
    const word = readJournalWord(flash, this.#profile);
    const journal = decodeJournalWord(word);
    const image = journal === undefined ? -1 : this.#imageIn(flash, journal.activeSlot);
    const floor = counters[Counter.SequenceFloor] ?? 0n;
    const key = `${word}/${image}/${floor}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const number = this.#facts.length;
    this.#facts.push({ journal, activeImage: this.#subject.images[image], floor });
    this.#known.set(key, number);
    return number;
  }

  /** The facts by their number. */
  facts(number: number): StateFacts {
    const facts = this.#facts[number];
    if (facts === undefined) throw new RangeError(`There are no facts ${number}.`);
    return facts;
  }

  /** The number in `subject.images` of the image that begins at a page of the slot, or -1. */
  #imageIn(flash: Uint8Array, slot: Slot): number {
    const { address, bytes } = slotRange(this.#profile.layout, slot);
    const { pageBytes } = this.#profile;
    for (let page = address; page < address + bytes; page += pageBytes) {
      const found = this.#subject.images.findIndex(
        (image) => page + image.bytes.length <= address + bytes && holds(flash, page, image.bytes),
      );
      if (found >= 0) return found;
    }
    return -1;
  }
}

function holds(flash: Uint8Array, address: number, image: Uint8Array): boolean {
  for (let index = 0; index < image.length; index += 1) {
    if (flash[address + index] !== image[index]) return false;
  }
  return true;
}
