/**
 * The templates: each becomes an envelope that the linter has nothing to say about, and the ones that
 * our bootloader processes are accepted and installed by it.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OWN_CAPABILITY } from "../../host/manifest/capability.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { lintEnvelope } from "../../host/manifest/lint/lint.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { manifestTemplate, TemplateName } from "../../host/manifest/template.ts";
import { classIdentifier, uuidText, vendorIdentifier } from "../../host/manifest/uuid.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { acceptable, image, judgeManifest } from "../candidate.ts";
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

/** Templates that our bootloader processes. */
const OURS: readonly TemplateName[] = ["secure-boot", "ab"];

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

  it.each(OURS)("%s is installed by our bootloader", (name) => {
    const text = JSON.stringify(templateOf(name))
      .replaceAll('"domain":"example.com","name":"sensor"', '"domain":"brownout.example","name":"sensor"')
      .replaceAll('{"domain":"example.com"}', JSON.stringify(acceptable.vendor))
      .replaceAll(/\{"file":"app-[ab].bin"\}/g, '"payload"');
    const json = z.looseObject({}).parse(JSON.parse(text));
    expect(judgeManifest(json).verdict).toBe("accepted");
  });
});
