/**
 * Mistakes of the person at the keyboard: each is two lines that name the file and say what to do.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { createColors } from "picocolors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { main } from "../../host/cli/main.ts";
import { visibleText } from "../../host/manifest/visible-text.ts";
import { readWasm } from "../wasm-file.ts";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
const server = createServer();
beforeAll(async () => {
  await workshop.prepareUpdate();
  await workshop.succeed("device create good.device --sign-key author.key");
  mkdirSync(workshop.path("folder"));
  await new Promise<void>((resolve) => server.listen(workshop.path("socket"), resolve));
  await workshop.succeed("keys generate --algorithm ed25519 --out ed.key");
  workshop.write(
    "latin.json",
    Uint8Array.from([...Buffer.from('{ "component": ["a'), 0xff, ...Buffer.from('"] }')]),
  );
  workshop.write("escape.json", '{ "component": \n\u001b[2J }');
  workshop.write("precise.json", '{ "sequenceNumber": 9007199254740993, "component": ["app"] }');
  workshop.write("endless.json", `{ "sequenceNumber": 1${"0".repeat(400)}, "component": ["app"] }`);
  workshop.write("twice.json", '{ "install": [], "component": ["install"], "\\u0069nstall": null }');
  workshop.write("half.json", '{ "sequenceNumber": 1.5, "component": ["app"] }');
  workshop.write("set.json", '{ "kind": "EC" }');
  workshop.write("large.wasm", withCustomSection(readWasm("bootloader"), 16_000));
  workshop.write("empty", "");
  workshop.write(
    "garbage",
    Uint8Array.from({ length: 500 }, (_, index) => (index * 31) & 255),
  );
  workshop.write("text", "hello");
  workshop.write("broken.json", '{ "sequenceNumber": 2, ');
  workshop.write("typo.json", '{ "sequenceNumber": 2, "componet": ["app"] }');
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
  workshop.write("p384.pub", publicKey.export({ type: "spki", format: "pem" }));
  const device = Buffer.from(workshop.read("good.device")).toString("utf8");
  workshop.write("damaged.device", device.replace('"counters": [\n  "1"', '"counters": [\n  "0"'));
  workshop.write("truncated.device", device.slice(0, device.length / 2));
  workshop.write("future.device", device.replace(/"version": \d+/, '"version": 9'));
});
afterAll(() => {
  server.close();
  workshop.remove();
});

/** The same module with a custom section of so many bytes more, at least 128 and below 16,384. */
function withCustomSection(module: Uint8Array, bytes: number): Uint8Array {
  return Uint8Array.from([
    ...module,
    0,
    (bytes & 127) | 128,
    bytes >> 7,
    1,
    0x78,
    ...new Uint8Array(bytes - 2),
  ]);
}

