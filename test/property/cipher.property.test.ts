/**
 * The device's ciphers, key unwrap, key derivation and key agreement compute what OpenSSL and noble
 * compute, whatever keys and data are, and keep nothing of them.
 */
import { type CipherGCMTypes, createCipheriv, createDecipheriv, createECDH, hkdfSync } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { CipherModule, cipherBuilds, type Sealed } from "../cipher-module.ts";
import { bytesToNumber, numberToBytes } from "../crypto-module.ts";
import { toHex } from "../vectors.ts";

const ofLength = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.uint8Array({ minLength: length, maxLength: length }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 0xff).map((byte) => new Uint8Array(length).fill(byte)) },
  );
const aesKey = fc.constantFrom(16, 24, 32).chain(ofLength);
const bytes = fc.uint8Array({ maxLength: 300 });
const pieces = fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 });

const order = p256.Point.Fn.ORDER;
/** Private keys, the extreme ones and those next to powers of two more often than chance has them. */
const privateKey = fc.oneof(
  fc.bigInt({ min: 1n, max: order - 1n }),
  fc.bigInt({ min: 1n, max: 40n }),
  fc.bigInt({ min: order - 40n, max: order - 1n }),
  fc.tuple(fc.nat(255), fc.bigInt({ min: -20n, max: 20n })).map(([bit, off]) => {
    const near = ((1n << BigInt(bit)) + off) % order;
    return near > 0n ? near : 1n - near;
  }),
);

function aesName(key: Uint8Array, mode: string): string {
  return `aes-${key.length * 8}-${mode}`;
}

