/**
 * Ed25519 verification: the device, OpenSSL, @noble/curves and the definition agree on genuine, mutated
 * and contrived input, and differ exactly where they are said to.
 */
import { createPublicKey, verify as opensslVerify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { Ed25519Module, ed25519Builds, fromLittleEndian, littleEndian } from "../ed25519-module.ts";
import {
  add,
  base,
  encode,
  equal,
  expectedStatus,
  hashToScalar,
  neutral,
  order,
  prime,
  signWith,
  smallPoints,
  times,
} from "../ed25519-reference.ts";

/** What is verified. */
interface Case {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 300 });

const genuine: fc.Arbitrary<Case> = fc.tuple(secret, message).map(([seed, text]) => ({
  key: ed25519.getPublicKey(seed),
  message: text,
  signature: ed25519.sign(text, seed),
}));

const scalar = fc.bigInt({ min: 1n, max: order - 1n });
const small = fc.constantFrom(...smallPoints);

/** Signatures whose key and commitment have parts of small order; the neutral one among these is none. */
const mixed: fc.Arbitrary<Case> = fc
  .tuple(scalar, scalar, small, small, message)
  .map(([a, r, keyPart, commitmentPart, text]) => {
    const key = encode(add(times(a, base), keyPart));
    const commitment = encode(add(times(r, base), commitmentPart));
    return { key, message: text, signature: signWith(a, key, r, commitment, text) };
  });

function opensslVerdict({ key, message, signature }: Case): boolean {
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(key).toString("base64url") };
  return opensslVerify(null, message, createPublicKey({ format: "jwk", key: jwk }), signature);
}

function nobleVerdict({ key, message, signature }: Case): boolean {
  return ed25519.verify(signature, message, key, { zip215: false });
}

describe.each(ed25519Builds)("Ed25519, four implementations, %s", (build) => {
  const device = new Ed25519Module(build);
  const deviceStatus = (input: Case): number => device.verify(input.key, input.message, input.signature);
  const definedStatus = (input: Case): number => expectedStatus(input.key, input.message, input.signature);

  it("accepts what @noble/curves signed", () => {
    fc.assert(
      fc.property(genuine, (signed) => {
        expect(deviceStatus(signed)).toBe(Status.Ok);
        expect(opensslVerdict(signed)).toBe(true);
        expect(nobleVerdict(signed)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("agrees on any byte of key, message or signature being another", () => {
    const part = fc.constantFrom("key" as const, "message" as const, "signature" as const);
    const flip = fc.integer({ min: 1, max: 255 });
    fc.assert(
      fc.property(genuine, part, fc.nat(), flip, (signed, field, position, bits) => {
        const mutated = Uint8Array.from(signed[field]);
        fc.pre(mutated.length > 0);
        const index = position % mutated.length;
        mutated[index] = (mutated[index] ?? 0) ^ bits;
        const altered: Case = { ...signed, [field]: mutated };
        const status = deviceStatus(altered);
        expect(status).toBe(definedStatus(altered));
        expect(status === Status.Ok).toBe(opensslVerdict(altered));
        expect(status === Status.Ok).toBe(nobleVerdict(altered));
      }),
      { numRuns: 60 },
    );
  });

  it("agrees with the definition and OpenSSL on keys and commitments with a part of small order", () => {
    fc.assert(
      fc.property(mixed, (contrived) => {
        const status = deviceStatus(contrived);
        expect(status).toBe(definedStatus(contrived));
        expect(status === Status.Ok).toBe(opensslVerdict(contrived));
        // With the factor 8, parts of small order do not matter: @noble/curves accepts all of these.
        expect(nobleVerdict(contrived)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("accepts a key with a part of small order only when the hash makes it vanish", () => {
    const [a, r] = [12345n, 67890n];
    const half = smallPoints[4] ?? neutral;
    const key = encode(add(times(a, base), half));
    const commitment = encode(times(r, base));
    const verdicts = Array.from({ length: 40 }, (_, index) => {
      const text = Uint8Array.of(index);
      const isEven = hashToScalar(commitment, key, text) % 2n === 0n;
      const status = device.verify(key, text, signWith(a, key, r, commitment, text));
      expect(status).toBe(isEven ? Status.Ok : Status.SignatureInvalid);
      return isEven;
    });
    expect(new Set(verdicts).size).toBe(2);
  });

  it("agrees with the definition on random bytes in place of R, S and A, extremes included", () => {
    const extreme = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc
        .constantFrom(0n, 1n, order - 1n, order, order + 1n, 8n * order, prime - 1n, prime, prime + 1n)
        .map((value) => littleEndian(value)),
      small.map(encode),
      fc.constant(new Uint8Array(32).fill(0xff)),
    );
    const place = fc.constantFrom("R" as const, "S" as const, "A" as const);
    fc.assert(
      fc.property(genuine, place, extreme, (signed, where, bytes) => {
        const [commitment, response] = [signed.signature.slice(0, 32), signed.signature.slice(32)];
        const altered: Case = {
          ...signed,
          ...(where === "A" ? { key: bytes } : {}),
          signature: Uint8Array.of(
            ...(where === "R" ? bytes : commitment),
            ...(where === "S" ? bytes : response),
          ),
        };
        expect(deviceStatus(altered)).toBe(definedStatus(altered));
      }),
      { numRuns: 40 },
    );
  });

  it("rejects every S with L added, which OpenSSL and @noble/curves reject too", () => {
    fc.assert(
      fc.property(genuine, (signed) => {
        const response = fromLittleEndian(signed.signature.subarray(32)) + order;
        const altered = {
          ...signed,
          signature: Uint8Array.of(...signed.signature.subarray(0, 32), ...littleEndian(response)),
        };
        expect(deviceStatus(altered)).toBe(Status.SignatureMalformed);
        expect(opensslVerdict(altered)).toBe(false);
        expect(nobleVerdict(altered)).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  it("rejects all keys of small order, under which anybody can sign", () => {
    for (const point of smallPoints) {
      // With r chosen freely, S = r and R = r B - k A verify.
      const key = encode(point);
      const forged = Array.from({ length: 16 }, (_, index): Case => {
        const text = Uint8Array.of(index);
        const commitment = encode(times(99n, base));
        return { key, message: text, signature: signWith(0n, key, 99n, commitment, text) };
      });
      for (const attempt of forged) expect(deviceStatus(attempt)).toBe(Status.KeyMalformed);
      if (equal(point, neutral)) expect(forged.every(opensslVerdict)).toBe(true);
    }
  });
});
