/**
 * What lies in a slot, as far as its bytes tell without any trust.
 */
import type { Slot } from "../../assembly/layout.ts";
import { slotRange } from "../../emulator/memory-map.ts";
import type { Profile } from "../../emulator/profile.ts";
import { CborReader } from "../manifest/cbor-reader.ts";
import { checkContent } from "../manifest/content.ts";
import { readEnvelope } from "../manifest/envelope.ts";
import { Refusal } from "../manifest/refusal.ts";
import { slotName } from "../../emulator/explore/journal.ts";
import { things } from "./quantity.ts";

/** The content of one slot. */
export interface SlotFacts {
  readonly slot: Slot;
  readonly pages: number;
  /** Pages that are not blank. */
  readonly pagesUsed: number;
  /** Size of the envelope at the start of the slot [bytes]; undefined when none can be read there. */
  readonly envelopeBytes: number | undefined;
  /** What the manifest states; undefined when it cannot be read. Nobody has authenticated it. */
  readonly sequenceNumber: bigint | undefined;
}

/** Reads what lies in a slot; total on any flash content. */
export function readSlot(flash: Uint8Array, profile: Profile, slot: Slot): SlotFacts {
  const { address, bytes } = slotRange(profile.layout, slot);
  const content = flash.subarray(address, address + bytes);
  const pages = bytes / profile.pageBytes;
  let pagesUsed = 0;
  for (let page = 0; page < pages; page += 1) {
    if (!isBlank(content, page * profile.pageBytes, profile.pageBytes, profile.erasedValue)) pagesUsed += 1;
  }
  return { slot, pages, pagesUsed, ...readHead(content) };
}

/** Whether `[start, start + length)` is erased. */
export function isBlank(bytes: Uint8Array, start: number, length: number, erasedValue: number): boolean {
  for (let index = start; index < start + length; index += 1) {
    if (bytes[index] !== erasedValue) return false;
  }
  return true;
}

/** The content as one phrase: "slot B: update of sequence 2, 6 pages". */
export function slotPhrase(facts: SlotFacts): string {
  const name = `slot ${slotName(facts.slot)}`;
  if (facts.pagesUsed === 0) return `${name}: blank`;
  const pages = things(facts.pagesUsed, "page");
  if (facts.envelopeBytes === undefined) return `${name}: ${pages}, no whole envelope`;
  if (facts.sequenceNumber === undefined) return `${name}: an envelope that cannot be read, ${pages}`;
  return `${name}: sequence ${facts.sequenceNumber}, ${pages}`;
}

function readHead(content: Uint8Array): Pick<SlotFacts, "envelopeBytes" | "sequenceNumber"> {
  let envelopeBytes: number | undefined;
  try {
    const reader = new CborReader(content);
    reader.skip("The envelope");
    const envelope = readEnvelope(content.subarray(0, reader.offset));
    envelopeBytes = reader.offset;
    return { envelopeBytes, sequenceNumber: checkContent(envelope).sequenceNumber };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { envelopeBytes, sequenceNumber: undefined };
  }
}
