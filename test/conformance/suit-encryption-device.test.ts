/**
 * The published encrypted payloads (draft-ietf-suit-firmware-encryption-24), opened by the device: content key by
 * AES key wrap or by ECDH-ES, content in AES-GCM or in counter mode.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { PayloadKey } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { EncryptionModule } from "../encryption-module.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Infos = z.object({
  count: z.int(),
  vectors: z.array(
    z.object({
      name: z.string(),
      suit_encryption_info: z.string(),
      ciphertext: z.string(),
      expectedPlaintext: z.string(),
      recipient_private_d: z.string().nullish(),
      intermediates: z.object({ kek: z.string(), cek: z.string(), Z: z.string().optional() }),
    }),
  ),
});

const infos = loadVectors("suit-encryption-info", Infos);
const vectors = infos?.vectors ?? [];

/** The private key of the recipient, which the draft's examples and libcsuit's share. */
const RECIPIENT = vectors.find(
  (vector) => typeof vector.recipient_private_d === "string",
)?.recipient_private_d;

describe.skipIf(infos === undefined)("a published encrypted payload", () => {
  const device = new EncryptionModule();

  it("is one of as many as the file says", () => {
    expect(vectors).toHaveLength(infos?.count ?? 0);
  });

  it.each(vectors)("$name is opened on the device", (vector) => {
    const { suit_encryption_info: info, ciphertext, expectedPlaintext, intermediates } = vector;
    const isAgreed = intermediates.Z !== undefined;
    const secret = isAgreed ? (vector.recipient_private_d ?? RECIPIENT ?? "") : intermediates.kek;
    const kind = isAgreed ? PayloadKey.P256 : PayloadKey.Kek128;
    const { status, bytes } = device.open(fromHex(info), kind, fromHex(secret), fromHex(ciphertext));
    const length = expectedPlaintext.length / 2;
    expect([status, toHex(bytes.slice(0, length))]).toEqual([Status.Ok, expectedPlaintext]);
  });
});
