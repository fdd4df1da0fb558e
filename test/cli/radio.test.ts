/**
 * A device with a radio on the command line, with the template for two components.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeviceBits } from "../../emulator/device-bits.ts";
import { RADIO_FLASH } from "../../emulator/memory-map.ts";
import { readDeviceFile, writeDeviceFile } from "../../host/device/device-file.ts";
import { readWasm } from "../wasm-file.ts";
import { Workshop } from "./workshop.ts";

const shop = new Workshop();
const APP = readWasm("dispatching-2");
const OLD = Uint8Array.from({ length: 300 }, (_, index) => (5 * index) & 0xff);
const NEW = Uint8Array.from({ length: 777 }, (_, index) => (7 * index) & 0xff);
const CREATE = "device create gateway.device --sign-key author.key --vendor example.com --class sensor";
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

beforeAll(async () => {
  shop.write("app.wasm", APP);
  shop.write("radio-1.bin", OLD);
  shop.write("radio.bin", NEW);
  await shop.succeed("keys generate --out author.key");
  await shop.succeed(`${CREATE} --radio radio-1.bin`);
  await shop.succeed("manifest init --template multi-component --out update.json");
  await shop.succeed("manifest create update.json --payload app.wasm --out update.unsigned");
  await shop.succeed("manifest sign update.unsigned --key author.key --out update.suit");
});
afterAll(() => shop.remove());

const shown = async (file = "gateway.device"): Promise<unknown> =>
  JSON.parse(await shop.succeed(`device show ${file} --json`));

describe("a device with a radio", () => {
  const update = "device update gateway.device --envelope update.suit --payload app.wasm";

  it("leaves the factory with an image on it, and with its component", async () => {
    expect(await shown()).toMatchObject({
      components: ["app", "radio"],
      radio: { subSlot: 0, generation: 1, bytes: OLD.length, digest: digestOf(OLD) },
    });
  });

  it("takes the template's update, tells what its radio runs, and shows which image is whose", async () => {
    expect(await shop.succeed("manifest lint update.suit --device gateway.device")).toContain(
      "nothing to complain about",
    );
    const told = await shop.succeed(update);
    expect(told).toContain("firmware 2: radio image sent");
    expect(told).toContain(
      `radio    runs generation 2 in its second sub-slot, 777 B, SHA-256 ${digestOf(NEW).slice(0, 16)}…`,
    );
    expect(told).toContain("installed: the update runs from slot B.");
    expect(await shop.succeed("device show gateway.device")).toContain("radio      generation 2");
    expect(await shown()).toMatchObject({
      slots: [{}, { image: { bytes: APP.length, matches: true } }],
      radio: { subSlot: 1, generation: 2, bytes: NEW.length, digest: digestOf(NEW) },
    });
  });

  it("is shown with nothing to boot where its flash cannot be read", async () => {
    const record = readDeviceFile(shop.path("gateway.device"));
    const bits: DeviceBits = [
      {
        kind: "poisoned",
        address: RADIO_FLASH.address,
        length: RADIO_FLASH.bytes,
        value: 0,
        other: undefined,
      },
    ];
    writeDeviceFile(shop.path("unreadable.device"), { ...record, state: { ...record.state, bits } });
    expect(await shop.succeed("device show unreadable.device")).toContain(
      "radio      nothing that it can boot",
    );
  });

  it("can be campaigned against with an update of its own: the oracles of the radio look on", async () => {
    await shop.succeed(`${CREATE} --radio radio-1.bin --force`);
    const line = "campaign --device gateway.device --envelope update.suit --payload app.wasm";
    const { exitCode, out } = await shop.run(`${line} --torn 0 --max-cuts 0 --no-canaries`);
    expect([exitCode, out.match(/radio-alive +ok/)?.length]).toEqual([1, 1]);
    expect(out).toMatch(/^Nothing found in any sequence of at most 0 power cuts/m);
  });

  it("is not made with an image that is too large, nor beside a part whose pages are", async () => {
    const large = await shop.run(`${CREATE} --radio app.wasm --force`);
    expect([large.exitCode, large.err]).toEqual([2, expect.stringContaining("the radio takes 1 to 2000")]);
    const part = await shop.run(`${CREATE} --radio radio-1.bin --profile nrf52 --force`);
    expect([part.exitCode, part.err]).toEqual([2, expect.stringContaining("Choose another --profile")]);
  });

  it("has no radio without --radio, and shows none", async () => {
    await shop.succeed(CREATE.replace("gateway", "plain"));
    expect(await shown("plain.device")).not.toHaveProperty("radio");
    expect(await shop.succeed("device show plain.device")).not.toContain("radio");
  });
});
