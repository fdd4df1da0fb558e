/**
 * From JSON to an envelope: the short form, the long form, and what is said about mistakes.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { generateKey } from "../../host/keys/key.ts";
import { encodeCbor, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { digestItem, encodeDigest } from "../../host/manifest/digest.ts";
import { readEnvelope } from "../../host/manifest/envelope.ts";
import {
  COMMANDS,
  COMMON_MEMBERS,
  MANIFEST_MEMBERS,
  PARAMETERS,
  referenceOf,
} from "../../host/manifest/labels.ts";
import { manifestJsonSchema } from "../../host/manifest/manifest-json.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { classIdentifier, parseUuid, uuid5, uuidText, vendorIdentifier } from "../../host/manifest/uuid.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { UserError } from "../../host/user-error.ts";
import { toHex } from "../vectors.ts";
import { manifestBytes, map, sequence } from "./manifest-fixture.ts";

const payload = new TextEncoder().encode("firmware");
const short = {
  sequenceNumber: 2,
  component: ["app"],
  vendor: { domain: "example.com" },
  class: { name: "sensor" },
};
const long = {
  sequenceNumber: 7,
  components: [[{ hex: "00" }]],
  shared: [{ "vendor-identifier": {} }],
  validate: ["image-match"],
  invoke: ["invoke"],
};

const app = new TextEncoder().encode("app");
const vendor = vendorIdentifier("example.com");

function manifestOf(envelope: Uint8Array): string {
  const { manifest } = readEnvelope(envelope);
  return toHex(envelope.subarray(manifest.from, manifest.to));
}

/** The manifest map with the members that a test expects. */
function expected(
  common: readonly (readonly [number, Cbor])[],
  members: readonly (readonly [number, Cbor])[],
): string {
  return toHex(encodeCbor(map([1, 1], [2, 2], [3, encodeCbor(map(...common))], ...members)));
}

function mistake(json: unknown): string {
  try {
    createEnvelope(json);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `${error.code}: ${error.message} ${error.hint}`.trim();
  }
  return "none";
}

describe("the short form", () => {
  it("is the standard update: identity, digest and size; fetch and check; check; start", () => {
    const parameters = map(
      [1, vendor],
      [2, classIdentifier(vendor, "sensor")],
      [3, encodeDigest(payload)],
      [14, payload.length],
    );
    expect(manifestOf(createEnvelope(short, { payload }))).toBe(
      expected(
        [
          [2, [[app]]],
          [4, sequence(20, parameters, 1, 15, 2, 15)],
        ],
        [
          [7, sequence(3, 15)],
          [9, sequence(23, 2)],
          [20, sequence(20, map([21, "/suit/payload"]), 21, 2, 3, 15)],
        ],
      ),
    );
  });

  it("is accepted by the verifier once it is signed", () => {
    const key = generateKey();
    expect(verifyEnvelope(signEnvelope(createEnvelope(short, { payload }), key), [key]).ok).toBe(true);
  });

  it("fetches the only integrated payload unless another URI is stated", () => {
    const integrated = { "#app": "payload" };
    const envelope = createEnvelope({ ...short, integrated }, { payload });
    expect(toHex(envelope)).toContain(toHex(encodeCbor("#app")).concat(toHex(encodeCbor(payload))));
    expect(manifestOf(envelope)).toContain(toHex(sequence(20, map([21, "#app"]), 21, 2, 3, 15)));
    expect(manifestOf(createEnvelope({ ...short, integrated, uri: "coap://x" }, { payload }))).toContain(
      toHex(encodeCbor("coap://x")),
    );
  });

  it("checks the device as well when one is stated", () => {
    const device = "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe";
    const manifest = manifestOf(createEnvelope({ ...short, device }, { payload }));
    expect(manifest).toContain(`1818${toHex(encodeCbor(parseUuid(device)))}`);
    expect(manifest).toContain("010f020f18180f");
  });

  it("leaves out a section that is null and keeps one that is stated", () => {
    const manifest = manifestOf(
      createEnvelope({ ...short, invoke: null, validate: [{ "image-match": { policy: 0 } }] }, { payload }),
    );
    expect(manifest).toContain(toHex(encodeCbor(sequence(3, 0))));
    expect(manifest).not.toContain(toHex(sequence(23, 2)));
  });

  it("takes the payload from the file that the JSON names", () => {
    const readFile = (path: string): Uint8Array => new TextEncoder().encode(path);
    expect(createEnvelope({ ...short, payload: "firmware" }, { readFile })).toEqual(
      createEnvelope(short, { payload }),
    );
  });
});

