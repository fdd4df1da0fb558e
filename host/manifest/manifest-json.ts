/**
 * The JSON that people write, as a schema: `docs/manifest.md` explains it with examples.
 */
import { z } from "zod";
import { UserError } from "../user-error.ts";
import { SequenceJson } from "./command-json.ts";
import { jsonError } from "./json-error.ts";
import { COMPONENT_TEXT, TEXT_MEMBERS } from "./labels.ts";
import { BytesJson, ClassJson, ComponentJson, DeviceJson, UnsignedJson, VendorJson } from "./value-json.ts";

const LanguageText = z.strictObject({
  ...Object.fromEntries(TEXT_MEMBERS.map(({ name }) => [name, z.string().optional()])),
  components: z
    .array(
      z.strictObject({
        component: ComponentJson,
        ...Object.fromEntries(COMPONENT_TEXT.map(({ name }) => [name, z.string().optional()])),
      }),
    )
    .optional(),
});

/** A section: its commands, or null to leave it out where the short form would write it. */
const Section = z.union([SequenceJson, z.null()]).optional();

/** The JSON form of an envelope. */
export const ManifestJson = z
  .strictObject({
    $schema: z.string().optional().describe("The JSON Schema, for editors."),
    sequenceNumber: UnsignedJson.describe("Increases with every update."),
    component: ComponentJson.optional().describe("Short form: the one component, updated the standard way."),
    components: z.array(ComponentJson).min(1).optional().describe("Long form: all components."),
    vendor: VendorJson.optional().describe("Short form: who made the device."),
    class: ClassJson.optional().describe("Short form: which product it is."),
    device: DeviceJson.optional().describe("Short form: the one device that may take the update."),
    payload: z.string().min(1).optional().describe("The payload's file, unless it is given otherwise."),
    uri: z
      .string()
      .min(1)
      .optional()
      .describe('Short form: where the payload is; "/suit/payload" unless given.'),
    shared: Section,
    validate: Section,
    load: Section,
    invoke: Section,
    payloadFetch: Section,
    install: Section,
    dependencyResolution: Section,
    candidateVerification: Section,
    uninstall: Section,
    referenceUri: z.string().optional().describe("Where the envelope can be found."),
    manifestComponentId: ComponentJson.optional(),
    setVersion: z.array(z.int()).min(1).optional(),
    coswid: BytesJson.optional(),
    dependencies: z
      .record(
        z.string().regex(/^[0-9]+$/, "must be a component index"),
        z.strictObject({ prefix: ComponentJson.optional() }),
      )
      .optional(),
    text: z.record(z.string().min(1), LanguageText).optional().describe("Text for people, by language tag."),
    severable: z
      .array(
        z.enum([
          "install",
          "text",
          "payloadFetch",
          "coswid",
          "dependencyResolution",
          "candidateVerification",
        ]),
      )
      .optional()
      .describe("Members that stand beside the manifest, which holds their digest."),
    integrated: z
      .record(z.string().min(1), z.union([z.literal("payload"), BytesJson]))
      .optional()
      .describe('Payloads inside the envelope, by URI: "payload" or bytes.'),
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

/**
 * Checks a manifest's JSON.
 *
 * @throws UserError manifest-json, with the path of what is wrong
 */
export function parseManifestJson(json: unknown): ManifestJson {
  const spelled = respell(json);
  const parsed = ManifestJson.safeParse(spelled);
  if (!parsed.success) throw jsonError(parsed.error, spelled, Object.keys(ManifestJson.shape));
  return parsed.data;
}

/** The JSON Schema of the form, for editors and for `docs/`. */
export function manifestJsonSchema(): unknown {
  return z.toJSONSchema(ManifestJson, { io: "input" });
}

function respell(json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const members = new Map<string, unknown>();
  for (const [key, value] of Object.entries(json)) {
    const name = DRAFT_SPELLINGS.get(key) ?? key;
    if (members.has(name)) {
      throw new UserError("manifest-json", `The manifest's JSON has ${name} twice, in two spellings.`);
    }
    members.set(name, name === "severable" && Array.isArray(value) ? value.map(respellName) : value);
  }
  return Object.fromEntries(members);
}

function respellName(name: unknown): unknown {
  return typeof name === "string" ? (DRAFT_SPELLINGS.get(name) ?? name) : name;
}
