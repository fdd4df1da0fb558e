/**
 * An author's whole way, command by command: keys, manifest, device, update.
 */
import { statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { MANIFEST, Workshop } from "./workshop.ts";
import { readWasm } from "../wasm-file.ts";

const workshop = new Workshop();
beforeAll(async () => workshop.prepareUpdate());
afterAll(() => workshop.remove());

const Verified = z.strictObject({
  file: z.string(),
  ok: z.boolean(),
  reason: z.string(),
  message: z.string().min(1),
  by: z.enum(["device", "host"]),
});
const Shown = z.looseObject({
  sequenceFloor: z.string(),
  counters: z.array(z.string()),
  journal: z.looseObject({ phase: z.string(), activeSlot: z.string(), reason: z.string().nullable() }),
  slots: z.array(z.looseObject({ slot: z.string(), isBlank: z.boolean() })),
});
const Updated = z.looseObject({
  result: z.string(),
  reason: z.string().nullable(),
  slot: z.string(),
  rest: z.string(),
  boots: z.array(z.looseObject({ end: z.string(), log: z.array(z.string()) })),
});

describe("keys", () => {
  it("writes private keys that only their owner may read", () => {
    expect(statSync(workshop.path("author.key")).mode & 0o777).toBe(0o600);
  });

  it("keeps the mode when a private key is replaced by force", async () => {
    await workshop.succeed("keys generate --out forced.key");
    await workshop.succeed("keys generate --force --out forced.key");
    expect(statSync(workshop.path("forced.key")).mode & 0o777).toBe(0o600);
  });

  it("writes every format so that every command reads it", async () => {
    for (const format of ["pem", "jwk", "cose"]) {
      await workshop.succeed(`keys generate --format ${format} --out own.${format}`);
      await workshop.succeed(`keys public own.${format} --format ${format} --out own.${format}.pub`);
      await workshop.succeed(`manifest sign update.unsigned --key own.${format} --out own.${format}.suit`);
      const out = await workshop.succeed(`manifest verify own.${format}.suit --key own.${format}.pub --json`);
      expect(Verified.parse(JSON.parse(out)).ok).toBe(true);
    }
  });

  it("prints a COSE_Key as hex that can be read again", async () => {
    workshop.write("public.hex", await workshop.succeed("keys public author.key --format cose"));
    expect((await workshop.run("manifest verify update.suit --key public.hex")).exitCode).toBe(0);
  });

  it("never writes the private half where the public one is asked for", async () => {
    for (const format of ["pem", "jwk", "cose"]) {
      const out = await workshop.succeed(`keys public author.key --format ${format} --json`);
      expect(JSON.parse(out)).not.toHaveProperty("d");
    }
  });
});

describe("manifest", () => {
  it("signs the same bytes every time", async () => {
    await workshop.succeed("manifest sign update.unsigned --key author.key --out again.suit");
    expect(workshop.read("again.suit")).toEqual(workshop.read("update.suit"));
  });

  it("inspects in words, in diagnostic notation and byte by byte", async () => {
    const all = await workshop.succeed("manifest inspect update.suit");
    expect(all).toContain("Sequence number 2");
    expect(all).toContain("107(");
    expect(all).toMatch(/^0000 {2}d8 6b/m);
    const data: unknown = JSON.parse(await workshop.succeed("manifest inspect update.suit --json"));
    expect(data).toMatchObject({ sequenceNumber: 2, components: ["app"], problem: null });
  });

  it("agrees with itself about every envelope, by device and by host", async () => {
    const bad = workshop.read("update.suit");
    bad[bad.length - 3] = (bad[bad.length - 3] ?? 0) ^ 1;
    workshop.write("flipped.suit", bad);
    await workshop.succeed("keys generate --out stranger.key");
    await workshop.succeed("manifest sign update.unsigned --key stranger.key --out stranger.suit");
    workshop.write(
      "rubbish.suit",
      Uint8Array.from({ length: 300 }, (_, index) => (index * 7) & 255),
    );
    workshop.write("empty.suit", "");
    const files =
      "update.suit update.unsigned flipped.suit stranger.suit rubbish.suit empty.suit missing.suit";
    const verdicts = async (by: string): Promise<[string, boolean, string][]> => {
      const { exitCode, out } = await workshop.run(
        `manifest verify ${files} --key author.pub --json --by ${by}`,
      );
      expect(exitCode).toBe(1);
      const lines = out.trimEnd().split("\n");
      return lines
        .map((line) => Verified.parse(JSON.parse(line)))
        .map(({ file, ok, reason }) => [file, ok, reason]);
    };
    const device = await verdicts("device");
    expect(device).toEqual(await verdicts("host"));
    expect(device).toEqual([
      ["update.suit", true, "ok"],
      ["update.unsigned", false, "unsigned"],
      ["flipped.suit", false, "manifest-digest-mismatch"],
      ["stranger.suit", false, "signature-invalid"],
      ["rubbish.suit", false, "envelope-tag"],
      ["empty.suit", false, "cbor-truncated"],
      ["missing.suit", false, "unreadable-file"],
    ]);
  });

  it("accepts an envelope that one of several keys has signed", async () => {
    await workshop.succeed("keys generate --out other.key");
    const line = "manifest verify update.suit --key other.key --key author.pub";
    expect((await workshop.run(line)).exitCode).toBe(0);
    expect((await workshop.run(`${line} --by host`)).exitCode).toBe(0);
  });

  it("has one clear reason for an envelope that no device has room for", async () => {
    workshop.write("huge.suit", new Uint8Array(80_000));
    const { exitCode, out } = await workshop.run("manifest verify huge.suit --key author.pub --json");
    expect(exitCode).toBe(1);
    expect(Verified.parse(JSON.parse(out)).reason).toBe("envelope-too-large");
  });

  it("verifies with another bootloader if it is given one", async () => {
    workshop.write("trusting.wasm", readWasm("testing/trusting-bootloader"));
    const line = "manifest verify update.suit --key author.pub --bootloader trusting.wasm --json";
    const { out } = await workshop.run(line);
    expect(Verified.parse(JSON.parse(out)).by).toBe("device");
  });
});

describe.each(["class1", "stm32l0", "stm32f103"])("a %s device", (profile) => {
  const device = `${profile}.device`;
  const shown = async (): Promise<z.infer<typeof Shown>> =>
    Shown.parse(JSON.parse(await workshop.succeed(`device show ${device} --json`)));

  it("is created, updated, booted and shown", async () => {
    await workshop.succeed(`device create ${device} --sign-key author.key --profile ${profile}`);
    expect(await shown()).toMatchObject({
      profile,
      sequenceFloor: "1",
      journal: { phase: "confirmed", activeSlot: "A" },
      slots: [
        {
          slot: "A",
          isBlank: false,
          envelope: { sequenceNumber: 1, verdict: { ok: true } },
          image: { matches: true },
        },
        { slot: "B", isBlank: true },
      ],
    });
    const update = `device update ${device} --envelope update.suit --payload firmware-2.wasm --json`;
    expect(Updated.parse(JSON.parse(await workshop.succeed(update)))).toMatchObject({
      result: "installed",
      slot: "B",
      rest: "running",
    });
    expect(await shown()).toMatchObject({
      sequenceFloor: "2",
      journal: { phase: "confirmed", activeSlot: "B" },
      slots: [{ slot: "A" }, { slot: "B", envelope: { sequenceNumber: 2 }, image: { matches: true } }],
    });
    const boot = await workshop.succeed(`device boot ${device} --settle`);
    expect(boot).toContain("firmware 2: running from slot B");
    expect(boot).toContain("at rest: firmware runs");
    expect(Updated.parse(JSON.parse(await workshop.succeed(update))).result).toBe("current");
  });

  it("survives cuts on the way and ends with the same update", async () => {
    await workshop.succeed(`device create ${device} --sign-key author.key --profile ${profile} --force`);
    const offer = "--envelope update.suit --payload firmware-2.wasm";
    const torn = await workshop.succeed(`device boot ${device} ${offer} --cut 3t1,0a,0b --json`);
    const Boots = z.looseObject({ boots: z.array(z.looseObject({ end: z.string(), missedCut: z.null() })) });
    expect(Boots.parse(JSON.parse(torn)).boots.map(({ end }) => end)).toEqual(Array(3).fill("power-loss"));
    const settled = await workshop.succeed(`device boot ${device} ${offer} --settle`);
    expect(settled).toContain("firmware 2: confirmed");
    expect(await shown()).toMatchObject({ sequenceFloor: "2", journal: { activeSlot: "B" } });
  });
});

describe("what a device does not accept", () => {
  const offer = async (envelope: string, payload = "firmware-2.wasm"): Promise<z.infer<typeof Updated>> => {
    await workshop.succeed("device create picky.device --sign-key author.key --force");
    const { exitCode, out } = await workshop.run(
      `device update picky.device --envelope ${envelope} --payload ${payload} --json`,
    );
    expect(exitCode).toBe(1);
    return Updated.parse(JSON.parse(out));
  };
  const author = async (name: string, change: object, payload: string): Promise<void> => {
    workshop.write(`${name}.json`, JSON.stringify({ ...MANIFEST, ...change }));
    await workshop.succeed(
      `manifest create ${name}.json --payload ${payload} --out ${name}.unsigned --force`,
    );
    await workshop.succeed(`manifest sign ${name}.unsigned --key author.key --out ${name}.suit --force`);
  };

  it("is refused for another key, another class and an old sequence number", async () => {
    await workshop.succeed("keys generate --out enemy.key");
    await workshop.succeed("manifest sign update.unsigned --key enemy.key --out enemy.suit");
    expect(await offer("enemy.suit")).toMatchObject({
      result: "refused",
      reason: "signature-invalid",
      slot: "A",
    });
    await author("toaster", { class: { name: "toaster" } }, "firmware-2.wasm");
    expect(await offer("toaster.suit")).toMatchObject({ result: "refused", reason: "class-mismatch" });
    await author("old", { sequenceNumber: 0 }, "firmware-2.wasm");
    expect(await offer("old.suit")).toMatchObject({ result: "refused", reason: "sequence-too-old" });
  });

  it.each(["failing", "hanging"])("is reverted when the firmware is %s", async (kind) => {
    workshop.write(`${kind}.wasm`, readWasm(`firmware-${kind}`));
    await author(kind, {}, `${kind}.wasm`);
    expect(await offer(`${kind}.suit`, `${kind}.wasm`)).toMatchObject({
      result: "reverted",
      reason: "trials-exhausted",
      slot: "A",
      rest: "running",
    });
  });
});

describe("a device without firmware", () => {
  it("waits in recovery and takes its first firmware over the link", async () => {
    await workshop.succeed("device create blank.device --key author.pub");
    const waiting = await workshop.succeed("device boot blank.device --settle");
    expect(waiting).toContain("waits for an update");
    const line = "device update blank.device --envelope update.suit --payload firmware-2.wasm";
    expect(await workshop.succeed(line)).toContain("installed:");
  });
});

describe("--dry-run", () => {
  it("leaves the device file byte for byte as it was", async () => {
    await workshop.succeed("device create dry.device --sign-key author.key");
    const before = workshop.read("dry.device");
    await workshop.succeed("device update dry.device -e update.suit -p firmware-2.wasm --dry-run");
    await workshop.succeed(
      "device boot dry.device -e update.suit -p firmware-2.wasm --cut 5a --trace --dry-run",
    );
    expect(workshop.read("dry.device")).toEqual(before);
  });
});