/** Command line, exit code's error code, and a part of the message. */
const MISTAKES: readonly (readonly [string, string, string])[] = [
  ["manifest inspect missing", "unreadable-file", "missing cannot be read: there is no such file"],
  ["manifest inspect nowhere/missing", "unreadable-file", "nowhere/missing cannot be read"],
  ["manifest inspect folder", "unreadable-file", "folder cannot be read: it is a folder"],
  ["manifest inspect text/inside", "unreadable-file", "a part of its path is a file"],
  ["manifest create missing.json --out x", "unreadable-file", "manifest missing.json cannot be read"],
  ["manifest create broken.json --out x", "json-syntax", "broken.json is not JSON"],
  ["manifest create typo.json --out x", "manifest-json", "componet"],
  ["manifest create update.json --out x", "payload-missing", "payload"],
  ["manifest create update.json -p firmware-2.wasm --out nowhere/x", "unwritable-file", "no such folder"],
  [
    "manifest create update.json -p firmware-2.wasm --out text/x",
    "unwritable-file",
    "is a file, not a folder",
  ],
  [
    "manifest create update.json -p firmware-2.wasm --out folder --force",
    "unwritable-file",
    "it is a folder",
  ],
  ["manifest create update.json -p firmware-2.wasm --out text", "file-exists", "text exists already"],
  ["manifest sign garbage --key author.key --out x", "envelope-tag", "cannot be signed"],
  ["manifest sign empty --key author.key --out x", "cbor-truncated", "cannot be signed"],
  ["manifest sign update.unsigned --key author.pub --out x", "key-not-private", "author.pub"],
  ["manifest sign update.unsigned --key garbage --out x", "key-malformed", "garbage"],
  ["manifest verify update.suit --key p384.pub", "key-curve-unsupported", "P-384"],
  ["manifest verify update.suit --key empty", "key-malformed", "the file is empty"],
  ["manifest verify update.suit --key text", "key-", "text"],
  ["manifest verify update.suit --key missing", "unreadable-file", "key missing cannot be read"],
  ["manifest verify update.suit --key author.pub --bootloader garbage", "module-malformed", "malformed"],
  ["manifest verify update.suit --key author.pub --bootloader text --by host", "usage", "--by device"],
  [`manifest verify update.suit${" --key author.pub".repeat(5)}`, "too-many-keys", "at most 4 keys"],
  ["manifest encrypt firmware-2.wasm --out x --info y", "key-missing", "encrypted for nobody"],
  ["manifest encrypt firmware-2.wasm --for text --out x --info y", "key-", "text"],
  ["manifest encrypt missing --for author.pub --out x --info y", "unreadable-file", "payload missing"],
  ["manifest encrypt firmware-2.wasm --for author.pub --out x --info text", "file-exists", "text exists"],
  ["keys generate --out author.key", "file-exists", "author.key exists already"],
  ["keys generate --kid factory", "kid-in-pem", "PEM cannot hold a key identifier"],
  ["keys public folder", "unreadable-file", "key folder cannot be read"],
  ["device show missing.device", "unreadable-file", "missing.device cannot be read"],
  ["device show folder", "unreadable-file", "folder cannot be read: it is a folder"],
  ["device show update.suit", "device-file-format", "update.suit is not a device file"],
  ["device show empty", "device-file-format", "empty is not a device file"],
  ["device show damaged.device", "device-file-damaged", "damaged.device is a damaged device file"],
  ["device show truncated.device", "device-file-truncated", "truncated.device"],
  ["device show future.device", "device-file-version", "format version 9"],
  ["device update damaged.device -e update.suit", "device-file-damaged", "damaged.device"],
  ["device update good.device -e missing", "unreadable-file", "envelope missing cannot be read"],
  ["device boot good.device --cut 17x", "cut-syntax", '"17x" is not a cut'],
  ["device boot good.device --cut 1b,,2a", "cut-syntax", '"" is not a cut'],
  ["device boot good.device -e update.suit -p firmware-2.wasm --cut 1t9", "cut-variant", "torn variant 9"],
  ["device boot good.device -p firmware-2.wasm", "usage", "--payload goes with --envelope"],
  ["campaign --scenario refused-update -p firmware-2.wasm", "usage", "--payload goes with --device"],
  ["footprint firmware-2.wasm --layout update.json", "usage", "--layout goes with a scenario"],
  ["footprint firmware-2.wasm --plot ./firmware-2.wasm", "file-read", "a file that this command reads"],
  ["device create x", "key-missing", "trusts no key"],
  ["device create x --key author.pub --firmware firmware-2.wasm", "envelope-missing", "signed envelope"],
  ["device create x --sign-key author.pub", "key-not-private", "author.pub"],
  ["device create good.device --sign-key author.key", "file-exists", "good.device exists already"],
  ["device create x --sign-key author.key --bootloader garbage --profile class9", "usage", "class9"],
  ["device create x --sign-key author.key --device-id zero", "device-identifier", '"zero" is not a UUID'],
  ["device create x --sign-key author.key --sequence -1", "usage", "sequence"],
  [
    "device create x --sign-key author.key --firmware good.device",
    "module-malformed",
    "good.device: The module",
  ],
  [
    "device create x --key author.pub --firmware good.device -e update.suit",
    "module-malformed",
    "good.device",
  ],
  ["device create x --key author.pub -e good.device", "envelope-unreadable", "good.device is no envelope"],
  ["device create x --sign-key author.key --key ed.key", "key-kinds", "the keys are P-256 and Ed25519"],
  ["device create x --sign-key ed.key --payload-key author.key", "key-kinds", "the key is Ed25519"],
  ["manifest verify update.suit --key author.pub --key ed.key", "key-kinds", "one kind of signature"],
  ["device create x --sign-key author.key --vendor ", "usage", "--vendor gives is empty"],
  ["device create x --sign-key author.key --vendor a.example --vendor-pen 5", "usage", "cannot be used with"],
  ["keys generate --lms H5/W8", "usage", "Only an HSS-LMS key has trees"],
  ["keys public set.json", "key-malformed", "not a JWK"],
  ["manifest create latin.json --out x", "json-syntax", "latin.json is not JSON: it is not UTF-8 text"],
  ["manifest create twice.json --out x", "json-syntax", 'twice.json has "install" twice in one object'],
  ["manifest create escape.json --out x", "json-syntax", "escape.json is not JSON"],
  ["manifest create precise.json --out x", "manifest-json", "sequenceNumber: this number is too large"],
  ["manifest create endless.json --out x", "manifest-json", "sequenceNumber: this number is too large"],
  ["manifest create half.json --out x", "manifest-json", "a whole number, and it is 1.5"],
  [
    "manifest create update.json -p firmware-2.wasm --out socket --force",
    "unwritable-file",
    "a device or a pipe",
  ],
  ["manifest encrypt firmware-2.wasm --for author.pub --out x --info ./x", "file-twice", "written twice"],
  [
    "manifest encrypt firmware-2.wasm --for author.pub --out x --info nowhere/y",
    "unwritable-file",
    "nowhere/y",
  ],
  [
    "glitch --scenario unsigned --bootloader folder",
    "unreadable-file",
    "folder cannot be read: it is a folder",
  ],
  ["glitch --scenario unsigned --bootloader garbage", "module-malformed", "garbage: The module"],
  ["glitch --scenario unsinged", "", '"unsinged"'],
  ["footprint firmware-2.wasm --symbols text", "module-malformed", "text: The module"],
  ["lint firmware-2.wasm --symbols text", "module-malformed", "text: The module"],
  ["device create x --sign-key author.key --bootloader good.device", "module-malformed", "good.device"],
  ["device create x --sign-key author.key --bootloader large.wasm", "bootloader-size", "does not fit"],
  ["manifest sing update.unsigned", "usage", "unknown command 'sing'"],
  ["manifest inspect update.suit --diagnostik", "usage", "unknown option '--diagnostik'"],
  ["manifest inspect update.suit --hex --diagnostic", "usage", "cannot be used with"],
  ["manifest inspect", "usage", "missing required argument 'envelope'"],
  ["manifest sign update.unsigned --out x", "usage", "nothing to sign with"],
  ["manifest inspect update.suit more", "usage", "too many arguments"],
];