describe("the long form", () => {
  it("states every command and uses the draft's own reporting policies by default", () => {
    expect(manifestOf(createEnvelope(long))).toBe(toHex(manifestBytes()));
  });

  it("nests sequences, selects components and names policies by their bits", () => {
    const shared = [
      { "set-component-index": [0, 1] },
      { "try-each": [[{ abort: { policy: ["record-on-success", "sysinfo-on-failure"] } }], null] },
      {
        "run-sequence": [
          { "override-parameters": { "soft-failure": true, "component-slot": 1 } },
          "component-slot",
        ],
      },
      { "set-component-index": true },
    ];
    const json = { sequenceNumber: 2, components: ["a", "b"], shared };
    const [a, b] = [Uint8Array.of(0x61), Uint8Array.of(0x62)];
    expect(manifestOf(createEnvelope(json))).toBe(
      expected(
        [
          [2, [[a], [b]]],
          [
            4,
            sequence(
              12,
              [0, 1],
              15,
              [sequence(14, 9), null],
              32,
              sequence(20, map([5, 1], [13, true]), 5, 15),
              12,
              true,
            ),
          ],
        ],
        [],
      ),
    );
  });

  it("severs members: digest in the manifest, content in the envelope", () => {
    const text = { en: { "manifest-description": "An update." } };
    const envelope = createEnvelope({ ...long, install: ["fetch"], text, severable: ["install", "text"] });
    const install = sequence(21, 2);
    const textMap = encodeCbor(map(["en", map([1, "An update."])]));
    expect(manifestOf(envelope)).toContain(`14${toHex(encodeCbor(digestItem(encodeCbor(install))))}`);
    expect(manifestOf(envelope)).toContain(`17${toHex(encodeCbor(digestItem(encodeCbor(textMap))))}`);
    expect(toHex(envelope)).toContain(`14${toHex(encodeCbor(install))}17${toHex(encodeCbor(textMap))}`);
  });

  it("accepts the draft's spelling of a member's name", () => {
    const { sequenceNumber, ...rest } = long;
    const respelled = { ...rest, "sequence-number": sequenceNumber, "reference-uri": "coap://x" };
    expect(createEnvelope(respelled)).toEqual(createEnvelope({ ...long, referenceUri: "coap://x" }));
  });

  it("writes members, commands and parameters of the drafts around SUIT as well", () => {
    const json = {
      ...long,
      load: ["copy"],
      payloadFetch: ["fetch"],
      uninstall: ["unlink"],
      manifestComponentId: ["root"],
      setVersion: [1, 2],
      dependencies: { "1": { prefix: ["sub"] } },
      shared: [
        { "override-multiple": { "0": { "image-size": 3 } } },
        { "copy-params": { "0": ["image-size", "uri"] } },
        {
          "override-parameters": {
            "vendor-identifier": { pen: 32473 },
            "update-priority": -1,
            content: { text: "x" },
          },
        },
        { custom: { label: -300, argument: { hex: "01" } } },
      ],
    };
    const manifest = manifestOf(createEnvelope(json));
    for (const piece of [
      `08${toHex(encodeCbor(sequence(22, 2)))}`,
      `10${toHex(encodeCbor(sequence(21, 2)))}`,
      `1818${toHex(encodeCbor(sequence(33, 2)))}`,
      `05${toHex(encodeCbor([new TextEncoder().encode("root")]))}`,
      `06${toHex(encodeCbor(encodeCbor([1, 2])))}`,
      toHex(encodeCbor(map([1, map([1, [new TextEncoder().encode("sub")]])]))),
      toHex(sequence(34, map([0, map([14, 3])]))).slice(2),
      toHex(sequence(35, map([0, [14, 21]]))).slice(2),
      "01d8704381fd59",
      toHex(encodeCbor(-300)) + "4101",
    ]) {
      expect(manifest).toContain(piece);
    }
  });

  it("takes 64-bit sequence numbers as text", () => {
    expect(manifestOf(createEnvelope({ ...long, sequenceNumber: "18446744073709551615" }))).toContain(
      "021bffffffffffffffff",
    );
    expect(mistake({ ...long, sequenceNumber: "18446744073709551616" })).toContain(
      "does not fit into 64 bits",
    );
  });
});

