/**
 * The author's tools on the command line: templates, the JSON of an envelope, lint, HSM, severing.
 */
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
beforeAll(async () => workshop.prepareUpdate());
afterAll(() => workshop.remove());

const Linted = z.object({
  errors: z.number(),
  warnings: z.number(),
  findings: z.array(z.object({ rule: z.string(), path: z.string(), fix: z.string() })),
});

async function lint(line: string): Promise<{ exitCode: number; rules: string[] }> {
  const { exitCode, out } = await workshop.run(`manifest lint ${line} --json`);
  const { findings, errors, warnings } = Linted.parse(JSON.parse(out));
  expect(findings).toHaveLength(errors + warnings);
  return { exitCode, rules: findings.map(({ rule }) => rule) };
}

describe("manifest inspect --source", () => {
  it("prints JSON that create makes the same signed bytes of", async () => {
    workshop.write("source.json", await workshop.succeed("manifest inspect update.suit --source"));
    await workshop.succeed("manifest create source.json --out again.suit");
    expect(workshop.read("again.suit")).toEqual(workshop.read("update.suit"));
  });

  it("says why there is none in one sentence", async () => {
    workshop.write("rubbish.suit", Uint8Array.of(0xd8, 0x6b, 0x01));
    const { exitCode, err } = await workshop.run("manifest inspect rubbish.suit --source");
    expect(exitCode).toBe(2);
    expect(err).toMatch(/^error: This is no SUIT envelope/);
  });
});

describe("manifest init", () => {
  it("prints a template, or writes it once", async () => {
    const text = await workshop.succeed("manifest init --template swap");
    await workshop.succeed("manifest init --template swap --out swap.json");
    expect(readFileSync(workshop.path("swap.json"), "utf8")).toBe(text);
    const { exitCode, err } = await workshop.run("manifest init --template swap --out swap.json");
    expect([exitCode, err]).toEqual([2, expect.stringContaining("exists already")]);
  });
});

describe("manifest lint", () => {
  it("takes envelopes and JSON, and has exit code 1 for errors", async () => {
    expect(await lint("update.suit")).toEqual({ exitCode: 0, rules: [] });
    expect(await lint("update.json --payload firmware-2.wasm")).toEqual({ exitCode: 0, rules: [] });
    workshop.write("bad.json", JSON.stringify({ sequenceNumber: 1, components: ["app"], validate: ["image-match"] })); // prettier-ignore
    const { exitCode, out } = await workshop.run("manifest lint bad.json");
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^bad.json: 3 errors, no warnings\n {2}error vendor-not-checked at shared\n {4}/);
  });

  it("has exit code 0 for warnings alone", async () => {
    workshop.write("text.json", JSON.stringify({ ...updateJson(), text: { en: {} } }));
    expect(await lint("text.json --payload firmware-2.wasm")).toEqual({
      exitCode: 0,
      rules: ["text-not-severable"],
    });
  });

  it("holds the manifest against a device file, as that device would judge it", async () => {
    await workshop.succeed("device create sensor.device --sign-key author.key");
    expect(await lint("update.suit --device sensor.device")).toEqual({ exitCode: 0, rules: [] });
    const other = { ...updateJson(), sequenceNumber: 0, class: { name: "other" }, setVersion: "1.0.0" };
    workshop.write("other.json", JSON.stringify(other));
    expect(await lint("other.json --payload firmware-2.wasm --device sensor.device")).toEqual({
      exitCode: 1,
      rules: ["device-class-mismatch", "device-unsupported", "device-sequence-too-low"],
    });
  });
});

function updateJson(): Readonly<Record<string, unknown>> {
  return z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(readFileSync(workshop.path("update.json"), "utf8")));
}

describe("manifest sign", () => {
  it("signs with several keys at once as one after the other", async () => {
    await workshop.succeed("keys generate --out operator.key");
    await workshop.succeed("manifest sign update.suit --key operator.key --out one.suit");
    await workshop.succeed(
      "manifest sign update.unsigned --key author.key --key operator.key --out both.suit",
    );
    expect(workshop.read("both.suit")).toEqual(workshop.read("one.suit"));
  });

  it("lets an HSM sign in two steps, with OpenSSL's DER", async () => {
    await workshop.succeed("manifest sign update.unsigned --digest-only --out message.bin");
    const key = createPrivateKey(readFileSync(workshop.path("author.key")));
    workshop.write("signature.der", sign("sha256", workshop.read("message.bin"), key));
    await workshop.succeed(
      "manifest sign update.unsigned --attach signature.der --key author.pub --out hsm.suit",
    );
    await workshop.succeed("manifest verify hsm.suit --key author.pub");
    const { exitCode, err } = await workshop.run(
      "manifest sign update.unsigned --attach signature.der --key operator.key --out no.suit",
    );
    expect([exitCode, err]).toEqual([2, expect.stringContaining("does not verify under the key")]);
  });

  it("says what is missing", async () => {
    expect((await workshop.run("manifest sign update.unsigned --out x.suit")).err).toContain(
      "nothing to sign with",
    );
    expect((await workshop.run("manifest sign update.unsigned --key author.key")).err).toContain(
      "Add --out FILE",
    );
  });
});

describe("manifest sever", () => {
  it("keeps signatures good and the contents as files", async () => {
    const text = { en: { "update-description": "It is faster than it was before." } };
    workshop.write("text.json", JSON.stringify({ ...updateJson(), text, severable: ["text"] }));
    await workshop.succeed("manifest create text.json --payload firmware-2.wasm --out text.unsigned");
    await workshop.succeed("manifest sign text.unsigned --key author.key --out text.suit");
    const out = await workshop.succeed("manifest sever text.suit --out small.suit --to .");
    expect(out).toMatch(
      /^text: \d+ bytes taken out, sha-256 [0-9a-f]{64}\nsmall.suit: \d+ bytes instead of \d+\n$/,
    );
    await workshop.succeed("manifest verify small.suit --key author.pub");
    expect(Buffer.from(workshop.read("text.cbor")).toString()).toContain("faster than it was");
  });
});
