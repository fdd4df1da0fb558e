/**
 * The device page of the devices of campaigns and of the glitch bench.
 */
import { PayloadKey } from "../../assembly/layout.ts";
import type { Profile } from "../../emulator/profile.ts";
import { buildDevicePage } from "../../emulator/provision.ts";
import { encodeAnchors, identityOf } from "../device/factory.ts";
import type { Key } from "../keys/key.ts";
import { encodeCbor } from "../manifest/cbor-writer.ts";
import { TEST_KEK } from "./encrypted-update.ts";
import { PRODUCT, VENDOR } from "./maker.ts";

/** In what such devices differ. */
export interface BenchPage {
  readonly profile: Profile;
  readonly bootloader: Uint8Array;
  /** The keys that it trusts. */
  readonly trusted: readonly Key[];
  /** Its components, each an identifier of one part. */
  readonly components: readonly string[];
  /** It has a key that payloads are encrypted for. */
  readonly isEncrypted: boolean;
}

/**
 * The device page.
 *
 * @throws ProvisionError for a bootloader, keys or components that do not fit
 */
export function benchPage({ profile, bootloader, trusted, components, isEncrypted }: BenchPage): Uint8Array {
  return buildDevicePage({
    profile,
    bootloaderBytes: bootloader.length,
    ...identityOf({ vendor: VENDOR, class: PRODUCT }),
    anchors: encodeAnchors(trusted),
    components: encodeCbor(components.map((name) => [new TextEncoder().encode(name)])),
    ...(isEncrypted ? { payloadKey: { kind: PayloadKey.Kek128, bytes: TEST_KEK } } : {}),
  });
}
