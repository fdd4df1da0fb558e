/**
 * The JSON form loses nothing: CBOR → JSON → CBOR gives the same bytes, over the whole grammar.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reportedCapability } from "../../host/manifest/capability.ts";
import { encodeCbor, Tagged, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { decodeEnvelope } from "../../host/manifest/decode.ts";
import { digestItem, encodeDigest } from "../../host/manifest/digest.ts";
import {
  COMMANDS,
  COMPONENT_TEXT,
  MANIFEST_MEMBERS,
  METADATA_MEMBERS,
  PARAMETERS,
  TEXT_MEMBERS,
  WAIT_EVENTS,
  type CommandKind,
  type MemberKind,
  type ParameterKind,
} from "../../host/manifest/labels.ts";
import { lintEnvelope } from "../../host/manifest/lint/lint.ts";
import { UserError } from "../../host/user-error.ts";
import { toHex } from "../vectors.ts";

const bytes = fc.uint8Array({ maxLength: 40 });
const uint = fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
const int = fc.oneof(fc.integer(), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }));
const text = fc.string({ unit: "grapheme", maxLength: 12 });
const customLabel = fc.integer({ min: -70000, max: -256 });
const component = fc.array(fc.uint8Array({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 });
const anyCbor = fc.letrec<{ item: Cbor }>((tie) => ({
  item: fc.oneof(
    { depthSize: "small" },
    int,
    bytes,
    text,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("item"), { maxLength: 3 }),
    fc.array(fc.tuple(fc.nat(), tie("item")), { maxLength: 3 }).map(mapOf),
    fc.tuple(fc.nat({ max: 5000 }), bytes).map(([tag, content]) => new Tagged(tag + 4, content)),
  ),
})).item;

function mapOf(pairs: readonly (readonly [Cbor, Cbor])[]): Map<Cbor, Cbor> {
  return new Map(pairs);
}

/** A map of some of the labels of a table. */
function rows<Row extends { readonly label: number }>(
  table: readonly Row[],
  value: (row: Row) => fc.Arbitrary<Cbor>,
  minLength = 1,
): fc.Arbitrary<Map<Cbor, Cbor>> {
  return fc
    .subarray([...table], { minLength, maxLength: Math.min(6, table.length) })
    .chain((chosen) => fc.tuple(...chosen.map((row) => value(row).map((item) => [row.label, item] as const))))
    .map(mapOf);
}

const wrapped = (item: fc.Arbitrary<Cbor>): fc.Arbitrary<Cbor> => item.map(encodeCbor);
const version = fc.oneof(
  fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 3 }),
  fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: -3, max: -1 }), fc.nat()).map((list) => [...list]),
);
const match = fc.tuple(fc.integer({ min: 1, max: 5 }), version).map((pair) => [...pair]);
const digest = fc
  .constantFrom([-16, 32], [-18, 32], [-43, 48], [-44, 64], [-45, 64])
  .chain(([algorithm = 0, length = 0]) =>
    fc.uint8Array({ minLength: length, maxLength: length }).map((content): Cbor => [algorithm, content]),
  );
const otherDevice = fc
  .tuple(bytes, fc.array(match, { minLength: 1, maxLength: 2 }))
  .map(([device, matches]): Cbor => [device, matches]);
const actor = fc.oneof(
  text,
  fc.integer(),
  bytes,
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((uuid) => new Tagged(37, uuid)),
);
const metadata: Readonly<Record<(typeof METADATA_MEMBERS)[number]["kind"], fc.Arbitrary<Cbor>>> = {
  permissions: uint,
  uint,
  time: fc.nat().map((seconds) => new Tagged(1, seconds)),
  actor,
  actors: fc
    .uniqueArray(fc.tuple(text, uint), { minLength: 1, maxLength: 3, selector: ([name]) => name })
    .map(mapOf),
};
const recipient = fc.oneof(
  fc.tuple(fc.constantFrom(-3, -5), bytes, bytes).map(([algorithm, kid, key]): Cbor => [
    new Uint8Array(0),
    mapOf([
      [1, algorithm],
      [4, kid],
    ]),
    key,
  ]),
  fc.tuple(bytes, fc.oneof(bytes, fc.boolean()), bytes).map(([x, y, key]): Cbor => [
    encodeCbor(mapOf([[1, -29]])),
    mapOf([
      [
        -1,
        mapOf([
          [1, 2],
          [-1, 1],
          [-2, x],
          [-3, y],
        ]),
      ],
    ]),
    key,
  ]),
);
const encryption = fc
  .tuple(fc.boolean(), bytes, fc.array(recipient, { minLength: 1, maxLength: 2 }))
  .map(([isCounter, iv, recipients]): Cbor => {
    const headers: readonly Cbor[] = isCounter
      ? [new Uint8Array(0), mapOf([[1, -65534], [5, iv]])] // prettier-ignore
      : [encodeCbor(mapOf([[1, 1]])), mapOf([[5, iv]])];
    return new Tagged(96, [...headers, null, recipients]);
  });

