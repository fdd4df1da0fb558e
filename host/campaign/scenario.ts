/**
 * Scenarios: a device, what lies in it, what is at the far end of its link, and what is to become
 * of it. The same parts give the same scenario, byte for byte.
 */
import { createHash } from "node:crypto";
import { DevicePage, Phase, Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import { Device, type DeviceState } from "../../emulator/device.ts";
import { ORACLES, type Oracle, type OracleId } from "../../emulator/explore/oracle.ts";
import type { Expectation, Subject, SubjectImage } from "../../emulator/explore/subject.ts";
import type { Surroundings } from "../../emulator/hal.ts";
import type { LinkPeer } from "../../emulator/link.ts";
import { DEVICE_PAGE } from "../../emulator/memory-map.ts";
import type { Profile } from "../../emulator/profile.ts";
import { withRadio } from "../../emulator/radio.ts";
import type { RecordedOperation } from "../../emulator/recording.ts";
import { provision, type JournalFields, type SlotContent } from "../../emulator/provision.ts";
import { benchKey } from "./bench-key.ts";
import { ENVELOPE_PATH, PAYLOAD_PATH } from "../device/resource-path.ts";
import { benchPage } from "./bench-page.ts";
import { COMPONENT, ENCRYPTED_COMPONENT, PAYLOAD_URI, PRODUCT, VENDOR } from "./maker.ts";
import { surroundingsText } from "./scenario-device.ts";
import { ENCRYPTION_SECRETS, encryptedUpdate } from "./encrypted-update.ts";
import { dependentUpdate } from "./dependent-update.ts";
import { FAVOURABLE, managedUpdate, REPLACED_VERSION } from "./managed-update.ts";
import { RADIO_COMPONENTS, radioAnchors, radioImage, radioPart, radioUpdate } from "./radio-update.ts";
import type { SourceMap } from "../glitch/source-map.ts";
import type { EcPrivateKey, PrivateKey } from "../keys/key.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { UserError } from "../user-error.ts";

/** Something to campaign against. */
export interface Scenario {
  /** As in a case id: lower case letters, digits and hyphens. */
  readonly name: string;
  /** What happens, in one sentence. */
  readonly title: string;
  readonly profile: Profile;
  /** The bootloader's Wasm as it lies in flash. */
  readonly bootloader: Uint8Array;
  readonly initial: Required<DeviceState>;
  /** The far end of the link. */
  readonly link: LinkPeer;
  /** What the device can find out about time, battery and permission; nothing unless given. */
  readonly surroundings?: Surroundings;
  readonly subject: Subject;
  /** The oracles that look on; all unless given. */
  readonly oracles?: readonly Oracle[];
  /** Limits of a campaign that the command line may replace. */
  readonly limits?: ScenarioLimits;
  /** Operations that are played at the first power-on, in place of the bootloader. */
  readonly recording?: readonly RecordedOperation[] | undefined;
  /** What `replay` needs beside a case id to make this scenario again, as on a command line. */
  readonly replayOptions?: string;
  /** Twins of the modules with the names of their functions. */
  readonly symbols: readonly Uint8Array[];
  /** Source maps by module: `bootloader`, or the name of an image. */
  readonly sourceMaps?: ReadonlyMap<string, SourceMap>;
  /** What a reader of a report has to know of what was read, a sentence each. */
  readonly notes?: readonly string[];
  /** SHA-256 of the bootloader, 64 hexadecimal digits. */
  readonly bootloaderDigest: string;
  /** SHA-256 of everything else that the outcome depends on, 64 hexadecimal digits. */
  readonly inputsDigest: string;
}

/** Limits that a scenario brings with it. */
export interface ScenarioLimits {
  /** Torn operations per sequence of cuts. */
  readonly torn?: number | undefined;
  readonly maxStates?: number | undefined;
  /** Longer sequences of cuts are not tried. */
  readonly maxCuts?: number | undefined;
  readonly maxSeconds?: number | undefined;
}

/** What lies in slot B at first: an older image, nothing, or what is offered, refused for want of energy. */
export type SlotBefore = "stale" | "blank" | "postponed";

/** What a standard scenario is made of. */
export interface UpdateParts {
  readonly profile: Profile;
  readonly bootloader: Uint8Array;
  /** What slot A runs: confirmed, sequence number 1. */
  readonly installed: Uint8Array;
  /** What the far end offers: sequence number 2. */
  readonly offered: Uint8Array;
  readonly slotB?: SlotBefore;
  readonly expectation?: Expectation;
  /** The slot that runs; A unless stated. What the text says of A and B is then the other way round. */
  readonly runningSlot?: Slot;
  /** The installed image is damaged and nothing else is there that may run, so the bootloader recovers. */
  readonly isDamaged?: boolean;
  /** Names of the installed and the offered image. */
  readonly imageNames?: readonly [installed: string, offered: string];
  readonly oracles?: readonly Oracle[];
  /** The offered image never comes to an end by itself. */
  readonly offeredHangs?: boolean;
  /** The key that the device trusts, {@link TRUSTED_TEST_KEY} unless stated. */
  readonly trustedKey?: PrivateKey;
  /** Signs what is offered; the key that the device trusts unless stated. */
  readonly offerKey?: PrivateKey;
  /**
   * What is offered has an integrated dependency, which says where the image comes from; or conditions,
   * which need a bootloader with update management; or is encrypted for a key that the device holds; or brings
   * an image for its radio as well, which the device then has; none of it unless stated.
   */
  readonly kind?: "dependent" | "managed" | "encrypted" | "radio";
  /** What the device can find out; nothing unless given. */
  readonly surroundings?: Surroundings;
  readonly symbols?: readonly Uint8Array[];
  /** Default names say what it is. */
  readonly name?: string;
  readonly title?: string;
}

/** The modules that the named scenarios are made of. */
export interface ScenarioModules {
  readonly bootloader: Uint8Array;
  readonly firmware1: Uint8Array;
  readonly firmware2: Uint8Array;
  readonly firmwareFailing: Uint8Array;
  readonly firmwareHanging: Uint8Array;
  readonly symbols?: readonly Uint8Array[];
}

/** How often our device erases one page at most while it finishes without a further cut. */
const ERASES_PER_PAGE = 2;
const SEQUENCE_STALE = 0;
const SEQUENCE_INSTALLED = 1;
const SEQUENCE_OFFERED = 2;

/** The key that signs for the test bench. */
export const TRUSTED_TEST_KEY: EcPrivateKey = benchKey(0x42);
/** Like {@link TRUSTED_TEST_KEY}, but no device of a scenario trusts it. */
export const STRANGE_TEST_KEY: EcPrivateKey = benchKey(0x17);

/** The named scenarios, in the order in which a campaign over all runs them. */
export const SCENARIO_NAMES = [
  "update",
  "update-into-blank",
  "refused-update",
  "failing-update",
  "hanging-update",
  "update-back",
  "dependent-update",
  "managed-update",
  "unauthorized-update",
  "postponed-update",
  "encrypted-update",
  "radio-update",
  "recovery",
  "refused-recovery",
] as const;
/** Those that need a bootloader with update management. */
const MANAGED_NAMES: readonly ScenarioName[] = ["managed-update", "unauthorized-update", "postponed-update"];
/** Name of a scenario that ships. */
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/**
 * Names of the modules that a named scenario is made of where they are not the usual ones: conditions need a
 * bootloader with update management; what is encrypted, one that takes it, and firmware that decrypts it; what
 * a radio is to run, firmware that sends it there.
 */
export function moduleNamesOf(scenario: string): ModuleNames {
  const usual = { bootloader: "bootloader", firmware1: "firmware-1", firmware2: "firmware-2" };
  if (scenario === "encrypted-update") {
    return { ...usual, bootloader: "bootloader-encrypted", firmware1: "decrypting-1" };
  }
  if (scenario === "radio-update") return { ...usual, firmware2: "dispatching-2" };
  const isManaged = MANAGED_NAMES.some((known) => known === scenario);
  return { ...usual, bootloader: isManaged ? "bootloader-managed" : "bootloader" };
}

/** See {@link moduleNamesOf}. */
interface ModuleNames {
  readonly bootloader: string;
  readonly firmware1: string;
  readonly firmware2: string;
}

/** What `alive` demands of a device that may call for help on the way. */
const ALIVE_IN_THE_END: Oracle = {
  id: "alive",
  sentence: "From every state, uninterrupted power reaches a running, idle image.",
};

/** The oracles of this kind, `alive` among them allowing that the bootloader recovers. */
export function recoveryOracles(ids?: readonly OracleId[]): readonly Oracle[] {
  return ORACLES.filter(({ id }) => ids?.includes(id) !== false).map((oracle) =>
    oracle.id === ALIVE_IN_THE_END.id ? ALIVE_IN_THE_END : oracle,
  );
}

const RECOVERY_ORACLES = recoveryOracles();

/**
 * A scenario that ships.
 *
 * @throws UserError `scenario-unknown`
 */
export function scenarioNamed(name: string, profile: Profile, modules: ScenarioModules): Scenario {
  const { bootloader, firmware1, firmware2, firmwareFailing, firmwareHanging, symbols = [] } = modules;
  const parts = { name, profile, bootloader, installed: firmware1, offered: firmware2, symbols };
  switch (SCENARIO_NAMES.find((known) => known === name)) {
    case "update":
      return buildUpdateScenario(parts);
    case "update-into-blank":
      return buildUpdateScenario({ ...parts, slotB: "blank" });
    case "refused-update":
      return buildUpdateScenario({ ...parts, expectation: "refused", offerKey: STRANGE_TEST_KEY });
    case "failing-update":
      return buildUpdateScenario({ ...parts, offered: firmwareFailing, expectation: "reverted" });
    case "hanging-update":
      return buildUpdateScenario({
        ...parts,
        offered: firmwareHanging,
        offeredHangs: true,
        expectation: "reverted",
      });
    case "update-back":
      return buildUpdateScenario({
        ...parts,
        installed: firmware2,
        offered: firmware1,
        runningSlot: Slot.B,
        imageNames: ["firmware 2", "firmware 1"],
      });
    case "dependent-update":
      return buildUpdateScenario({ ...parts, kind: "dependent" });
    case "managed-update":
      return buildUpdateScenario({ ...parts, kind: "managed", surroundings: FAVOURABLE });
    case "unauthorized-update":
      return buildUpdateScenario({
        ...parts,
        kind: "managed",
        surroundings: { ...FAVOURABLE, authorizedPriority: FAVOURABLE.authorizedPriority - 1 },
        expectation: "refused",
      });
    case "postponed-update":
      return buildUpdateScenario({ ...parts, kind: "managed", surroundings: FAVOURABLE, slotB: "postponed" });
    case "encrypted-update":
      return buildUpdateScenario({ ...parts, kind: "encrypted" });
    case "radio-update":
      return buildUpdateScenario({ ...parts, kind: "radio" });
    case "recovery":
      return buildUpdateScenario({ ...parts, isDamaged: true, oracles: RECOVERY_ORACLES });
    case "refused-recovery":
      return buildUpdateScenario({
        ...parts,
        isDamaged: true,
        expectation: "refused",
        offerKey: STRANGE_TEST_KEY,
        oracles: RECOVERY_ORACLES.filter(({ id }) => id !== "alive"),
      });
    case undefined:
      throw new UserError(
        "scenario-unknown",
        `There is no scenario "${name}".`,
        `There are ${SCENARIO_NAMES.join(", ")}; one of your own needs --scenario scenario.json.`,
      );
  }
}

/**
 * The standard update: slot A runs firmware 1, confirmed and at the anti-rollback floor; slot B
 * holds something older, or nothing; the far end offers firmware 2.
 */
export function buildUpdateScenario(parts: UpdateParts): Scenario {
  const { bootloader, installed, offered, slotB = "stale", symbols = [] } = parts;
  const { expectation = "accepted", offeredHangs = false, trustedKey = TRUSTED_TEST_KEY } = parts;
  const { offerKey = trustedKey } = parts;
  const { runningSlot = Slot.A, isDamaged = false, oracles } = parts;
  const [installedName, offeredName] = parts.imageNames ?? ["firmware 1", "firmware 2"];
  const { kind, surroundings } = parts;
  const profile = kind === "radio" ? withRadio(parts.profile) : parts.profile;
  const offer = offerOf(kind, offered, offerKey);
  const version = kind === "managed" ? REPLACED_VERSION : undefined;
  const { envelope, payload } =
    kind === "radio"
      ? radioUpdate(commonOf(SEQUENCE_INSTALLED, installed, trustedKey))
      : update(SEQUENCE_INSTALLED, installed, trustedKey, version);
  const images: SubjectImage[] = [
    {
      name: installedName,
      bytes: installed,
      sequenceNumber: BigInt(SEQUENCE_INSTALLED),
      role: "old",
      envelope,
      ...(kind === "radio" ? radioPart(SEQUENCE_INSTALLED) : {}),
    },
    {
      name: offeredName,
      bytes: offered,
      sequenceNumber: BigInt(SEQUENCE_OFFERED),
      role: "new",
      hangs: offeredHangs,
      envelope: offer.envelope,
      ...(kind === "radio" ? radioPart(SEQUENCE_OFFERED) : {}),
    },
  ];
  const stale = update(SEQUENCE_STALE, olderTwin(installed), trustedKey);
  const running = { envelope, payload: isDamaged ? damaged(payload) : payload };
  const other = { stale, blank: undefined, postponed: offer }[slotB];
  const journal =
    slotB === "postponed"
      ? { phase: Phase.Rejected, reason: Status.BatteryTooLow }
      : { phase: Phase.Confirmed };
  const initial = provisioned(
    { ...parts, profile },
    trustedKey,
    { ...journal, activeSlot: runningSlot },
    { running, other },
  );
  return {
    name: parts.name ?? (slotB === "stale" ? "update" : "update-into-blank"),
    title: parts.title ?? titleOf(parts, expectation),
    profile,
    bootloader,
    initial,
    link: new CoapServer(
      new Map([
        [ENVELOPE_PATH, offer.envelope],
        [PAYLOAD_PATH, offer.payload],
      ]),
    ),
    ...(surroundings === undefined ? {} : { surroundings }),
    subject: {
      images,
      expectation,
      erasesPerPage: ERASES_PER_PAGE,
      ...(kind === "encrypted" ? { secrets: ENCRYPTION_SECRETS } : {}),
    },
    ...(oracles === undefined ? {} : { oracles }),
    symbols,
    bootloaderDigest: digestOf([bootloader]),
    inputsDigest: digestOf([
      withoutBootloader(initial.flash),
      new Uint8Array(initial.counters.buffer.slice(0)),
      offer.envelope,
      offer.payload,
      new TextEncoder().encode(JSON.stringify({ ...profile, figures: undefined, notes: undefined })),
      new TextEncoder().encode(`${expectation} ${offeredHangs}${surroundingsText(surroundings)}`),
    ]),
  };
}

const BEFORE = {
  stale: "holds an older image",
  blank: "is blank",
  postponed: "holds what is offered, which was refused for want of energy",
} as const;
const KINDS = {
  dependent: " with a dependency",
  managed: " under conditions that hold",
  encrypted: " that is encrypted for the device",
  radio: " with an image for the radio",
} as const;

function titleOf(parts: UpdateParts, expectation: Expectation): string {
  const { slotB = "stale", runningSlot = Slot.A, isDamaged = false } = parts;
  const [running, other] = runningSlot === Slot.A ? ["A", "B"] : ["B", "A"];
  const before = `slot ${other} ${BEFORE[slotB]}`;
  if (isDamaged) {
    const what =
      expectation === "accepted"
        ? "a genuine update that it finds on the link is downloaded, tried and confirmed"
        : "the update that it finds on the link has a stranger's signature and is refused";
    return `The image in slot ${running} is damaged, ${before}, so nothing boots and the bootloader recovers; ${what}.`;
  }
  const then = {
    accepted: `a genuine update${parts.kind === undefined ? "" : KINDS[parts.kind]} is offered, tried and confirmed`,
    refused:
      parts.kind === "managed"
        ? "a genuine update is offered, and refused because nobody authorizes it"
        : "an update with a stranger's signature is offered and refused",
    reverted: "a genuine update is offered that never becomes healthy, and is given up",
  }[expectation];
  return `Slot ${running} runs confirmed firmware, ${before}; ${then}.`;
}

/** What the far end offers. */
function offerOf(kind: UpdateParts["kind"], payload: Uint8Array, key: PrivateKey): Required<SlotContent> {
  if (kind === undefined) return update(SEQUENCE_OFFERED, payload, key);
  const common = commonOf(SEQUENCE_OFFERED, payload, key);
  if (kind === "radio") return radioUpdate(common);
  if (kind === "encrypted") {
    return encryptedUpdate({ ...common, components: [COMPONENT, ENCRYPTED_COMPONENT] });
  }
  return (kind === "dependent" ? dependentUpdate : managedUpdate)({ ...common, component: COMPONENT });
}

/** What updates of all kinds are made of. */
function commonOf(sequenceNumber: number, payload: Uint8Array, key: PrivateKey) {
  return { sequenceNumber, payload, vendor: VENDOR, product: PRODUCT, key };
}

function update(
  sequenceNumber: number,
  payload: Uint8Array,
  key: PrivateKey,
  setVersion?: string,
): Required<SlotContent> {
  const json = {
    sequenceNumber,
    ...(setVersion === undefined ? {} : { setVersion }),
    component: [COMPONENT],
    vendor: { domain: VENDOR },
    class: { name: PRODUCT },
    uri: PAYLOAD_URI,
  };
  return { envelope: signEnvelope(createEnvelope(json, { payload }), key), payload };
}

function provisioned(
  { profile, bootloader, kind }: UpdateParts,
  trustedKey: PrivateKey,
  journal: JournalFields,
  { running, other }: { readonly running: SlotContent; readonly other: SlotContent | undefined },
): Required<DeviceState> {
  const device = new Device({ profile });
  provision(device, {
    bootloader,
    devicePage: benchPage({
      profile,
      bootloader,
      trusted: kind === "radio" ? radioAnchors(trustedKey) : [trustedKey],
      components: componentsOf(kind),
      isEncrypted: kind === "encrypted",
    }),
    slots: {
      ...(journal.activeSlot === Slot.A ? { A: running } : { B: running }),
      ...(other === undefined ? {} : journal.activeSlot === Slot.A ? { B: other } : { A: other }),
    },
    journal,
    counters: [BigInt(SEQUENCE_INSTALLED)],
    ...(kind === "radio" ? { radioImage: radioImage(SEQUENCE_INSTALLED) } : {}),
  });
  return device.snapshot();
}

function componentsOf(kind: UpdateParts["kind"]): readonly string[] {
  if (kind === "radio") return RADIO_COMPONENTS;
  return kind === "encrypted" ? [COMPONENT, ENCRYPTED_COMPONENT] : [COMPONENT];
}

/** The same module with a custom section more, so that the two can be told apart by their bytes. */
function olderTwin(module: Uint8Array): Uint8Array {
  const name = new TextEncoder().encode("older");
  return Uint8Array.from([...module, 0, name.length + 1, name.length, ...name]);
}

/** The module with one bit changed in its middle. */
function damaged(module: Uint8Array): Uint8Array {
  const middle = module.length >>> 1;
  return module.map((byte, index) => (index === middle ? byte ^ 1 : byte));
}

/** The bootloader has a digest of its own, so neither it nor its length counts here. */
function withoutBootloader(flash: Uint8Array): Uint8Array {
  const rest = flash.slice(DEVICE_PAGE.address);
  return rest.fill(0, DevicePage.BootloaderBytes, DevicePage.BootloaderBytes + 4);
}

function digestOf(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(`${part.length}:`);
    hash.update(part);
  }
  return hash.digest("hex");
}
