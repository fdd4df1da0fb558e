/**
 * Updates of a device with a radio: the root brings the application, an integrated dependency the radio's
 * image, under the key of the radio's maker, which has rights to the radio and nothing else.
 */
import { createHash } from "node:crypto";
import type { SubjectImage } from "../../emulator/explore/subject.ts";
import type { SlotContent } from "../../emulator/provision.ts";
import type { PrivateKey } from "../keys/key.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { benchKey } from "./bench-key.ts";
import { identityParameters, sharedOf, type DependentUpdate } from "./dependent-update.ts";
import { PAYLOAD_URI } from "./maker.ts";

/** The components of such a device, in the order of its device page. */
export const RADIO_COMPONENTS: readonly [app: string, radio: string] = ["app", "radio"];

/** What such an update is made of; the radio's image comes in the version of the sequence number. */
export type RadioUpdate = Pick<
  DependentUpdate,
  "sequenceNumber" | "payload" | "vendor" | "product" | "key" | "dependencyKey"
>;

const MAKER = "#maker";
const IMAGE = "#radio";
/** No whole number of write units on any part. */
const IMAGE_BYTES = 283;

/** The key of the radio's maker: rights to the second component, the radio, and nothing else. */
const RADIO_TEST_KEY: PrivateKey = { ...benchKey(0x2a), components: 0b10 };

/** Whom such a device trusts: this key with the application, and the radio's maker with the radio. */
export function radioAnchors(key: PrivateKey): readonly PrivateKey[] {
  return [{ ...key, components: 0b01 }, RADIO_TEST_KEY];
}

/** An image for the radio of the test bench, which runs nothing: the same bytes every time. */
export function radioImage(version: number): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(IMAGE_BYTES);
  for (let at = 0; at < IMAGE_BYTES; at += 32) {
    const piece = createHash("sha256").update(`radio image ${version}, from ${at}`).digest();
    image.set(piece.subarray(0, IMAGE_BYTES - at), at);
  }
  return image;
}

/** What a campaign's subject says of the image that comes with a manifest of this sequence number. */
export function radioPart(sequenceNumber: number): Pick<SubjectImage, "radioImage"> {
  const digest = createHash("sha256").update(radioImage(sequenceNumber)).digest("hex");
  return { radioImage: { name: `radio image ${sequenceNumber}`, digest } };
}

/** The envelope, signed, and the application's image. */
export function radioUpdate(parts: RadioUpdate): Required<SlotContent> {
  const { sequenceNumber, payload, key } = parts;
  const [app] = RADIO_COMPONENTS;
  const select = (index: number): object => ({ "set-component-index": index });
  const json = {
    sequenceNumber,
    components: [[app]],
    dependencies: { "1": {} },
    shared: sharedOf(parts, { "image-digest": { "manifest-of": MAKER }, uri: MAKER }),
    dependencyResolution: [select(1), "fetch", "dependency-integrity"],
    install: [
      select(1),
      "dependency-integrity",
      "process-dependency",
      select(0),
      { "override-parameters": { uri: PAYLOAD_URI } },
      "fetch",
      "image-match",
    ],
    validate: [select(1), "dependency-integrity", "process-dependency", select(0), "image-match"],
    invoke: [select(0), "invoke"],
    integrated: { [MAKER]: { hex: Buffer.from(makersEnvelope(parts)).toString("hex") } },
  };
  return { envelope: signEnvelope(createEnvelope(json, { payload }), key), payload };
}

function makersEnvelope(parts: RadioUpdate): Uint8Array {
  const [, radio] = RADIO_COMPONENTS;
  const json = {
    sequenceNumber: parts.sequenceNumber,
    components: [[radio]],
    shared: [
      {
        "override-parameters": {
          ...identityParameters(parts),
          "image-digest": { from: IMAGE },
          "image-size": { from: IMAGE },
        },
      },
      "vendor-identifier",
      "class-identifier",
    ],
    install: [{ "override-parameters": { uri: IMAGE } }, "fetch", "image-match"],
    validate: ["image-match"],
    integrated: { [IMAGE]: { hex: Buffer.from(radioImage(parts.sequenceNumber)).toString("hex") } },
  };
  return signEnvelope(createEnvelope(json), parts.dependencyKey ?? RADIO_TEST_KEY);
}
