/**
 * Reports on the command line: from a device's update to what its author reads.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readWasm } from "../wasm-file.ts";
import { MANIFEST, Workshop } from "./workshop.ts";

const shop = new Workshop();
const KEY = "00112233445566778899aabbccddeeff".repeat(2);

beforeAll(async () => {
  await shop.prepareUpdate();
  shop.write("report.key", `${KEY}\n`);
  shop.write("other.key", new Uint8Array(32).fill(7));
  shop.write("reporting-2.wasm", readWasm("reporting-2"));
  shop.write("update.json", JSON.stringify(MANIFEST));
  await shop.succeed("manifest create update.json --payload reporting-2.wasm --out r.unsigned");
  await shop.succeed("manifest sign r.unsigned --key author.key --out r.suit");
  await shop.succeed("device create d.device --sign-key author.key --report-key report.key");
  const update = "device update d.device --envelope r.suit --payload reporting-2.wasm";
  const said = await shop.succeed(`${update} --report r.report --report-nonce 00FF10`);
  expect(said).toContain("r.report: the last of");
});

afterAll(() => {
  shop.remove();
});

const Data = z.looseObject({ ok: z.boolean(), trust: z.string(), digest: z.string(), nonce: z.string() });

describe("a device with nothing to run", () => {
  it("reports from recovery what it refused, and the command says that nothing runs", async () => {
    shop.write("other.json", JSON.stringify({ ...MANIFEST, class: { name: "other" } }));
    await shop.succeed("manifest create other.json --payload reporting-2.wasm --out o.unsigned");
    await shop.succeed("manifest sign o.unsigned --key author.key --out o.suit");
    await shop.succeed("device create empty.device --key author.key --report-key report.key");
    const update = "device update empty.device --envelope o.suit --payload reporting-2.wasm";
    const { exitCode, out, err } = await shop.run(`${update} --report o.report`);
    expect(exitCode).toBe(1);
    expect(out + err).toContain(
      "the bootloader did not accept the update (class-mismatch); nothing runs; the bootloader waits",
    );
    const told = await shop.run("report inspect o.report --key report.key");
    expect(told.out).toContain("(class-mismatch)");
    expect(told.out).toContain("place        shared sequence, byte");
    expect(told.out).toContain("trust        authentic");
  });
});

describe("report inspect", () => {
  it("explains an authentic report and passes", async () => {
    const { exitCode, out } = await shop.run("report inspect r.report --key report.key --nonce 00ff10");
    expect(exitCode).toBe(0);
    expect(out).toContain("result       ok: the update is installed and confirmed");
    expect(out).toContain("component    app, slot B");
    expect(out).toContain("trust        authentic");
  });

  it("says the same as JSON", async () => {
    const data = Data.parse(JSON.parse(await shop.succeed("report inspect r.report --json")));
    expect(data).toMatchObject({ ok: true, trust: "unchecked", nonce: "00ff10" });
  });

  it("does not pass a report of another key or another nonce, and says so in one sentence", async () => {
    const forged = await shop.run("report inspect r.report --key other.key");
    expect([forged.exitCode, forged.err.trim().split("\n").length]).toEqual([1, 1]);
    expect(forged.err).toContain("not written under this key");
    const stale = await shop.run("report inspect r.report --key report.key --nonce 0102");
    expect([stale.exitCode, stale.err.trim()]).toEqual([
      1,
      "The report does not repeat the nonce: it may be an old one.",
    ]);
  });

  it("notices any changed byte, and never takes one that was changed for authentic", async () => {
    const report = shop.read("r.report");
    for (let at = 0; at < report.length; at += 17) {
      shop.write(
        "changed.report",
        Uint8Array.from(report, (byte, index) => (index === at ? byte ^ 1 : byte)),
      );
      const { exitCode, out } = await shop.run("report inspect changed.report --key report.key");
      expect(exitCode === 1 || exitCode === 2, String(at)).toBe(true);
      expect(out).not.toContain("authentic: its tag is right");
    }
  });

  it.each([
    ["truncated", (report: Uint8Array) => report.subarray(0, 100)],
    ["with bytes behind it", (report: Uint8Array) => Uint8Array.of(...report, 0)],
    ["that is noise", () => Uint8Array.from({ length: 200 }, (_, index) => (index * 37) & 255)],
    ["that is empty", () => new Uint8Array()],
    ["that is another map", () => Uint8Array.of(0xa1, 1, 2)],
  ])("refuses a file %s as wrong usage, in a sentence and a hint", async (_, change) => {
    shop.write("bad.report", change(shop.read("r.report")));
    const { exitCode, out, err } = await shop.run("report inspect bad.report");
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toContain("bad.report is no SUIT report:");
    expect(err.trim().split("\n").length).toBe(2);
  });

  it("refuses a key that is none without showing what it read", async () => {
    shop.write("bad.key", "0123 not a key");
    const { exitCode, err } = await shop.run("report inspect r.report --key bad.key");
    expect(exitCode).toBe(2);
    expect(err).not.toContain("0123");
  });
});

describe("device update", () => {
  it("says that no report came where the firmware sends none", async () => {
    await shop.succeed("device create plain.device --sign-key author.key");
    const update = "device update plain.device --envelope update.suit --payload firmware-2.wasm";
    expect(await shop.succeed(`${update} --report none.report`)).toContain("No report came");
  });

  it("leaves the device as it was where the report cannot be written, or would take its place", async () => {
    await shop.succeed("device create kept.device --sign-key author.key --reports");
    const before = shop.read("kept.device");
    for (const report of ["./kept.device", "r.suit", "nowhere/r.report"]) {
      const update = "device update kept.device --envelope r.suit --payload reporting-2.wasm";
      const { exitCode, err } = await shop.run(`${update} --report ${report}`);
      expect(exitCode).toBe(2);
      expect(err).toContain(`error: ${report} `);
    }
    expect(shop.read("kept.device")).toEqual(before);
  });

  it("refuses a nonce that is none, or that nobody asked for", async () => {
    const update = "device update d.device --envelope r.suit --payload reporting-2.wasm";
    const odd = await shop.run(`${update} --report x.report --report-nonce 123`);
    const lonely = await shop.run(`${update} --report-nonce 12`);
    expect([odd.exitCode, lonely.exitCode]).toEqual([2, 2]);
  });
});
