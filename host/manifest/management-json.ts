/**
 * The JSON of what draft-ietf-suit-update-management-14 adds: versions, events to wait for, metadata
 * of a component (§4.4 to §4.6).
 */
import { z } from "zod";
import { all, type CborNode } from "./cbor-node.ts";
import { encodeCbor, Tagged, type Cbor } from "./cbor-writer.ts";
import { form, fromHex, Hex, toHex } from "./form.ts";
import { byLabel, byName, METADATA_MEMBERS, VERSION_COMPARISONS, WAIT_EVENTS } from "./labels.ts";
import { exactlyOne, INTEGER, ONE_MEMBER, UNSIGNED } from "./value-json.ts";
import { Sources } from "./source.ts";

/** What stands for a pre-release in a version, by its number. */
const PRE_RELEASES = [
  [-1, "rc"],
  [-2, "beta"],
  [-3, "alpha"],
] as const;

const VersionJson = z
  .union([
    z
      .string()
      .regex(
        /^[0-9]{1,9}(\.[0-9]{1,9}){0,2}(-(rc|beta|alpha)(\.[0-9]{1,9})*)?$/,
        "must be a version such as 1.2.3 or 1.2.3-rc.1",
      ),
    z.array(z.int()).min(1),
  ])
  .meta({ id: "Version", description: 'A version: "1.2.3", "1.2.3-rc.1", or its numbers in a list.' });

/** A version as a list of integers: release, then a number for the pre-release, then its numbers. */
function versionValue(json: z.infer<typeof VersionJson>): number[] {
  if (typeof json !== "string") return json;
  const [release = "", preRelease = ""] = json.split("-");
  const [name, ...rest] = preRelease.split(".");
  const label = PRE_RELEASES.filter((pair) => pair[1] === name).map(([number]) => number);
  return [...release.split("."), ...label, ...rest].map(Number);
}

function versionJson(node: CborNode | undefined): unknown {
  const numbers = all(node?.elements(), (element) => element.smallInteger());
  if (numbers === undefined || numbers.length === 0) return undefined;
  const at = numbers.findIndex((number) => number < 0);
  const label = PRE_RELEASES.find(([number]) => number === numbers[at])?.[1];
  const release = (at < 0 ? numbers : numbers.slice(0, at)).join(".");
  const text = label === undefined ? release : [`${release}-${label}`, ...numbers.slice(at + 1)].join(".");
  const isSame = VersionJson.safeParse(text).success && String(versionValue(text)) === String(numbers);
  return isSame ? text : numbers;
}

/** The version of what a manifest installs: a list in a byte string. */
export const VERSION_LIST = form(
  VersionJson,
  (json) => encodeCbor(versionValue(json)),
  (node) => versionJson(node.embedded()),
);

const MatchJson = z
  .strictObject(Object.fromEntries(VERSION_COMPARISONS.map(({ name }) => [name, VersionJson.optional()])))
  .refine(exactlyOne, ONE_MEMBER)
  .meta({ id: "VersionMatch", description: 'Which versions are meant, as in {"greater-equal": "1.2.0"}.' });

function matchValue(json: z.infer<typeof MatchJson>): Cbor {
  const [name = "", version] = Object.entries(json).find(([, value]) => value !== undefined) ?? [];
  return [byName(VERSION_COMPARISONS, name)?.label ?? 0, versionValue(VersionJson.parse(version))];
}

function matchJson(node: CborNode | undefined): unknown {
  const [comparison, version] = node?.elements() ?? [];
  const name = byLabel(VERSION_COMPARISONS, comparison?.integer() ?? 0n)?.name;
  const json = versionJson(version);
  return name === undefined || json === undefined ? undefined : { [name]: json };
}

/** The parameter version: a comparison in a byte string. */
export const VERSION_MATCH = form(
  MatchJson,
  (json) => encodeCbor(matchValue(json)),
  (node) => matchJson(node.embedded()),
);

const OtherDevice = z.strictObject({ device: Hex, versions: z.array(MatchJson).min(1) });

const WAIT_SCHEMAS = { int: INTEGER.schema, uint: UNSIGNED.schema, "other-device": OtherDevice } as const;

const WaitJson = z
  .strictObject(
    Object.fromEntries(
      WAIT_EVENTS.map(({ name, kind, description }) => [
        name,
        WAIT_SCHEMAS[kind].describe(description).optional(),
      ]),
    ),
  )
  .refine((value) => Object.keys(value).length > 0, "must name at least one event")
  .meta({ id: "WaitInfo", description: "The events to wait for, all of them." });

/** The parameter wait-info: a map in a byte string. */
export const WAIT_INFO = form(
  WaitJson,
  (json) => encodeFields(WAIT_EVENTS, json, waitValue),
  (node) => decodeFields(WAIT_EVENTS, node, waitJson),
);

function waitValue(kind: keyof typeof WAIT_SCHEMAS, json: unknown): Cbor {
  if (kind !== "other-device") return numberValue(kind, json);
  const { device, versions } = OtherDevice.parse(json);
  return [fromHex(device), versions.map(matchValue)];
}

