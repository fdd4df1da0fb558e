/**
 * Updates with an encrypted payload, the same every time: keys of the test bench protect nothing.
 */
import { createCipheriv, createHash } from "node:crypto";
import { DevicePage } from "../../assembly/layout.ts";
import type { Secret } from "../../emulator/explore/secret.ts";
import { DEVICE_PAGE } from "../../emulator/memory-map.ts";
import type { SlotContent } from "../../emulator/provision.ts";
import type { PrivateKey } from "../keys/key.ts";
import { createEnvelope } from "../manifest/create.ts";
import { encryptPayload } from "../manifest/encrypt.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { PAYLOAD_URI } from "./maker.ts";

/** What an encrypted update is made of. */
export interface EncryptedUpdate {
  readonly sequenceNumber: number;
  /** The plain image. */
  readonly payload: Uint8Array;
  /** The component that the image becomes, and the one that is fetched. */
  readonly components: readonly [image: string, encrypted: string];
  /** Domain of the vendor, and the product that names the class. */
  readonly vendor: string;
  readonly product: string;
  readonly key: PrivateKey;
}

/** The device's key encryption key. */
export const TEST_KEK = benchBytes("key encryption key");

const CONTENT_KEY = benchBytes("content key");
const INITIALISATION_VECTOR = benchBytes("initialisation vector");

/** What must stay secret: the one key in its place in the device page, the other nowhere in flash. */
export const ENCRYPTION_SECRETS: readonly Secret[] = [
  {
    name: "the key encryption key",
    bytes: TEST_KEK,
    mayLieIn: [{ address: DEVICE_PAGE.address + DevicePage.PayloadKey, bytes: TEST_KEK.length }],
  },
  { name: "the content key", bytes: CONTENT_KEY, mayLieIn: [] },
];

function benchBytes(name: string): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(name).digest()).subarray(0, 16);
}

/** The envelope, signed, and the ciphertext. */
export function encryptedUpdate(parts: EncryptedUpdate): Required<SlotContent> {
  const { sequenceNumber, payload, components, vendor, product, key } = parts;
  const recipient = { key: { kind: "kek", bytes: TEST_KEK } } as const;
  const drawn = [CONTENT_KEY, INITIALISATION_VECTOR];
  const { ciphertext, info } = encryptPayload(
    payload,
    [recipient],
    "A128CTR",
    () => drawn.shift() ?? new Uint8Array(0),
  );
  const hex = Buffer.from(info).toString("hex");
  const select = (index: number | true): object => ({ "set-component-index": index });
  const json = {
    sequenceNumber,
    components: components.map((name) => [name]),
    shared: [
      select(true),
      {
        "override-parameters": {
          "vendor-identifier": { domain: vendor },
          "class-identifier": { domain: vendor, name: product },
          "image-size": { from: "payload" },
        },
      },
      "vendor-identifier",
      "class-identifier",
      select(0),
      { "override-parameters": { "image-digest": { from: "payload" } } },
    ],
    install: [
      select(1),
      { "override-parameters": { uri: PAYLOAD_URI } },
      "fetch",
      select(0),
      { "override-parameters": { "source-component": 1, "encryption-info": { hex } } },
      "copy",
      "image-match",
    ],
    validate: [select(0), "image-match"],
    invoke: [select(0), "invoke"],
  };
  return { envelope: signEnvelope(createEnvelope(json, { payload }), key), payload: ciphertext };
}

/** What another content key makes of the ciphertext of such an update. */
export function decryptedWrongly(ciphertext: Uint8Array): Uint8Array {
  // In counter mode decryption is encryption (NIST SP 800-38A §6.5).
  const cipher = createCipheriv("aes-128-ctr", benchBytes("another content key"), INITIALISATION_VECTOR);
  return Uint8Array.from(cipher.update(ciphertext));
}
