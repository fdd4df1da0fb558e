/**
 * Options that several commands share.
 */
import { InvalidArgumentError, Option } from "commander";
import { PROFILE_NAMES } from "../../emulator/index.ts";
import { leafCount } from "../keys/hss.ts";
import type { Key, PrivateKey } from "../keys/key.ts";
import { readKey, readPrivateKey } from "../keys/key-file.ts";
import { takeLeaf } from "../keys/leaf-state.ts";
import { readInput, resolvePath } from "./file.ts";
import type { Io } from "./io.ts";

/** `--profile`: which part the device is. */
export function profileOption(): Option {
  return new Option("--profile <name>", "the part").choices(PROFILE_NAMES).default("class1");
}

/** An option that may be given several times. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser(
    (value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value],
  );
}

/** Parses an unsigned integer of at most 64 bits; kept as text. */
export function parseUnsigned(text: string): string {
  if (/^[0-9]{1,20}$/.test(text) && BigInt(text) < 1n << 64n) return text;
  throw new InvalidArgumentError("Expected an unsigned integer of at most 64 bits.");
}

/**
 * Reads key files.
 *
 * @throws UserError, naming the file
 */
export function readKeys(io: Io, files: readonly string[]): Key[] {
  return files.map((file) => readKey(readInput(io, file, "key"), file));
}

/**
 * Reads a key to sign with. One of HSS/LMS signs with the state beside its file, and each signature is
 * noted on the error output, with how many are left.
 *
 * @throws UserError, naming the file
 */
export function readSigningKey(io: Io, file: string): PrivateKey {
  const key = readPrivateKey(readInput(io, file, "key"), file);
  if (key.kty !== "HSS-LMS") return key;
  return {
    ...key,
    takeLeaf: () => {
      const taken = takeLeaf(resolvePath(io, file), key, file);
      const count = leafCount(key.trees);
      io.err.write(`note: ${file} has ${count - 1n - taken.leaf} of ${count} signatures left\n`);
      return taken;
    },
  };
}
