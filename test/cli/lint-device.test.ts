/**
 * `manifest lint` against devices: what they report of themselves, what their bootloader says, and what lies in
 * their file.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { profileNamed } from "../../emulator/profile.ts";
import { readWasm } from "../wasm-file.ts";
import { assemble } from "../wat.ts";
import { MANIFEST, Workshop } from "./workshop.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

const Linted = z.object({
  findings: z.array(z.object({ rule: z.string(), path: z.string(), message: z.string(), fix: z.string() })),
  capabilities: z.string().optional(),
});

async function lint(line: string): Promise<{ rules: string[]; source: string | undefined; paths: string[] }> {
  const { out, err } = await workshop.run(`manifest lint ${line} --json`);
  expect(err).toBe("");
  const { findings, capabilities } = Linted.parse(JSON.parse(out));
  return {
    rules: findings.map(({ rule }) => rule),
    source: capabilities,
    paths: findings.map(({ path }) => path),
  };
}

/** A bootloader that is none of ours: it starts the reporting firmware where the factory puts it, whatever it is. */
function foreignBootloader(): Uint8Array {
  const { address } = profileNamed("class1").layout.slotA;
  return assemble(`(module
    (import "env" "memory" (memory 2 2))
    (import "hal" "boot" (func $boot (param i32 i32) (result i32)))
    (global $end i32 (i32.const 120832))
    (export "__heap_base" (global $end))
    (export "reset" (func $reset))
    (func $reset (drop
      (call $boot (i32.const ${address + 1024}) (i32.const ${readWasm("reporting-1").length})))))`);
}

beforeAll(async () => {
  await workshop.prepareUpdate();
  workshop.write("versioned.json", JSON.stringify({ ...MANIFEST, setVersion: "1.2.3" }));
  await workshop.succeed("manifest create versioned.json --payload firmware-2.wasm --out versioned.suit");
  workshop.write("reporting-2.wasm", readWasm("reporting-2"));
  await workshop.succeed("manifest create update.json --payload reporting-2.wasm --out reporting.unsigned");
  await workshop.succeed("manifest sign reporting.unsigned --key author.key --out reporting.suit");
  workshop.write("ed25519.wasm", readWasm("bootloader-ed25519"));
  await workshop.succeed("keys generate --algorithm ed25519 --out edwards.key");
  await workshop.succeed("device create silent.device --sign-key author.key");
  await workshop.succeed("device create talking.device --sign-key author.key --reports");
  workshop.write("managed.wasm", readWasm("bootloader-managed"));
  await workshop.succeed("manifest sign versioned.suit --key author.key --out signed.suit");
  await workshop.succeed("device create managed.device --sign-key author.key --bootloader managed.wasm");
  await workshop.succeed(
    "device create managed-talking.device --sign-key author.key --bootloader managed.wasm --reports",
  );
  const before = { "override-parameters": { "use-before": 2_000_000_000, "update-priority": 1 } };
  workshop.write(
    "managed.json",
    JSON.stringify({ ...MANIFEST, install: [before, "use-before", "update-authorized"] }),
  );
  await workshop.succeed("manifest create managed.json --payload firmware-2.wasm --out managed.suit");
  await workshop.succeed("device create other.device --sign-key edwards.key --bootloader ed25519.wasm");
  await workshop.succeed(
    "device create other-talking.device --sign-key edwards.key --bootloader ed25519.wasm --reports",
  );
  await workshop.succeed("manifest sign update.unsigned --key edwards.key --out edwards.suit");
  workshop.write("foreign.wasm", foreignBootloader());
  await workshop.succeed("device create foreign.device --sign-key author.key --bootloader foreign.wasm");
  await workshop.succeed(
    "device create foreign-talking.device --sign-key author.key --bootloader foreign.wasm --reports",
  );
});

