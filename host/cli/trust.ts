/**
 * The options that say whose signatures count: `--key`, `--require` and `--require-all`.
 */
import type { Command } from "commander";
import { z } from "zod";
import { equalBytes, type Key } from "../keys/key.ts";
import { UserError } from "../user-error.ts";
import type { Io } from "./io.ts";
import { readKeys, repeatable } from "./option.ts";

/** Keys that can be told apart by bits; devices take fewer. */
const KEYS_MAX = 32;

/** What commander leaves of the options. */
export const TrustOptions = z.object({
  key: z.array(z.string()).default([]),
  require: z.array(z.string()).default([]),
  requireAll: z.boolean().default(false),
});

/** Keys that are trusted, and those that must all sign, as bits by their positions. */
export interface Trust {
  readonly keys: readonly Key[];
  readonly required: number;
}

/** Declares the options. */
export function declareTrust(command: Command): void {
  command
    .addOption(repeatable("-k, --key <file>", "key that is trusted; may be repeated"))
    .addOption(
      repeatable("--require <file>", "key that is trusted and must sign every update; may be repeated"),
    )
    .option("--require-all", "all keys must sign every update");
}

/**
 * Reads the keys. One that is both trusted and required is one key.
 *
 * @param first keys that come first, whatever the options say
 * @throws UserError `key-twice`, `too-many-keys`, or what is wrong with a file, naming it
 */
export function readTrust(io: Io, options: z.infer<typeof TrustOptions>, first: readonly Key[] = []): Trust {
  const keys: Key[] = [...first, ...readKeys(io, options.key)];
  if (keys.length + options.require.length > KEYS_MAX) {
    throw new UserError(
      "too-many-keys",
      `There are more than ${KEYS_MAX} keys.`,
      "Leave out those that did not sign.",
    );
  }
  let required = 0;
  for (const [index, key] of readKeys(io, options.require).entries()) {
    const known = keys.findIndex((other) => isSame(other, key));
    if (known >= 0 && keys[known]?.components !== key.components) {
      throw new UserError(
        "key-twice",
        `${options.require[index] ?? ""} is given twice, with different rights.`,
        "Give each key once: --require trusts it as well.",
      );
    }
    required |= 1 << (known < 0 ? keys.push(key) - 1 : known);
  }
  const everyKey = keys.map((key) => 1 << keys.findIndex((other) => isSame(other, key)));
  return { keys, required: options.requireAll ? everyKey.reduce((bits, bit) => bits | bit, 0) : required };
}

function isSame(left: Key, right: Key): boolean {
  return left.kty === right.kty && equalBytes(left.x, right.x);
}
