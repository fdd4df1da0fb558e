/**
 * Which of our bootloaders verifies the signatures of given keys: each is built for one kind of key.
 */
import type { Key } from "../keys/key.ts";

/** The names of the modules, by the kind of key. */
export const BOOTLOADERS: Readonly<Record<Key["kty"], string>> = {
  EC2: "bootloader",
  OKP: "bootloader-ed25519",
  "HSS-LMS": "bootloader-hss",
};

/** The name of the module for keys that are all of one kind; the usual one for keys of several kinds. */
export function bootloaderFor(keys: readonly Key[]): string {
  const [first] = keys;
  const isOneKind = first !== undefined && keys.every(({ kty }) => kty === first.kty);
  return isOneKind ? BOOTLOADERS[first.kty] : BOOTLOADERS.EC2;
}
