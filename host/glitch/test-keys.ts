/**
 * Keys of the glitch bench, one pair for each kind of signature: fixed, so that equal modules give equal
 * inputs. They protect nothing.
 */
import { STRANGE_TEST_KEY, TRUSTED_TEST_KEY } from "../campaign/scenario.ts";
import { checkedEdwardsKey } from "../keys/ed25519.ts";
import { generateHssKey, parseTrees } from "../keys/hss.ts";
import { Algorithm, isPrivate, type Key, type PrivateKey } from "../keys/key.ts";

/** What a device trusts, and what looks just like it. */
export interface TestKeys {
  readonly trusted: PrivateKey;
  /** Of the same kind, but no device of a scenario trusts it. */
  readonly strange: PrivateKey;
}

/** The kinds of keys. */
export const KEY_KINDS = ["EC2", "OKP", "HSS-LMS"] as const satisfies readonly Key["kty"][];
/** One of them. */
export type KeyKind = (typeof KEY_KINDS)[number];

/** Two trees, so that one signs the key of the other. */
const TREES = parseTrees("H5/W4,H5/W4");
const SECRET_BYTES = { OKP: 32, "HSS-LMS": 48 } as const;

/**
 * The keys of a kind. Equal signatures in equal order give equal bytes: those of HSS/LMS take the leaves
 * from the first one on, with every call anew.
 */
export function testKeys(kind: KeyKind): TestKeys {
  switch (kind) {
    case "EC2":
      return { trusted: TRUSTED_TEST_KEY, strange: STRANGE_TEST_KEY };
    case "OKP":
      return { trusted: edwardsKey(0x42), strange: edwardsKey(0x17) };
    case "HSS-LMS":
      return { trusted: hssKey(0x42), strange: hssKey(0x17) };
  }
}

function edwardsKey(fill: number): PrivateKey {
  const d = new Uint8Array(SECRET_BYTES.OKP).fill(fill);
  const key = checkedEdwardsKey({ d, alg: Algorithm.Ed25519 }, "test key");
  if (!isPrivate(key)) throw new Error("A test key has its private half.");
  return key;
}

function hssKey(fill: number): PrivateKey {
  const secret = new Uint8Array(SECRET_BYTES["HSS-LMS"]).fill(fill);
  const { key, top } = generateHssKey(TREES, { secret });
  let next = 0n;
  return { ...key, takeLeaf: () => ({ leaf: next++, topLeaves: top.leaves }) };
}
