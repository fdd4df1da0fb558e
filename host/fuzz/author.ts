/**
 * The author that the device under test trusts: keys, identity, and genuine content.
 */
import type { SlotContent } from "../../emulator/provision.ts";
import { PAYLOAD_URI, PRODUCT, VENDOR } from "../campaign/maker.ts";
import { TRUSTED_TEST_KEY } from "../campaign/scenario.ts";
import { identityOf } from "../device/factory.ts";
import { sleepingImage } from "../glitch/sleeping-image.ts";
import { checkedKey, isPrivate, type PrivateKey } from "../keys/key.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { quickSigner } from "./quick-signature.ts";

/** The key that signs; the device trusts it, with ESP256 only. */
export const AUTHOR: PrivateKey = TRUSTED_TEST_KEY;
/** Another key that the device trusts, pinned to no algorithm. */
export const SECOND_AUTHOR: PrivateKey = secondKey();
/** Signs digests as {@link AUTHOR}. */
export const sign = quickSigner(AUTHOR);
/** Signs digests as {@link SECOND_AUTHOR}. */
export const signSecond = quickSigner(SECOND_AUTHOR);

/** Who the device is. */
export const IDENTITY = identityOf({ vendor: VENDOR, class: PRODUCT });
/** The components that it has. */
export const COMPONENTS: readonly string[] = ["app", "aux"];
/** The image that everything is about. */
export const IMAGE: Uint8Array = sleepingImage(1024);

/** Sequence number of what runs, and the anti-rollback floor. */
export const INSTALLED_SEQUENCE = 1;

/** The short form of a manifest that the device accepts. */
export const GENUINE_MANIFEST = {
  sequenceNumber: INSTALLED_SEQUENCE + 1,
  component: ["app"],
  vendor: { domain: VENDOR },
  class: { name: PRODUCT },
  uri: PAYLOAD_URI,
} as const;

/** A genuine envelope with its image beside it. */
export function genuineContent(sequenceNumber: number, payload = IMAGE): Required<SlotContent> {
  const envelope = createEnvelope({ ...GENUINE_MANIFEST, sequenceNumber }, { payload });
  return { envelope: signEnvelope(envelope, AUTHOR), payload };
}

function secondKey(): PrivateKey {
  const key = checkedKey({ d: new Uint8Array(32).fill(0x33) }, "test key");
  if (!isPrivate(key)) throw new Error("A test key has its private half.");
  return key;
}
