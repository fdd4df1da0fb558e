/**
 * The points of Ed25519 on the device against big integers: any points, and above all the neutral one
 * and the others of small order, for which formulas of other curves would fail.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ed25519Module, ed25519Builds, littleEndian } from "../ed25519-module.ts";
import {
  type Point,
  add,
  base,
  curveD,
  decode,
  encode,
  equal,
  fromExtended,
  fromLimbs,
  invert,
  neutral,
  opposite,
  order,
  prime,
  smallPoints,
  times,
} from "../ed25519-reference.ts";
import { mod } from "../p256-reference.ts";

const scalar = fc.oneof(
  fc.bigInt({ min: 0n, max: order - 1n }),
  fc.bigInt({ min: 0n, max: 20n }),
  fc.integer({ min: 0, max: 252 }).map((bit) => 2n ** BigInt(bit)),
);

/** Points of every order: a multiple of B and one of small order. */
const point: fc.Arbitrary<Point> = fc
  .tuple(scalar, fc.constantFrom(...smallPoints))
  .map(([multiple, small]) => add(times(multiple, base), small));

describe.each(ed25519Builds)("points of Ed25519, %s", (build) => {
  const device = new Ed25519Module(build);
  const half = invert(2n);

  it("has the right multiples of the base point in its code", () => {
    for (const [isHigh, origin] of [
      [false, base],
      [true, times(2n ** 128n, base)],
    ] as const) {
      for (let multiple = 1; multiple <= device.baseMultipleMax; multiple += 2) {
        const { x, y } = times(BigInt(multiple), origin);
        const { plus, minus, product } = device.baseMultiple(multiple, isHigh);
        expect(fromLimbs(plus)).toBe(mod((y + x) * half, prime));
        expect(fromLimbs(minus)).toBe(mod((y - x) * half, prime));
        expect(fromLimbs(product)).toBe(mod(curveD * x * y, prime));
      }
    }
  });

  it("decodes points and their opposites", () => {
    fc.assert(
      fc.property(point, (p) => {
        const [same, other] = [false, true].map((isOpposite) => device.pointDecode(encode(p), isOpposite));
        expect(same && fromExtended(same)).toEqual(p);
        expect(other && fromExtended(other)).toEqual(opposite(p));
      }),
      { numRuns: 30 },
    );
  });

  it("decodes exactly the canonical encodings of points", () => {
    const edges = [0n, 1n, 2n, prime - 1n, prime, prime + 1n, 2n ** 255n - 1n];
    const values = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
      fc.constantFrom(...edges, ...edges.map((edge) => edge + 2n ** 255n)),
      fc.integer({ min: -40, max: 40 }).map((offset) => mod(prime + BigInt(offset), 2n ** 255n)),
    );
    fc.assert(
      fc.property(values, (value) => {
        const bytes = littleEndian(value);
        const decoded = device.pointDecode(bytes);
        expect(decoded && fromExtended(decoded)).toEqual(decode(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it("doubles", () => {
    fc.assert(
      fc.property(point, (p) => {
        expect(fromExtended(device.pointDouble(encode(p)))).toEqual(add(p, p));
      }),
      { numRuns: 30 },
    );
  });

  it("adds and subtracts any two points", () => {
    const second = fc.oneof(point, fc.constant(undefined));
    fc.assert(
      fc.property(point, second, fc.boolean(), (p, other, isNegative) => {
        const q = other ?? p;
        const sum = add(p, isNegative ? opposite(q) : q);
        expect(fromExtended(device.pointAdd(encode(p), encode(q), isNegative))).toEqual(sum);
      }),
      { numRuns: 50 },
    );
  });

  it("adds and subtracts the multiples in its code", () => {
    fc.assert(
      fc.property(
        point,
        fc.integer({ min: 0, max: (device.baseMultipleMax - 1) / 2 }),
        fc.boolean(),
        fc.boolean(),
        (p, index, isHigh, isNegative) => {
          const q = times(BigInt(2 * index + 1) * (isHigh ? 2n ** 128n : 1n), base);
          const sum = add(p, isNegative ? opposite(q) : q);
          const added = device.pointAddBase(encode(p), 2 * index + 1, isHigh, isNegative);
          expect(fromExtended(added)).toEqual(sum);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("knows the points whose order divides 8", () => {
    smallPoints.forEach((small) => {
      expect(device.pointIsSmall(encode(small))).toBe(true);
      expect(device.pointIsSmall(encode(add(base, small)))).toBe(false);
    });
  });

  it("tells a sum's opposite from all other points", () => {
    fc.assert(
      fc.property(point, fc.constantFrom(...smallPoints), (p, small) => {
        const double = add(p, p);
        expect(device.doubleIsOpposite(encode(p), encode(opposite(double)))).toBe(true);
        for (const other of [double, add(opposite(double), small), neutral]) {
          const isOpposite = equal(other, opposite(double));
          expect(device.doubleIsOpposite(encode(p), encode(other))).toBe(isOpposite);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("sums three multiples, of scalars of any length", () => {
    const long = fc.oneof(scalar, fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.constant(2n ** 256n - 1n));
    const short = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), fc.constant(2n ** 128n - 1n), long);
    fc.assert(
      fc.property(long, short, point, short, point, (w, u, p, v, q) => {
        const expected = add(times(w, base), add(times(u, p), times(v, q)));
        expect(fromExtended(device.multiplyAdd(w, u, encode(p), v, encode(q)))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});
