/**
 * The factory: makes a device out of a bootloader, an identity, trusted keys and a first firmware.
 */
import { Limit } from "../../assembly/limits.ts";
import { Phase, Policy, Slot } from "../../assembly/layout.ts";
import {
  buildDevicePage,
  Device,
  provision,
  ProvisionError,
  withRadio,
  type DevicePageOptions,
  type DeviceOptions,
  type Profile,
  type SlotContent,
} from "../../emulator/index.ts";
import { coseKeyBytes } from "../keys/cose-key.ts";
import { publicKeyOf, type Key } from "../keys/key.ts";
import { bitPositions } from "../keys/rights.ts";
import { encodeCbor, Raw, type Cbor } from "../manifest/cbor-writer.ts";
import { enterpriseNumber } from "../manifest/identifier-json.ts";
import {
  classIdentifier,
  enterpriseNamespace,
  parseUuid,
  UUID_PATTERN,
  vendorIdentifier,
} from "../manifest/uuid.ts";
import { UserError } from "../user-error.ts";

/** What the factory puts together. */
export interface DeviceParts {
  readonly profile: Profile;
  /** The bootloader's Wasm module. */
  readonly bootloader: Uint8Array;
  /** Keys that the device trusts; their private halves, if any, stay outside. */
  readonly trusted: readonly Key[];
  readonly identity: DeviceIdentity;
  /** Its components: names, or encoded identifiers. Rights of keys count by their order. */
  readonly components: readonly (string | Uint8Array)[];
  /** The keys that must all sign an update, as bits by their positions; any one of them unless given. */
  readonly required?: number | undefined;
  /** Firmware in slot A; without it the device starts in recovery. */
  readonly firmware?: SlotContent & { readonly sequenceNumber: bigint };
  /** Accept manifests that never check vendor and class. */
  readonly allowUncheckedIdentity?: boolean | undefined;
  /** The key that payloads are encrypted for: a key encryption key, or a private key on P-256. */
  readonly payloadKey?: DevicePageOptions["payloadKey"];
  /** The key under which it authenticates its reports, 32 bytes. */
  readonly reportKey?: Uint8Array | undefined;
  /** What its radio runs; without it there is no radio. */
  readonly radioImage?: Uint8Array | undefined;
}

/** Who a device is; 16 bytes each. */
export interface DeviceIdentity {
  /** A UUID, or a private enterprise number as a manifest has it, with zeros behind it. */
  readonly vendorId: Uint8Array;
  readonly classId: Uint8Array;
  readonly deviceId: Uint8Array;
}

/** What is around a device while it runs. */
export type Surroundings = Pick<DeviceOptions, "link" | "linkEnd" | "symbols">;

/**
 * Makes a device as it leaves the factory: confirmed firmware in slot A with the anti-rollback
 * floor at its sequence number, or two blank slots.
 *
 * @throws UserError with the code of the ProvisionError, or `too-many-keys`, `required-key-unknown` or
 *   `key-component-unknown`
 */
export function manufacture(parts: DeviceParts, surroundings: Surroundings = {}): Device {
  const { bootloader, firmware, required = 0, radioImage } = parts;
  const profile = radioImage === undefined ? parts.profile : withRadio(parts.profile);
  checkAuthority(parts);
  const device = new Device({ profile, ...surroundings });
  return provisioned(() => {
    const devicePage = buildDevicePage({
      profile,
      bootloaderBytes: bootloader.length,
      ...parts.identity,
      anchors: encodeAnchors(parts.trusted),
      components: encodeCbor(parts.components.map(componentIdentifier)),
      policy:
        (parts.allowUncheckedIdentity === true ? Policy.AllowUncheckedIdentity : 0) |
        (required << Policy.RequiredAnchorsShift),
      ...(parts.payloadKey === undefined ? {} : { payloadKey: parts.payloadKey }),
      ...(parts.reportKey === undefined ? {} : { reportKey: parts.reportKey }),
    });
    provision(device, {
      bootloader,
      devicePage,
      ...(radioImage === undefined ? {} : { radioImage }),
      ...(firmware === undefined
        ? {}
        : {
            slots: { A: firmware },
            journal: { phase: Phase.Confirmed, activeSlot: Slot.A },
            counters: [firmware.sequenceNumber],
          }),
    });
    return device;
  });
}

/** What `provision` makes, its refusal as one for users: a UserError with the code of the ProvisionError. */
export function provisioned<T>(provision: () => T): T {
  try {
    return provision();
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    throw new UserError(error.code, error.message, PROVISION_HINTS[error.code], { cause: error });
  }
}

