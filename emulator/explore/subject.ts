/**
 * What a scenario is about: the images that may run, what is to become of the update, and what can
 * be seen of that in a persistent state.
 */

import { Counter, Slot } from "../../assembly/layout.ts";
import { slotRange } from "../memory-map.ts";
import { SecretSearch, type Secret } from "./secret.ts";
import { RadioReader } from "./radio-reader.ts";
import type { BootedImage, RememberedState } from "../device.ts";
import { NO_BITS } from "../device-bits.ts";
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
  /** What authenticates it, byte for byte: the envelope at the start of its slot, if it needs one. */
  readonly envelope?: Uint8Array;
  /** What the radio is to run beside it, as its manifest states; without it nobody asks. */
  readonly radioImage?: SubjectRadioImage;
}

/** An image for the radio. */
export interface SubjectRadioImage {
  /** As reports call it. */
  readonly name: string;
  /** Its SHA-256, 64 hexadecimal digits. */
  readonly digest: string;
}

/** What is to become of the update: taken, refused before it runs, or tried and given up. */
export type Expectation = "accepted" | "refused" | "reverted";

/** What a scenario is about. */
export interface Subject {
  readonly images: readonly SubjectImage[];
  readonly expectation: Expectation;
  /**
   * Whether the state partition holds the boot journal of assembly/layout.ts; so unless stated. A
   * bootloader that somebody else wrote keeps its own books there, and nothing is read from them.
   */
  readonly hasJournal?: boolean;
  /** Bytes that may lie in some places only; see secret.ts. */
  readonly secrets?: readonly Secret[];
  /** How often uninterrupted power may erase one page on its way to rest; without it nobody asks. */
  readonly erasesPerPage?: number;
}

/** What the oracles see of a persistent state. */
export interface StateFacts {
  readonly journal: BootJournal | undefined;
  /** The image that lies in the slot that the journal calls active, if it is one of the subject's. */
  readonly activeImage: SubjectImage | undefined;
  /** The anti-rollback counter. */
  readonly floor: bigint;
  /**
   * The active slot holds an image of the subject's with its envelope; without a valid record in the
   * journal, any slot does. True where there is no journal of ours.
   */
  readonly isLastKnownGood: boolean;
  /** The secret that lies where it may not, and where, as in `the key in slotB`. */
  readonly leak: string | undefined;
  /** Digest of the image that the radio runs, 64 hexadecimal digits; undefined if it has none to boot. */
  readonly radioDigest: string | undefined;
}

/** What can be read off a persistent state, as plain numbers. */
export interface Observation {
  /** The journal's word, or 0. */
  readonly word: number;
  /** Number in `subject.images` of the image in the active slot, or -1. */
  readonly image: number;
  readonly floor: bigint;
  /** See {@link StateFacts}. */
  readonly isLastKnownGood: boolean;
  /** See {@link StateFacts}. */
  readonly leak: string | undefined;
  /** See {@link StateFacts}. */
  readonly radioDigest: string | undefined;
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

const WORD_BYTES = 4;

/** Looks at states; keeps what it has seen, so that equal facts are one object. */
export class StateReader {
  readonly #subject: Subject;
  readonly #profile: Profile;
  readonly #secrets: SecretSearch;
  readonly #radio = new RadioReader();
  readonly #facts: StateFacts[] = [];
  readonly #known = new Map<string, number>();

  constructor(subject: Subject, profile: Profile) {
    this.#subject = subject;
    this.#profile = profile;
    this.#secrets = new SecretSearch(subject.secrets ?? [], profile.layout);
  }

  /** The number of the facts about a state; equal facts have equal numbers. */
  read(state: RememberedState): number {
    return this.number(this.observe(state));
  }

  /** Looks at a state. */
  observe({ flash, counters, bits = NO_BITS }: RememberedState): Observation {
    const hasJournal = this.#subject.hasJournal !== false;
    const word = hasJournal ? readJournalWord(flash, this.#profile) : 0;
    const journal = decodeJournalWord(word);
    const image = journal === undefined ? -1 : this.#imageIn(flash, journal.activeSlot);
    const isLastKnownGood =
      journal === undefined
        ? !hasJournal ||
          [Slot.A, Slot.B].some((slot) => this.#isWhole(flash, slot, this.#imageIn(flash, slot)))
        : this.#isWhole(flash, journal.activeSlot, image);
    const floor = counters[Counter.SequenceFloor] ?? 0n;
    const leak = this.#secrets.leakIn(flash);
    return { word, image, floor, isLastKnownGood, leak, radioDigest: this.#radio.digestIn(flash, bits) };
  }

  /** The number of the facts that an observation gives; equal facts have equal numbers. */
  number({ word, image, floor, isLastKnownGood, leak, radioDigest }: Observation): number {
    const key = `${word}/${image}/${floor}/${isLastKnownGood}/${leak}/${radioDigest}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const number = this.#facts.length;
    this.#facts.push({
      journal: decodeJournalWord(word),
      activeImage: this.#subject.images[image],
      floor,
      isLastKnownGood,
      leak,
      radioDigest,
    });
    this.#known.set(key, number);
    return number;
  }

  /** The facts by their number. */
  facts(number: number): StateFacts {
    const facts = this.#facts[number];
    if (facts === undefined) throw new RangeError(`There are no facts ${number}.`);
    return facts;
  }

  /** Whether an image that lies in a slot has there what authenticates it. */
  #isWhole(flash: Uint8Array, slot: Slot, image: number): boolean {
    const found = this.#subject.images[image];
    if (found === undefined) return false;
    return (
      found.envelope === undefined ||
      holds(flash, slotRange(this.#profile.layout, slot).address, found.envelope)
    );
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

/** Compares word by word where both lie on word boundaries: this is done for every new state. */
function holds(flash: Uint8Array, address: number, image: Uint8Array): boolean {
  if (address + image.length > flash.length || flash[address] !== image[0]) return false;
  const start = flash.byteOffset + address;
  const isAligned = start % WORD_BYTES === 0 && image.byteOffset % WORD_BYTES === 0;
  const words = isAligned ? Math.floor(image.length / WORD_BYTES) : 0;
  if (words > 0) {
    const found = new Uint32Array(flash.buffer, start, words);
    const wanted = new Uint32Array(image.buffer, image.byteOffset, words);
    for (let index = 0; index < words; index += 1) if (found[index] !== wanted[index]) return false;
  }
  for (let index = words * WORD_BYTES; index < image.length; index += 1) {
    if (flash[address + index] !== image[index]) return false;
  }
  return true;
}
