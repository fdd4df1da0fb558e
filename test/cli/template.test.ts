/**
 * Every template from `manifest init` to a signed envelope, by the commands that its author would type.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TemplateName } from "../../host/manifest/template.ts";
import { readWasm } from "../wasm-file.ts";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

/** The files that templates name; the first is the payload. */
const FILES = ["app.bin", "app-a.bin", "app-b.bin", "radio.bin", "app-old.bin", "app.patch"];

beforeAll(async () => {
  for (const [index, file] of FILES.entries()) {
    workshop.write(file, Uint8Array.from([...readWasm("firmware-2"), 0, 2, 1, index]));
  }
  workshop.write("device.kek", "000102030405060708090a0b0c0d0e0f\n");
  await workshop.succeed("manifest encrypt app.bin --for device.kek --out app.encrypted --info app.info");
  await workshop.succeed("keys generate --out author.key");
  await workshop.succeed("keys generate --out radio.key");
  await workshop.succeed("manifest init --template secure-boot --out radio.json");
  await workshop.succeed("manifest create radio.json --payload radio.bin --out radio.unsigned");
  await workshop.succeed("manifest sign radio.unsigned --key radio.key --out radio.suit");
  await workshop.succeed(
    "device create sensor.device --sign-key author.key --vendor example.com --class sensor",
  );
});

describe("a template", () => {
  it.each(TemplateName.options)("%s is created, edited, signed, inspected and linted", async (name) => {
    await workshop.succeed(`manifest init --template ${name} --out ${name}.json`);
    const text = Buffer.from(workshop.read(`${name}.json`)).toString("utf8");
    workshop.write(`${name}.json`, text.replace('"sequenceNumber": 2', '"sequenceNumber": 7'));
    await workshop.succeed(`manifest create ${name}.json --payload app.bin --out ${name}.unsigned`);
    expect(
      await workshop.succeed(`manifest sign ${name}.unsigned --key author.key --out ${name}.suit`),
    ).toContain("1 signature, ESP256");
    // Encrypted payloads and patches are for other devices, and inspect says so with exit code 1.
    const { out } = await workshop.run(`manifest inspect ${name}.suit`);
    expect(out).toMatch(/sequence number 7\b/i);
    const linted = await workshop.run(`manifest lint ${name}.suit --device sensor.device`);
    expect([0, 1]).toContain(linted.exitCode);
    expect(linted.exitCode === 0).toBe(!text.includes("The sample device"));
  });

  it.each(TemplateName.options)(
    "%s can be had back from its envelope as JSON that makes it again",
    async (name) => {
      workshop.write(`${name}.again.json`, await workshop.succeed(`manifest inspect ${name}.suit --source`));
      await workshop.succeed(`manifest create ${name}.again.json --out ${name}.again`);
      expect(workshop.read(`${name}.again`)).toEqual(workshop.read(`${name}.suit`));
    },
  );
});
