/**
 * The JSON that people write, as a schema: `docs/manifest.md` explains it with examples.
 */
import { z } from "zod";
import { UserError } from "../user-error.ts";
import { decodeSequence, encodeSequence, SequenceJson } from "./command-json.ts";
import { exact, form, orRaw, RawJson, type Form } from "./form.ts";
import { ClassJson, DeviceJson, VendorJson } from "./identifier-json.ts";
import { jsonError } from "./json-error.ts";
import {
  COMMON_MEMBERS,
  MANIFEST_MEMBERS,
  referenceOf,
  SEVERABLE_MEMBERS,
  type MemberKind,
  type MemberLabel,
} from "./labels.ts";
import { VERSION_LIST } from "./management-json.ts";
import { CustomMembers } from "./parameter-json.ts";
import { DEPENDENCIES, COMPONENTS } from "./component-json.ts";
import { TEXT_MAP } from "./text-json.ts";
import { BYTES, BytesJson, COMPONENT, ComponentJson, DIGEST, TEXT, UNSIGNED } from "./value-json.ts";

const SEQUENCE = orRaw(form(SequenceJson, encodeSequence, (node) => decodeSequence(node.embedded())));

/** Members of envelope and manifest whose insides have members of their own in the JSON. */
type OuterKind = "authentication" | "manifest" | "common";

/** The form of each kind of member. */
export const MEMBER_FORMS: Readonly<Record<Exclude<MemberKind, OuterKind>, Form>> = {
  sequence: SEQUENCE,
  "shared-sequence": SEQUENCE,
  text: exact(TEXT_MAP),
  coswid: exact(BYTES),
  uint: exact(UNSIGNED),
  tstr: exact(TEXT),
  component: exact(COMPONENT),
  components: exact(COMPONENTS),
  dependencies: exact(DEPENDENCIES),
  "version-list": exact(VERSION_LIST),
};

/** The form of a member, unless it is one with members of its own. */
export function memberForm({ kind }: MemberLabel): Form | undefined {
  return kind === "authentication" || kind === "manifest" || kind === "common"
    ? undefined
    : MEMBER_FORMS[kind];
}

/** A severable member by its digest; its content may be absent, or not have the digest. */
export const SeveredJson = z
  .strictObject({
    digest: exact(DIGEST).schema,
    content: z.unknown().optional().describe("What stands in the envelope, in the form of the member."),
  })
  .meta({ id: "Severed", description: "A member that is not in the manifest, which has its digest." });

/** A member in the schema: its form, its digest if it can be severed, null for a section left out. */
function memberSchema(member: MemberLabel): z.ZodType {
  const inner = memberForm(member)?.schema ?? z.never();
  const choices = [
    inner,
    ...(member.severable ? [SeveredJson] : []),
    ...(member.kind === "sequence" || member.kind === "shared-sequence" ? [z.null()] : []),
  ];
  const schema = choices.length === 1 ? inner : z.union(choices);
  const described = `${member.description} (${member.label}, ${referenceOf(member)})`;
  // The sequence number is what even the shortest manifest states.
  return member.json === "sequenceNumber"
    ? schema.describe(described)
    : schema.optional().describe(described);
}

/** All members of manifest and common map that have a form, by their names in the JSON. */
const memberShape = Object.fromEntries(
  [...MANIFEST_MEMBERS, ...COMMON_MEMBERS]
    .filter((member) => memberForm(member) !== undefined)
    .map((member) => [member.json, memberSchema(member)]),
);

/** A whole envelope inside another. */
const NestedEnvelope: z.ZodType = z.lazy(() => ManifestJson);

