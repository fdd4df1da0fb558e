/**
 * Encrypted updates on the command line, as docs/encryption.md has them.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPayloadKey } from "../../host/keys/payload-key.ts";
import { readWasm } from "../wasm-file.ts";
import { Workshop } from "./workshop.ts";

const shop = new Workshop();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const NEW = readWasm("decrypting-2");
const IDENTITY = "--vendor example.com --class sensor --component app --component encrypted";
beforeAll(async () => {
  shop.write("firmware-2.wasm", NEW);
  shop.write("device.kek", "000102030405060708090a0b0c0d0e0f\n");
  await shop.succeed("keys generate --out author.key");
  await shop.succeed("keys generate --out device.key");
  await shop.succeed("keys public device.key --out device.pub");
});
afterAll(() => shop.remove());

describe("an encrypted update", () => {
  it.each([
    ["device.key", "device.pub", "ECDH-ES+A128KW"],
    ["device.kek", "device.kek", "A128KW"],
  ])("for %s goes from the plain image to the device that runs it", async (secret, recipient, algorithm) => {
    const files = "--out app.encrypted --info app.info --force";
    const encrypted = await shop.succeed(`manifest encrypt firmware-2.wasm --for ${recipient} ${files}`);
    expect(encrypted).toContain(`for ${recipient} with ${algorithm}`);
    expect(Buffer.from(shop.read("app.encrypted")).equals(Buffer.from(NEW))).toBe(false);
    await shop.succeed("manifest init --template encrypted --out update.json --force");
    await shop.succeed("manifest create update.json --payload firmware-2.wasm --out update.unsigned --force");
    await shop.succeed("manifest sign update.unsigned --key author.key --out update.suit --force");
    const device = `--sign-key author.key --payload-key ${secret} ${IDENTITY} --force`;
    await shop.succeed(`device create sensor.device ${device}`);
    const update = "device update sensor.device --envelope update.suit --payload app.encrypted";
    expect(await shop.succeed(update)).toContain("installed: the update runs from slot B.");
  });

  it("has the same figures as data", async () => {
    const line = "manifest encrypt firmware-2.wasm --for device.kek --for device.pub --kid one --json";
    const out = await shop.succeed(`${line} --algorithm A256CTR --out x.encrypted --info x.info`);
    expect(JSON.parse(out)).toMatchObject({
      file: "x.encrypted",
      bytes: NEW.length,
      algorithm: "A256CTR",
      info: {
        file: "x.info",
        bytes: shop.read("x.info").length,
        recipients: [
          { key: "device.kek", algorithm: "A128KW" },
          { key: "device.pub", algorithm: "ECDH-ES+A128KW" },
        ],
      },
    });
  });

  it("has the same key whether a line ends behind its digits or not", () => {
    const digits = "000102030405060708090a0b0c0d0e0f";
    const bytes = Uint8Array.from(Buffer.from(digits, "hex"));
    for (const content of [bytes, ...[digits, `${digits}\n`, `${digits.toUpperCase()}\r\n`].map(bytesOf)]) {
      expect(readPayloadKey(content, "kek")).toEqual({ kind: "kek", bytes });
    }
    // Sixteen characters are no digits of a key of any size, so they are its bytes.
    expect(readPayloadKey(bytesOf("0123456789abcdef"), "kek")).toEqual({
      kind: "kek",
      bytes: bytesOf("0123456789abcdef"),
    });
  });

  it("says which keys there are where there is none", async () => {
    shop.write("kek24", new Uint8Array(24));
    const { err } = await shop.run("manifest encrypt firmware-2.wasm --for kek24 --out y --info z");
    expect(err).toContain("hint: Give 16 or 32 secret bytes");
  });

  it.each([
    ["device create y.device --sign-key author.key --payload-key device.pub", "key-not-private"],
    ["device create y.device --sign-key author.key --payload-key device.key --reports", "usage"],
  ])("is no matter for %s", async (line, code) => {
    const { exitCode, out, err } = await shop.run(line, "--json");
    expect(exitCode).toBe(2);
    expect(out + err).toContain(code);
  });
});
