/**
 * A key that never leaves its HSM, as docs/manifest.md shows it; OpenSSL plays the HSM.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

const openssl = (line: string): string =>
  execFileSync("openssl", line.split(" "), {
    cwd: workshop.folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

beforeAll(async () => {
  await workshop.prepareUpdate();
  openssl("ecparam -name prime256v1 -genkey -noout -out hsm.pem");
  openssl("ec -in hsm.pem -pubout -out hsm.pub");
});

describe("a signature by OpenSSL", () => {
  it("is attached by the commands of the manual, and the device accepts it", async () => {
    const manual = readFileSync(new URL("../../docs/manifest.md", import.meta.url), "utf8");
    const section = manual.slice(manual.indexOf("A key that stays in an HSM"));
    const lines = (/```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? "").trim().split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      const [program = "", ...words] = line.split(" ");
      if (program === "openssl") openssl(words.join(" "));
      else await workshop.succeed(words.join(" "), program === "brownout" ? "--force" : "");
    }
    for (const by of ["device", "host"]) {
      expect(await workshop.succeed(`manifest verify update.suit --key hsm.pub --by ${by}`)).toContain("ok");
    }
  });

  it("of one bit, of another key or of other bytes is refused before anything is written", async () => {
    await workshop.succeed("manifest sign update.unsigned --digest-only --out to-be-signed.bin --force");
    openssl("dgst -sha256 -sign hsm.pem -out good.der to-be-signed.bin");
    const flipped = workshop.read("good.der");
    const last = flipped.length - 1;
    workshop.write("flipped.der", flipped.with(last, (flipped[last] ?? 0) ^ 1));
    openssl("dgst -sha256 -sign hsm.pem -out other.der firmware-2.wasm");
    for (const [signature, key] of [
      ["flipped.der", "hsm.pub"],
      ["other.der", "hsm.pub"],
      ["good.der", "author.pub"],
    ] as const) {
      const { exitCode, err } = await workshop.run(
        `manifest sign update.unsigned --attach ${signature} --key ${key} --out refused.suit`,
      );
      expect([signature, exitCode]).toEqual([signature, 2]);
      expect(err).toContain("The signature does not verify under the key for this envelope.");
    }
    expect(() => workshop.read("refused.suit")).toThrow("ENOENT");
  });

  it("by an Ed25519 key is over the bytes themselves", async () => {
    openssl("genpkey -algorithm ed25519 -out ed.pem");
    openssl("pkey -in ed.pem -pubout -out ed.pub");
    await workshop.succeed("manifest sign update.unsigned --digest-only --algorithm Ed25519 --out ed.bin");
    openssl("pkeyutl -sign -inkey ed.pem -rawin -in ed.bin -out ed.signature");
    await workshop.succeed("manifest sign update.unsigned --attach ed.signature --key ed.pub --out ed.suit");
    expect(await workshop.succeed("manifest verify ed.suit --by host --key ed.pub")).toContain(
      "Ed25519 (-19)",
    );
  });
});

describe("several signatures", () => {
  it("are made at once or one after the other, to the same bytes, and survive severing", async () => {
    await workshop.succeed("keys generate --out operator.key");
    const once = "manifest sign update.unsigned --key author.key --key operator.key --out once.suit";
    expect(await workshop.succeed(once)).toContain("2 signatures, ESP256");
    await workshop.succeed("manifest sign update.unsigned --key author.key --out first.suit");
    await workshop.succeed("manifest sign first.suit --key operator.key --out after.suit");
    expect(workshop.read("after.suit")).toEqual(workshop.read("once.suit"));
    await workshop.succeed("manifest init --template secure-boot --out text.json");
    await workshop.succeed("manifest create text.json --payload firmware-2.wasm --out text.unsigned");
    await workshop.succeed("manifest sign text.unsigned --key author.key --key operator.key --out text.suit");
    await workshop.succeed("manifest sever text.suit --to . --out small.suit");
    expect(workshop.read("small.suit").length).toBeLessThan(workshop.read("text.suit").length);
    expect(workshop.read("text.cbor").length).toBeGreaterThan(0);
    const all = "--key author.key --key operator.key --require-all";
    for (const by of ["device", "host"])
      await workshop.succeed(`manifest verify small.suit ${all} --by ${by}`);
  });
});