describe("a mistake in the JSON", () => {
  it.each<[string, unknown, string]>([
    ["an unknown member", { ...short, vendr: 1 }, '"vendr" is not known here. Did you mean "vendor"?'],
    [
      "an unknown parameter",
      { ...long, shared: [{ "override-parameters": { "imge-size": 1 } }] },
      'shared[0].override-parameters: "imge-size" is not known here. Did you mean "image-size"?',
    ],
    [
      "an unknown command",
      { ...long, shared: ["imgae-match"] },
      'shared[0]: "imgae-match" is not one of the values allowed here. Did you mean "image-match"?',
    ],
    [
      "an unknown command with an argument",
      { ...long, shared: [{ fech: {} }] },
      'shared[0]: "fech" is not known here. Did you mean "fetch"?',
    ],
    [
      "a command without its argument",
      { ...long, shared: ["try-each"] },
      'try-each needs an argument. Write {"try-each": …}.',
    ],
    [
      "two commands in one object",
      { ...long, shared: [{ fetch: {}, abort: {} }] },
      "shared[0]: must have exactly one member.",
    ],
    ["a policy above 15", { ...long, shared: [{ abort: { policy: 16 } }] }, "shared[0].abort.policy: "],
    [
      "a mistake deep inside",
      {
        ...long,
        shared: [{ "try-each": [["abort"], [{ "override-parameters": { "class-identifier": "x" } }]] }],
      },
      "shared[0].try-each[1][0].override-parameters.class-identifier: must be a UUID",
    ],
    [
      "no sequence number",
      { component: "app" },
      "sequenceNumber: this should be of type number, and it is missing.",
    ],
    ["no component", { sequenceNumber: 1 }, "names no component"],
    [
      "no vendor in the short form",
      { sequenceNumber: 1, component: "app", class: { name: "x" } },
      "does not say which vendor it is for",
    ],
    ["both forms", { ...short, components: ["app"] }, 'has both "component" and "components"'],
    ["a member of the short form in the long one", { ...long, uri: "#x" }, "uri belongs to the short form"],
    ["no payload", short, "payload-missing: "],
    [
      "a payload that is not there",
      { ...long, shared: [{ "override-parameters": { "image-size": { from: "#b" } } }] },
      "payload-unknown: ",
    ],
    [
      "a digest of the wrong length",
      { ...long, shared: [{ "override-parameters": { "image-digest": { "sha-256": "00" } } }] },
      "A sha-256 digest has 32 bytes",
    ],
    [
      "a class name without vendor",
      { ...long, shared: [{ "override-parameters": { "class-identifier": { name: "x" } } }] },
      "vendor-missing: ",
    ],
    [
      "severing what is not there",
      { ...long, severable: ["text"] },
      "lists text as severable and has no such member",
    ],
    ["a file where none can be read", { ...long, integrated: { "#a": { file: "x" } } }, "file-unavailable: "],
    ["one member in two spellings", { ...long, "sequence-number": 1 }, "has sequenceNumber twice"],
    [
      "a value of the wrong type deep inside",
      { ...long, shared: [{ "override-parameters": { "soft-failure": "yes" } }] },
      "shared[0].override-parameters.soft-failure: this should be of type boolean",
    ],
    [
      "an unknown comparison",
      { ...long, shared: [{ "override-parameters": { version: { "greater-eq": "1.2" } } }] },
      'version: "greater-eq" is not known here. Did you mean "greater"?',
    ],
    [
      "a number under custom that has a name",
      { ...long, custom: { manifest: { "20": 1 } } },
      'custom has the number 20, which is install. Write "install".',
    ],
    ["a text that is no Unicode", { ...long, referenceUri: "\ud800" }, "half a surrogate pair"],
    ["a list instead of an object", [], "this should be of type object, and it is an array"],
  ])("is named with its place: %s", (_, json, message) => {
    expect(mistake(json)).toContain(message);
  });
});

