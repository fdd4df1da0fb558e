/**
 * Keys of the test bench: fixed, so that equal modules give equal inputs. They protect nothing.
 */
import { checkedKey, isPrivate, type EcPrivateKey } from "../keys/key.ts";

/** The key on P-256 whose private half is 32 times this byte. */
export function benchKey(fill: number): EcPrivateKey {
  const key = checkedKey({ d: new Uint8Array(32).fill(fill), alg: -9 }, "test key");
  if (!isPrivate(key)) throw new Error("A test key has its private half.");
  return key;
}
