/**
 * HSS/LMS keys: their trees, formats, what is wrong with the wrong ones, and what they sign.
 */
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { bootloaderFor } from "../../host/device/bootloader-choice.ts";
import { DeviceVerifier } from "../../host/device/verifier.ts";
import { coseKeyBytes } from "../../host/keys/cose-key.ts";
import { generateEdwardsKey } from "../../host/keys/ed25519.ts";
import { generateHssKey, hssRefusal, leafCount, parseTrees, signWithLeaf } from "../../host/keys/hss.ts";
import { readKey, readPrivateKey, writeKey, writePublicKey } from "../../host/keys/key-file.ts";
import {
  acceptsAlgorithm,
  generateKey,
  isPrivate,
  type HssPrivateKey,
  type Key,
} from "../../host/keys/key.ts";
import { encodeCbor, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { attachSignature, signatureRequest, signEnvelope } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { STATUS_TEXT } from "../../host/status-text.ts";
import { UserError } from "../../host/user-error.ts";
import { toHex } from "../vectors.ts";
import { readWasm } from "../wasm-file.ts";
import { envelope, envelopeAround, manifestBytes } from "./manifest-fixture.ts";

const HSS_LMS = -46;
const { key, top } = generateHssKey(parseTrees("H5/W4,H5/W8"), { kid: new TextEncoder().encode("line-3") });
const message = Uint8Array.of(1, 2, 3);

/** The key as a signer has it, with leaves from `first` on. */
function signing(signer: HssPrivateKey, first = 0n): HssPrivateKey {
  let leaf = first;
  return { ...signer, takeLeaf: () => ({ leaf: leaf++ }) };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
  return "none";
}

describe("the trees of an HSS/LMS key", () => {
  it("are read from what people write", () => {
    expect(parseTrees("h10/w8, H5/W4")).toEqual([
      { height: 10, digitBits: 8 },
      { height: 5, digitBits: 4 },
    ]);
    expect(leafCount(parseTrees("H10/W8,H5/W4"))).toBe(32768n);
  });

  it.each(["", "H5", "H6/W8", "H5/W3", "H5/W8,", "W8/H5", Array(9).fill("H5/W1").join(",")])(
    "are refused: %s",
    (text) => {
      expect(codeOf(() => parseTrees(text))).toBe("lms-parameters");
    },
  );

  it("are refused where making them would take minutes", () => {
    for (const text of ["H15/W8", "H20/W1", "H25/W8"]) {
      expect(codeOf(() => parseTrees(text))).toBe("lms-parameters");
    }
    expect(parseTrees("H15/W4")).toHaveLength(1);
  });
});

describe("an HSS/LMS key", () => {
  it("survives being written as COSE_Key, private and public", () => {
    expect(readPrivateKey(writeKey(key, "cose"))).toEqual(key);
    const publicKey = readKey(writePublicKey(key, "cose"));
    expect(publicKey).toMatchObject({ kty: "HSS-LMS", x: key.x });
    expect(isPrivate(publicKey)).toBe(false);
    expect(toHex(writePublicKey(key, "cose"))).not.toContain(toHex(key.d));
  });

  it("has a deterministic COSE_Key with its public key as pub (RFC 8778 §4)", () => {
    const { kty, crv, x } = key;
    expect(toHex(coseKeyBytes({ kty, crv, x }))).toBe(`a2010520583c${toHex(x)}`);
  });

  it("has no PEM and no JWK", () => {
    for (const format of ["pem", "jwk"] as const) {
      expect(codeOf(() => writeKey(key, format))).toBe("key-format-unsupported");
    }
  });

  it("accepts HSS-LMS and nothing else", () => {
    const accepted = (some: Key): boolean[] =>
      [HSS_LMS, -19, -9, -7].map((each) => acceptsAlgorithm(some, each));
    expect(accepted(key)).toEqual([true, false, false, false]);
    expect(accepted(generateHssKey(parseTrees("H5/W1"), { alg: null }).key)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(accepted(generateKey({ alg: null }))[0]).toBe(false);
    expect(accepted(generateEdwardsKey({ alg: null }))[0]).toBe(false);
  });

  const fields = (...pairs: readonly (readonly [Cbor, Cbor])[]): Uint8Array =>
    encodeCbor(new Map<Cbor, Cbor>([[1, 5], [-1, key.x], ...pairs]));
  const altered = (index: number, byte: number): Uint8Array =>
    key.x.map((old, position) => (position === index ? byte : old));

  it.each<[string, string, Uint8Array]>([
    ["a key without pub", "key-malformed", encodeCbor(new Map<Cbor, Cbor>([[1, 5]]))],
    ["a short pub", "key-malformed", fields([-1, key.x.subarray(1)])],
    ["no trees", "key-malformed", fields([-1, altered(3, 0)])],
    ["nine trees", "key-malformed", fields([-1, altered(3, 9)])],
    ["LMS with SHA-256/192", "key-algorithm-unsupported", fields([-1, altered(7, 10)])],
    ["an unknown LM-OTS type", "key-algorithm-unsupported", fields([-1, altered(11, 5)])],
    ["another algorithm", "key-algorithm-unsupported", fields([3, -9])],
    ["an algorithm that is none", "key-algorithm-unsupported", fields([3, -99])],
    ["encryption only", "key-use-forbidden", fields([4, [3]])],
    ["a short seed", "key-private-invalid", fields([-65538, new Uint8Array(31)], [-65539, "H5/W4,H5/W8"])],
    ["other trees", "key-private-invalid", fields([-65538, key.d], [-65539, "H5/W8,H5/W8"])],
    ["fewer trees", "key-private-invalid", fields([-65538, key.d], [-65539, "H5/W4"])],
  ])("is refused with %s: %s", (_, code, content) => {
    expect(codeOf(() => readKey(content, "the key"))).toBe(code);
  });

  it("does not sign with the seed of another key, nor without its state", () => {
    const other = { ...key, d: generateHssKey(parseTrees("H5/W1")).key.d };
    expect(codeOf(() => signWithLeaf(other, message, 0n))).toBe("key-private-mismatch");
    const unsigned = envelopeAround(manifestBytes(), { blocks: () => [] });
    expect(codeOf(() => signEnvelope(unsigned, key))).toBe("leaf-state-missing");
  });

  it("signs the same with the leaves that were kept as without, and with damaged ones", () => {
    const damaged = top.leaves.map((byte, index) => (index === 40 ? byte ^ 1 : byte));
    const expected = signWithLeaf(key, message, 77n);
    expect(hssRefusal(key.x, message, expected)).toBeUndefined();
    expect(signWithLeaf(key, message, 77n, top.leaves)).toEqual(expected);
    expect(signWithLeaf(key, message, 77n, damaged)).toEqual(expected);
  });

  it("signs with every leaf of three trees, and each tree's leaf signs one key only", () => {
    const { key: deep, top: deepTop } = generateHssKey(parseTrees("H5/W1,H5/W1,H5/W2"));
    const leaves = [0n, 31n, 32n, 1023n, 1024n, 32767n];
    const signatures = leaves.map((leaf) => signWithLeaf(deep, message, leaf, deepTop.leaves));
    for (const signature of signatures) expect(hssRefusal(deep.x, message, signature)).toBeUndefined();
    const upper = (index: number): string =>
      toHex((signatures[index] ?? message).subarray(0, 4 + 12 + 32 * (1 + 265 + 5) + 56));
    expect(upper(0)).toBe(upper(1));
    expect(upper(0)).toBe(upper(3));
    expect(upper(0)).not.toBe(upper(4));
  });
});

describe("an envelope signed with HSS/LMS", () => {
  const bootloader = readWasm("bootloader-hss");
  const unsigned = envelopeAround(manifestBytes(), { blocks: () => [] });
  const signed = signEnvelope(unsigned, signing(key));
  const reasons = (subject: Uint8Array, ...trusted: Key[]): [string, string] => [
    verifyEnvelope(subject, trusted).reason,
    new DeviceVerifier(bootloader, trusted).verify(subject).reason,
  ];
  const both = (
    status: Status.Ok | Status.SignatureInvalid | Status.SignatureMalformed | Status.KeyAlgorithmMismatch,
  ): string[] => Array.from({ length: 2 }, () => STATUS_TEXT[status].code);

  it("is accepted by the host and by the bootloader that is built with HSS/LMS", () => {
    expect(reasons(signed, key)).toEqual(both(Status.Ok));
    expect(reasons(signEnvelope(unsigned, signing(key, 1023n)), key)).toEqual(both(Status.Ok));
    expect(bootloaderFor([key])).toBe("bootloader-hss");
  });

  it("is accepted under any of several keys, and refused under others", () => {
    const other = generateHssKey(parseTrees("H5/W4,H5/W8")).key;
    expect(reasons(signed, other, key)).toEqual(both(Status.Ok));
    expect(reasons(signed, other)).toEqual(both(Status.SignatureInvalid));
    const single = generateHssKey(parseTrees("H5/W8")).key;
    expect(reasons(signed, single)).toEqual(both(Status.SignatureMalformed));
    expect(reasons(signed, generateKey())).toEqual(["algorithm-unsupported", "key-algorithm-mismatch"]);
  });

  it("is refused with any byte of its signature changed, for the same reason by both", () => {
    const start = Buffer.from(signed).indexOf(Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]));
    expect(start).toBeGreaterThan(0);
    const device = new DeviceVerifier(bootloader, [key]);
    for (let index = 0; index < 3600; index += index < 60 ? 1 : 71) {
      const altered = signed.slice();
      altered[start + index] = (altered[start + index] ?? 0) ^ 4;
      const { reason } = verifyEnvelope(altered, [key]);
      expect(reason).toMatch(/^signature-(invalid|malformed)$|^algorithm-unsupported$/);
      expect([index, device.verify(altered).reason]).toEqual([index, reason]);
    }
  });

  it("is refused by bootloaders that are built without HSS/LMS", () => {
    for (const name of ["bootloader", "bootloader-ed25519"]) {
      expect(new DeviceVerifier(readWasm(name), [key]).verify(signed).reason).toBe("algorithm-unsupported");
    }
    expect(new DeviceVerifier(bootloader, [key]).verify(envelope()).reason).toBe("algorithm-unsupported");
  });

  it("takes a signature that was made elsewhere, and none that does not verify", () => {
    const request = signatureRequest(unsigned, HSS_LMS);
    const elsewhere = signWithLeaf(key, request.message, 0n);
    expect(attachSignature(unsigned, elsewhere, HSS_LMS, key)).toEqual(signed);
    expect(() => attachSignature(unsigned, elsewhere.fill(0, 50, 60), HSS_LMS, key)).toThrow(
      "does not verify under the key",
    );
  });

  it("has a bootloader that fits the boot partition, with room for the device page", () => {
    expect(bootloader.length).toBeLessThanOrEqual(27_648);
  });
});
