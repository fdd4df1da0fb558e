/**
 * Scenarios: a device, what lies in it, what is at the far end of its link, and what is to become
 * of it. The same parts give the same scenario, byte for byte.
 */
import { createHash } from "node:crypto";
import { DevicePage, PayloadKey, Phase, Slot } from "../../assembly/layout.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import { Device, type DeviceState } from "../../emulator/device.ts";
import { ORACLES, type Oracle, type OracleId } from "../../emulator/explore/oracle.ts";
import type { Expectation, Subject, SubjectImage } from "../../emulator/explore/subject.ts";
import type { LinkPeer } from "../../emulator/link.ts";
import { DEVICE_PAGE } from "../../emulator/memory-map.ts";
import type { Profile } from "../../emulator/profile.ts";
import type { RecordedOperation } from "../../emulator/recording.ts";
import { buildDevicePage, provision, type SlotContent } from "../../emulator/provision.ts";
import { ENCRYPTION_SECRETS, encryptedUpdate, TEST_KEK } from "./encrypted-update.ts";
import { dependentUpdate } from "./dependent-update.ts";
import { encodeAnchors, identityOf } from "../device/factory.ts";
import type { SourceMap } from "../glitch/source-map.ts";
import { checkedKey, isPrivate, type PrivateKey } from "../keys/key.ts";
import { encodeCbor } from "../manifest/cbor-writer.ts";
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

/** What lies in slot B when the update begins: an older image, or nothing. */
export type SlotBefore = "stale" | "blank";

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
  /** Signs what is offered; the key that the device trusts unless stated. */
  readonly offerKey?: PrivateKey;
  /** What is offered is encrypted for a key that the device holds. */
  readonly isEncrypted?: boolean;
  /** What is offered has an integrated dependency, which says where the image comes from. */
  readonly isDependent?: boolean;
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

const VENDOR = "brownout.example";
const PRODUCT = "class1";
const COMPONENT = "app";
const ENCRYPTED_COMPONENT = "encrypted";
/** How often our device erases one page at most while it finishes without a further cut. */
const ERASES_PER_PAGE = 2;
const SEQUENCE_STALE = 0;
const SEQUENCE_INSTALLED = 1;
const SEQUENCE_OFFERED = 2;

/** Keys of the test bench: fixed, so that equal modules give equal inputs. They protect nothing. */
export const TRUSTED_TEST_KEY: PrivateKey = testKey(0x42);
/** Like {@link TRUSTED_TEST_KEY}, but no device of a scenario trusts it. */
export const STRANGE_TEST_KEY: PrivateKey = testKey(0x17);

/** The named scenarios, in the order in which a campaign over all runs them. */
export const SCENARIO_NAMES = [
  "update",
  "update-into-blank",
  "refused-update",
  "failing-update",
  "hanging-update",
  "update-back",
  "dependent-update",
  "encrypted-update",
  "recovery",
  "refused-recovery",
] as const;
/** Name of a scenario that ships. */
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/**
 * Names of the modules that a named scenario is made of where they are not the usual ones: what is encrypted
 * needs a bootloader that takes it, and firmware that decrypts it.
 */
export function moduleNamesOf(scenario: string): { readonly bootloader: string; readonly firmware1: string } {
  return scenario === "encrypted-update"
    ? { bootloader: "bootloader-encrypted", firmware1: "decrypting-1" }
    : { bootloader: "bootloader", firmware1: "firmware-1" };
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
      return buildUpdateScenario({ ...parts, isDependent: true });
    case "encrypted-update":
      return buildUpdateScenario({ ...parts, isEncrypted: true });
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
  const { profile, bootloader, installed, offered, slotB = "stale", symbols = [] } = parts;
  const { expectation = "accepted", offeredHangs = false, offerKey = TRUSTED_TEST_KEY } = parts;
  const { runningSlot = Slot.A, isDamaged = false, isEncrypted = false, oracles } = parts;
  const [installedName, offeredName] = parts.imageNames ?? ["firmware 1", "firmware 2"];
  const offer = offerOf(parts, offerKey);
  const { envelope, payload } = update(SEQUENCE_INSTALLED, installed, TRUSTED_TEST_KEY);
  const images: SubjectImage[] = [
    {
      name: installedName,
      bytes: installed,
      sequenceNumber: BigInt(SEQUENCE_INSTALLED),
      role: "old",
      envelope,
    },
    {
      name: offeredName,
      bytes: offered,
      sequenceNumber: BigInt(SEQUENCE_OFFERED),
      role: "new",
      hangs: offeredHangs,
      envelope: offer.envelope,
    },
  ];
  const stale = update(SEQUENCE_STALE, olderTwin(installed), TRUSTED_TEST_KEY);
  const running = { envelope, payload: isDamaged ? damaged(payload) : payload };
  const other = slotB === "stale" ? stale : undefined;
  const initial = provisioned(profile, bootloader, runningSlot, { running, other, isEncrypted });
  return {
    name: parts.name ?? (slotB === "stale" ? "update" : "update-into-blank"),
    title: parts.title ?? titleOf(parts, expectation),
    profile,
    bootloader,
    initial,
    link: new CoapServer(
      new Map([
        ["/suit/envelope", offer.envelope],
        ["/suit/payload", offer.payload],
      ]),
    ),
    subject: {
      images,
      expectation,
      erasesPerPage: ERASES_PER_PAGE,
      ...(isEncrypted ? { secrets: ENCRYPTION_SECRETS } : {}),
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
      new TextEncoder().encode(`${expectation} ${offeredHangs}`),
    ]),
  };
}

