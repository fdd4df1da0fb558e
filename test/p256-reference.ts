/**
 * P-256 in plain big integers, to hold the device's limbs against.
 */
import { p256 } from "@noble/curves/nist.js";
import {
  type JacobianPoint,
  type Limbs,
  type PointLimbs,
  limbsToNumber,
  numberToLimbs,
} from "./crypto-module.ts";

/** The prime of the field (SP 800-186 §3.2.1.3). */
export const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;

/** The order of the group. */
export const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The constant b of the curve y^2 = x^3 - 3x + b. */
export const curveB = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** What Montgomery form multiplies by. */
export const montgomery = 2n ** 261n;

/** An affine point of the reference; infinity is undefined. */
export interface AffinePoint {
  readonly x: bigint;
  readonly y: bigint;
}

/** The remainder in [0, modulus). */
export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** base^exponent modulo `modulus`. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let square = mod(base, modulus), rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** 1 / value modulo a prime. */
export function invert(value: bigint, modulus: bigint): bigint {
  return power(value, modulus - 2n, modulus);
}

/** The number modulo p that limbs in Montgomery form stand for. */
export function fromField(limbs: Limbs): bigint {
  return mod(limbsToNumber(limbs) * invert(montgomery, prime), prime);
}

/** The limbs, carried and below p, of a number's Montgomery form. */
export function toField(value: bigint): Limbs {
  return numberToLimbs(mod(value * montgomery, prime));
}

/** The affine point that Jacobian limbs stand for. */
export function fromJacobian(point: JacobianPoint | undefined): AffinePoint | undefined {
  if (!point) return undefined;
  const inverse = invert(fromField(point.z), prime);
  return {
    x: mod(fromField(point.x) * inverse ** 2n, prime),
    y: mod(fromField(point.y) * inverse ** 3n, prime),
  };
}

/** Limbs of an affine point. */
export function toLimbs({ x, y }: AffinePoint): PointLimbs {
  return { x: toField(x), y: toField(y) };
}

/** Jacobian limbs of an affine point with the given z. */
export function toJacobian(point: AffinePoint, z: bigint): JacobianPoint {
  return { x: toField(point.x * z ** 2n), y: toField(point.y * z ** 3n), z: toField(z) };
}

/** scalar * G; undefined for infinity. */
export function baseTimes(scalar: bigint): AffinePoint | undefined {
  const reduced = mod(scalar, order);
  return reduced === 0n ? undefined : p256.Point.BASE.multiply(reduced).toAffine();
}

/** A finite scalar * G; the scalar must not be a multiple of n. */
export function finiteBaseTimes(scalar: bigint): AffinePoint {
  const point = baseTimes(scalar);
  if (!point) throw new RangeError("a multiple of the order gives infinity");
  return point;
}

/**
 * The s and the digest that make a verifier compute u1 G + u2 Q, for a given r.
 *
 * Since u1 = e / s and u2 = r / s, this is s = r / u2 and e = u1 s: a signature for any key, over a
 * digest nobody knows a message of.
 */
export function craftSignature(u1: bigint, u2: bigint, r: bigint): { digest: bigint; s: bigint } {
  const s = mod(r * invert(u2, order), order);
  return { digest: mod(u1 * s, order), s };
}
