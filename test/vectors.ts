/**
 * Published test vectors, read from a folder beside the repository.
 *
 * They are other people's files and not copied here. `BROWNOUT_VECTORS` names the folder; without it
 * `../shared/vectors` beside the repository is tried. A suite whose vectors are absent is skipped,
 * and says so in one line.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const repository = fileURLToPath(new URL("..", import.meta.url));

/** The folder of vectors, whether or not it exists. */
export const vectorFolder = resolve(
  process.env["BROWNOUT_VECTORS"] ?? resolve(repository, "../shared/vectors"),
);

/**
 * Reads one file of vectors.
 *
 * @param name path within the folder without `.json`, as in `nist-cavp-sha256`
 * @param schema what the caller uses of it; without one the result is unknown
 * @returns what the file holds, or undefined if it is absent
 * @throws SyntaxError if the file is not JSON, ZodError if it is not what the schema says
 */
export function loadVectors(name: string): unknown;
export function loadVectors<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
): z.output<Schema> | undefined;
export function loadVectors(name: string, schema: z.ZodType = z.unknown()): unknown {
  const path = resolve(vectorFolder, `${name}.json`);
  if (!existsSync(path)) {
    console.log(`skipped: ${name}.json is not in ${vectorFolder} (set BROWNOUT_VECTORS)`);
    return undefined;
  }
  return schema.parse(JSON.parse(readFileSync(path, "utf8")));
}

/** The bytes of a string of hexadecimal digits. */
export function fromHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** Lower-case hexadecimal digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
