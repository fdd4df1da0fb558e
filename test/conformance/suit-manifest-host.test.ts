/**
 * The host against the examples of draft-ietf-suit-manifest-37 and published UUIDs.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { checkedKey, generateKey, type Key } from "../../host/keys/key.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { decodeEnvelope } from "../../host/manifest/decode.ts";
import { readEnvelope } from "../../host/manifest/envelope.ts";
import { inspectEnvelope } from "../../host/manifest/inspect.ts";
import { byName, MANIFEST_MEMBERS, PARAMETERS } from "../../host/manifest/labels.ts";
import type { CommandDescription } from "../../host/manifest/description.ts";
import { signatureRequest } from "../../host/manifest/sign.ts";
import { uuid5, uuidText } from "../../host/manifest/uuid.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Commands = z.array(z.union([z.string(), z.record(z.string(), z.array(z.number()))]));
const Section = z.object({
  severed: z.boolean().optional(),
  digest: z.string().optional(),
  present: z.boolean().optional(),
  digestOk: z.boolean().optional(),
  commands: Commands.optional(),
});
const SuitVector = z.object({
  name: z.string(),
  hex: z.string(),
  key: z.object({ x: z.string(), y: z.string() }).nullable(),
  algorithm: z.number().nullable(),
  decoded: z.object({
    manifestDigest: z.string(),
    auth: z.array(z.object({ cose: z.string(), alg: z.number(), sigLen: z.number() })),
    version: z.number(),
    sequence: z.number(),
    manifestKeys: z.array(z.number()),
    manifestLen: z.number(),
    components: z.array(z.array(z.string())),
    shared: Commands,
    sections: z.record(z.string(), Section),
  }),
});
type SuitVector = z.infer<typeof SuitVector>;

const suit = loadVectors("suit-manifest-37", z.object({ vectors: z.array(SuitVector) }));
const mti = loadVectors(
  "suit-manifest-mti-derived",
  z.object({ vectors: z.array(SuitVector.pick({ name: true, hex: true })) }),
);
const ByName = z.object({ vectors: z.array(z.object({ name: z.string(), hex: z.string() })) });
const encrypted = loadVectors("suit-firmware-encryption", ByName);
const infos = loadVectors(
  "suit-encryption-info",
  z.object({ vectors: z.array(z.object({ name: z.string(), suit_encryption_info: z.string() })) }),
);
const requests = loadVectors(
  "suit-manifest-mti-derived",
  z.object({
    vectors: z.array(
      z.object({
        name: z.string(),
        hex: z.string(),
        algorithm: z.number(),
        toBeSigned: z.string().optional(),
      }),
    ),
  }),
);
const uuids = loadVectors(
  "uuid",
  z.object({
    vectors: z.array(
      z.object({ what: z.string(), namespace: z.string(), nameHex: z.string(), uuid: z.string() }),
    ),
  }),
);

const stranger = generateKey({ alg: null });

function keyOf(vector: SuitVector): Key {
  if (vector.key === null) return stranger;
  return checkedKey({ x: fromHex(vector.key.x), y: fromHex(vector.key.y) }, vector.name);
}

/** A command in the words of the vectors. */
function inVectorWords({
  command,
  parameters,
}: CommandDescription): string | Record<string, (number | undefined)[]> {
  if (parameters !== undefined) {
    return { [`dir-${command}`]: Object.keys(parameters).map((name) => byName(PARAMETERS, name)?.label) };
  }
  const names: Readonly<Record<string, string>> = {
    "vendor-identifier": "cond-vendor-id",
    "class-identifier": "cond-class-id",
    "image-match": "cond-image-match",
  };
  return names[command] ?? `dir-${command}`;
}

