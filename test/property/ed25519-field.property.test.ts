/**
 * The field of Curve25519 on the device against big integers.
 *
 * The bounds that the field's comments argue are driven to their extremes here: largest limbs, every
 * pattern of signs, values near p and 2 p.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Limbs, limbsToNumber, numberToLimbs } from "../crypto-module.ts";
import { Ed25519Module, ed25519Builds, littleEndian } from "../ed25519-module.ts";
import { fromLimbs, prime } from "../ed25519-reference.ts";
import { mod } from "../p256-reference.ts";

const limbMax = 2 ** 29 - 1;
const topMax = 2 ** 23 - 1;

/** What a product may carry into limb 1 beyond 29 bits. */
const overflow = 2 ** 15;

/** Numbers near what matters, and any, below 2^255. */
const number = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 255n - 1n }),
  fc.constantFrom(
    ...[0n, 1n, 18n, 19n, 20n, prime - 2n, prime - 1n, prime, prime + 1n, 2n ** 255n - 1n, 2n ** 254n],
    ...[1n, 2n, 5n, 8n].flatMap((limb) => [2n ** (29n * limb) - 1n, 2n ** (29n * limb)]),
  ),
);

/** Elements as products leave them, limb 1 at its extremes. */
const carried = fc
  .tuple(number, fc.constantFrom(0, -overflow, overflow))
  .map(([value, extra]) => numberToLimbs(value).map((limb, index) => (index === 1 ? limb + extra : limb)));

/** Limbs up to a magnitude, at random, at the extremes with random signs, or all at one extreme. */
function loose(magnitude: number): fc.Arbitrary<Limbs> {
  const bounds = Array.from({ length: 9 }, (_, index) =>
    index === 8 ? magnitude * topMax : magnitude * limbMax + (index === 1 ? magnitude * overflow : 0),
  );
  return fc.oneof(
    fc.tuple(...bounds.map((bound) => fc.constantFrom(-bound, bound))),
    fc.tuple(...bounds.map((bound) => fc.integer({ min: -bound, max: bound }))),
    fc.constantFrom(-1, 1).map((sign) => bounds.map((bound) => sign * bound)),
    ...(magnitude === 1 ? [carried] : []),
  );
}

function expectCarried(limbs: Limbs): void {
  limbs.forEach((limb, index) => {
    const extra = index === 1 ? overflow : 0;
    expect(limb).toBeGreaterThanOrEqual(-extra);
    expect(limb).toBeLessThanOrEqual(index === 8 ? topMax : limbMax + extra);
  });
}

/** Magnitudes that a product takes: they multiply to at most 3. */
const operands = fc.constantFrom([1, 1], [1, 2], [2, 1], [1, 3], [3, 1]).chain((magnitudes) => {
  const [a = 1, b = 1] = magnitudes;
  return fc.tuple(loose(a), loose(b));
});

describe.each(ed25519Builds)("field modulo 2^255 - 19, %s", (build) => {
  const device = new Ed25519Module(build);

  it("multiplies operands whose magnitudes multiply to 3", () => {
    fc.assert(
      fc.property(operands, ([a, b]) => {
        const product = device.fieldMultiply(a, b);
        expectCarried(product);
        expect(fromLimbs(product)).toBe(mod(limbsToNumber(a) * limbsToNumber(b), prime));
      }),
      { numRuns: 400 },
    );
  });

  it("squares elements of magnitude 1", () => {
    fc.assert(
      fc.property(loose(1), (a) => {
        const square = device.fieldSquare(a);
        expectCarried(square);
        expect(fromLimbs(square)).toBe(mod(limbsToNumber(a) ** 2n, prime));
      }),
      { numRuns: 400 },
    );
  });

  it("adds, subtracts and scales limb by limb", () => {
    fc.assert(
      fc.property(loose(1), loose(1), (a, b) => {
        const { sum, difference } = device.fieldAddSubtract(a, b);
        expect(limbsToNumber(sum)).toBe(limbsToNumber(a) + limbsToNumber(b));
        expect(limbsToNumber(difference)).toBe(limbsToNumber(a) - limbsToNumber(b));
        for (const scale of [0, 1, 2]) {
          const scaled = device.fieldScaleSubtract(scale, a, b);
          expect(limbsToNumber(scaled)).toBe(BigInt(scale) * limbsToNumber(a) - limbsToNumber(b));
        }
      }),
    );
  });

  it("carries elements of magnitude 3", () => {
    fc.assert(
      fc.property(fc.oneof(loose(1), loose(2), loose(3)), (a) => {
        const result = device.fieldCarry(a);
        expectCarried(result);
        expect(fromLimbs(result)).toBe(fromLimbs(a));
      }),
      { numRuns: 200 },
    );
  });

  it("reduces elements of magnitude 3 to the one form below p", () => {
    const near = fc
      .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -60, max: 60 }))
      .map(([multiple, offset]) => BigInt(multiple) * prime + BigInt(offset))
      .map(numberToLimbs);
    fc.assert(
      fc.property(fc.oneof(loose(1), loose(2), loose(3), carried, near), (a) => {
        expect(device.fieldReduce(a)).toEqual(numberToLimbs(fromLimbs(a)));
        expect(device.fieldIsZero(a)).toBe(fromLimbs(a) === 0n);
      }),
      { numRuns: 400 },
    );
  });

  it("knows 0 in each of its forms", () => {
    for (const multiple of [-3n, -2n, -1n, 0n, 1n, 2n, 3n]) {
      expect(device.fieldIsZero(numberToLimbs(multiple * prime))).toBe(true);
      expect(device.fieldIsZero(numberToLimbs(multiple * prime + 1n))).toBe(false);
    }
  });

  it("reads 32 bytes without their highest bit, and tells numbers from p up", () => {
    const values = fc.oneof(
      number,
      fc.integer({ min: -40, max: 18 }).map((offset) => prime + BigInt(offset)),
    );
    fc.assert(
      fc.property(values, fc.boolean(), (value, hasHighest) => {
        const { limbs, isCanonical } = device.fieldFromBytes(
          littleEndian(value + (hasHighest ? 2n ** 255n : 0n)),
        );
        expect(limbs).toEqual(numberToLimbs(value));
        expect(isCanonical).toBe(value < prime);
      }),
      { numRuns: 200 },
    );
  });
});