describe("identifiers", () => {
  it("are version 5 UUIDs of the domain and of the product in the vendor's namespace (RFC 9562 §5.5)", () => {
    // RFC 9562 appendix A.4: www.example.com in the DNS namespace.
    expect(uuidText(vendorIdentifier("www.example.com"))).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
  });

  it("of products of a vendor with a number are in the namespace of the number (M §8.4.8.1, §8.4.8.2)", () => {
    // The namespace is that of the draft: the UUID of h'D86F452B06010401' in the namespace of OIDs.
    const oids = parseUuid("6ba7b812-9dad-11d1-80b4-00c04fd430c8");
    const numbers = uuid5(oids, Buffer.from("d86f452b06010401", "hex"));
    expect(uuidText(numbers)).toBe("47fbdabb-f2e4-55f0-bb39-3620c2f6df4e");
    const encoded = Buffer.from("d8704381fd59", "hex");
    const namespace = uuid5(numbers, encoded);
    const envelope = createEnvelope({ ...short, vendor: { pen: 32_473 } }, { payload });
    const stated = [encoded, Uint8Array.of(2, 0x50), classIdentifier(namespace, "sensor")];
    expect(Buffer.from(envelope).includes(Buffer.concat(stated))).toBe(true);
  });

  it("may be stated as UUIDs or hex", () => {
    const uuid = uuidText(vendor);
    const stated = { ...short, vendor: uuid, class: { hex: toHex(classIdentifier(vendor, "sensor")) } };
    expect(createEnvelope(stated, { payload })).toEqual(createEnvelope(short, { payload }));
  });
});

describe("the JSON Schema", () => {
  it("explains every member, command and parameter of the tables to editors, with number and section", () => {
    const Described = z.object({ description: z.string() });
    const Properties = z.object({ properties: z.record(z.string(), Described.loose()) });
    const schema = z
      .looseObject({
        properties: z.record(z.string(), z.unknown()),
        $defs: z.looseObject({
          Command: z.object({
            anyOf: z.tuple([
              z.object({ enum: z.array(z.string()), enumDescriptions: z.array(z.string()) }),
              Properties,
            ]),
          }),
          Parameters: Properties,
        }),
      })
      .parse(manifestJsonSchema());
    const [named, withArgument] = schema.$defs.Command.anyOf;
    expect(named.enumDescriptions).toHaveLength(named.enum.length);
    const explained = (properties: Readonly<Record<string, unknown>>, name: string): string =>
      Described.parse(properties[name]).description;
    for (const row of COMMANDS)
      expect(explained(withArgument.properties, row.name)).toContain(`(${row.label}, ${referenceOf(row)})`);
    for (const row of PARAMETERS)
      expect(explained(schema.$defs.Parameters.properties, row.name)).toContain(
        `(${row.label}, ${referenceOf(row)})`,
      );
    for (const row of [...MANIFEST_MEMBERS, ...COMMON_MEMBERS].filter(({ kind }) => kind !== "common"))
      expect(explained(schema.properties, row.json)).toContain(`(${row.label}, ${referenceOf(row)})`);
  });

  it("is exported with every member of the form", () => {
    const text = JSON.stringify(manifestJsonSchema());
    for (const name of ["sequenceNumber", "severable", "override-parameters", "image-digest", "try-each"]) {
      expect(text).toContain(`"${name}":`);
    }
  });
});
