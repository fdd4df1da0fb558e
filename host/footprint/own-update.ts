/**
 * The update that our own bootloaders are measured with: firmware 1 runs, and firmware 2 is offered
 * over the link. Keys are fixed, so that equal modules give equal figures.
 */
import { CoapServer } from "../../emulator/coap-server.ts";
import type { Profile } from "../../emulator/profile.ts";
import { COMPONENT, PAYLOAD_URI, PRODUCT, VENDOR } from "../campaign/maker.ts";
import { identityOf, manufacture } from "../device/factory.ts";
import { ENVELOPE_PATH, PAYLOAD_PATH } from "../device/resource-path.ts";
import { ownModule } from "../device/wasm-file.ts";
import { checkedEdwardsKey } from "../keys/ed25519.ts";
import { generateHssKey, parseTrees } from "../keys/hss.ts";
import {
  Algorithm,
  checkedKey,
  isPrivate,
  type HssPrivateKey,
  type Key,
  type PrivateKey,
} from "../keys/key.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";
import type { BootParts } from "./boot-cost.ts";

const SECRET = new Uint8Array(32).fill(0x42);

/** The key that each of our bootloaders trusts, by the name of its module. */
const KEYS: ReadonlyMap<string, () => Key> = new Map<string, () => Key>([
  ["bootloader", () => checkedKey({ d: SECRET, alg: Algorithm.ESP256 }, "bench key")],
  ["bootloader-encrypted", () => checkedKey({ d: SECRET, alg: Algorithm.ESP256 }, "bench key")],
  ["bootloader-managed", () => checkedKey({ d: SECRET, alg: Algorithm.ESP256 }, "bench key")],
  ["bootloader-hss", hashBasedKey],
  ["bootloader-ed25519", () => checkedEdwardsKey({ d: SECRET, alg: Algorithm.Ed25519 }, "bench key")],
]);

/** A key with a tree H5/W8, whose leaves are taken anew each time: what they sign is the same then. */
function hashBasedKey(): HssPrivateKey {
  const secret = Buffer.concat([SECRET, SECRET.subarray(16)]);
  const { key, top } = generateHssKey(parseTrees("H5/W8"), { secret });
  let next = 0n;
  return { ...key, takeLeaf: () => ({ leaf: next++, topLeaves: top.leaves }) };
}

/** Whether there is an update for the bootloader of this name. */
export function hasOwnUpdate(name: string): boolean {
  return KEYS.has(name);
}

/**
 * A device with this bootloader before its first power-on.
 *
 * @param name the module that it is a build of: that decides the key
 */
export function ownUpdate(name: string, bootloader: Uint8Array, profile: Profile): BootParts {
  const key = KEYS.get(name)?.();
  if (key === undefined || !isPrivate(key)) throw new Error(`There is no key for ${name}.`);
  const running = release(1, "firmware-1", key);
  const offered = release(2, "firmware-2", key);
  const device = manufacture({
    profile,
    bootloader,
    trusted: [key],
    identity: identityOf({ vendor: VENDOR, class: PRODUCT }),
    components: [COMPONENT],
    firmware: { ...running, sequenceNumber: 1n },
  });
  const resources = new Map([
    [ENVELOPE_PATH, offered.envelope],
    [PAYLOAD_PATH, offered.payload],
  ]);
  return { profile, state: device.snapshot(), link: new CoapServer(resources) };
}

function release(
  sequenceNumber: number,
  name: string,
  key: PrivateKey,
): { readonly envelope: Uint8Array; readonly payload: Uint8Array } {
  const payload = ownModule(name);
  const manifest = {
    sequenceNumber,
    component: [COMPONENT],
    vendor: { domain: VENDOR },
    class: { name: PRODUCT },
    uri: PAYLOAD_URI,
  };
  return { envelope: signEnvelope(createEnvelope(manifest, { payload }), key), payload };
}
