/**
 * The templates: each becomes an envelope that the linter has nothing to say about, and the ones that
 * our bootloader processes are accepted and installed by it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OWN_CAPABILITY } from "../../host/manifest/capability.ts";
import { encodeCbor } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { decodeEnvelope } from "../../host/manifest/decode.ts";
import type { DeviceFacts } from "../../host/manifest/lint/device.ts";
import { lintEnvelope } from "../../host/manifest/lint/lint.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { manifestTemplate, SCHEMA_FILE, TemplateName } from "../../host/manifest/template.ts";
import { classIdentifier, uuidText, vendorIdentifier } from "../../host/manifest/uuid.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { acceptable, image, judgeEnvelope, trusted } from "../candidate.ts";
import { KEY } from "./manifest-fixture.ts";

const Template = z.looseObject({ $schema: z.string(), $comment: z.string() });
const templateOf = (name: TemplateName): z.infer<typeof Template> =>
  Template.parse(JSON.parse(manifestTemplate(name)));

/** Every file that a template names has other content; the radio's is an envelope. */
const readFile = (name: string): Uint8Array =>
  name === "radio.suit"
    ? signEnvelope(createEnvelope(templateOf("secure-boot"), { payload: image }), KEY)
    : new TextEncoder().encode(`the content of ${name}`);

const made = (name: TemplateName): Uint8Array =>
  createEnvelope(templateOf(name), { payload: image, readFile });

/** Templates that our bootloader processes, each with the components that a device needs for it. */
const OURS: readonly (readonly [TemplateName, readonly string[]])[] = [
  ["secure-boot", ["app"]],
  ["ab", ["app"]],
  ["swap", ["app", "staging"]],
  ["dependency", ["app", "radio"]],
  ["multi-component", ["app", "radio"]],
];

/** A template for the device of `candidate.ts`, whose payload is every file. */
function adapted(name: TemplateName, change: object = {}): Uint8Array {
  const text = JSON.stringify(templateOf(name))
    .replaceAll('"domain":"example.com","name":"sensor"', '"domain":"brownout.example","name":"sensor"')
    .replaceAll('{"domain":"example.com"}', JSON.stringify(acceptable.vendor));
  const json = { ...z.looseObject({}).parse(JSON.parse(text)), ...change };
  const files = (file: string): Uint8Array =>
    file === "radio.suit" ? adapted("secure-boot", { components: [["radio"]] }) : image;
  return signEnvelope(createEnvelope(json, { payload: image, readFile: files }), trusted);
}

const vendorId = vendorIdentifier("brownout.example");
/** What the linter knows of the device of `candidate.ts`. */
const sampleDevice: DeviceFacts = {
  vendorId: uuidText(vendorId),
  classId: uuidText(classIdentifier(vendorId, "sensor")),
  components: ["app"],
  sequenceFloor: 1n,
  slotBytes: 34816,
  pageBytes: 1024,
  wantsIdentity: true,
  capability: OWN_CAPABILITY,
  authority: { keys: [trusted], components: [encodeCbor([new TextEncoder().encode("app")])] },
};

describe("the templates", () => {
  it.each(TemplateName.options)("%s becomes an envelope that the linter has nothing to say about", (name) => {
    expect(lintEnvelope(made(name))).toEqual([]);
  });

  it.each(TemplateName.options)("%s names the schema, which is there, and explains itself", (name) => {
    const { $schema, $comment } = templateOf(name);
    const schema: unknown = JSON.parse(readFileSync(fileURLToPath($schema), "utf8"));
    expect(schema).toMatchObject({ title: "Brownout manifest" });
    expect($comment).toMatch(/\.$/);
  });

  it.each(TemplateName.options)("%s is accepted or refused by the host as the linter says", (name) => {
    const vendor = vendorIdentifier("example.com");
    const findings = lintEnvelope(made(name), {
      vendorId: uuidText(vendor),
      classId: uuidText(classIdentifier(vendor, "sensor")),
      deviceId: "",
      components: ["app", "staging", "radio", "radio.suit", "encrypted", "patch"],
      sequenceFloor: 1n,
      slotBytes: 34816,
      pageBytes: 1024,
      capability: OWN_CAPABILITY,
    });
    const verdict = verifyEnvelope(signEnvelope(made(name), KEY), [KEY]);
    expect(verdict.ok).toBe(findings.length === 0);
  });

  it.each(OURS)("%s is installed by our bootloader on a device with %s", (name, components) => {
    expect(judgeEnvelope(adapted(name), { components }).verdict).toBe("accepted");
  });

  it.each(TemplateName.options)(
    "%s says so itself if the sample device does not take it as it is",
    (name) => {
      const isTaken = judgeEnvelope(adapted(name)).verdict === "accepted";
      expect(templateOf(name).$comment.includes("The sample device")).toBe(!isTaken);
      const signed = adapted(name);
      const rules = lintEnvelope(signed, sampleDevice).map(({ rule }) => rule);
      expect(rules.length === 0).toBe(isTaken);
    },
  );

  it.each(TemplateName.options)(
    "%s is valid by the schema that is published, and not with a typing error",
    (name) => {
      const schema = z.fromJSONSchema(
        JSON.parse(readFileSync(SCHEMA_FILE, "utf8")) as z.core.JSONSchema.JSONSchema,
      );
      expect(schema.safeParse(templateOf(name)).error).toBeUndefined();
      expect(schema.safeParse({ ...templateOf(name), componets: [] }).success).toBe(false);
      expect(schema.safeParse({ ...templateOf(name), components: "app" }).success).toBe(false);
      const misspelt: unknown = JSON.parse(
        JSON.stringify(templateOf(name)).replace('"image-match"', '"image-mach"'),
      );
      expect(schema.safeParse(misspelt).success).toBe(false);
    },
  );

  it.each(TemplateName.options)("%s becomes JSON again that makes the same bytes, signed and not", (name) => {
    for (const envelope of [made(name), signEnvelope(made(name), KEY)]) {
      const json: unknown = JSON.parse(JSON.stringify(decodeEnvelope(envelope)));
      expect(Buffer.from(createEnvelope(json)).toString("hex")).toBe(Buffer.from(envelope).toString("hex"));
    }
  });
});
