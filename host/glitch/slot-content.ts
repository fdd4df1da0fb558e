/**
 * What lies in the slots of a boot that must refuse: updates that are right, and ways to make them wrong.
 */
import type { SlotContent } from "../../emulator/provision.ts";
import { COMPONENT, ENCRYPTED_COMPONENT, PAYLOAD_URI, PRODUCT, VENDOR } from "../campaign/maker.ts";
import { dependentUpdate } from "../campaign/dependent-update.ts";
import { decryptedWrongly, encryptedUpdate } from "../campaign/encrypted-update.ts";
import { managedUpdate } from "../campaign/managed-update.ts";
import type { PrivateKey } from "../keys/key.ts";
import { signMessage } from "../keys/signature.ts";
import { createEnvelope } from "../manifest/create.ts";
import { attachSignature, signEnvelope } from "../manifest/sign.ts";
import type { TestKeys } from "./test-keys.ts";

const NAMES = { component: COMPONENT, vendor: VENDOR, product: PRODUCT };

/** What an update states beside the usual. */
interface Change {
  readonly product?: string;
  readonly setVersion?: string;
}

/** Makes updates of one image, signed with the trusted key unless a method says otherwise. */
export class UpdateAuthor {
  readonly #payload: Uint8Array;
  readonly #keys: TestKeys;

  constructor(payload: Uint8Array, keys: TestKeys) {
    this.#payload = payload;
    this.#keys = keys;
  }

  /** An update that is right, unless `change` states something that the device is not. */
  update(sequenceNumber: number, change: Change = {}): Required<SlotContent> {
    return this.#signed(this.#unsigned(sequenceNumber, change), this.#keys.trusted);
  }

  /** An update without a signature. */
  unsigned(sequenceNumber: number): Required<SlotContent> {
    return { envelope: this.#unsigned(sequenceNumber), payload: this.#payload };
  }

  /** An update with a signature by the key that the device does not trust. */
  strange(sequenceNumber: number): Required<SlotContent> {
    return this.#signed(this.#unsigned(sequenceNumber), this.#keys.strange);
  }

  /** An update with a signature that the trusted key made of something else. */
  borrowed(sequenceNumber: number): Required<SlotContent> {
    const { trusted } = this.#keys;
    if (trusted.alg === undefined) throw new Error("A test key states its algorithm.");
    const signature = signMessage(trusted, new TextEncoder().encode("something else"));
    const envelope = attachSignature(this.#unsigned(sequenceNumber), signature, trusted.alg);
    return { envelope, payload: this.#payload };
  }

  /** An update under conditions; see managed-update.ts. */
  managed(sequenceNumber: number): Required<SlotContent> {
    return managedUpdate({ sequenceNumber, payload: this.#payload, key: this.#keys.trusted, ...NAMES });
  }

  /**
   * An update with a tampered image, whose digest a dependency has stated that must not count: it is signed
   * with the strange key, it is not the dependency whose digest the root states, or its prefix makes its
   * component another one.
   */
  dependent(sequenceNumber: number, why: "strange" | "swapped" | "prefixed"): Required<SlotContent> {
    const { trusted, strange } = this.#keys;
    const { payload } = tampered({ envelope: this.#payload, payload: this.#payload });
    const { envelope } = dependentUpdate({
      sequenceNumber,
      payload: this.#payload,
      ...NAMES,
      key: trusted,
      forged: payload,
      ...{
        strange: { dependencyKey: strange },
        swapped: { statesHonest: true },
        prefixed: { prefix: ["unit"] },
      }[why],
    });
    return { envelope, payload };
  }

  /** An update that was encrypted for the device, as firmware leaves it: with the plain image. */
  encrypted(sequenceNumber: number): Required<SlotContent> {
    return { envelope: this.#encrypted(sequenceNumber).envelope, payload: this.#payload };
  }

  /** The same, decrypted with another content key than the one that it was encrypted with. */
  decryptedWrongly(sequenceNumber: number): Required<SlotContent> {
    const { envelope, payload } = this.#encrypted(sequenceNumber);
    return { envelope, payload: decryptedWrongly(payload) };
  }

  #encrypted(sequenceNumber: number): Required<SlotContent> {
    return encryptedUpdate({
      sequenceNumber,
      payload: this.#payload,
      components: [COMPONENT, ENCRYPTED_COMPONENT],
      vendor: VENDOR,
      product: PRODUCT,
      key: this.#keys.trusted,
    });
  }

  #unsigned(sequenceNumber: number, { product = PRODUCT, setVersion }: Change = {}): Uint8Array {
    const json = {
      sequenceNumber,
      component: [COMPONENT],
      vendor: { domain: VENDOR },
      class: { name: product },
      ...(setVersion === undefined ? {} : { setVersion }),
      uri: PAYLOAD_URI,
    };
    return createEnvelope(json, { payload: this.#payload });
  }

  #signed(envelope: Uint8Array, key: PrivateKey): Required<SlotContent> {
    return { envelope: signEnvelope(envelope, key), payload: this.#payload };
  }
}

/**
 * The same content with the image's last eight bytes inverted: more than one word, so that no single
 * wrong read of the image can make it look genuine.
 */
export function tampered({ envelope, payload }: Required<SlotContent>): Required<SlotContent> {
  const changed = payload.map((byte, index) => (index < payload.length - 8 ? byte : byte ^ 0xff));
  return { envelope, payload: changed };
}

/** The same content with one byte of the manifest changed where it stays a good manifest: in the URI. */
export function altered({ envelope, payload }: Required<SlotContent>): Required<SlotContent> {
  const changed = envelope.slice();
  const found = Buffer.from(changed).lastIndexOf("updates");
  changed[found] = "U".charCodeAt(0);
  return { envelope: changed, payload };
}
