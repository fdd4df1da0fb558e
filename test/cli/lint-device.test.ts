/**
 * `manifest lint` against devices: what they report of themselves, what their bootloader says, and what lies in
 * their file.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { readWasm } from "../wasm-file.ts";
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
  await workshop.succeed("device create other.device --sign-key edwards.key --bootloader ed25519.wasm");
});

describe("manifest lint --device", () => {
  it("takes what the device processes from its report, or knows it of our bootloader", async () => {
    expect(await lint("update.suit --device talking.device")).toMatchObject({ rules: [], source: "report" });
    expect(await lint("update.suit --device silent.device")).toMatchObject({
      rules: [],
      source: "own-bootloader",
    });
    for (const device of ["talking.device", "silent.device"]) {
      expect(await lint(`versioned.suit --device ${device}`)).toMatchObject({
        rules: ["device-unsupported"],
        paths: ["setVersion"],
      });
    }
  });

  it("asks a bootloader that is not the default one what it processes", async () => {
    expect(await lint("signed.suit --device managed.device")).toMatchObject({ rules: [], source: "asked" });
  });

  it("leaves the judgement to a bootloader that cannot be asked and does not report", async () => {
    const { rules, source } = await lint("versioned.suit --device other.device");
    expect(source).toBe("unknown");
    expect(rules).toEqual(["device-refuses"]);
    expect((await lint("update.unsigned --device other.device")).rules).toEqual([]);
    expect((await lint("update.suit --device other.device")).rules).toEqual(["device-key-untrusted"]);
  });

  it("leaves the device as it is", async () => {
    const before = workshop.read("talking.device");
    await lint("update.suit --device talking.device");
    expect(workshop.read("talking.device")).toEqual(before);
  });

  it("says in words where it knows that from", async () => {
    expect(await workshop.succeed("manifest lint update.suit --device talking.device")).toContain(
      "What the device processes is what it reports.",
    );
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

  it("lints against a saved report alone, or instead of asking the device", async () => {
    await workshop.succeed(
      "device update talking.device --envelope reporting.suit --payload reporting-2.wasm --report saved.report",
    );
    expect(await lint("versioned.suit --report saved.report")).toEqual({
      rules: ["device-unsupported", "device-sequence-not-higher"],
      paths: ["setVersion", "sequenceNumber"],
      source: "report",
    });
    expect((await lint("versioned.suit --device silent.device --report saved.report")).source).toBe("report");
  });

  it("refuses what is no report", async () => {
    const { exitCode, err } = await workshop.run("manifest lint update.suit --report author.pub");
    expect(exitCode).toBe(2);
    expect(err).toContain("author.pub is no SUIT report");
  });
});