/** What the far end offers. */
function offerOf({ offered, isDependent, isEncrypted }: UpdateParts, key: PrivateKey): Required<SlotContent> {
  const common = {
    sequenceNumber: SEQUENCE_OFFERED,
    payload: offered,
    vendor: VENDOR,
    product: PRODUCT,
    key,
  };
  if (isEncrypted === true)
    return encryptedUpdate({ ...common, components: [COMPONENT, ENCRYPTED_COMPONENT] });
  if (isDependent === true) return dependentUpdate({ ...common, component: COMPONENT });
  return update(SEQUENCE_OFFERED, offered, key);
}

function titleOf(parts: UpdateParts, expectation: Expectation): string {
  const { slotB = "stale", runningSlot = Slot.A, isDamaged = false } = parts;
  const [running, other] = runningSlot === Slot.A ? ["A", "B"] : ["B", "A"];
  const before = slotB === "stale" ? `slot ${other} holds an older image` : `slot ${other} is blank`;
  if (isDamaged) {
    const what =
      expectation === "accepted"
        ? "a genuine update that it finds on the link is downloaded, tried and confirmed"
        : "the update that it finds on the link has a stranger's signature and is refused";
    return `The image in slot ${running} is damaged, ${before}, so nothing boots and the bootloader recovers; ${what}.`;
  }
  const then = {
    accepted: `a genuine update ${kindOf(parts)}is offered, tried and confirmed`,
    refused: "an update with a stranger's signature is offered and refused",
    reverted: "a genuine update is offered that never becomes healthy, and is given up",
  }[expectation];
  return `Slot ${running} runs confirmed firmware, ${before}; ${then}.`;
}

function kindOf({ isDependent, isEncrypted }: UpdateParts): string {
  if (isEncrypted === true) return "that is encrypted for the device ";
  return isDependent === true ? "with a dependency " : "";
}

function update(sequenceNumber: number, payload: Uint8Array, key: PrivateKey): Required<SlotContent> {
  const json = {
    sequenceNumber,
    component: [COMPONENT],
    vendor: { domain: VENDOR },
    class: { name: PRODUCT },
    uri: "coap://updates.brownout.example/suit/payload",
  };
  return { envelope: signEnvelope(createEnvelope(json, { payload }), key), payload };
}

/** What lies in the slots, and whether there is a key that payloads are encrypted for. */
interface Provisions {
  readonly running: SlotContent;
  readonly other: SlotContent | undefined;
  readonly isEncrypted: boolean;
}

function provisioned(
  profile: Profile,
  bootloader: Uint8Array,
  activeSlot: Slot,
  { running, other, isEncrypted }: Provisions,
): Required<DeviceState> {
  const device = new Device({ profile });
  provision(device, {
    bootloader,
    devicePage: buildDevicePage({
      profile,
      bootloaderBytes: bootloader.length,
      ...identityOf({ vendor: VENDOR, class: PRODUCT }),
      anchors: encodeAnchors([TRUSTED_TEST_KEY]),
      components: encodeCbor(
        (isEncrypted ? [COMPONENT, ENCRYPTED_COMPONENT] : [COMPONENT]).map((name) => [
          new TextEncoder().encode(name),
        ]),
      ),
      ...(isEncrypted ? { payloadKey: { kind: PayloadKey.Kek128, bytes: TEST_KEK } } : {}),
    }),
    slots: {
      ...(activeSlot === Slot.A ? { A: running } : { B: running }),
      ...(other === undefined ? {} : activeSlot === Slot.A ? { B: other } : { A: other }),
    },
    journal: { phase: Phase.Confirmed, activeSlot },
    counters: [BigInt(SEQUENCE_INSTALLED)],
  });
  return device.snapshot();
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

function testKey(fill: number): PrivateKey {
  const key = checkedKey({ d: new Uint8Array(32).fill(fill), alg: -9 }, "test key");
  if (!isPrivate(key)) throw new Error("A test key has its private half.");
  return key;
}
