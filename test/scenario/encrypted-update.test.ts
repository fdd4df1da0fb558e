/**
 * Encrypted updates, end to end: made by the host, decrypted by the firmware while it receives them, judged by
 * the bootloader like any other.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import type { Device, PowerCycle } from "../../emulator/device.ts";
import { readJournal } from "../../emulator/explore/journal.ts";
import { slotRange } from "../../emulator/memory-map.ts";
import {
  agreementHolder,
  decryptingDevice,
  encryptedUpdate,
  kekHolder,
  offerOf,
  type EncryptedUpdate,
  type Holder,
} from "../encrypted-update.ts";
import { readWasm } from "../wasm-file.ts";

const image = readWasm("decrypting-2");
const holders: readonly (readonly [string, Holder])[] = [
  ["an AES-128 key encryption key", kekHolder(16)],
  ["an AES-256 key encryption key", kekHolder(32)],
  ["a private key on P-256", agreementHolder()],
];
const [, own] = holders[2] ?? [];
if (own === undefined) throw new Error("there are three holders");

/** Powers the device on until it idles; all that it logged. */
function settle(device: Device): { cycle: PowerCycle; texts: string[] } {
  const texts: string[] = [];
  for (let count = 0; count < 20; count++) {
    const cycle = device.powerOn();
    texts.push(...cycle.log.map(({ text }) => text));
    expect(cycle.violations).toEqual([]);
    if (cycle.end !== "reset") return { cycle, texts };
  }
  throw new Error(`the device still resets: ${texts.join("; ")}`);
}

/** What slot B holds behind the envelope. */
function slotB(device: Device, { envelope }: EncryptedUpdate, length: number): Buffer {
  const { pageBytes, layout } = device.profile;
  const start = slotRange(layout, Slot.B).address + Math.ceil(envelope.length / pageBytes) * pageBytes;
  return Buffer.from(device.flash.bytes.slice(start, start + length));
}

function journalOf(device: Device): { phase: Phase; activeSlot: Slot; reason: number } {
  const journal = readJournal(device.flash.bytes, device.profile);
  if (journal === undefined) throw new Error("the journal is empty");
  const { phase, activeSlot, reason } = journal;
  return { phase, activeSlot, reason };
}

describe("an encrypted update", () => {
  for (const algorithm of ["A128CTR", "A256CTR"] as const) {
    it.each(holders)(`in ${algorithm} for %s is decrypted, tried and confirmed`, (_, holder) => {
      const update = encryptedUpdate(image, [holder], algorithm);
      expect(Buffer.from(update.ciphertext).includes(Buffer.from(image.subarray(0, 16)))).toBe(false);
      const device = decryptingDevice(holder, offerOf(update));
      const { texts } = settle(device);
      expect(texts).toContain("firmware 2: confirmed");
      expect(journalOf(device)).toMatchObject({ phase: Phase.Confirmed, activeSlot: Slot.B });
      expect(slotB(device, update, image.length).equals(Buffer.from(image))).toBe(true);
    });
  }

  it("for several devices is installed by each of them", () => {
    const update = encryptedUpdate(
      image,
      holders.map(([, holder]) => holder),
    );
    for (const [, holder] of holders) {
      const device = decryptingDevice(holder, offerOf(update));
      settle(device);
      expect(journalOf(device)).toMatchObject({ phase: Phase.Confirmed, activeSlot: Slot.B });
    }
  });

  it("with its sections in the manifest instead of behind it is installed as well", () => {
    const update = encryptedUpdate(image, [own], "A128CTR", (text) =>
      text.replace('"severable": ["install"]', '"severable": []'),
    );
    const device = decryptingDevice(own, offerOf(update));
    settle(device);
    expect(journalOf(device)).toMatchObject({ phase: Phase.Confirmed, activeSlot: Slot.B });
  });

  it.each([
    ["for another device", encryptedUpdate(image, [agreementHolder()])],
    ["for a key of another kind", encryptedUpdate(image, [kekHolder(16)])],
    ["in a way that the firmware does not know", encryptedUpdate(image, [own], "A128GCM")],
  ])("%s is refused by the digest of the image, and not fetched again", (_, update) => {
    const device = decryptingDevice(own, offerOf(update));
    const { texts } = settle(device);
    expect(texts).toContain("firmware 1: update declined");
    const { phase, activeSlot, reason } = journalOf(device);
    expect([phase, activeSlot]).toEqual([Phase.Rejected, Slot.A]);
    expect([Status.ImageMismatch, Status.PayloadSizeMismatch]).toContain(reason);
  });

  it("whose ciphertext was changed is refused by the digest of the image", () => {
    const update = encryptedUpdate(image, [own]);
    const ciphertext = Uint8Array.from(update.ciphertext);
    ciphertext[3000] = (ciphertext[3000] ?? 0) ^ 1;
    const device = decryptingDevice(own, offerOf({ ...update, ciphertext }));
    settle(device);
    expect(journalOf(device)).toMatchObject({ phase: Phase.Rejected, reason: Status.ImageMismatch });
  });

  it("does no harm, whatever an envelope that nobody signed says", { timeout: 120_000 }, () => {
    const genuine = encryptedUpdate(image.subarray(0, 300), [own]);
    const change = fc.tuple(fc.nat(genuine.envelope.length - 1), fc.integer({ min: 1, max: 255 }));
    const broken = fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
      const envelope = Uint8Array.from(genuine.envelope);
      for (const [at, bits] of changes) envelope[at] = (envelope[at] ?? 0) ^ bits;
      return envelope;
    });
    const cutShort = fc.nat(genuine.envelope.length - 1).map((end) => genuine.envelope.slice(0, end));
    fc.assert(
      fc.property(fc.oneof(broken, cutShort), (envelope) => {
        const isGenuine = Buffer.from(envelope).equals(genuine.envelope);
        fc.pre(envelope.length > 0 && !isGenuine);
        const device = decryptingDevice(own, offerOf({ ...genuine, envelope }));
        settle(device);
        const { phase, activeSlot } = journalOf(device);
        expect(activeSlot).toBe(Slot.A);
        // One that ends early may begin like the envelope that runs, and is then not fetched at all.
        const isShort = envelope.length < 64;
        expect(isShort ? [Phase.Confirmed, Phase.Rejected] : [Phase.Rejected]).toContain(phase);
      }),
      { numRuns: 40 },
    );
  });

  it("is refused by a bootloader that knows nothing of encryption", () => {
    const device = decryptingDevice(own, offerOf(encryptedUpdate(image, [own])), "bootloader");
    settle(device);
    expect(journalOf(device)).toMatchObject({ phase: Phase.Rejected, reason: Status.ParameterUnsupported });
  });

  it("leaves nothing of the device's key in RAM", () => {
    const device = decryptingDevice(own, offerOf(encryptedUpdate(image, [own])));
    settle(device);
    const ram = Buffer.from(device.memory.subarray(device.memory.length - 10_240));
    expect(ram.some((byte) => byte !== 0)).toBe(true);
    for (let start = 0; start + 8 <= own.bytes.length; start++)
      expect(ram.includes(Buffer.from(own.bytes.subarray(start, start + 8)))).toBe(false);
  });
});
