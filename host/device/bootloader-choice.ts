/**
 * Which of our bootloaders verifies the signatures of given keys: each is built for one kind of key.
 */
import type { Key } from "../keys/key.ts";
import { UserError } from "../user-error.ts";

/** The names of the modules, by the kind of key. */
export const BOOTLOADERS: Readonly<Record<Key["kty"], string>> = {
  EC2: "bootloader",
  OKP: "bootloader-ed25519",
  "HSS-LMS": "bootloader-hss",
};

/** The one that lets encryption-info pass; it verifies P-256. */
const ENCRYPTED_BOOTLOADER = "bootloader-encrypted";

/**
 * The name of the module that verifies signatures of these keys.
 *
 * @param isEncrypted whether payloads are to be encrypted
 * @throws UserError `key-kinds` if none of ours does
 */
export function bootloaderFor(keys: readonly Key[], isEncrypted = false): string {
  const [first, other] = new Map(keys.map((key) => [key.kty, key])).values();
  const kind = first?.kty ?? "EC2";
  if (first !== undefined && other !== undefined) {
    throw new UserError(
      "key-kinds",
      `Each of our bootloaders verifies one kind of signature, and the keys are ${first.crv} and ${other.crv}.`,
      "Give keys of one kind, or --bootloader with one that verifies both.",
    );
  }
  if (!isEncrypted) return BOOTLOADERS[kind];
  if (kind !== "EC2") {
    throw new UserError(
      "key-kinds",
      `Our bootloader for encrypted payloads verifies P-256 signatures, and the key is ${first?.crv ?? kind}.`,
      "Trust a P-256 key, or give --bootloader with one that verifies others.",
    );
  }
  return ENCRYPTED_BOOTLOADER;
}
