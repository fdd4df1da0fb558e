/**
 * An author's way with HSS/LMS, whose key has a state, and a device's with each kind of key that has a
 * bootloader of its own.
 */
import { existsSync, readdirSync, renameSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Workshop } from "./workshop.ts";

const TIMEOUT_MILLIS = 120_000;
const workshop = new Workshop();
beforeAll(async () => {
  await workshop.prepareUpdate();
  await workshop.succeed("keys generate --algorithm hss-lms --lms H5/W4 --out vault.key");
});
afterAll(() => workshop.remove());

const states = (key: string): string[] =>
  readdirSync(workshop.folder).filter((name) => name.startsWith(`${key}.state-`));

describe("HSS/LMS on the command line", () => {
  it("makes a key and its state, which only their owner may read", async () => {
    const made = await workshop.succeed("keys generate --algorithm hss-lms --lms H5/W1,H5/W2 --out own.key");
    expect(made).toBe("own.key: new HSS-LMS private key (cose), 1024 signatures\n");
    for (const file of ["own.key", "own.key.state-0"]) {
      expect(statSync(workshop.path(file)).mode & 0o777).toBe(0o600);
    }
    const json = await workshop.succeed("keys generate --algorithm hss-lms --lms H5/W1 --out j.key --json");
    expect(JSON.parse(json)).toEqual({ file: "j.key", format: "cose", private: true, signatures: "32" });
  });

  it.each([
    ["keys generate --algorithm hss-lms", "state beside its file"],
    ["keys generate --algorithm hss-lms --lms H7/W8 --out x.key", '"H7/W8" is no parameter set'],
    ["keys generate --algorithm hss-lms --lms H25/W8 --out x.key", "million hashes"],
    ["keys generate --algorithm hss-lms --format pem --out x.key", "no PEM form"],
    ["keys public vault.key --format jwk", "no JWK form"],
  ])("refuses %s and writes nothing", async (line, message) => {
    const { exitCode, err } = await workshop.run(line);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
    expect(readdirSync(workshop.folder).filter((name) => name.startsWith("x.key"))).toEqual([]);
  });

  it("signs with another leaf every time, which the device and the host verify", async () => {
    await workshop.succeed("keys public vault.key --out vault.pub");
    for (const left of [31, 30]) {
      const signed = await workshop.run(`manifest sign update.unsigned --key vault.key --out v${left}.suit`);
      expect(signed.err).toBe(`note: vault.key has ${left} of 32 signatures left\n`);
      expect(signed.out).toMatch(/1 signature, HSS-LMS\n$/);
      await workshop.succeed(`manifest verify v${left}.suit --key vault.pub`);
      const verified = await workshop.succeed(`manifest verify v${left}.suit --by host --key vault.pub`);
      expect(verified).toContain("Signed with HSS-LMS (-46)");
    }
    expect(workshop.read("v31.suit")).not.toEqual(workshop.read("v30.suit"));
    expect(states("vault.key")).toEqual(["vault.key.state-2"]);
  });

  it("takes no leaf for what cannot be signed or written", async () => {
    for (const line of [
      "manifest sign update.unsigned --key vault.key --out v31.suit",
      "manifest sign update.json --key vault.key --out y.suit",
      "manifest sign update.unsigned --key vault.key --algorithm ESP256 --out y.suit",
    ]) {
      expect((await workshop.run(line)).exitCode).toBe(2);
    }
    expect(states("vault.key")).toEqual(["vault.key.state-2"]);
  });

  it("signs until the key is exhausted, and not without its state", async () => {
    await workshop.succeed("keys generate --algorithm hss-lms --lms H5/W1 --out worn.key");
    renameSync(workshop.path("worn.key.state-0"), workshop.path("worn.key.state-31"));
    await workshop.succeed("manifest sign update.unsigned --key worn.key --out last.suit");
    const exhausted = await workshop.run("manifest sign update.unsigned --key worn.key --out more.suit");
    expect([exhausted.exitCode, exhausted.err]).toEqual([2, expect.stringContaining("all 32 signatures")]);
    renameSync(workshop.path("worn.key.state-32"), workshop.path("elsewhere"));
    const lost = await workshop.run("manifest sign update.unsigned --key worn.key --out more.suit");
    expect([lost.exitCode, lost.err]).toEqual([2, expect.stringContaining("which leaf is next")]);
    expect(existsSync(workshop.path("more.suit"))).toBe(false);
  });
});

describe("a device that trusts a key of another kind than P-256", () => {
  const Campaign = z.looseObject({ verdict: z.looseObject({ kind: z.string() }) });

  it.each(["hss-lms --lms H5/W4", "ed25519"])(
    "boots, takes an update, and survives every sequence of clean power cuts: %s",
    async (algorithm) => {
      const name = algorithm.slice(0, 3);
      const [key, device, suit] = ["key", "device", "suit"].map((end) => `${name}.${end}`);
      await workshop.succeed(`keys generate --algorithm ${algorithm} --out ${key}`);
      await workshop.succeed(`manifest sign update.unsigned --key ${key} --out ${suit}`);
      await workshop.succeed(`device create ${device} --sign-key ${key}`);
      expect(await workshop.succeed(`device show ${device}`)).toContain("signed by a trusted key");
      const offer = `--envelope ${suit} --payload firmware-2.wasm`;
      const report = await workshop.succeed(
        `campaign --device ${device} ${offer} --torn 0 --no-canaries --json`,
      );
      expect(Campaign.parse(JSON.parse(report)).verdict.kind).toBe("proved");
      expect(await workshop.succeed(`device update ${device} ${offer}`)).toContain(
        "the update runs from slot B",
      );
      const foreign = await workshop.run(
        `device update ${device} --envelope update.suit --payload firmware-2.wasm`,
      );
      expect([foreign.exitCode, foreign.out]).toEqual([1, expect.stringContaining("refused")]);
    },
    TIMEOUT_MILLIS,
  );
});