/** The JSON form of an envelope. */
export const ManifestJson = z
  .strictObject({
    $schema: z.string().optional().describe("The JSON Schema, for editors."),
    $comment: z.string().optional().describe("A remark for people; it is not in the envelope."),
    ...memberShape,
    component: ComponentJson.optional().describe("Short form: the one component, updated the standard way."),
    vendor: VendorJson.optional().describe("Short form: who made the device."),
    class: ClassJson.optional().describe("Short form: which product it is."),
    device: DeviceJson.optional().describe("Short form: the one device that may take the update."),
    payload: z.string().min(1).optional().describe("The payload's file, unless it is given otherwise."),
    uri: z
      .string()
      .min(1)
      .optional()
      .describe('Short form: where the payload is; "/suit/payload" unless given.'),
    severable: z
      .array(z.enum(SEVERABLE_MEMBERS.map(({ json }) => json)))
      .optional()
      .describe("Members that stand beside the manifest, which holds their digest."),
    integrated: z
      .record(
        z.string().min(1),
        z.union([z.literal("payload"), BytesJson, z.strictObject({ envelope: NestedEnvelope })]),
      )
      .optional()
      .describe('Payloads inside the envelope, by URI: "payload", bytes, or the JSON of an envelope.'),
    authentication: z
      .strictObject({
        digest: z.union([exact(DIGEST).schema, RawJson]).optional(),
        blocks: z.array(BytesJson).optional(),
      })
      .optional()
      .describe("Signatures that were made already: encoded COSE structures, and their digest."),
    custom: z
      .strictObject({
        envelope: CustomMembers.optional(),
        manifest: CustomMembers.optional(),
        common: CustomMembers.optional(),
      })
      .optional()
      .describe("Members that have no name here, by number."),
  })
  .meta({ title: "Brownout manifest", description: "A SUIT envelope as JSON." });

/** A manifest's JSON after checking. */
export type ManifestJson = z.infer<typeof ManifestJson>;

/** The draft's own spelling of a member's name is accepted as well. */
const DRAFT_SPELLINGS: ReadonlyMap<string, string> = new Map(
  Object.keys(ManifestJson.shape).map((name) => [
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    name,
  ]),
);

/** How deep the JSON may nest. */
const MAXIMUM_DEPTH = 128;
/** How many values the JSON may have: as many as `inspect` reads CBOR items. */
const MAXIMUM_VALUES = 100_000;

/**
 * Checks a manifest's JSON.
 *
 * @throws UserError manifest-json, with the path of what is wrong
 */
export function parseManifestJson(json: unknown): ManifestJson {
  requireSane(json);
  const spelled = respell(json);
  const parsed = ManifestJson.safeParse(spelled);
  if (!parsed.success) throw jsonError(parsed.error, spelled, Object.keys(ManifestJson.shape));
  return parsed.data;
}

/** The JSON Schema of the form, for editors and for `docs/`. */
export function manifestJsonSchema(): unknown {
  return z.toJSONSchema(ManifestJson, { io: "input" });
}

/** Refuses what would exhaust the checker, and text that has no UTF-8. */
function requireSane(json: unknown): void {
  let level: unknown[] = [json];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAXIMUM_DEPTH) {
      throw new UserError(
        "manifest-json",
        `The manifest's JSON nests deeper than ${MAXIMUM_DEPTH} levels.`,
        "No device takes a manifest that deep; write it flatter.",
      );
    }
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === "string") requireUnicode(value);
      if (typeof value !== "object" || value === null) continue;
      values += Array.isArray(value) ? value.length : Object.keys(value).length;
      if (values > MAXIMUM_VALUES) {
        throw new UserError(
          "manifest-json",
          `The manifest's JSON has more than ${MAXIMUM_VALUES} values.`,
          "No device takes a manifest that large; split the update.",
        );
      }
      for (const [key, member] of Object.entries(value)) {
        requireUnicode(key);
        if (key === "__proto__") throw new UserError("manifest-json", PROTO, "Give it another name.");
        next.push(member);
      }
    }
    level = next;
  }
}

const PROTO = 'The manifest\'s JSON has a member "__proto__", which JSON tools do not keep.';

function requireUnicode(text: string): void {
  if (!/\p{Surrogate}/u.test(text)) return;
  throw new UserError(
    "manifest-json",
    "The manifest's JSON has a text with half a surrogate pair, which is no Unicode text.",
    'Write both halves, as in "\\ud83d\\ude00", or the character itself.',
  );
}

function respell(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const members = new Map<string, unknown>();
  for (const [key, value] of Object.entries(json)) {
    const name = DRAFT_SPELLINGS.get(key) ?? key;
    if (members.has(name)) {
      throw new UserError(
        "manifest-json",
        `The manifest's JSON has ${name} twice, in two spellings.`,
        "Leave one of the two out.",
      );
    }
    members.set(name, name === "severable" && Array.isArray(value) ? value.map(respellName) : value);
  }
  return Object.fromEntries(members);
}

function respellName(name: unknown): unknown {
  return typeof name === "string" ? (DRAFT_SPELLINGS.get(name) ?? name) : name;
}
