/**
 * Keys to sign and verify with: what all have in common, and those on P-256. Ed25519 keys are made and
 * checked in `ed25519.ts`, HSS/LMS keys in `hss.ts`.
 */
import { p256 } from "@noble/curves/nist.js";
import { UserError } from "../user-error.ts";
import type { LmsParameters } from "./lms.ts";

/** COSE numbers of the algorithms that keys can be used with (RFC 9053 §2, RFC 9864 §2, RFC 8778 §6). */
export const Algorithm = { ES256: -7, EdDSA: -8, ESP256: -9, Ed25519: -19, "HSS-LMS": -46 } as const;
/** Their names, in COSE and in JWKs. */
export const ALGORITHM_NAMES = ["ESP256", "ES256", "Ed25519", "EdDSA", "HSS-LMS"] as const;
/** ES256 (-7) or ESP256 (-9) with P-256, EdDSA (-8) or Ed25519 (-19) with Ed25519, HSS-LMS (-46). */
export type AlgorithmNumber = (typeof Algorithm)[keyof typeof Algorithm];

/** A key, public or private. */
export type Key = EcKey | EdwardsKey | HssKey;
/** A key with its private part. */
export type PrivateKey = EcPrivateKey | EdwardsPrivateKey | HssPrivateKey;

/** A P-256 key. `x`, `y` and `d` are 32 bytes, big-endian. */
export interface EcKey {
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
  /** The components that a device lets it touch, as bits in the device's order; all of them unless given. */
  readonly components?: number;
}

/** A P-256 key with its private scalar. */
export interface EcPrivateKey extends EcKey {
  readonly d: Uint8Array;
}

/** An Ed25519 key: `x` is the public key as RFC 8032 §5.1.5 encodes it, 32 bytes. */
export interface EdwardsKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: Uint8Array;
  readonly y?: undefined;
  /** The private key, the seed of RFC 8032 §5.1.5, 32 bytes; absent in a public key. */
  readonly d?: Uint8Array;
  readonly alg?: AlgorithmNumber;
  readonly kid?: Uint8Array;
  readonly components?: number;
}

/** An Ed25519 key with its private key. */
export interface EdwardsPrivateKey extends EdwardsKey {
  readonly d: Uint8Array;
}

/** An HSS/LMS key: `x` is the public key as RFC 8554 §6.1 encodes it, 60 bytes. */
export interface HssKey {
  readonly kty: "HSS-LMS";
  readonly crv: "HSS-LMS";
  readonly x: Uint8Array;
  readonly y?: undefined;
  /** The seed that the trees are made from, 32 bytes; absent in a public key. */
  readonly d?: Uint8Array;
  /** Its trees, the top one first; absent in a public key, which tells the parameters of that one only. */
  readonly trees?: readonly LmsParameters[];
  readonly alg?: AlgorithmNumber;
  readonly kid?: Uint8Array;
  readonly components?: number;
}

/** An HSS/LMS key with its seed. */
export interface HssPrivateKey extends HssKey {
  readonly d: Uint8Array;
  readonly trees: readonly LmsParameters[];
  /**
   * Takes the next leaf, for good: it is never given out again, whatever becomes of this process. Absent
   * in a key that was read without its state.
   */
  readonly takeLeaf?: () => LeafTaken;
}

/** A leaf to sign one message with. */
export interface LeafTaken {
  /** Its number over all trees, from 0. */
  readonly leaf: bigint;
  /** The leaves of the top tree if they were kept. */
  readonly topLeaves?: Uint8Array | undefined;
}

/** Bytes of a coordinate and of the scalar. */
const FIELD_BYTES = 32;

/**
 * Makes a new P-256 key.
 *
 * @param options.alg algorithm to pin; ESP256 unless given, and none for `null`
 * @param options.kid key identifier
 */