const ErrorJson = z.strictObject({
  ok: z.literal(false),
  error: z.strictObject({ code: z.string(), message: z.string().min(1), hint: z.string().min(1) }),
});

describe("a mistake", () => {
  it.each(MISTAKES)("%s → %s", async (line, code, part) => {
    const { exitCode, out, err } = await workshop.run(line);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    const [message = "", hint = "", ...rest] = err.split("\n");
    expect(message).toMatch(/^error: .+\.$/);
    expect(message).toContain(part);
    expect(hint).toMatch(/^hint: .+[.?]$/);
    expect(hint).not.toContain("Run the command with --help");
    expect(err).not.toMatch(/[^\P{C}\n]/u);
    expect(rest).toEqual([""]);
    // As JSON it has the same words, and a code for programs.
    if (line.includes("--json")) return;
    const json = await workshop.run(`${line} --json`);
    expect(json.exitCode).toBe(2);
    const { error } = ErrorJson.parse(JSON.parse(json.err));
    expect(error.code.startsWith(code)).toBe(true);
    expect(`error: ${visibleText(error.message.replace(/\s*\n\s*/g, " "))}`).toBe(message);
  });

  it("is met with the nearest command or option", async () => {
    expect((await workshop.run("manifest sing x")).err).toContain("hint: Did you mean sign?");
    expect((await workshop.run("devise show x")).err).toContain("hint: Did you mean device?");
    expect((await workshop.run("frobnicate x")).err).toContain("hint: Run `brownout --help`.");
    expect((await workshop.run("glitch --window x")).err).toContain("hint: Run `brownout glitch --help`.");
    expect((await workshop.run("device show x --jsn")).err).toContain("hint: Did you mean --json?");
  });

  it("leaves nothing behind where it was going to write", async () => {
    await workshop.run("manifest create typo.json --out x");
    await workshop.run("device create x --sign-key author.key --firmware good.device");
    await workshop.run("manifest encrypt firmware-2.wasm --for author.pub --out x --info nowhere/y");
    expect(() => workshop.read("x")).toThrow("ENOENT");
  });

  it("shows the groups and their commands when there is none to run", async () => {
    for (const line of [[], ["keys"], ["device"]]) {
      const { exitCode, out, err } = await workshop.run(...line);
      expect(exitCode).toBe(2);
      expect(out).toBe("");
      expect(err).toContain("Commands:");
    }
  });
});

describe("a defect of Brownout", () => {
  it("prints where it happened, asks for a report and exits with 3", async () => {
    let err = "";
    const colors = createColors(false);
    const out = { isTerminal: false, colors, write: () => expect.fail("the output is out of order") };
    const io = { out, err: { isTerminal: false, colors, write: (text: string) => (err += text) } };
    const exitCode = await main(["keys", "generate"], { ...io, directory: workshop.folder });
    expect(exitCode).toBe(3);
    expect(err).toContain("the output is out of order");
    expect(err).toMatch(/^ +at .+keys-generate\.ts/m);
    expect(err).toContain("Please report it");
  });
});

describe("a broken envelope", () => {
  it("is inspected as far as it can be read, and is a finding", async () => {
    for (const file of ["garbage", "empty", "text"]) {
      const { exitCode, out, err } = await workshop.run(`manifest inspect ${file}`);
      expect(exitCode).toBe(1);
      expect(err).toBe("");
      expect(out).toContain("Problem:");
    }
  });
});
