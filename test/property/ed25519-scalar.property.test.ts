/**
 * Numbers modulo L on the device against big integers: reduction, products, and the halving of a scalar.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ed25519Module, ed25519Builds } from "../ed25519-module.ts";
import { order } from "../ed25519-reference.ts";
import { invert as invertModulo, mod } from "../p256-reference.ts";

/** Numbers up to a bound: any, powers of two, and neighbours of multiples of L. */
function number(bound: bigint): fc.Arbitrary<bigint> {
  const bits = bound.toString(2).length;
  const near = fc
    .tuple(fc.bigInt({ min: 0n, max: bound / order }), fc.constantFrom(-1n, 0n, 1n))
    .map(([multiple, offset]) => multiple * order + offset);
  const powers = fc
    .tuple(fc.integer({ min: 0, max: bits }), fc.constantFrom(-1n, 0n, 1n))
    .map(([bit, offset]) => 2n ** BigInt(bit) + offset);
  return fc
    .oneof(fc.bigInt({ min: 0n, max: bound }), near, powers, fc.constantFrom(0n, bound))
    .filter((value) => value >= 0n && value <= bound);
}

/** Scalars whose lattice has an unusual shape: short vectors, even ones, and ones of unequal length. */
const scalar = fc.oneof(
  number(order - 1n),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 130n }), fc.bigInt({ min: 1n, max: 2n ** 130n }))
    .map(([u, v]) => mod(u * invertModulo(v, order), order)),
  fc
    .tuple(fc.integer({ min: 0, max: 250 }), fc.bigInt({ min: 1n, max: 40n }))
    .map(([bit, divisor]) => mod((2n ** BigInt(bit) * order) / divisor, order)),
  fc.tuple(fc.integer({ min: 1, max: 252 }), fc.bigInt({ min: 0n, max: 64n })).map(([bit, low]) => {
    // A multiple of a high power of two: u and v have factors of two in common.
    const value = 2n ** BigInt(bit) * (low + 1n);
    return mod(value, order);
  }),
);

describe.each(ed25519Builds)("numbers modulo L, %s", (build) => {
  const device = new Ed25519Module(build);

  it("reduces any 512 bits", () => {
    fc.assert(
      fc.property(number(2n ** 512n - 1n), (value) => {
        expect(device.scalarReduce(value)).toBe(value % order);
      }),
      { numRuns: 1000 },
    );
  });

  it("multiplies any 256 bits", () => {
    fc.assert(
      fc.property(number(2n ** 256n - 1n), number(2n ** 256n - 1n), (a, b) => {
        expect(device.scalarMultiply(a, b)).toBe(a * b);
      }),
    );
  });

  it("compares, numbers that differ in the last bit included", () => {
    const pair = number(2n ** 256n - 2n).chain((a) =>
      fc.tuple(fc.constant(a), fc.oneof(fc.constantFrom(a, a + 1n), number(2n ** 256n - 1n))),
    );
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(device.scalarIsBelow(a, b)).toBe(a < b);
        expect(device.scalarIsBelow(b, a)).toBe(b < a);
      }),
    );
  });

  it("halves: u = v h modulo 8 L, u is short, and v is odd, so that no small order is lost", () => {
    fc.assert(
      fc.property(scalar, (h) => {
        const { u, v } = device.scalarHalve(h);
        expect(mod(v * h - u, 8n * order)).toBe(0n);
        const length = v < 0n ? -v : v;
        expect(mod(v, 2n)).toBe(1n);
        expect(length).toBeLessThan(8n * order);
        // Shorter than it could not be without v being longer.
        expect(u < 2n ** 128n || u <= length).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("halves hashes into two numbers of about 128 bits", () => {
    const lengths = Array.from({ length: 500 }, (_, index) => {
      const { u, v } = device.scalarHalve(mod(3n ** BigInt(400 + index), order));
      return (u | (v < 0n ? -v : v)).toString(2).length;
    });
    expect(lengths.filter((length) => length > 134)).toHaveLength(0);
  });
});