describe.each(cipherBuilds)("%s", (name) => {
  const device = new CipherModule(name);

  it("encrypts a block with AES as OpenSSL does, alone and in each place of a batch", () => {
    fc.assert(
      fc.property(aesKey, ofLength(16), (key, block) => {
        const cipher = createCipheriv(aesName(key, "ecb"), key, null).setAutoPadding(false);
        const expected = cipher.update(block, undefined, "hex");
        for (const result of device.aesEncrypt(key, block)) expect(toHex(result)).toBe(expected);
      }),
    );
  });

  it("encrypts four blocks at once as OpenSSL does one by one", () => {
    fc.assert(
      fc.property(aesKey, ofLength(64), (key, blocks) => {
        const cipher = createCipheriv(aesName(key, "ecb"), key, null).setAutoPadding(false);
        expect(toHex(device.aesEncryptBatch(key, blocks))).toBe(cipher.update(blocks, undefined, "hex"));
      }),
    );
  });

  it("decrypts a block with AES as OpenSSL does", () => {
    fc.assert(
      fc.property(aesKey, ofLength(16), (key, block) => {
        const decipher = createDecipheriv(aesName(key, "ecb"), key, null).setAutoPadding(false);
        expect(toHex(device.aesDecrypt(key, block))).toBe(decipher.update(block, undefined, "hex"));
      }),
    );
  });

  it("encrypts in counter mode as OpenSSL does, in pieces of any lengths, across every carry", () => {
    const counter = fc.oneof(
      ofLength(16),
      fc.tuple(ofLength(16), fc.nat(15), fc.nat(8)).map(([start, ones, less]) => {
        const near = Uint8Array.from(start).fill(0xff, ones);
        near[15] = 0xff - less;
        return near;
      }),
    );
    fc.assert(
      fc.property(aesKey, counter, pieces, (key, start, message) => {
        const expected = createCipheriv(aesName(key, "ctr"), key, start).update(
          Buffer.concat(message),
          undefined,
          "hex",
        );
        expect(toHex(device.aesCtr(key, start, message))).toBe(expected);
      }),
    );
  });

  it("goes on in counter mode from any place", () => {
    fc.assert(
      fc.property(aesKey, ofLength(16), bytes, fc.nat(300), (key, counter, message, from) => {
        const start = Math.min(from, message.length);
        const whole = device.aesCtr(key, counter, [message]);
        expect(device.aesCtr(key, counter, [message.subarray(start)], start)).toEqual(whole.slice(start));
      }),
    );
  });

  it("opens AES-GCM as OpenSSL seals it, with a nonce of any length, and nothing that was changed", () => {
    const nonce = fc.oneof(ofLength(12), ofLength(16), fc.uint8Array({ minLength: 1, maxLength: 40 }));
    fc.assert(
      fc.property(aesKey, nonce, bytes, bytes, fc.nat(), (key, iv, additional, message, flip) => {
        const cipher = createCipheriv(gcmOf(key), key, iv);
        cipher.setAAD(additional);
        const ciphertext = Uint8Array.from(Buffer.concat([cipher.update(message), cipher.final()]));
        const sealed = { key, nonce: iv, additional, ciphertext, tag: cipher.getAuthTag() };
        const opened = device.aesGcm(sealed, 1 + (flip % 70));
        expect(opened.status).toBe(Status.Ok);
        expect(toHex(opened.bytes)).toBe(toHex(message));
        expect(device.aesGcm(changed(sealed, flip)).status).toBe(Status.PayloadInauthentic);
      }),
    );
  });

  it("opens ChaCha20-Poly1305 as OpenSSL seals it, and nothing that was changed", () => {
    fc.assert(
      fc.property(
        ofLength(32),
        ofLength(12),
        bytes,
        bytes,
        fc.nat(),
        (key, nonce, additional, message, flip) => {
          const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
          cipher.setAAD(additional, { plaintextLength: message.length });
          const ciphertext = Uint8Array.from(Buffer.concat([cipher.update(message), cipher.final()]));
          const sealed = { key, nonce, additional, ciphertext, tag: cipher.getAuthTag() };
          const opened = device.chachaPoly(sealed, 1 + (flip % 70));
          expect(opened.status).toBe(Status.Ok);
          expect(toHex(opened.bytes)).toBe(toHex(message));
          expect(device.chachaPoly(changed(sealed, flip)).status).toBe(Status.PayloadInauthentic);
        },
      ),
    );
  });

  it("computes Poly1305 as its definition with big integers, at the largest limbs too", () => {
    const extreme = fc.array(fc.constantFrom(0, 1, 0xfb, 0xfe, 0xff), { minLength: 32, maxLength: 32 });
    const key = fc.oneof(
      ofLength(32),
      extreme.map((list) => Uint8Array.from(list)),
    );
    const message = fc.oneof(
      pieces,
      fc.array(fc.constantFrom(0, 0xfb, 0xff), { maxLength: 200 }).map((list) => [Uint8Array.from(list)]),
    );
    fc.assert(
      fc.property(key, message, (keyBytes, parts) => {
        expect(toHex(device.poly1305(keyBytes, parts))).toBe(poly1305(keyBytes, Buffer.concat(parts)));
      }),
      { numRuns: 300 },
    );
  });

  it("unwraps the keys that OpenSSL wraps, and leaves nothing of one that was changed", () => {
    const content = fc.integer({ min: 2, max: 8 }).chain((words) => ofLength(8 * words));
    fc.assert(
      fc.property(aesKey, content, fc.nat(), (kek, key, flip) => {
        const initial = Buffer.alloc(8, 0xa6);
        const wrapped = createCipheriv(`id-aes${kek.length * 8}-wrap`, kek, initial).update(key);
        expect(device.aesKwUnwrap(kek, wrapped)).toEqual({ status: Status.Ok, bytes: Uint8Array.from(key) });
        const broken = flipped(wrapped, flip);
        expect(device.aesKwUnwrap(kek, broken)).toEqual({
          status: Status.WrappedKeyInvalid,
          bytes: new Uint8Array(key.length),
        });
      }),
    );
  });

  it("refuses to unwrap what no wrapped key is as long as", () => {
    const lengths = fc.nat(40).filter((length) => length < 24 || length % 8 !== 0);
    fc.assert(
      fc.property(aesKey, lengths.chain(ofLength), (kek, wrapped) => {
        expect(device.aesKwUnwrap(kek, wrapped).status).toBe(Status.WrappedKeyMalformed);
      }),
    );
  });

  it("derives keys as OpenSSL does", () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, fc.nat(200), (secret, salt, info, length) => {
        const expected = new Uint8Array(hkdfSync("sha256", secret, salt, info, length));
        expect(device.hkdfSha256(secret, salt, info, length)).toEqual({ status: Status.Ok, bytes: expected });
      }),
    );
  });

  it("agrees on a secret with OpenSSL, whatever the private key", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(privateKey, privateKey, (own, peer) => {
        const ecdh = createECDH("prime256v1");
        ecdh.setPrivateKey(numberToBytes(own));
        const point = p256.getPublicKey(numberToBytes(peer), false);
        const expected = Uint8Array.from(ecdh.computeSecret(point));
        const [x, y] = [point.subarray(1, 33), point.subarray(33)];
        expect(device.ecdhP256(numberToBytes(own), x, y)).toEqual({ status: Status.Ok, bytes: expected });
      }),
      { numRuns: 200 },
    );
  });

  it("agrees on no secret with a point beside the curve, or with a private key out of range", () => {
    const generator = p256.getPublicKey(numberToBytes(1n), false);
    const [x, y] = [generator.slice(1, 33), generator.slice(33)];
    const statusOf = (secret: bigint, ...point: readonly Uint8Array[]): number =>
      device.ecdhP256(numberToBytes(secret), point[0] ?? x, point[1] ?? y).status;
    for (const secret of [0n, order, order + 1n, (1n << 256n) - 1n]) {
      expect(statusOf(secret)).toBe(Status.KeyMalformed);
    }
    fc.assert(
      fc.property(fc.nat(), (flip) => {
        expect(statusOf(5n, x, flipped(y, flip))).toBe(Status.KeyMalformed);
      }),
    );
    const prime = p256.Point.Fp.ORDER;
    expect(statusOf(5n, numberToBytes(prime), y)).toBe(Status.KeyMalformed);
    expect(statusOf(5n, x, x)).toBe(Status.KeyMalformed);
  });

  it("agrees on the secret 0 where the product has the x coordinate 0", () => {
    // The point (0, sqrt b), and a tenth of it, in the scalars: 10 times the latter is the former.
    const field = p256.Point.Fp;
    const zero = p256.Point.fromAffine({ x: 0n, y: field.sqrt(p256.Point.CURVE().b) });
    const tenth = zero.multiply(p256.Point.Fn.inv(10n)).toAffine();
    const result = device.ecdhP256(numberToBytes(10n), numberToBytes(tenth.x), numberToBytes(tenth.y));
    expect(bytesToNumber(result.bytes)).toBe(0n);
    const itself = device.ecdhP256(numberToBytes(1n), numberToBytes(0n), numberToBytes(zero.toAffine().y));
    expect(itself).toEqual({ status: Status.Ok, bytes: new Uint8Array(32) });
  });

  it("keeps no eight bytes of a key or a secret in RAM", { timeout: 60_000 }, () => {
    const distinct = (length: number): fc.Arbitrary<Uint8Array> =>
      fc
        .uniqueArray(fc.nat(255), { minLength: length, maxLength: length })
        .map((list) => Uint8Array.from(list));
    fc.assert(
      fc.property(distinct(32), distinct(32), distinct(40), (key, secret, message) => {
        const wrapped = createCipheriv("id-aes256-wrap", key, Buffer.alloc(8, 0xa6)).update(secret);
        device.aesKwUnwrap(key, wrapped);
        expect(device.holdsInRam(key, 8) || device.holdsInRam(secret, 8)).toBe(false);
        const text = device.aesCtr(key, message.slice(0, 16), [message]);
        expect(device.holdsInRam(key, 8) || device.holdsInRam(text, 8)).toBe(false);
        const [nonce, additional, tag] = [message.slice(0, 12), new Uint8Array(0), message.slice(16, 32)];
        const sealed = { key, nonce, additional, ciphertext: message, tag };
        device.aesGcm(sealed);
        expect(device.holdsInRam(key, 8)).toBe(false);
        device.chachaPoly(sealed);
        expect(device.holdsInRam(key, 8)).toBe(false);
        const derived = device.hkdfSha256(key, new Uint8Array(0), new Uint8Array(0), 32).bytes;
        const words = Uint8Array.from(Buffer.from(derived).swap32());
        for (const hidden of [key, derived, words]) expect(device.holdsInRam(hidden, 8)).toBe(false);
        const scalar = numberToBytes((bytesToNumber(key) % (order - 1n)) + 1n);
        const point = p256.getPublicKey(numberToBytes(7n), false);
        const shared = device.ecdhP256(scalar, point.subarray(1, 33), point.subarray(33)).bytes;
        for (const hidden of [scalar, shared]) {
          expect(device.holdsInRam(hidden, 8)).toBe(false);
          expect(device.holdsInRam(Uint8Array.from(hidden).reverse(), 8)).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
  });
});

function gcmOf(key: Uint8Array): CipherGCMTypes {
  if (key.length === 16) return "aes-128-gcm";
  return key.length === 24 ? "aes-192-gcm" : "aes-256-gcm";
}

/** One bit changed. */
function flipped(list: Uint8Array, flip: number): Uint8Array {
  const copy = Uint8Array.from(list);
  const place = (flip >> 3) % copy.length;
  copy[place] = (copy[place] ?? 0) ^ (1 << (flip & 7));
  return copy;
}

/** One bit of additional data, ciphertext or tag changed. */
function changed(sealed: Sealed, flip: number): Sealed {
  const { additional, ciphertext } = sealed;
  const where = flip % 3;
  if (where === 0 && additional.length > 0) return { ...sealed, additional: flipped(additional, flip) };
  if (where === 1 && ciphertext.length > 0) return { ...sealed, ciphertext: flipped(ciphertext, flip) };
  return { ...sealed, tag: flipped(sealed.tag, flip) };
}

/** The definition (RFC 8439 §2.5.1). */
function poly1305(key: Uint8Array, message: Uint8Array): string {
  const number = (list: Uint8Array): bigint => bytesToNumber(Uint8Array.from(list).reverse());
  const prime = (1n << 130n) - 5n;
  const factor = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let start = 0; start < message.length; start += 16) {
    const block = message.subarray(start, start + 16);
    sum = ((sum + number(block) + (1n << BigInt(8 * block.length))) * factor) % prime;
  }
  const tag = (sum + number(key.subarray(16))) & ((1n << 128n) - 1n);
  return toHex(numberToBytes(tag, 16).reverse());
}
