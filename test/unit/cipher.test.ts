/**
 * Examples that the standards print for what the device decrypts payloads with.
 */
import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { CipherModule, cipherBuilds } from "../cipher-module.ts";
import { bytesToNumber, numberToBytes } from "../crypto-module.ts";
import { fromHex, toHex } from "../vectors.ts";

/** The bytes from `first` on, each one more than the one before. */
function counting(first: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => first + index);
}

const nothing = new Uint8Array(0);

describe.each(cipherBuilds)("%s", (name) => {
  const device = new CipherModule(name);

  it.each([
    ["C.1", 16, "69c4e0d86a7b0430d8cdb78070b4c55a"],
    ["C.2", 24, "dda97ca4864cdfe06eaf70a0ec0d7191"],
    ["C.3", 32, "8ea2b7ca516745bfeafc49904b496089"],
  ])("encrypts and decrypts as FIPS 197 %s", (_, keyBytes, ciphertext) => {
    const plaintext = "00112233445566778899aabbccddeeff";
    const [encrypted] = device.aesEncrypt(counting(0, keyBytes), fromHex(plaintext));
    expect(toHex(encrypted ?? nothing)).toBe(ciphertext);
    expect(toHex(device.aesDecrypt(counting(0, keyBytes), fromHex(ciphertext)))).toBe(plaintext);
  });

  it.each([
    ["4.1", 16, 16, "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"],
    ["4.3", 32, 16, "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"],
    ["4.6", 32, 32, "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"],
  ])("unwraps the key of RFC 3394 §%s", (_, kekBytes, keyBytes, wrapped) => {
    const key = "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f".slice(0, 2 * keyBytes);
    const { status, bytes } = device.aesKwUnwrap(counting(0, kekBytes), fromHex(wrapped));
    expect([status, toHex(bytes)]).toEqual([Status.Ok, key]);
  });

  it("decrypts the first two blocks of SP 800-38A F.5.2", () => {
    const key = fromHex("2b7e151628aed2a6abf7158809cf4f3c");
    const ciphertext = fromHex("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff");
    expect(toHex(device.aesCtr(key, counting(0xf0, 16), [ciphertext]))).toBe(
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
    );
  });

  it("derives the keys of RFC 5869 A.1 and A.3", () => {
    const secret = new Uint8Array(22).fill(0x0b);
    const first = device.hkdfSha256(secret, counting(0, 13), counting(0xf0, 10), 42);
    expect(toHex(first.bytes)).toBe(
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    );
    const third = device.hkdfSha256(secret, nothing, nothing, 42);
    expect(toHex(third.bytes)).toBe(
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    );
  });

  it("derives 255 blocks and not one byte more (RFC 5869 §2.3)", () => {
    expect(device.hkdfSha256(nothing, nothing, nothing, 255 * 32).status).toBe(Status.Ok);
    expect(device.hkdfSha256(nothing, nothing, nothing, 255 * 32 + 1).status).toBe(Status.NumberTooLarge);
  });

  it("agrees on the secret of RFC 5903 §8.1", () => {
    const own = fromHex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
    const x = fromHex("d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63");
    const y = fromHex("56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");
    const { status, bytes } = device.ecdhP256(own, x, y);
    expect(status).toBe(Status.Ok);
    expect(toHex(bytes)).toBe("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
  });

  it("has the tag of RFC 8439 §2.5.2", () => {
    const key = fromHex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b");
    const message = new TextEncoder().encode("Cryptographic Forum Research Group");
    expect(toHex(device.poly1305(key, [message]))).toBe("a8061dc1305136c6c22b8baf0c0127a9");
  });

  it("opens the message of RFC 8439 §2.8.2", () => {
    const sealed = {
      key: counting(0x80, 32),
      nonce: fromHex("070000004041424344454647"),
      additional: fromHex("50515253c0c1c2c3c4c5c6c7"),
      ciphertext: fromHex(
        "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b" +
          "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" +
          "3ff4def08e4b7a9de576d26586cec64b6116",
      ),
      tag: fromHex("1ae10b594f09e26a7e902ecbd0600691"),
    };
    const { status, bytes } = device.chachaPoly(sealed);
    expect(status).toBe(Status.Ok);
    expect(new TextDecoder().decode(bytes)).toBe(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
  });

  it("counts the blocks of GCM in 32 bits (SP 800-38D §6.2)", () => {
    // The nonce that makes J0 end in fffffffe: J0 = (nonce H + length) H, solved for the nonce.
    const key = counting(1, 16);
    const [subkey] = device.aesEncrypt(key, new Uint8Array(16));
    const inverse = gcmInverse(bytesToNumber(subkey ?? nothing));
    const first = 0x0123456789abcdef_fedcba98_fffffffen;
    const nonce = numberToBytes(gcmProduct(gcmProduct(first, inverse) ^ 128n, inverse), 16);
    const message = counting(0, 80);
    const cipher = createCipheriv("aes-128-gcm", key, nonce);
    const ciphertext = Uint8Array.from(Buffer.concat([cipher.update(message), cipher.final()]));
    const counter = numberToBytes(first - 1n, 16);
    const whole = device.aesCtr(key, counter, [message], 32);
    // The first block is that of a counter of 128 bits; then 32 bits wrap, and the second one is not.
    expect(whole.slice(0, 16)).toEqual(ciphertext.slice(0, 16));
    expect(whole.slice(16, 32)).not.toEqual(ciphertext.slice(16, 32));
    const sealed = { key, nonce, additional: nothing, ciphertext, tag: cipher.getAuthTag() };
    expect(device.aesGcm(sealed)).toEqual({ status: Status.Ok, bytes: message });
  });
});

/** Product in the field of GCM, bits from the top down (SP 800-38D §6.3). */
function gcmProduct(a: bigint, b: bigint): bigint {
  let sum = 0n;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((a >> bit) & 1n) sum ^= b;
    b = b & 1n ? (b >> 1n) ^ (0xe1n << 120n) : b >> 1n;
  }
  return sum;
}

/** 1 / a, the power 2^128 - 2. */
function gcmInverse(a: bigint): bigint {
  let power = a;
  let result = 1n << 127n;
  for (let bit = 1; bit < 128; bit++) {
    power = gcmProduct(power, power);
    result = gcmProduct(result, power);
  }
  return result;
}
