/**
 * P-256 keys: the one kind that this build signs and verifies with.
 */
import { p256 } from "@noble/curves/nist.js";
import { UserError } from "../user-error.ts";

/** COSE numbers of the algorithms a P-256 key can be used with (RFC 9053 §2.1, RFC 9864 §2.1). */
export const Algorithm = { ES256: -7, ESP256: -9 } as const;
/** ES256 (-7) or ESP256 (-9). */
export type AlgorithmNumber = (typeof Algorithm)[keyof typeof Algorithm];

/** A P-256 key. `x`, `y` and `d` are 32 bytes, big-endian. */
export interface Key {
  readonly kty: "EC2";
  readonly crv: "P-256";
  readonly x: Uint8Array;
  readonly y: Uint8Array;
  /** The private scalar; absent in a public key. */
  readonly d?: Uint8Array;
  /** The only algorithm the key may be used with (RFC 9052 §7.1). */
  readonly alg?: AlgorithmNumber;
  /** Key identifier. It is a name and not part of any decision. */
  readonly kid?: Uint8Array;
}

/** A key with its private scalar. */
export interface PrivateKey extends Key {
  readonly d: Uint8Array;
}

/** Bytes of a coordinate and of the scalar. */
const FIELD_BYTES = 32;

/**
 * Makes a new key.
 *
 * @param options.alg algorithm to pin; ESP256 unless given, and none for `null`
 * @param options.kid key identifier
 */
export function generateKey(
  options: { readonly alg?: AlgorithmNumber | null; readonly kid?: Uint8Array } = {},
): PrivateKey {
  const d = p256.utils.randomSecretKey();
  const alg = options.alg === undefined ? Algorithm.ESP256 : options.alg;
  const { x, y } = pointOf(d);
  return {
    kty: "EC2",
    crv: "P-256",
    x,
    y,
    d,
    ...(alg === null ? {} : { alg }),
    ...(options.kid === undefined ? {} : { kid: options.kid }),
  };
}

/** The same key without its private scalar. */
export function publicKeyOf(key: Key): Key {
  return {
    kty: key.kty,
    crv: key.crv,
    x: key.x,
    y: key.y,
    ...(key.alg === undefined ? {} : { alg: key.alg }),
    ...(key.kid === undefined ? {} : { kid: key.kid }),
  };
}

/** Whether the key has its private scalar. */
export function isPrivate(key: Key): key is PrivateKey {
  return key.d !== undefined;
}

/**
 * Whether the key may be used with an algorithm; the same rule as on the device.
 *
 * A key that states an algorithm accepts exactly that one (RFC 9052 §7.1). One that states none is
 * still pinned to P-256 by its curve, so it accepts ESP256 and ES256 (RFC 9864 §2.1).
 */
export function acceptsAlgorithm(key: Key, algorithm: number): boolean {
  if (key.alg !== undefined) return key.alg === algorithm;
  return algorithm === Algorithm.ESP256 || algorithm === Algorithm.ES256;
}

/** What a key file may state; the coordinates are left out where the scalar implies them. */
export interface KeyFields {
  readonly x?: Uint8Array | undefined;
  /** The coordinate, or its sign bit for a compressed point. */
  readonly y?: Uint8Array | boolean | undefined;
  readonly d?: Uint8Array | undefined;
  readonly alg?: AlgorithmNumber | undefined;
  readonly kid?: Uint8Array | undefined;
}

/**
 * Builds a key from what a file states and checks that it is one.
 *
 * @param name what to call the file in errors
 * @throws UserError key-malformed, key-point-invalid, key-private-invalid or key-private-mismatch
 */
export function checkedKey(fields: KeyFields, name: string): Key {
  const { x, y } = fields.x === undefined ? pointFromPrivate(fields, name) : pointFromPublic(fields, name);
  const key: Key = {
    kty: "EC2",
    crv: "P-256",
    x,
    y,
    ...(fields.d === undefined ? {} : { d: fields.d }),
    ...(fields.alg === undefined ? {} : { alg: fields.alg }),
    ...(fields.kid === undefined ? {} : { kid: fields.kid }),
  };
  if (fields.d === undefined) return key;
  const expected = pointFromPrivate(fields, name);
  if (!equalBytes(expected.x, x) || !equalBytes(expected.y, y)) {
    throw new UserError(
      "key-private-mismatch",
      `${name}: the private scalar does not belong to the public point.`,
      "The file mixes two keys; export the key again.",
    );
  }
  return key;
}

function pointFromPublic(fields: KeyFields, name: string): { x: Uint8Array; y: Uint8Array } {
  const { x, y } = fields;
  if (x === undefined || y === undefined) {
    throw new UserError(
      "key-malformed",
      `${name}: the key has no ${x === undefined ? "x" : "y"} coordinate.`,
    );
  }
  if (x.length !== FIELD_BYTES || (typeof y !== "boolean" && y.length !== FIELD_BYTES)) {
    throw new UserError(
      "key-malformed",
      `${name}: the coordinates of a P-256 key are 32 bytes each, these are not.`,
      "Leading zero bytes belong to a coordinate (RFC 9053 §7.1.1).",
    );
  }
  const encoded = typeof y === "boolean" ? [y ? 3 : 2, ...x] : [4, ...x, ...y];
  try {
    return coordinates(p256.Point.fromBytes(Uint8Array.from(encoded)).toBytes(false));
  } catch (cause) {
    throw new UserError(
      "key-point-invalid",
      `${name}: the coordinates are not a point on P-256.`,
      "The file is damaged, or the key is for another curve.",
      { cause },
    );
  }
}

function pointFromPrivate(fields: KeyFields, name: string): { x: Uint8Array; y: Uint8Array } {
  if (fields.d === undefined) throw new UserError("key-malformed", `${name}: the key has no x coordinate.`);
  try {
    return pointOf(fields.d);
  } catch (cause) {
    throw new UserError(
      "key-private-invalid",
      `${name}: the private scalar is not a number from 1 to n - 1 in 32 bytes.`,
      "The file is damaged; export the key again.",
      { cause },
    );
  }
}

function pointOf(d: Uint8Array): { x: Uint8Array; y: Uint8Array } {
  return coordinates(p256.getPublicKey(Uint8Array.from(d), false));
}

function coordinates(point: Uint8Array): { x: Uint8Array; y: Uint8Array } {
  return { x: point.slice(1, 1 + FIELD_BYTES), y: point.slice(1 + FIELD_BYTES) };
}

/** Whether two byte strings are the same. Not for secrets. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
