/**
 * What mutation starts from: envelopes that between them use all that the bootloader processes, with the
 * author's signature.
 */
import { PAYLOAD_URI, PRODUCT, VENDOR } from "../campaign/maker.ts";
import { Algorithm } from "../keys/key.ts";
import { encodeCbor, Tagged } from "../manifest/cbor-writer.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { AUTHOR, GENUINE_MANIFEST, IDENTITY, IMAGE, SECOND_AUTHOR } from "./author.ts";

/** CBOR tag of SUIT_Manifest. */
const BARE_MANIFEST_TAG = 1070;

const IDENTIFIERS = {
  "vendor-identifier": { domain: VENDOR },
  "class-identifier": { domain: VENDOR, name: PRODUCT },
};

/** Sequences that branch, nest and fail softly. */
const BRANCHING = {
  ...GENUINE_MANIFEST,
  referenceUri: "coap://updates.brownout.example/suit/envelope",
  install: [
    {
      "try-each": [
        [{ "override-parameters": { "component-slot": 0 } }, "component-slot"],
        [{ "override-parameters": { "component-slot": 1 } }, "component-slot"],
        null,
      ],
    },
    { "run-sequence": [{ "override-parameters": { "soft-failure": true } }, "abort"] },
    {
      "run-sequence": [
        { "run-sequence": [{ "try-each": [["abort"], [{ "run-sequence": ["vendor-identifier"] }]] }] },
      ],
    },
    { "override-parameters": { uri: PAYLOAD_URI, "strict-order": false } },
    "fetch",
    "image-match",
  ],
};

const TWO_COMPONENTS = {
  sequenceNumber: GENUINE_MANIFEST.sequenceNumber,
  components: [["app"], ["aux"]],
  shared: [
    { "set-component-index": true },
    {
      "override-parameters": {
        ...IDENTIFIERS,
        "device-identifier": { hex: Buffer.from(IDENTITY.deviceId).toString("hex") },
        "image-digest": { from: "payload" },
        "image-size": { from: "payload" },
      },
    },
    "vendor-identifier",
    { "class-identifier": { policy: 0 } },
    "device-identifier",
  ],
  install: [
    { "set-component-index": [0, 1] },
    { "override-parameters": { uri: PAYLOAD_URI } },
    "fetch",
    "image-match",
  ],
  validate: [{ "set-component-index": 0 }, "image-match", { "set-component-index": 1 }, "image-match"],
  invoke: [{ "set-component-index": 0 }, "invoke"],
};

const MANIFESTS: readonly object[] = [
  GENUINE_MANIFEST,
  { ...GENUINE_MANIFEST, uri: undefined, integrated: { "#image": "payload" } },
  {
    ...GENUINE_MANIFEST,
    severable: ["install", "text"],
    text: { en: { "manifest-description": "An update.", components: [{ component: ["app"] }] } },
  },
  { ...GENUINE_MANIFEST, sequenceNumber: 0, class: { name: "another" } },
  BRANCHING,
  TWO_COMPONENTS,
];

/** The envelopes. */
export function seedEnvelopes(): Uint8Array[] {
  const unsigned = MANIFESTS.map((manifest) => createEnvelope(manifest, { payload: IMAGE }));
  const signed = unsigned.map((envelope) => signEnvelope(envelope, AUTHOR));
  const [first, second] = signed;
  return [
    ...signed,
    ...unsigned.slice(0, 1),
    ...(first === undefined
      ? []
      : [signEnvelope(first, SECOND_AUTHOR, { algorithm: Algorithm.ES256 }), bare(first)]),
    ...(second === undefined ? [] : [second.subarray(0, second.length >> 1)]),
  ];
}

/** The envelope's map under the tag of a manifest that nobody has signed. */
function bare(envelope: Uint8Array): Uint8Array {
  const tagged = encodeCbor(new Tagged(BARE_MANIFEST_TAG, null));
  return Uint8Array.from([...tagged.subarray(0, -1), ...envelope.subarray(2)]);
}
