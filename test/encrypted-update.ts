/**
 * A device that decrypts updates, and updates encrypted for it.
 */
import { createECDH, randomBytes } from "node:crypto";
import { PayloadKey } from "../assembly/layout.ts";
import { CoapServer } from "../emulator/coap-server.ts";
import type { Device } from "../emulator/device.ts";
import type { LinkPeer } from "../emulator/link.ts";
import { profileNamed } from "../emulator/profile.ts";
import { identityOf, manufacture } from "../host/device/factory.ts";
import { checkedKey, generateKey } from "../host/keys/key.ts";
import type { PayloadKeyFile } from "../host/keys/payload-key.ts";
import { createEnvelope } from "../host/manifest/create.ts";
import { encryptPayload, type ContentAlgorithmName } from "../host/manifest/encrypt.ts";
import { signEnvelope } from "../host/manifest/sign.ts";
import { manifestTemplate } from "../host/manifest/template.ts";
import { readWasm } from "./wasm-file.ts";

/** A key with its secret half, as a device has it. */
export interface Holder {
  readonly kind: PayloadKey;
  readonly bytes: Uint8Array;
  readonly file: PayloadKeyFile;
}

/** A new key encryption key. */
export function kekHolder(length: 16 | 32): Holder {
  const bytes = Uint8Array.from(randomBytes(length));
  const kind = length === 16 ? PayloadKey.Kek128 : PayloadKey.Kek256;
  return { kind, bytes, file: { kind: "kek", bytes } };
}

/** A new key on P-256. */
export function agreementHolder(): Holder {
  const ecdh = createECDH("prime256v1");
  const point = Uint8Array.from(ecdh.generateKeys());
  const key = checkedKey({ x: point.slice(1, 33), y: point.slice(33) }, "key");
  const bytes = Uint8Array.from(Buffer.from(ecdh.getPrivateKey("hex").padStart(64, "0"), "hex"));
  return { kind: PayloadKey.P256, bytes, file: { kind: "p256", key } };
}

/** The author whom the device trusts. */
export const author = generateKey();

/** What the template of encrypted updates becomes for an image. */
export interface EncryptedUpdate {
  readonly envelope: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** An update made as the manual says: the template, and the files of `manifest encrypt`. */
export function encryptedUpdate(
  image: Uint8Array,
  recipients: readonly Holder[],
  algorithm: ContentAlgorithmName = "A128CTR",
  change: (text: string) => string = (text) => text,
): EncryptedUpdate {
  const keys = recipients.map(({ file }) => ({ key: file }));
  const { ciphertext, info } = encryptPayload(image, keys, algorithm);
  const json: unknown = JSON.parse(change(manifestTemplate("encrypted")));
  const readFile = (name: string): Uint8Array => (name === "app.info" ? info : ciphertext);
  const envelope = createEnvelope(json, { payload: image, readFile });
  return { envelope: signEnvelope(envelope, author), ciphertext };
}

/** The server that offers it. */
export function offerOf({ envelope, ciphertext }: EncryptedUpdate): CoapServer {
  const resources = [
    ["/suit/envelope", envelope],
    ["/suit/payload", ciphertext],
  ] as const;
  return new CoapServer(new Map(resources));
}

/** A device with decrypting firmware 1 in slot A. */
export function decryptingDevice(
  holder: Holder,
  link: LinkPeer,
  bootloader = "bootloader-encrypted",
): Device {
  const image = readWasm("decrypting-1");
  const json = {
    sequenceNumber: 1,
    component: ["app"],
    vendor: { domain: "example.com" },
    class: { name: "sensor" },
    uri: "/suit/payload",
  };
  return manufacture(
    {
      profile: profileNamed("class1"),
      bootloader: readWasm(bootloader),
      trusted: [author],
      identity: identityOf({ vendor: "example.com", class: "sensor", device: undefined }),
      components: ["app", "encrypted"],
      payloadKey: holder,
      firmware: {
        envelope: signEnvelope(createEnvelope(json, { payload: image }), author),
        payload: image,
        sequenceNumber: 1n,
      },
    },
    { link },
  );
}