function componentIdentifier(component: string | Uint8Array): Cbor {
  return typeof component === "string" ? [new TextEncoder().encode(component)] : new Raw(component);
}

/** What is asked of keys has to be of keys and components that the device has. */
function checkAuthority({ trusted, components, required = 0 }: DeviceParts): void {
  const beyond = bitPositions(required).find((position) => position >= trusted.length);
  if (beyond !== undefined) {
    throw new UserError(
      "required-key-unknown",
      `Key ${beyond} is to be required, and the device trusts ${inNumbers(trusted.length, "key")}.`,
      "Keys are counted from 0, in the order in which they are given; --sign-key comes first.",
    );
  }
  for (const [position, key] of trusted.entries()) {
    const index = bitPositions(key.components ?? 0).find((bit) => bit >= components.length);
    if (index === undefined) continue;
    throw new UserError(
      "key-component-unknown",
      `Key ${position} may touch component ${index}, and the device has ${inNumbers(components.length, "component")}.`,
      "Components are counted from 0, in the order of --component; `keys public --components` sets the rights.",
    );
  }
}

/** As in: 2 keys, counted 0 and 1. */
function inNumbers(count: number, what: string): string {
  return count === 1 ? `one ${what}, number 0` : `${count} ${what}s, numbers 0 to ${count - 1}`;
}

/**
 * The trust anchors as a device holds them: a CBOR array of COSE_Key.
 *
 * @throws UserError `too-many-keys`
 */
export function encodeAnchors(keys: readonly Key[]): Uint8Array {
  if (keys.length > Limit.Anchors) {
    throw new UserError(
      "too-many-keys",
      `A device trusts at most ${Limit.Anchors} keys, and there are ${keys.length}.`,
      "Give fewer keys; `manifest verify --by host` takes any number.",
    );
  }
  const encoded = keys.map((key) => coseKeyBytes(publicKeyOf(key)));
  return Uint8Array.from([0x80 | keys.length, ...encoded.flatMap((bytes) => Array.from(bytes))]);
}

/**
 * The identity of a device from what people write.
 *
 * @param names.vendor a domain, a UUID, or a private enterprise number
 * @param names.class a product name of that vendor, or a UUID
 * @param names.device a UUID; all zeros unless given
 */
export function identityOf(names: {
  readonly vendor: string | number;
  readonly class: string;
  readonly device?: string | undefined;
}): DeviceIdentity {
  const { vendorId, namespace } = vendorOf(names.vendor);
  const classId = UUID_PATTERN.test(names.class)
    ? parseUuid(names.class)
    : classIdentifier(namespace, names.class);
  const deviceId = names.device === undefined ? new Uint8Array(16) : deviceIdentifier(names.device);
  return { vendorId, classId, deviceId };
}

/** A vendor's identifier, and the namespace of the names of its products. */
function vendorOf(vendor: string | number): {
  readonly vendorId: Uint8Array;
  readonly namespace: Uint8Array;
} {
  if (typeof vendor === "number") {
    const encoded = encodeCbor(enterpriseNumber(vendor));
    const vendorId = new Uint8Array(16);
    vendorId.set(encoded);
    return { vendorId, namespace: enterpriseNamespace(encoded) };
  }
  const vendorId = UUID_PATTERN.test(vendor) ? parseUuid(vendor) : vendorIdentifier(vendor);
  return { vendorId, namespace: vendorId };
}

function deviceIdentifier(text: string): Uint8Array {
  if (UUID_PATTERN.test(text)) return parseUuid(text);
  throw new UserError(
    "device-identifier",
    `"${text}" is not a UUID.`,
    "A device identifier looks like 6d9f1d2c-52d7-4e0b-8c1a-0d2a5b7e9f10.",
  );
}

const PROVISION_HINTS: Readonly<Record<ProvisionError["code"], string>> = {
  "bootloader-size": "Build a smaller bootloader; the boot partition is the same on every device.",
  "device-page-size": "Give fewer trusted keys or shorter component names.",
  "device-page-mismatch": "Give the bootloader that the device page was made for.",
  "identifier-size": "An identifier has 16 bytes.",
  "payload-key-size": "A key encryption key has 16 or 32 bytes.",
  "report-key-size": "A report key has 32 bytes.",
  "slot-overflow": "Give a smaller envelope or payload; the envelope takes whole pages before the payload.",
  "journal-field": "Choose values that the boot journal can hold.",
  "radio-image": "Give a smaller image, and only to a device with a radio.",
  "counter-value": "The sequence number must fit into 64 bits.",
};