export function generateKey(
  options: { readonly alg?: AlgorithmNumber | null; readonly kid?: Uint8Array } = {},
): EcPrivateKey {
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

/** The same key without its private part. */
export function publicKeyOf(key: EcKey | EdwardsKey): EcKey | EdwardsKey;
export function publicKeyOf(key: Key): Key;
export function publicKeyOf(key: Key): Key {
  const names = statementsOf(key);
  if (key.kty === "HSS-LMS") return { kty: key.kty, crv: key.crv, x: key.x, ...names };
  return key.kty === "OKP"
    ? { kty: key.kty, crv: key.crv, x: key.x, ...names }
    : { kty: key.kty, crv: key.crv, x: key.x, y: key.y, ...names };
}

/** What a key states beside its numbers. */
export function statementsOf({
  alg,
  kid,
  components,
}: Pick<KeyFields, "alg" | "kid" | "components">): Pick<Key, "alg" | "kid" | "components"> {
  return {
    ...(alg === undefined ? {} : { alg }),
    ...(kid === undefined ? {} : { kid }),
    ...(components === undefined ? {} : { components }),
  };
}

/** Whether the key has its private part. */
export function isPrivate<Some extends Key>(key: Some): key is Some & PrivateKey {
  return key.d !== undefined && (key.kty !== "HSS-LMS" || key.trees !== undefined);
}

/**
 * Whether the key may be used with an algorithm; the same rule as on the device.
 *
 * A key that states an algorithm accepts exactly that one (RFC 9052 §7.1). One that states none is
 * still pinned by its curve: on P-256 it accepts ESP256 and ES256 (RFC 9864 §2.1), on Ed25519 the
 * algorithms Ed25519 and EdDSA (RFC 9864 §2.2). An HSS/LMS key accepts HSS-LMS only.
 */
export function acceptsAlgorithm(key: Key, algorithm: number): boolean {
  if (keyTypeOf(algorithm) !== key.kty) return false;
  return key.alg === undefined || key.alg === algorithm;
}

/** The type of keys that an algorithm is for; undefined if it is not used here. */
export function keyTypeOf(algorithm: number): Key["kty"] | undefined {
  if (isEdwardsAlgorithm(algorithm)) return "OKP";
  if (algorithm === Algorithm["HSS-LMS"]) return "HSS-LMS";
  return algorithm === Algorithm.ESP256 || algorithm === Algorithm.ES256 ? "EC2" : undefined;
}

/** The algorithm that keys of a type are for in the first place. */
export function usualAlgorithm(kty: Key["kty"]): AlgorithmNumber {
  return Algorithm[kty === "OKP" ? "Ed25519" : kty === "EC2" ? "ESP256" : kty];
}

/** Whether an algorithm is for Ed25519 keys. */
export function isEdwardsAlgorithm(algorithm: number): boolean {
  return algorithm === Algorithm.Ed25519 || algorithm === Algorithm.EdDSA;
}

/** What a key file may state; the coordinates are left out where the scalar implies them. */
export interface KeyFields {
  readonly x?: Uint8Array | undefined;
  /** The coordinate, or its sign bit for a compressed point. */
  readonly y?: Uint8Array | boolean | undefined;
  readonly d?: Uint8Array | undefined;
  readonly alg?: AlgorithmNumber | undefined;
  readonly kid?: Uint8Array | undefined;
  readonly components?: number | undefined;
}

/**
 * Builds a P-256 key from what a file states and checks that it is one.
 *
 * @param name what to call the file in errors
 * @throws UserError key-malformed, key-point-invalid, key-private-invalid, key-private-mismatch or
 *   key-algorithm-unsupported
 */
export function checkedKey(fields: KeyFields, name: string): EcKey {
  const { x, y } = fields.x === undefined ? pointFromPrivate(fields, name) : pointFromPublic(fields, name);
  if (fields.alg !== undefined && keyTypeOf(fields.alg) !== "EC2") {
    throw new UserError(
      "key-algorithm-unsupported",
      `${name}: the key is on P-256 and pinned to an algorithm for other keys.`,
      "Give a key for ESP256 (-9) or ES256 (-7), or one that states no algorithm.",
    );
  }
  const key: EcKey = {
    kty: "EC2",
    crv: "P-256",
    x,
    y,
    ...(fields.d === undefined ? {} : { d: fields.d }),
    ...statementsOf(fields),
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

/** What to do about a key file that no program should have written. */
export const KEY_DAMAGED = "The file is damaged or incomplete; export the key again.";

function pointFromPublic(fields: KeyFields, name: string): { x: Uint8Array; y: Uint8Array } {
  const { x, y } = fields;
  if (x === undefined || y === undefined) {
    throw new UserError(
      "key-malformed",
      `${name}: the key has no ${x === undefined ? "x" : "y"} coordinate.`,
      KEY_DAMAGED,
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
  if (fields.d === undefined)
    throw new UserError("key-malformed", `${name}: the key has no x coordinate.`, KEY_DAMAGED);
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
