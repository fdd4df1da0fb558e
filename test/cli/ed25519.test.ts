/**
 * An author's way with Ed25519 instead of P-256, command by command.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
beforeAll(async () => workshop.prepareUpdate());
afterAll(() => workshop.remove());

describe("Ed25519 on the command line", () => {
  it("makes keys in every format, signs with them, and the host verifies it", async () => {
    for (const format of ["pem", "jwk", "cose"]) {
      const made = await workshop.succeed(
        `keys generate --algorithm ed25519 --format ${format} --out own.${format}`,
      );
      expect(made).toBe(`own.${format}: new Ed25519 private key (${format})\n`);
      await workshop.succeed(`keys public own.${format} --format ${format} --out own.${format}.pub`);
      const signed = await workshop.succeed(
        `manifest sign update.unsigned --key own.${format} --out own.${format}.suit`,
      );
      expect(signed).toMatch(/1 signature, Ed25519\n$/);
      const verified = await workshop.succeed(
        `manifest verify own.${format}.suit --by host --key own.${format}.pub`,
      );
      expect(verified).toContain("Signed with Ed25519 (-19)");
    }
  });

  it("refuses to sign with an algorithm of the other curve", async () => {
    for (const [key, algorithm] of [
      ["own.pem", "ESP256"],
      ["author.key", "Ed25519"],
    ] as const) {
      const { exitCode, err } = await workshop.run(
        `manifest sign update.unsigned --key ${key} --algorithm ${algorithm} --out x.suit`,
      );
      expect(exitCode).toBe(2);
      expect(err).toContain(`may not be used with ${algorithm}`);
    }
  });

  it("verifies an update with the host that was signed with both kinds of key", async () => {
    await workshop.succeed("manifest sign own.pem.suit --key author.key --out both.suit");
    for (const key of ["author.pub", "own.pem.pub"]) {
      const { exitCode, out } = await workshop.run(`manifest verify both.suit --by host --key ${key}`);
      expect([key, exitCode, out]).toEqual([key, 0, expect.stringContaining("Signed with")]);
    }
  });
});