describe.skipIf(suit === undefined)("the examples of draft-ietf-suit-manifest-37", () => {
  const vectors = suit?.vectors ?? [];

  it.each(vectors.filter(({ key }) => key !== null))(
    "$name is accepted under the published key",
    (vector) => {
      const verdict = verifyEnvelope(fromHex(vector.hex), [keyOf(vector)]);
      expect(verdict).toMatchObject({ ok: true, reason: "ok" });
      expect(verdict.message).toContain(`(${vector.algorithm ?? "none"})`);
    },
  );

  it.each(vectors.filter(({ key }) => key === null))("$name is refused as unsigned", ({ hex }) => {
    expect(verifyEnvelope(fromHex(hex), [stranger]).reason).toBe("unsigned");
  });

  it.each(vectors.filter(({ key }) => key !== null))("$name is refused under another key", ({ hex }) => {
    expect(verifyEnvelope(fromHex(hex), [stranger]).reason).toBe("signature-invalid");
  });

  it.each(vectors.filter(({ key }) => key !== null))(
    "$name is refused under its key pinned to ESP256",
    (vector) => {
      expect(verifyEnvelope(fromHex(vector.hex), [{ ...keyOf(vector), alg: -9 }]).reason).toBe(
        "key-algorithm-mismatch",
      );
    },
  );

  it.each(vectors.filter(({ key }) => key !== null))(
    "$name is refused with any one bit flipped",
    (vector) => {
      const bytes = fromHex(vector.hex);
      const keys = [keyOf(vector)];
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifyEnvelope(flipped, keys).ok, `bit ${bit}`).toBe(false);
      }
    },
  );

  it.each(vectors)("$name has its content named right", ({ hex, decoded }) => {
    const { description, problem } = inspectEnvelope(fromHex(hex));
    expect(problem).toBeUndefined();
    expect(description).toMatchObject({
      digest: { algorithm: "sha-256", hex: decoded.manifestDigest, matches: true },
      version: decoded.version,
      sequenceNumber: decoded.sequence,
      manifestBytes: decoded.manifestLen,
      components: decoded.components.map((parts) => parts.map((part) => `0x${part}`).join("/")),
    });
    expect(
      description.signatures.map(({ structure, algorithm, signatureBytes }) => [
        structure,
        algorithm,
        signatureBytes,
      ]),
    ).toEqual(decoded.auth.map(({ cose, alg, sigLen }) => [cose, alg, sigLen]));
  });

  it.each(vectors)("$name has its sections named right", ({ hex, decoded }) => {
    const { description } = inspectEnvelope(fromHex(hex));
    const sections = [
      ...description.sections,
      ...(description.textSection === undefined ? [] : [description.textSection]),
    ];
    const shared = sections.find(({ name }) => name === "shared");
    expect(shared?.commands?.map(inVectorWords)).toEqual(decoded.shared);
    expect(
      sections
        .filter(({ name }) => name !== "shared")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(decoded.sections).sort());
    for (const [name, expected] of Object.entries(decoded.sections)) {
      const section = sections.find((candidate) => candidate.name === name);
      if (expected.commands !== undefined)
        expect(section?.commands?.map(inVectorWords)).toEqual(expected.commands);
      expect(section?.place).toBe(
        expected.severed !== true ? "manifest" : expected.present === true ? "envelope" : "absent",
      );
      expect(section?.digest?.hex).toBe(expected.digest);
      expect(section?.digest?.matches).toBe(expected.digestOk);
    }
  });

  it.each(vectors)("$name has members that the label table knows", ({ decoded }) => {
    for (const label of decoded.manifestKeys) {
      expect(MANIFEST_MEMBERS.find((member) => member.label === label)?.supported).toBe(true);
    }
  });
});

/** The examples as our JSON; the digests in them are placeholders of the draft. */
const shared = [
  {
    "override-parameters": {
      "vendor-identifier": { domain: "arm.com" },
      "class-identifier": "1492af14-2569-5e48-bf42-9b2d51f2ab45",
      "image-digest": { "sha-256": "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210" },
      "image-size": 34768,
    },
  },
  "vendor-identifier",
  "class-identifier",
];
const base = { components: [[{ hex: "00" }]], shared, validate: ["image-match"] };
const install = (uri: string): object[] => [
  { "override-parameters": { uri } },
  { fetch: {} },
  { "image-match": {} },
];

const description = `## Example 2: Simultaneous Download, Installation, Secure Boot, Severed Fields

    This example covers the following templates:
    
    * Compatibility Check ({{template-compatibility-check}})
    * Secure Boot ({{template-secure-boot}})
    * Firmware Download ({{firmware-download-template}})
    
    This example also demonstrates severable elements ({{ovr-severable}}), and text ({{manifest-digest-text}}).`;