function waitJson(kind: keyof typeof WAIT_SCHEMAS, node: CborNode): unknown {
  if (kind !== "other-device") return INTEGER.decode(node);
  const [device, versions] = node.elements() ?? [];
  const bytes = device?.bytes();
  const matches = all(versions?.elements(), matchJson);
  return bytes === undefined || matches === undefined
    ? undefined
    : { device: toHex(bytes), versions: matches };
}

const ActorJson = z
  .union([z.string(), z.int(), z.strictObject({ hex: Hex }), z.strictObject({ uuid: Hex.length(32) })])
  .meta({ id: "Actor", description: 'Somebody: a name, a number, {"hex": …} or {"uuid": hex}.' });

const ActorsJson = z
  .array(z.strictObject({ actor: ActorJson, permissions: UNSIGNED.schema }))
  .min(1)
  .describe("Who may do what, as bits.");

const METADATA_SCHEMAS = {
  permissions: UNSIGNED.schema,
  uint: UNSIGNED.schema,
  time: UNSIGNED.schema,
  actors: ActorsJson,
  actor: ActorJson,
} as const;

const MetadataJson = z
  .strictObject(
    Object.fromEntries(
      METADATA_MEMBERS.map(({ name, kind, description }) => [
        name,
        METADATA_SCHEMAS[kind].describe(description).optional(),
      ]),
    ),
  )
  .meta({ id: "ComponentMetadata", description: "Permissions, type, times and creator of a component." });

/** The parameter component-metadata: a map in a byte string. */
export const COMPONENT_METADATA = form(
  MetadataJson,
  (json) => encodeFields(METADATA_MEMBERS, json, metadataValue),
  (node) => decodeFields(METADATA_MEMBERS, node, metadataJson),
);

/** CBOR tag of a time in seconds since 1970 (RFC 8949 §3.4.2), and of a UUID. */
const TIME_TAG = 1;
const UUID_TAG = 37;

function metadataValue(kind: keyof typeof METADATA_SCHEMAS, json: unknown): Cbor {
  switch (kind) {
    case "permissions":
    case "uint":
      return numberValue("uint", json);
    case "time":
      return new Tagged(TIME_TAG, numberValue("uint", json));
    case "actor":
      return actorValue(ActorJson.parse(json));
    case "actors":
      return new Map(
        ActorsJson.parse(json).map(({ actor, permissions }) => [
          actorValue(actor),
          numberValue("uint", permissions),
        ]),
      );
  }
}

function metadataJson(kind: keyof typeof METADATA_SCHEMAS, node: CborNode): unknown {
  switch (kind) {
    case "permissions":
    case "uint":
      return UNSIGNED.decode(node);
    case "time": {
      const time = node.tagged(TIME_TAG);
      return time === undefined ? undefined : UNSIGNED.decode(time);
    }
    case "actor":
      return actorJson(node);
    case "actors":
      return all(node.entries(), ([key, value]) => {
        const actor = actorJson(key);
        const permissions = UNSIGNED.decode(value);
        return actor === undefined || permissions === undefined ? undefined : { actor, permissions };
      });
  }
}

function actorValue(json: z.infer<typeof ActorJson>): Cbor {
  if (typeof json !== "object") return json;
  return "hex" in json ? fromHex(json.hex) : new Tagged(UUID_TAG, fromHex(json.uuid));
}

function actorJson(node: CborNode): unknown {
  const bytes = node.bytes();
  const uuid = node.tagged(UUID_TAG)?.bytes();
  if (bytes !== undefined) return { hex: toHex(bytes) };
  return uuid === undefined ? (node.text() ?? node.smallInteger()) : { uuid: toHex(uuid) };
}

function numberValue(kind: "int" | "uint", json: unknown): Cbor {
  return (kind === "int" ? INTEGER : UNSIGNED).encode(json, new Sources({}));
}

interface Field<Kind> {
  readonly label: number;
  readonly name: string;
  readonly kind: Kind;
}

/** A map of named fields, in a byte string. */
function encodeFields<Kind>(
  table: readonly Field<Kind>[],
  json: object,
  value: (kind: Kind, json: unknown) => Cbor,
): Uint8Array {
  const fields = new Map<Cbor, Cbor>();
  for (const [name, content] of Object.entries(json)) {
    const known = byName(table, name);
    if (known !== undefined && content !== undefined) fields.set(known.label, value(known.kind, content));
  }
  return encodeCbor(fields);
}

function decodeFields<Kind>(
  table: readonly Field<Kind>[],
  node: CborNode,
  read: (kind: Kind, node: CborNode) => unknown,
): unknown {
  const pairs = all(node.embedded()?.entries(), ([key, content]) => {
    const label = key.integer();
    const known = label === undefined ? undefined : byLabel(table, label);
    const json = known === undefined ? undefined : read(known.kind, content);
    return known === undefined || json === undefined ? undefined : ([known.name, json] as const);
  });
  return pairs === undefined ? undefined : Object.fromEntries(pairs);
}
