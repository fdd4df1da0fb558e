/**
 * The scenarios in which canaries are caught: an update that is in the slot already, so that a
 * campaign has little to do but to judge, try and confirm it. The far end of the link offers nothing.
 */
import { createHash } from "node:crypto";
import { Phase, Slot } from "../../assembly/layout.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import type { Expectation, SubjectImage } from "../../emulator/explore/subject.ts";
import { slotRange, type FlashRange } from "../../emulator/memory-map.ts";
import { profileNamed, type Profile } from "../../emulator/profile.ts";
import { encodeJournalRecord, journalStrideBytes } from "../../emulator/provision.ts";
import { ownModule, ownSymbols } from "../device/wasm-file.ts";
import { UserError } from "../user-error.ts";
import { readCanaries, type Canary, type Situation } from "./canary-file.ts";
import { buildUpdateScenario, type Scenario } from "./scenario.ts";

/** Names of scenarios that begin so are canaries'. */
export const CANARY_PREFIX = "canary-";

const SECRET_BYTES = 32;
/** The page of the state partition that holds a key. */
const SECRET_PAGE = 3;

/** What is special about a situation. */
interface SituationFacts {
  readonly title: string;
  readonly expectation: Expectation;
}

const FACTS: Readonly<Record<Situation, SituationFacts>> = {
  staged: {
    title: "Slot A runs confirmed firmware, slot B holds a genuine update that is staged.",
    expectation: "accepted",
  },
  altered: {
    title:
      "Slot A runs confirmed firmware, slot B holds an update that is staged; a byte of its image was altered.",
    expectation: "refused",
  },
  downgrade: {
    title: "Slot A runs confirmed firmware, slot B holds a genuine but older one that is staged.",
    expectation: "refused",
  },
  radio: {
    title:
      "Slot A runs confirmed firmware, slot B holds a genuine update that is staged, with another image for the radio.",
    expectation: "accepted",
  },
};

/** The firmware that is staged. What is altered fails its self-test, so that it is never confirmed. */
export const CANDIDATES: Readonly<Record<Situation, string>> = {
  staged: "firmware-2",
  radio: "dispatching-2",
  altered: "firmware-failing",
  downgrade: "firmware-2",
};

/**
 * The scenario of a canary, or with another bootloader in its place.
 *
 * @param name of the canary
 * @param bootloader in place of what the canary says
 * @throws UserError `scenario-unknown`; `not-built` when a module is missing
 */
export function canaryScenario(name: string, profile?: Profile, bootloader?: Uint8Array): Scenario {
  const canaries = readCanaries();
  const canary = canaries.find((candidate) => candidate.name === name);
  if (canary === undefined) {
    throw new UserError(
      "scenario-unknown",
      `There is no canary "${name}".`,
      `There are ${canaries.map((candidate) => candidate.name).join(", ")}.`,
    );
  }
  const module = ownModule(`${CANARY_PREFIX}${name}`);
  const isBootloader = canary.entry === "assembly/bootloader.ts";
  return situate(canary, profile ?? profileNamed(canary.profile), {
    bootloader: bootloader ?? (isBootloader ? module : ownModule("bootloader")),
    candidate: isBootloader ? ownModule(CANDIDATES[canary.situation]) : module,
  });
}

/** Puts the modules into the situation of a canary. */
export function situate(
  { name, situation }: Pick<Canary, "name" | "situation">,
  profile: Profile,
  modules: { readonly bootloader: Uint8Array; readonly candidate: Uint8Array },
): Scenario {
  const { title, expectation } = FACTS[situation];
  const isDowngrade = situation === "downgrade";
  const [older, newer] = isDowngrade
    ? [ownModule("firmware-failing"), modules.candidate]
    : [ownModule("firmware-1"), situation === "altered" ? withNote(modules.candidate) : modules.candidate];
  const base = buildUpdateScenario({
    name: `${CANARY_PREFIX}${name}`,
    title,
    profile,
    bootloader: modules.bootloader,
    installed: older,
    offered: newer,
    slotB: "blank",
    expectation,
    ...(situation === "radio" ? { kind: "radio" } : {}),
    imageNames: isDowngrade ? ["an older firmware", "firmware 2"] : ["firmware 1", "firmware 2"],
    symbols: ownSymbols(),
  });
  const [first, second] = base.subject.images;
  if (first === undefined || second === undefined) throw new Error("An update has two images.");
  const [running, candidate] = isDowngrade ? [second, first] : [first, second];
  const flash = base.initial.flash.slice();
  const lay = new Layer(flash, base.profile);
  lay.update(Slot.A, running);
  lay.update(Slot.B, situation === "altered" ? { ...candidate, bytes: altered(candidate.bytes) } : candidate);
  const counters = base.initial.counters.slice();
  counters[0] = running.sequenceNumber;
  lay.stage();
  const secret = lay.secret();
  return {
    ...base,
    initial: { ...base.initial, flash, counters },
    link: new CoapServer(new Map()),
    subject: {
      ...base.subject,
      images: [running, candidate].map((image) => (isDowngrade ? { ...image, role: "old" } : image)),
      secrets: [secret],
    },
    inputsDigest: createHash("sha256")
      .update(`${base.inputsDigest} ${situation} `)
      .update(flash.subarray(profile.layout.slotA.address))
      .digest("hex"),
  };
}

/** Writes what a factory and an agent would have written. */
class Layer {
  readonly #flash: Uint8Array;
  readonly #profile: Profile;

  constructor(flash: Uint8Array, profile: Profile) {
    this.#flash = flash;
    this.#profile = profile;
  }

  /** The envelope at the start of a slot, the image on the page after it. */
  update(slot: Slot, { envelope = new Uint8Array(), bytes }: SubjectImage): void {
    const { pageBytes, layout, erasedValue } = this.#profile;
    const range = slotRange(layout, slot);
    this.#flash.fill(erasedValue, range.address, range.address + range.bytes);
    this.#flash.set(envelope, range.address);
    this.#flash.set(bytes, range.address + Math.ceil(envelope.length / pageBytes) * pageBytes);
  }

  /** A second record in the journal: the candidate waits to be judged. */
  stage(): void {
    const record = encodeJournalRecord({ phase: Phase.Staged, activeSlot: Slot.A });
    this.#flash.set(record, this.#profile.layout.state.address + journalStrideBytes(this.#profile));
  }

  /** A key in a page of the state partition, where it may lie. */
  secret(): { readonly name: string; readonly bytes: Uint8Array; readonly mayLieIn: readonly FlashRange[] } {
    const { layout, pageBytes } = this.#profile;
    const page = { address: layout.state.address + SECRET_PAGE * pageBytes, bytes: pageBytes };
    const bytes = createHash("sha256").update("a key of the test bench").digest().subarray(0, SECRET_BYTES);
    this.#flash.set(bytes, page.address);
    return { name: "the key", bytes: Uint8Array.from(bytes), mayLieIn: [page] };
  }
}

/** The module with a custom section at its end, which says nothing and can be altered. */
function withNote(module: Uint8Array): Uint8Array {
  return Uint8Array.from([...module, 0, 6, 4, ...new TextEncoder().encode("note"), 0]);
}

/** The module with its last byte changed: it runs as it did before. */
function altered(module: Uint8Array): Uint8Array {
  return module.map((byte, index) => (index === module.length - 1 ? byte ^ 0xff : byte));
}
