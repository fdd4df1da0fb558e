/**
 * ML-DSA-44 on the device against @noble/post-quantum, SHAKE against OpenSSL, and the transform against
 * its definition.
 */
import { createHash } from "node:crypto";
import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { MlDsaModule, type MlDsaCase } from "../ml-dsa-module.ts";

const MODULUS = 8380417;
const Q = BigInt(MODULUS);
const COEFFICIENTS = 256;
/** The hints' place in a signature, and how many there may be (FIPS 204 table 2). */
const HINTS = 2336;
const HINTS_MAX = 80;

/** Remainder in [0, q). */
const mod = (value: bigint): bigint => ((value % Q) + Q) % Q;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = mod(base), left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

/** The value of a polynomial at a point. */
function valueAt(coefficients: readonly number[], point: bigint): bigint {
  return coefficients.reduceRight((value, coefficient) => mod(value * point + BigInt(coefficient)), 0n);
}

const reversed = (index: number): number =>
  Number.parseInt(index.toString(2).padStart(8, "0").split("").reverse().join(""), 2);

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });

/** Something signed. */
const signed = fc
  .record({ seed, message: bytes(300), context: fc.oneof(fc.constant(new Uint8Array()), bytes(255)) })
  .map(({ seed: keySeed, message, context }): Required<MlDsaCase> => {
    const { publicKey, secretKey } = ml_dsa44.keygen(keySeed);
    return { key: publicKey, message, context, signature: ml_dsa44.sign(message, secretKey, { context }) };
  });

const nobleAccepts = ({ key, message, context, signature }: Required<MlDsaCase>): boolean =>
  ml_dsa44.verify(signature, message, key, { context });

describe.each(["speed", "size"] as const)("ML-DSA-44 on the device, built for %s", (target) => {
  const device = new MlDsaModule(target);

  it("accepts what @noble/post-quantum signed, with and without a context", () => {
    fc.assert(
      fc.property(signed, (subject) => {
        expect(device.verify(subject)).toBe(Status.Ok);
      }),
      { numRuns: 25 },
    );
  });

  it("agrees with it when any byte of key, message, context or signature is another", () => {
    const part = fc.constantFrom("key", "message", "context", "signature" as const);
    fc.assert(
      fc.property(signed, part, fc.nat(), fc.integer({ min: 1, max: 255 }), (subject, which, at, change) => {
        const original = subject[which];
        if (original.length === 0) return;
        const altered = original.slice();
        const index = at % altered.length;
        altered[index] = (altered[index] ?? 0) ^ change;
        const forged = { ...subject, [which]: altered };
        expect(device.verify(forged) === Status.Ok).toBe(nobleAccepts(forged));
      }),
      { numRuns: 40 },
    );
  });

  it("agrees with it on any bytes in the place of the hints", () => {
    const { key, signature, ...rest } = fc.sample(signed, { numRuns: 1, seed: 1 })[0] ?? expect.fail();
    const hint = fc.uint8Array({ minLength: 84, maxLength: 84, max: 90 });
    fc.assert(
      fc.property(hint, (hints) => {
        const forged = { key, ...rest, signature: signature.with(0, signature[0] ?? 0) };
        forged.signature.set(hints, HINTS);
        expect(device.verify(forged) === Status.Ok).toBe(nobleAccepts(forged));
      }),
      { numRuns: 20 },
    );
  });

  it("refuses hints that are not encoded in the one way there is", () => {
    const subject = fc.sample(signed, { numRuns: 1, seed: 2 })[0] ?? expect.fail();
    const counts = subject.signature.subarray(HINTS + HINTS_MAX);
    expect(counts[0]).toBeGreaterThan(1);
    const forge = (change: (hints: Uint8Array) => void): number => {
      const signature = subject.signature.slice();
      change(signature.subarray(HINTS));
      return device.verify({ ...subject, signature });
    };
    const exchanged = forge((hints) => hints.set([hints[1] ?? 0, hints[0] ?? 0]));
    const doubled = forge((hints) => hints.set([hints[1] ?? 0]));
    const trailing = forge((hints) => hints.set([1], HINTS_MAX - 1));
    const beyond = forge((hints) => hints.set([HINTS_MAX + 1], HINTS_MAX + 3));
    const descending = forge((hints) => hints.set([0], HINTS_MAX + 1));
    expect([exchanged, doubled, trailing, beyond, descending]).toEqual(
      Array.from({ length: 5 }, () => Status.SignatureMalformed),
    );
  });

  it("refuses a response that is not below its bound, and one byte of context too many", () => {
    const subject = fc.sample(signed, { numRuns: 1, seed: 3 })[0] ?? expect.fail();
    const signature = subject.signature.slice();
    // Eighteen bits of 0 are a coefficient of 2^17.
    signature.fill(0, 32, 34);
    signature[34] = (signature[34] ?? 0) & 0xfc;
    expect(device.verify({ ...subject, signature })).toBe(Status.SignatureInvalid);
    expect(device.verify({ ...subject, context: new Uint8Array(256) })).toBe(Status.ArgumentMalformed);
  });

  it("has the SHAKE of OpenSSL, however input and output are cut in pieces", () => {
    const strength = fc.constantFrom([168, "shake128"] as const, [136, "shake256"] as const);
    const pieces = fc.array(bytes(400), { maxLength: 4 });
    const lengths = fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(strength, pieces, lengths, ([rate, name], input, output) => {
        const outputLength = output.reduce((sum, length) => sum + length, 0);
        fc.pre(outputLength > 0);
        const hash = createHash(name, { outputLength });
        for (const piece of input) hash.update(piece);
        expect(Buffer.from(device.shake(rate, input, output)).equals(hash.digest())).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  const extreme = fc.constantFrom(1 - MODULUS, -1, 0, 1, MODULUS - 1);
  const coefficient = fc.oneof(fc.integer({ min: 1 - MODULUS, max: MODULUS - 1 }), extreme);
  const polynomial = fc.oneof(
    fc.array(coefficient, { minLength: COEFFICIENTS, maxLength: COEFFICIENTS }),
    extreme.map((value) => Array.from({ length: COEFFICIENTS }, () => value)),
  );

  it("transforms into the values at the odd powers of the root, within nine times the modulus", () => {
    fc.assert(
      fc.property(polynomial, (coefficients) => {
        const values = device.transform(coefficients);
        expect(Math.max(...values.map(Math.abs))).toBeLessThan(9 * MODULUS);
        for (const index of [0, 1, 2, 77, 128, 254, 255]) {
          const point = power(1753n, BigInt(2 * reversed(index) + 1));
          expect(mod(BigInt(values[index] ?? NaN))).toBe(valueAt(coefficients, point));
        }
      }),
      { numRuns: 20 },
    );
  });

  it("transforms back to what was transformed, times the factor that products lack", () => {
    fc.assert(
      fc.property(polynomial, (coefficients) => {
        const values = device.transform(coefficients).map((value) => value % MODULUS);
        const factor = mod(2n ** 32n);
        expect(device.transformBack(values)).toEqual(
          coefficients.map((value) => Number(mod(BigInt(value) * factor))),
        );
      }),
      { numRuns: 20 },
    );
  });
});