const parameterValue: Readonly<Record<ParameterKind, fc.Arbitrary<Cbor>>> = {
  "vendor-identifier": fc.oneof(
    bytes,
    fc.nat().map((pen) => new Tagged(112, oid(pen))),
  ),
  "class-identifier": bytes,
  "device-identifier": fc.uint8Array({ minLength: 16, maxLength: 16 }),
  digest: wrapped(digest),
  "encryption-info": fc.oneof(wrapped(encryption), bytes),
  "version-match": wrapped(match),
  "fetch-arguments": fc.oneof(
    fc.maxSafeNat().map((offset) => encodeCbor(offset)),
    fc.uint8Array({ maxLength: 8 }),
  ),
  "wait-info": wrapped(
    rows(WAIT_EVENTS, ({ kind }) => (kind === "other-device" ? otherDevice : kind === "int" ? int : uint)),
  ),
  "component-metadata": wrapped(rows(METADATA_MEMBERS, ({ kind }) => metadata[kind])),
  size: uint,
  uint,
  time: uint,
  int,
  bool: fc.boolean(),
  tstr: text,
  bstr: bytes,
};

function oid(arc: number): Uint8Array {
  const digits = [arc & 127];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(128 | (rest & 127));
  return Uint8Array.from(digits);
}

const parameters = fc
  .tuple(
    rows(PARAMETERS, ({ kind }) => parameterValue[kind]),
    fc.array(fc.tuple(customLabel, anyCbor), { maxLength: 1 }),
  )
  .map(([named, custom]) => mapOf([...named, ...custom]));

const { sequence } = fc.letrec<{ sequence: Uint8Array; command: Cbor[] }>((tie) => {
  const byIndex = (value: fc.Arbitrary<Cbor>): fc.Arbitrary<Cbor> =>
    fc.array(fc.tuple(fc.nat({ max: 3 }), value), { minLength: 1, maxLength: 2 }).map(mapOf);
  const branches = fc
    .tuple(fc.array(tie("sequence"), { minLength: 2, maxLength: 3 }), fc.boolean())
    .map(([list, hasNull]): Cbor => (hasNull ? [...list.slice(1), null] : list));
  const argument: Readonly<Record<CommandKind, fc.Arbitrary<Cbor>>> = {
    policy: fc.nat({ max: 15 }),
    "component-index": fc.oneof(
      fc.nat({ max: 3 }),
      fc.constant(true),
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 }),
    ),
    parameters,
    "try-each": branches,
    sequence: tie("sequence"),
    "component-parameters": byIndex(parameters),
    "component-parameter-lists": byIndex(
      fc.array(fc.constantFrom(...PARAMETERS.map(({ label }) => label)), { minLength: 1, maxLength: 3 }),
    ),
  };
  const flat = COMMANDS.filter(({ kind }) => kind !== "try-each" && kind !== "sequence");
  const pair = (table: typeof COMMANDS): fc.Arbitrary<Cbor[]> =>
    fc
      .constantFrom(...table)
      .chain(({ label, kind }) => argument[kind].map((value): Cbor[] => [label, value]));
  return {
    sequence: fc
      .array(tie("command"), { minLength: 1, maxLength: 4 })
      .map((commands) => encodeCbor(commands.flat())),
    command: fc.oneof(
      { depthSize: "small", maxDepth: 2 },
      pair(flat),
      fc.tuple(customLabel, anyCbor).map(([label, value]): Cbor[] => [label - 1, value]),
      pair(COMMANDS),
    ),
  };
});

const textMap = wrapped(
  fc
    .uniqueArray(
      fc.tuple(
        fc.constantFrom("en", "de", "fr"),
        rows(TEXT_MEMBERS, () => text, 0),
        fc.array(
          fc.tuple(
            component,
            rows(COMPONENT_TEXT, () => text, 0),
          ),
          { maxLength: 1 },
        ),
      ),
      { maxLength: 2, selector: ([tag]) => tag },
    )
    .map((languages) =>
      mapOf(languages.map(([tag, texts, components]) => [tag, mapOf([...texts, ...components])])),
    ),
);

