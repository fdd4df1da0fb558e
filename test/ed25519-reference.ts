/**
 * Ed25519 in plain big integers, to hold the device's limbs and verdicts against.
 *
 * The equation of RFC 8032 §5.1.7 is checked without the factor 8, and everything that the device
 * promises to reject is rejected by its definition.
 */
import { createHash } from "node:crypto";
import { Status } from "../assembly/status.ts";
import type { Limbs } from "./crypto-module.ts";
import { limbsToNumber } from "./crypto-module.ts";
import { type ExtendedLimbs, fromLittleEndian, littleEndian } from "./ed25519-module.ts";
import { mod, power } from "./p256-reference.ts";

/** The prime of the field (RFC 8032 §5.1). */
export const prime = 2n ** 255n - 19n;

/** The order of the base point. */
export const order = 2n ** 252n + 27742317777372353535851937790883648493n;

/** 1 / value modulo p. */
export function invert(value: bigint): bigint {
  return power(value, prime - 2n, prime);
}

/** The constant d of the curve -x^2 + y^2 = 1 + d x^2 y^2. */
export const curveD = mod(-121665n * invert(121666n), prime);

const rootOfMinusOne = power(2n, (prime - 1n) / 4n, prime);

/** An affine point; the neutral one is (0, 1). */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** The neutral point. */
export const neutral: Point = { x: 0n, y: 1n };

/** The sum of two points. */
export function add(p: Point, q: Point): Point {
  const t = mod(curveD * p.x * q.x * p.y * q.y, prime);
  return {
    x: mod((p.x * q.y + q.x * p.y) * invert(1n + t), prime),
    y: mod((p.y * q.y + p.x * q.x) * invert(1n - t), prime),
  };
}

/** The opposite of a point. */
export function opposite({ x, y }: Point): Point {
  return { x: mod(-x, prime), y };
}

/** A multiple of a point. */
export function times(scalar: bigint, point: Point): Point {
  // Projective, for there is one inversion only at the end: x = X / Z, y = Y / Z.
  let [sumX, sumY, sumZ] = [0n, 1n, 1n];
  let [x, y, z] = [point.x, point.y, 1n];
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) [sumX, sumY, sumZ] = addProjective(sumX, sumY, sumZ, x, y, z);
    [x, y, z] = addProjective(x, y, z, x, y, z);
  }
  const inverse = invert(sumZ);
  return { x: mod(sumX * inverse, prime), y: mod(sumY * inverse, prime) };
}

type Projective = [x: bigint, y: bigint, z: bigint];

/** add-2008-bbjlp for a = -1. */
function addProjective(x1: bigint, y1: bigint, z1: bigint, x2: bigint, y2: bigint, z2: bigint): Projective {
  const a = mod(z1 * z2, prime);
  const b = mod(a * a, prime);
  const c = mod(x1 * x2, prime);
  const d = mod(y1 * y2, prime);
  const e = mod(curveD * c * d, prime);
  const f = b - e;
  const g = b + e;
  return [
    mod(a * f * ((x1 + y1) * (x2 + y2) - c - d), prime),
    mod(a * g * (d + c), prime),
    mod(f * g, prime),
  ];
}

/** Whether two points are the same. */
export function equal(p: Point, q: Point): boolean {
  return p.x === q.x && p.y === q.y;
}

/** A point's 32 bytes (RFC 8032 §5.1.2). */
export function encode({ x, y }: Point): Uint8Array<ArrayBuffer> {
  return littleEndian(y | ((x & 1n) << 255n));
}

/** The point of 32 bytes, or undefined if they are not the one encoding of a point (RFC 8032 §5.1.3). */
export function decode(bytes: Uint8Array): Point | undefined {
  const number = fromLittleEndian(bytes);
  const y = number & (2n ** 255n - 1n);
  const isOdd = number >> 255n;
  if (y >= prime) return undefined;
  const square = mod((y * y - 1n) * invert(curveD * y * y + 1n), prime);
  let x = power(square, (prime + 3n) / 8n, prime);
  if (mod(x * x - square, prime) !== 0n) x = mod(x * rootOfMinusOne, prime);
  if (mod(x * x - square, prime) !== 0n) return undefined;
  if (x === 0n && isOdd !== 0n) return undefined;
  return (x & 1n) === isOdd ? { x, y } : { x: mod(-x, prime), y };
}

function decoded(hex: string): Point {
  const point = decode(Buffer.from(hex, "hex"));
  if (!point) throw new Error("this encodes no point");
  return point;
}

/** The base point B. */
export const base = decoded("5866666666666666666666666666666666666666666666666666666666666666");

/** A point of order 8: L times a point that is no multiple of B. */
const eighth = decoded("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");

/** The eight points whose order divides 8; the one with index i is i times the second. */
export const smallPoints: readonly Point[] = Array.from({ length: 8 }, (_, index) =>
  times(BigInt(index), eighth),
);

/** The affine point that the accumulator holds; throws if its T does not belong to it. */
export function fromExtended({ x, y, z, tFactors }: ExtendedLimbs): Point {
  const [valueX, valueY, valueZ] = [x, y, z].map(fromLimbs);
  const t = fromLimbs(tFactors[0]) * fromLimbs(tFactors[1]);
  if (valueX === undefined || valueY === undefined || valueZ === undefined || valueZ === 0n) {
    throw new Error("this is no point");
  }
  if (mod(t * valueZ - valueX * valueY, prime) !== 0n) throw new Error("T is not X Y / Z");
  const inverse = invert(valueZ);
  return { x: mod(valueX * inverse, prime), y: mod(valueY * inverse, prime) };
}

/** The number modulo p that limbs stand for. */
export function fromLimbs(limbs: Limbs): bigint {
  return mod(limbsToNumber(limbs), prime);
}

/** SHA-512 of byte strings, as a number modulo L. */
export function hashToScalar(...parts: readonly Uint8Array[]): bigint {
  return mod(fromLittleEndian(createHash("sha512").update(Buffer.concat(parts)).digest()), order);
}

/** A secret scalar and what it makes of messages; a and r need not come from a seed. */
export function signWith(
  secret: bigint,
  key: Uint8Array,
  nonce: bigint,
  commitment: Uint8Array,
  message: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const k = hashToScalar(commitment, key, message);
  return Uint8Array.of(...commitment, ...littleEndian(mod(nonce + k * secret, order)));
}

/** What the device is to say, in the order in which it looks. */
export function expectedStatus(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Status {
  const [commitment, response] = [signature.subarray(0, 32), fromLittleEndian(signature.subarray(32))];
  if (response >= order) return Status.SignatureMalformed;
  const a = decode(key);
  if (!a || equal(times(8n, a), neutral)) return Status.KeyMalformed;
  const r = decode(commitment);
  if (!r) return Status.SignatureMalformed;
  const k = hashToScalar(commitment, key, message);
  return equal(times(response, base), add(r, times(k, a))) ? Status.Ok : Status.SignatureInvalid;
}
