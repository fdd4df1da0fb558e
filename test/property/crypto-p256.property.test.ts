/**
 * The layers under ECDSA against big integers: field, scalars, points, and the sum of two multiples.
 *
 * The bounds that the field's comments argue are driven to their extremes here: largest limbs,
 * largest top limbs, every pattern of signs.
 */
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CryptoModule,
  type JacobianPoint,
  type Limbs,
  limbsToNumber,
  numberToBytes,
  numberToLimbs,
} from "../crypto-module.ts";
import {
  type AffinePoint,
  baseTimes,
  curveB,
  finiteBaseTimes,
  fromField,
  fromJacobian,
  invert,
  mod,
  montgomery,
  order,
  power,
  prime,
  toJacobian,
  toLimbs,
} from "../p256-reference.ts";

describe.each(["crypto-testing", "crypto-small"])("%s", (build) => {
  const device = new CryptoModule(build);

  const limbMax = 2 ** 29 - 1;

  /** Numbers near what matters, and any. */
  function number(low: bigint, high: bigint): fc.Arbitrary<bigint> {
    const edges = [low, high, 0n, 1n, 2n ** 255n, 2n ** 256n - 1n];
    for (const center of [prime, order, 2n * prime, -prime, 2n ** 96n, 2n ** 192n, 2n ** 224n]) {
      edges.push(center - 2n, center - 1n, center, center + 1n);
    }
    for (let limb = 1n; limb <= 8n; limb++) edges.push(2n ** (29n * limb) - 1n, 2n ** (29n * limb));
    const inside = edges.filter((edge) => edge >= low && edge <= high);
    return fc.oneof(fc.bigInt({ min: low, max: high }), fc.constantFrom(...inside));
  }

  /** Carried elements as products leave them: values in (-p, 2p). */
  const carried = number(1n - prime, 2n * prime - 1n).map(numberToLimbs);

  /** Limbs that need not be carried: each of magnitude up to `limb`, the top one up to `top`. */
  function loose(limb: number, top: number): fc.Arbitrary<Limbs> {
    const bounded = (bound: number): fc.Arbitrary<number> =>
      fc.oneof(fc.constantFrom(-bound, bound), fc.integer({ min: -bound, max: bound }));
    return fc.oneof(
      fc.tuple(...Array.from({ length: 8 }, () => bounded(limb)), bounded(top)),
      fc.constantFrom(-1, 1).map((sign) => [...Array<number>(8).fill(sign * limb), sign * top]),
    );
  }

  /** Limbs 0 to 7 in [0, 2^29) and a value in the given range: what `carried` means. */
  function expectCarried(limbs: Limbs, low: bigint, high: bigint): void {
    for (const limb of limbs.slice(0, 8)) {
      expect(limb).toBeGreaterThanOrEqual(0);
      expect(limb).toBeLessThanOrEqual(limbMax);
    }
    expect(limbsToNumber(limbs) > low && limbsToNumber(limbs) < high).toBe(true);
  }

  /** The bounds of coordinates between operations on points. */
  function expectCoordinates({ x, y, z }: JacobianPoint): void {
    for (const coordinate of [x, z]) expectCarried(coordinate, -prime, 2n * prime);
    for (const limb of y.slice(0, 8)) expect(Math.abs(limb)).toBeLessThanOrEqual(limbMax);
    expect(limbsToNumber(y) > -3n * prime && limbsToNumber(y) < 3n * prime).toBe(true);
  }

  /** The same modulo p as the difference of two carried elements, one of which is given. */
  function shifted(a: Limbs, subtrahend: Limbs): Limbs {
    const minuend = numberToLimbs(mod(limbsToNumber(a) + limbsToNumber(subtrahend), prime));
    return minuend.map((limb, index) => limb - (subtrahend[index] ?? 0));
  }

  const shift = fc.oneof(fc.constant(numberToLimbs(0n)), carried);

  const scalar = number(0n, order - 1n);
  const positiveScalar = number(1n, order - 1n);

  /** Scalars that bring points together: small multiples, of either sign. */
  const nearScalar = fc.oneof(
    fc.integer({ min: -34, max: 34 }).map((small) => mod(BigInt(small), order)),
    fc.integer({ min: 0, max: 255 }).map((bit) => mod(2n ** BigInt(bit), order)),
    scalar,
  );

  const point: fc.Arbitrary<AffinePoint> = fc
    .oneof(fc.integer({ min: 1, max: 34 }).map(BigInt), positiveScalar)
    .map(finiteBaseTimes);

  const fieldScale = number(1n, prime - 1n);

  describe("field modulo p", () => {
    it("multiplies carried elements", () => {
      fc.assert(
        fc.property(carried, carried, (a, b) => {
          const product = device.fieldMultiply(a, b);
          expectCarried(product, -prime, 2n * prime);
          expect(mod(limbsToNumber(product) * montgomery, prime)).toBe(
            mod(limbsToNumber(a) * limbsToNumber(b), prime),
          );
        }),
      );
    });

    it("multiplies without overflow at the bounds: magnitudes 2 and 1, values 8p and 4p", () => {
      const twice = loose(2 * limbMax, 8 * 2 ** 24 - 8);
      const once = loose(limbMax, 4 * 2 ** 24 - 4);
      fc.assert(
        fc.property(twice, once, (a, b) => {
          for (const product of [device.fieldMultiply(a, b), device.fieldMultiply(b, a)]) {
            expectCarried(product, -prime, 2n * prime);
            expect(mod(limbsToNumber(product) * montgomery, prime)).toBe(
              mod(limbsToNumber(a) * limbsToNumber(b), prime),
            );
          }
        }),
        { numRuns: 1000 },
      );
    });

    it("squares without overflow at the bounds: magnitude 1, value 5p", () => {
      fc.assert(
        fc.property(fc.oneof(carried, loose(limbMax, 5 * 2 ** 24)), (a) => {
          const square = device.fieldSquare(a);
          expectCarried(square, -prime, 2n * prime);
          expect(square).toEqual(device.fieldMultiply(a, a));
          expect(mod(limbsToNumber(square) * montgomery, prime)).toBe(mod(limbsToNumber(a) ** 2n, prime));
        }),
        { numRuns: 1000 },
      );
    });

    it("adds carried elements limb by limb, and subtracts any", () => {
      fc.assert(
        fc.property(carried, carried, loose(2 * limbMax, 2 ** 28), (a, b, any) => {
          expect(device.fieldAdd(a, b)).toEqual(a.map((limb, index) => limb + (b[index] ?? 0)));
          expect(device.fieldSubtract(any, b)).toEqual(any.map((limb, index) => limb - (b[index] ?? 0)));
        }),
      );
    });

    it("subtracts every multiple in use and reduces to nearly [0, p]", () => {
      const operand = fc.oneof(carried, loose(2 * limbMax, 2 ** 28));
      fc.assert(
        fc.property(fc.constantFrom(0n, 1n, 2n, 3n, 9n), operand, operand, (scale, a, b) => {
          const combination = device.fieldCombine(a, scale, b);
          expectCarried(combination, -prime / 1000n, prime + prime / 1000n);
          expect(mod(limbsToNumber(combination), prime)).toBe(
            mod(limbsToNumber(a) - scale * limbsToNumber(b), prime),
          );
        }),
        { numRuns: 1000 },
      );
    });

    it("takes one and a half of a carried element and reduces to nearly [0, p]", () => {
      fc.assert(
        fc.property(fc.oneof(carried, number(-8n * prime, 8n * prime).map(numberToLimbs)), (a) => {
          const result = device.fieldHalfTriple(a);
          expectCarried(result, -prime / 1000n, prime + prime / 1000n);
          expect(mod(2n * limbsToNumber(result), prime)).toBe(mod(3n * limbsToNumber(a), prime));
        }),
        { numRuns: 1000 },
      );
    });

    it("knows both carried forms of zero, and nothing else", () => {
      expect(device.fieldIsZero(numberToLimbs(0n))).toBe(true);
      expect(device.fieldIsZero(numberToLimbs(prime))).toBe(true);
      for (const zero of [0n, prime]) {
        for (let bit = 0n; bit < 257n; bit++)
          expect(device.fieldIsZero(numberToLimbs(zero ^ (1n << bit)))).toBe(false);
      }
      fc.assert(
        fc.property(carried, (a) => {
          expect(device.fieldIsZero(a)).toBe(mod(limbsToNumber(a), prime) === 0n);
        }),
      );
    });

    it("has the Montgomery forms of 1 and of any 256-bit number", () => {
      expect(fromField(device.fieldOne())).toBe(1n);
      fc.assert(
        fc.property(number(0n, 2n ** 256n - 1n), (value) => {
          const element = device.fieldFromNumber(value);
          expectCarried(element, -prime, 2n * prime);
          expect(fromField(element)).toBe(mod(value, prime));
        }),
      );
    });
  });

  describe("division", () => {
    const powers = fc.integer({ min: 0, max: 255 }).map((bit) => 2n ** BigInt(bit));

    it("inverts every field element but 0", () => {
      const nonzero = fc
        .oneof(carried, powers.map(numberToLimbs))
        .filter((a) => mod(limbsToNumber(a), prime) !== 0n);
      fc.assert(
        fc.property(nonzero, (a) => {
          const inverse = device.fieldInverse(a);
          expectCarried(inverse, -1n, prime);
          expect(mod(limbsToNumber(inverse) * limbsToNumber(a), prime)).toBe(mod(montgomery ** 2n, prime));
        }),
        { numRuns: 1000 },
      );
    });

    it("inverts every number from 1 to n - 1", () => {
      fc.assert(
        fc.property(
          fc.oneof(
            positiveScalar,
            powers,
            powers.map((bit) => order - bit),
          ),
          (a) => {
            const inverse = device.scalarInvert(a);
            expect(inverse).toBeLessThan(order);
            expect(mod(inverse * a, order)).toBe(2n ** 256n - order);
          },
        ),
        { numRuns: 1000 },
      );
    });
  });

  describe("numbers modulo n", () => {
    it("multiplies a number below n by any 256-bit number, reduced", () => {
      fc.assert(
        fc.property(scalar, number(0n, 2n ** 256n - 1n), (a, b) => {
          expect(device.scalarMultiply(a, b)).toBe(mod(a * b * invert(2n ** 256n, order), order));
        }),
        { numRuns: 500 },
      );
    });

    it("compares with n and with 0, and adds n with its carry", () => {
      fc.assert(
        fc.property(number(0n, 2n ** 256n - 1n), (a) => {
          expect(device.scalarIsReduced(a)).toBe(a < order);
          expect(device.scalarIsZero(a)).toBe(a === 0n);
          expect(device.scalarAddOrder(a)).toEqual({
            low: (a + order) % 2n ** 256n,
            carry: (a + order) / 2n ** 256n,
          });
        }),
      );
    });

    it("compares correctly when only one word differs from n's", () => {
      for (let word = 0n; word < 4n; word++) {
        for (const step of [-1n, 1n]) {
          const value = order + step * 2n ** (64n * word);
          if (value < 2n ** 256n) expect(device.scalarIsReduced(value)).toBe(step < 0n);
        }
      }
    });

    it("reads big-endian bytes", () => {
      fc.assert(
        fc.property(number(0n, 2n ** 256n - 1n), (value) => {
          expect(device.wordsFromBytes(numberToBytes(value))).toBe(value);
        }),
      );
    });
  });

  describe("points", () => {
    it("has the odd multiples of G as code constants: up to 15, or to 3 where it is built for size", () => {
      const largest = build === "crypto-small" ? 3 : 15;
      for (let multiple = 1; multiple <= largest; multiple += 2) {
        const { x, y } = device.baseMultiple(multiple);
        expect({ x: fromField(x), y: fromField(y) }).toEqual(baseTimes(BigInt(multiple)));
        expectCarried(x, -1n, prime);
        expectCarried(y, -1n, prime);
      }
    });

    it("tells points of the curve from others", () => {
      fc.assert(
        fc.property(point, fieldScale, ({ x, y }, difference) => {
          expect(device.pointIsOnCurve(toLimbs({ x, y }))).toBe(true);
          expect(device.pointIsOnCurve(toLimbs({ x, y: prime - y }))).toBe(true);
          expect(device.pointIsOnCurve(toLimbs({ x, y: y + difference }))).toBe(
            mod(2n * y + difference, prime) === 0n,
          );
        }),
      );
    });

    it("doubles, whatever Z is and however Y is written", () => {
      fc.assert(
        fc.property(positiveScalar, fieldScale, shift, (multiple, z, subtrahend) => {
          const point = toJacobian(finiteBaseTimes(multiple), z);
          const doubled = device.pointDouble({ ...point, y: shifted(point.y, subtrahend) });
          expectCoordinates(doubled);
          expect(fromJacobian(doubled)).toEqual(baseTimes(2n * multiple));
        }),
      );
    });

    it("adds any affine point to any point, equal, opposite and infinity included", () => {
      fc.assert(
        fc.property(nearScalar, nearScalar, fieldScale, shift, (a, b, z, subtrahend) => {
          const left = baseTimes(a);
          for (const other of [b, a, mod(-a, order)]) {
            const right = baseTimes(other);
            if (!right) continue;
            const jacobian = left && toJacobian(left, z);
            const affine = toLimbs(right);
            const sum = device.pointAdd(jacobian && { ...jacobian, y: shifted(jacobian.y, subtrahend) }, {
              ...affine,
              y: shifted(affine.y, subtrahend),
            });
            expect(fromJacobian(sum)).toEqual(baseTimes(a + other));
            if (sum) expectCoordinates(sum);
          }
        }),
        { numRuns: 300 },
      );
    });

    it("adds multiples of G and of any point, for all scalars", () => {
      fc.assert(
        fc.property(nearScalar, nearScalar, nearScalar, (u1, u2, key) => {
          fc.pre(key !== 0n);
          const sum = device.multiplyAdd(u1, u2, toLimbs(finiteBaseTimes(key)));
          expect(fromJacobian(sum)).toEqual(baseTimes(u1 + u2 * key));
        }),
        { numRuns: 300 },
      );
    });

    it("adds multiples of G and of points of which no multiple is known", () => {
      fc.assert(
        fc.property(positiveScalar, positiveScalar, fieldScale, (u1, u2, start) => {
          const point = liftX(start);
          const reference = p256.Point.fromAffine(point).multiply(u2).add(p256.Point.BASE.multiply(u1));
          fc.pre(!reference.is0());
          expect(fromJacobian(device.multiplyAdd(u1, u2, toLimbs(point)))).toEqual(reference.toAffine());
        }),
        { numRuns: 50 },
      );
    });
  });

  /** The first point whose x is `start` or above. */
  function liftX(start: bigint): AffinePoint {
    for (let x = start; ; x++) {
      const square = mod(x ** 3n - 3n * x + curveB, prime);
      const y = power(square, (prime + 1n) / 4n, prime);
      if (mod(y * y, prime) === square) return { x: mod(x, prime), y };
    }
  }
});