const memberValue: Readonly<
  Record<Exclude<MemberKind, "authentication" | "manifest" | "common">, fc.Arbitrary<Cbor>>
> = {
  sequence,
  "shared-sequence": sequence,
  text: textMap,
  coswid: bytes,
  uint,
  tstr: text,
  component,
  components: fc.array(component, { minLength: 1, maxLength: 3 }),
  dependencies: fc
    .array(
      fc.tuple(
        fc.nat({ max: 3 }),
        component.map((prefix) => mapOf([[1, prefix]])),
      ),
      { minLength: 1, maxLength: 2 },
    ) // prettier-ignore
    .map(mapOf),
  "version-list": wrapped(version),
};

const optionalMembers = MANIFEST_MEMBERS.filter(({ label }) => label > 3);
const manifest = fc
  .record({
    number: uint,
    components: memberValue.components,
    dependencies: fc.option(memberValue.dependencies),
    shared: fc.option(sequence),
    members: rows(
      optionalMembers,
      ({ kind }) =>
        kind === "authentication" || kind === "manifest" || kind === "common" ? bytes : memberValue[kind],
      0,
    ),
    custom: fc.array(fc.tuple(customLabel, anyCbor), { maxLength: 1 }),
    severed: fc.subarray(optionalMembers.filter(({ severable }) => severable).map(({ label }) => label)),
    absent: fc.boolean(),
    integrated: fc.array(fc.tuple(fc.string({ minLength: 1 }), bytes), { maxLength: 2 }),
    blocks: fc.array(bytes, { maxLength: 3 }),
  })
  .map((parts) => {
    const common = mapOf([[2, parts.components]]);
    if (parts.dependencies !== null) common.set(1, parts.dependencies);
    if (parts.shared !== null) common.set(4, parts.shared);
    const members = mapOf([[1, 1], [2, parts.number], [3, encodeCbor(common)], ...parts.members, ...parts.custom]); // prettier-ignore
    const beside = new Map<Cbor, Cbor>();
    for (const label of parts.severed) {
      const content = members.get(label);
      if (content === undefined) continue;
      members.set(label, digestItem(encodeCbor(content)));
      if (!parts.absent) beside.set(label, content);
    }
    const encoded = encodeCbor(members);
    const wrapper = encodeCbor([encodeDigest(encodeCbor(encoded)), ...parts.blocks]);
    const names = parts.integrated.filter(([name]) => name !== "__proto__");
    return encodeCbor(new Tagged(107, mapOf([[2, wrapper], [3, encoded], ...beside, ...names]))); // prettier-ignore
  });

/** What a file of the JSON holds. */
const throughFile = (json: unknown): unknown => JSON.parse(JSON.stringify(json));

describe("the JSON form", () => {
  it("of every envelope of the grammar becomes the same bytes and says everything by name", () => {
    fc.assert(
      fc.property(manifest, (envelope) => {
        const json = decodeEnvelope(envelope);
        const again = createEnvelope(throughFile(json));
        expect(toHex(again)).toBe(toHex(envelope));
        expect(JSON.stringify(json)).not.toContain('{"cbor":');
        expect(decodeEnvelope(again)).toEqual(json);
      }),
      { numRuns: 150 },
    );
  });

  it("of an envelope with changed bytes becomes the same bytes, or there is none and it says why", () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(manifest, edits, (envelope, changes) => {
        const changed = envelope.slice();
        for (const [position, byte] of changes) changed[position % changed.length] = byte;
        try {
          expect(toHex(createEnvelope(throughFile(decodeEnvelope(changed))))).toBe(toHex(changed));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(["no-json-form", "not-an-envelope"]).toContain(error.code);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("the linter", () => {
  it("has findings for any envelope and never an exception", () => {
    const device = {
      vendorId: "",
      classId: "",
      deviceId: "",
      components: [],
      sequenceFloor: 3n,
      slotBytes: 1000,
      pageBytes: 256,
      capability: reportedCapability({ commands: [], parameters: [], algorithms: [], envelope: [], manifest: [], common: [] }), // prettier-ignore
    };
    fc.assert(
      fc.property(fc.oneof(manifest, bytes), (envelope) => {
        for (const { message, fix } of lintEnvelope(envelope, device)) {
          expect(message).toMatch(/^[\s\S]+\.$/);
          expect(fix).toMatch(/^[\s\S]+\.$/);
        }
      }),
      { numRuns: 100 },
    );
  });
});
