/**
 * What the inspector says of good, foreign and broken envelopes.
 */
import { describe, expect, it } from "vitest";
import { publicKeyOf } from "../../host/keys/key.ts";
import { encodeCbor, Tagged } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { inspectEnvelope } from "../../host/manifest/inspect.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { toHex } from "../vectors.ts";
import { envelope, KEY, map } from "./manifest-fixture.ts";

const payload = new TextEncoder().encode("firmware");
const json = {
  sequenceNumber: 2,
  component: ["app"],
  vendor: { domain: "example.com" },
  class: { name: "sensor" },
  referenceUri: "coap://example.com/2",
  text: {
    en: {
      "manifest-description": "Second release.\nFaster.",
      components: [{ component: ["app"], "vendor-domain": "example.com" }],
    },
  },
  severable: ["install", "text"],
  integrated: { "#app": "payload" },
};
const signed = signEnvelope(createEnvelope(json, { payload }), KEY);

/** The bytes of all lines of an annotated hex dump. */
function bytesOf(annotated: string): string {
  return annotated
    .split("\n")
    .map((line) => line.slice(6, 6 + 48).replaceAll(" ", ""))
    .join("");
}

describe("the inspector", () => {
  const inspection = inspectEnvelope(signed, [publicKeyOf(KEY)]);

  it("describes an envelope as data", () => {
    expect(inspection.problem).toBeUndefined();
    expect(inspection.description).toMatchObject({
      bytes: signed.length,
      digest: { algorithm: "sha-256", matches: true },
      signatures: [{ structure: "COSE_Sign1", algorithm: -9, algorithmName: "ESP256", signatureBytes: 64 }],
      version: 1,
      sequenceNumber: 2,
      referenceUri: "coap://example.com/2",
      components: ["app"],
      text: {
        en: { "manifest-description": "Second release.\nFaster.", app: { "vendor-domain": "example.com" } },
      },
      textSection: { place: "envelope", digest: { matches: true } },
      integratedPayloads: [{ name: "#app", bytes: payload.length }],
      unknownMembers: [],
    });
    expect(inspection.description.sections.map(({ name, place }) => [name, place])).toEqual([
      ["shared", "manifest"],
      ["validate", "manifest"],
      ["invoke", "manifest"],
      ["install", "envelope"],
    ]);
  });

  it("says it in plain words", () => {
    for (const line of [
      "Sequence number 2",
      "Signature 1: COSE_Sign1 with ESP256 (-9), 64 bytes",
      "Signature 1 verifies under key 1 of 1.",
      "Component 0: app",
      "    vendor-identifier = cfbff0d1-9375-5685-968c-48ce8b15ae17",
      "    uri = #app",
      "  fetch (21): record-on-failure",
    ]) {
      expect(inspection.text.split("\n")).toContain(line);
    }
  });

  it("opens embedded CBOR in diagnostic notation, with names", () => {
    expect(inspection.diagnostic).toContain("/ manifest-sequence-number / 2: 2,");
    expect(inspection.diagnostic).toContain("/ fetch / 21, 2 / record-on-failure /,");
    expect(inspection.diagnostic).toContain(`/ integrated-payload / "#app": h'${toHex(payload)}'`);
  });

  it("annotates every byte exactly once", () => {
    expect(bytesOf(inspection.annotatedHex)).toBe(toHex(signed));
    expect(inspection.annotatedHex).toContain("tag 107 (SUIT_Envelope)");
  });

  it("shows the beginning of a long string and says how much more there is", () => {
    const long = inspectEnvelope(envelope({ envelope: [["#big", new Uint8Array(20_000)]] }));
    expect(long.annotatedHex).toMatch(/\n {6}… 3616 more bytes$/);
  });

  it("opens what the drafts around SUIT put into byte strings, with names", () => {
    const { diagnostic, text } = inspectEnvelope(
      createEnvelope({
        sequenceNumber: 1,
        components: ["a"],
        install: [
          {
            "override-parameters": {
              "encryption-info": {
                algorithm: "A128CTR",
                iv: "00",
                recipients: [{ algorithm: "A128KW", key: "01" }],
              },
              version: { "greater-equal": "1.2.0-rc.1" },
              "wait-info": { "time-of-day": 3600 },
            },
          },
        ],
      }),
    );
    expect(diagnostic).toContain("<< / COSE_Encrypt / 96([");
    expect(diagnostic).toContain("/ alg / 1: -65534 / A128CTR /");
    expect(diagnostic).toContain("/ comparison / 2 / greater-equal /");
    expect(diagnostic).toContain("/ time-of-day / 6: 3600");
    expect(text).toContain("override-parameters (20)");
  });

  it("names what the bootloader does not process, and says that it would refuse it", () => {
    const foreign = createEnvelope({
      sequenceNumber: 1,
      components: ["a"],
      dependencies: { "1": {} },
      load: ["copy"],
      uninstall: [{ wait: {} }],
      setVersion: "1",
    });
    const { description, problem, text } = inspectEnvelope(foreign);
    expect(description.dependencies).toBe(1);
    expect(text).toContain("  copy (22): record-on-failure");
    expect(text).toContain("  wait (29): record-on-failure");
    expect(text).toContain("Not signed");
    expect(problem?.reason).toBe("member-unsupported");
  });

  it("shows what can be read of an envelope that ends early, and one error", () => {
    const cut = signed.subarray(0, signed.length - payload.length - 40);
    const { description, problem, text, annotatedHex, diagnostic } = inspectEnvelope(cut);
    expect(problem?.reason).toBe("cbor-truncated");
    expect(description.sequenceNumber).toBe(2);
    expect(text).toContain("Problem: ");
    expect(bytesOf(annotatedHex)).toBe(toHex(cut));
    expect(diagnostic).toContain("/ manifest-version / 1: 1");
  });

  it("goes on behind a member whose inside is broken", () => {
    const broken = envelope({ manifest: [[7, Uint8Array.of(0x82, 0x03)]] });
    const { description, problem } = inspectEnvelope(broken);
    expect(problem?.reason).toBe("cbor-truncated");
    expect(description.sections.map(({ name }) => name)).toContain("invoke");
  });

  it("says that a changed manifest does not match its digest", () => {
    const changed = signed.slice();
    const index = toHex(changed).indexOf(toHex(Uint8Array.of(0xa8, 1, 1, 2, 2))) / 2;
    changed[index + 4] = 3;
    const { description, problem, text } = inspectEnvelope(changed, [KEY]);
    expect(description.digest?.matches).toBe(false);
    expect(problem?.reason).toBe("manifest-digest-mismatch");
    expect(text).toContain("(DOES NOT MATCH)");
  });

  it("does not let an envelope's text reach the terminal as control characters", () => {
    const hostile = envelope({
      envelope: [["#\u001b[2J\u009b\u202e", new Uint8Array(1)]],
      manifest: [[4, "\u001b[31m"]],
    });
    const { text, diagnostic, annotatedHex } = inspectEnvelope(hostile);
    for (const output of [text, diagnostic, annotatedHex]) expect(output).not.toMatch(/[^\P{C}\n]/u);
    expect(text).toContain("\\u{1b}[31m");
  });

  it("says something about any CBOR and any bytes", () => {
    expect(inspectEnvelope(encodeCbor(new Tagged(1, map([1, 2])))).problem?.reason).toBe("envelope-tag");
    expect(inspectEnvelope(new Uint8Array(0)).problem?.reason).toBe("cbor-truncated");
  });
});