describe("manifest lint --device", () => {
  it("knows what our bootloader processes, whether the firmware reports or not", async () => {
    for (const device of ["talking.device", "silent.device"]) {
      expect(await lint(`update.suit --device ${device}`)).toEqual({
        rules: [],
        paths: [],
        source: "own-bootloader",
      });
      expect(await lint(`versioned.suit --device ${device}`)).toMatchObject({
        rules: ["device-unsupported"],
        paths: ["setVersion"],
      });
    }
  });

  it.each(["managed.device", "managed-talking.device"])(
    "asks the bootloader of %s what it processes, not the firmware's report of another one",
    async (device) => {
      expect(await lint(`signed.suit --device ${device}`)).toMatchObject({ rules: [], source: "asked" });
      expect(await lint(`managed.suit --device ${device}`)).toMatchObject({ rules: [], source: "asked" });
    },
  );

  it.each(["other.device", "other-talking.device"])(
    "knows our bootloader of %s, which takes Ed25519 alone, whatever the firmware reports",
    async (device) => {
      expect(await lint(`edwards.suit --device ${device}`)).toEqual({
        rules: [],
        paths: [],
        source: "own-bootloader",
      });
      expect((await lint(`update.unsigned --device ${device}`)).rules).toEqual([]);
      expect((await lint(`versioned.suit --device ${device}`)).rules).toEqual(["device-unsupported"]);
      expect((await lint(`update.suit --device ${device}`)).rules).toEqual([
        "device-algorithm-unsupported",
        "device-key-untrusted",
      ]);
    },
  );

  it("goes by the report of a device whose bootloader cannot be asked", async () => {
    expect(await lint("update.suit --device foreign-talking.device")).toMatchObject({
      rules: [],
      source: "report",
    });
    expect(await lint("versioned.suit --device foreign-talking.device")).toMatchObject({
      rules: ["device-unsupported"],
      source: "report",
    });
  });

  it("does not say what a device processes that neither can be asked nor reports", async () => {
    expect(await lint("versioned.suit --device foreign.device")).toMatchObject({
      rules: [],
      source: "unknown",
    });
  });

  it("leaves the device as it is", async () => {
    const before = workshop.read("talking.device");
    await lint("update.suit --device talking.device");
    expect(workshop.read("talking.device")).toEqual(before);
  });

  it.each([
    ["talking.device", "The device's bootloader is ours, so what it processes is known."],
    ["managed-talking.device", "The device's bootloader was asked what it processes."],
    [
      "foreign-talking.device",
      "What the device processes is what it reports; there is no bootloader that could be asked.",
    ],
    [
      "foreign.device",
      "The device's bootloader cannot be asked what it processes, and the device does not report: at most its judgement on the whole manifest counts.",
    ],
  ])("says in words where it knows that from, of %s", async (device, words) => {
    expect((await workshop.run(`manifest lint update.suit --device ${device}`)).out).toContain(words);
  });
});

describe("manifest lint --report", () => {
  it("goes by the limits that a report states", async () => {
    await workshop.succeed(
      "device update talking.device --envelope reporting.suit --payload reporting-2.wasm --report limits.report --dry-run",
    );
    const nested = [1, 2, 3, 4, 5].reduce<object[]>(
      (inner) => [{ "run-sequence": inner }],
      [{ "override-parameters": { "component-slot": 0 } }],
    );
    workshop.write("deep.json", JSON.stringify({ ...MANIFEST, install: nested }));
    workshop.write(
      "large.json",
      JSON.stringify({ ...MANIFEST, shared: [{ "override-parameters": { "image-size": 34_800 } }] }),
    );
    for (const [name, rule] of [
      ["deep", "device-limit"],
      ["large", "device-image-too-large"],
    ]) {
      await workshop.succeed(`manifest create ${name}.json --payload firmware-2.wasm --out ${name}.suit`);
      expect((await lint(`${name}.suit --report limits.report`)).rules).toContain(rule);
    }
    expect(await workshop.succeed("report inspect limits.report")).toContain(
      "limits       2 components, 1 dependency, 4 signatures, 4 sequences in one another, 34,816 bytes for envelope and image",
    );
  });

  it("lints against a saved report alone, or where the device's bootloader cannot be asked", async () => {
    await workshop.succeed(
      "device update talking.device --envelope reporting.suit --payload reporting-2.wasm --report saved.report",
    );
    expect(await lint("versioned.suit --report saved.report")).toEqual({
      rules: ["device-unsupported", "device-sequence-not-higher"],
      paths: ["setVersion", "sequenceNumber"],
      source: "report",
    });
    for (const [device, source] of [
      ["foreign.device", "report"],
      ["silent.device", "own-bootloader"],
    ]) {
      expect(await lint(`versioned.suit --device ${device} --report saved.report`)).toMatchObject({
        rules: ["device-unsupported"],
        source,
      });
    }
  });

  it("refuses what is no report", async () => {
    const { exitCode, err } = await workshop.run("manifest lint update.suit --report author.pub");
    expect(exitCode).toBe(2);
    expect(err).toContain("author.pub is no SUIT report");
  });
});