const example2 = {
  ...base,
  sequenceNumber: 2,
  referenceUri: "https://git.io/JJYoj",
  invoke: ["invoke"],
  install: install("http://example.com/very/long/path/to/file/file.bin"),
  text: {
    "en-US": {
      "manifest-description": description,
      components: [
        {
          component: [{ hex: "00" }],
          "vendor-domain": "arm.com",
          "component-description":
            "This component is a demonstration. The digest is a sample pattern, not a real one.",
        },
      ],
    },
  },
  severable: ["install", "text"],
};
const examples: readonly [string, object][] = [
  ["example0", { ...base, sequenceNumber: 0, invoke: ["invoke"] }],
  ["example1", { ...base, sequenceNumber: 1, install: install("http://example.com/file.bin") }],
  ["example2", example2],
];

describe.skipIf(suit === undefined)("our JSON for an example of draft-ietf-suit-manifest-37", () => {
  const bytesOf = (name: string): Uint8Array =>
    fromHex(suit?.vectors.find((vector) => vector.name === name)?.hex ?? "");

  it.each(examples)("makes the manifest of %s byte for byte", (name, json) => {
    const ours = createEnvelope(json);
    const theirs = bytesOf(`${name}-signed`);
    const [our, their] = [readEnvelope(ours), readEnvelope(theirs)];
    expect(toHex(ours.subarray(our.manifest.start))).toBe(toHex(theirs.subarray(their.manifest.start)));
  });

  it.each(examples.slice(0, 2))("makes the unsigned envelope of %s byte for byte", (name, json) => {
    expect(toHex(createEnvelope(json))).toBe(toHex(bytesOf(`${name}-unsigned`)));
  });
});

describe.skipIf(mti === undefined)("the examples with algorithms that this build does not have", () => {
  it.each(mti?.vectors ?? [])("$name is refused as unsupported", ({ name, hex }) => {
    const expected = name.includes("hmac") ? "cose-unsupported" : "algorithm-unsupported";
    expect(verifyEnvelope(fromHex(hex), [stranger]).reason).toBe(expected);
  });
});

describe.skipIf(uuids === undefined)("published UUIDs of version 5", () => {
  it.each(uuids?.vectors ?? [])("$what is derived right", ({ namespace, nameHex, uuid }) => {
    expect(uuidText(uuid5(fromHex(namespace.replaceAll("-", "")), fromHex(nameHex)))).toBe(uuid);
  });
});

const every = [...(suit?.vectors ?? []), ...(mti?.vectors ?? []), ...(encrypted?.vectors ?? [])];

describe.skipIf(every.length === 0)("the JSON form of a published envelope", () => {
  it.each(every)("$name becomes the same bytes again and says everything by name", ({ hex }) => {
    const json = decodeEnvelope(fromHex(hex));
    expect(toHex(createEnvelope(JSON.parse(JSON.stringify(json))))).toBe(hex);
    expect(JSON.stringify(json)).not.toContain('{"cbor":');
  });

  it.each(every)("$name has the manifest's digest, as its vector says", ({ hex }) => {
    expect(inspectEnvelope(fromHex(hex)).description.digest?.matches).toBe(true);
  });
});

describe.skipIf(requests === undefined)("what an HSM is asked to sign", () => {
  const signed = (requests?.vectors ?? []).filter(({ toBeSigned }) => toBeSigned !== undefined);

  it.each(signed)(
    "for $name is the published Sig_structure but for the algorithm",
    ({ hex, toBeSigned = "" }) => {
      const message = toHex(signatureRequest(fromHex(hex), -9).message);
      const rest = (text: string): string => text.slice(text.indexOf("405824"));
      expect(rest(message)).toBe(rest(toBeSigned));
      expect(message.startsWith("846a5369676e61747572653143a10128")).toBe(true);
    },
  );
});

/**
 * Examples whose COSE structure is not deterministic CBOR, or has an empty map in a byte string for the
 * protected header where RFC 9052 §3 wants an empty byte string: their bytes are kept as they are.
 */
const KEPT_AS_BYTES = ["libcsuit image esdh", "gen image aeskw_gcm", "gen config aeskw_gcm"];

describe.skipIf(infos === undefined)("the encryption-info of a published payload", () => {
  it.each(infos?.vectors ?? [])(
    "$name becomes the same bytes again",
    ({ name, suit_encryption_info: hex }) => {
      const shared = [{ "override-parameters": { "encryption-info": { hex } } }];
      const envelope = createEnvelope({ sequenceNumber: 1, components: ["a"], shared });
      const json = decodeEnvelope(envelope);
      expect(toHex(createEnvelope(json))).toBe(toHex(envelope));
      const info = JSON.stringify(json);
      expect(info.includes('"recipients"')).toBe(!KEPT_AS_BYTES.includes(name));
    },
  );
});
