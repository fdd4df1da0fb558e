/**
 * Keys on the standard output.
 */
import { jwkOf } from "../keys/jwk.ts";
import { writeKey, type KeyFormat } from "../keys/key-file.ts";
import type { Key } from "../keys/key.ts";
import { bitPositions } from "../keys/rights.ts";
import { writeJson } from "./command.ts";
import type { Io } from "./io.ts";

/** Prints a key: PEM or JWK as they are, COSE_Key as hex, which every command reads as well. */
export function printKey(
  io: Io,
  key: Key,
  { format, isJson }: { readonly format: KeyFormat; readonly isJson: boolean },
): void {
  const content = Buffer.from(writeKey(key, format));
  if (isJson) {
    const { components } = key;
    // A JWK has no place for rights, and whoever reads one would take the key for unlimited.
    if (components !== undefined) writeJson(io, { cose: content, components: bitPositions(components) });
    else writeJson(io, key.kty === "HSS-LMS" ? { kty: key.kty, pub: key.x, alg: key.alg } : jwkOf(key));
    return;
  }
  io.out.write(format === "cose" ? `${content.toString("hex")}\n` : content.toString("utf8"));
}
