/**
 * Makes a new key pair and writes the private key: to a file that only you can read, or to
 * the output. Nothing is overwritten unless you say so.
 *
 * The key is a P-256 key pinned to ESP256 (RFC 9864), unless another algorithm is given; `manifest sign`
 * uses the one the key is pinned to. PEM has no place for that nor for a key identifier; JWK and
 * COSE_Key have. Ed25519 keys are for the bootloader that is built with Ed25519.
 *
 * ```console
 * $ brownout keys generate --out author.key
 * author.key: new P-256 private key (pem)
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { KEY_FORMATS, writeKey } from "../../keys/key-file.ts";
import { generateEdwardsKey } from "../../keys/ed25519.ts";
import {
  Algorithm,
  ALGORITHM_NAMES,
  generateKey,
  isEdwardsAlgorithm,
  type PrivateKey,
} from "../../keys/key.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { refuseExisting, writeOutput } from "../file.ts";
import { printKey } from "../key-output.ts";

/** Only the owner reads and writes. */
const PRIVATE_MODE = 0o600;

/** Names as people type them. */
const CHOICES = ALGORITHM_NAMES.map((name) => name.toLowerCase());

const Options = z.object({
  algorithm: z.string(),
  out: z.string().optional(),
  format: z.enum(KEY_FORMATS),
  kid: z.string().optional(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout keys generate`. */
export const keysGenerate: CliCommand = {
  words: "keys generate",
  summary: "make a new key pair",
  examples: [
    "keys generate --out author.key",
    "keys generate --algorithm ed25519 --out author.key",
    "keys generate --format jwk --kid factory --out author.jwk",
  ],
  declare: (command) => {
    command
      .option("-o, --out <file>", "write it here, readable by you only; to the output unless given")
      .addOption(
        new Option("--algorithm <name>", "what the key is pinned to, and so its curve")
          .choices(CHOICES)
          .default("esp256"),
      )
      .addOption(new Option("--format <format>", "format of the file").choices(KEY_FORMATS).default("pem"))
      .option("--kid <text>", "key identifier, for jwk and cose")
      .option("--force", "replace a file that is there");
  },
  run: ({ io, options }) => {
    const { algorithm, out, format, kid, force, json } = Options.parse(options);
    if (kid !== undefined && format === "pem") {
      throw new UserError(
        "kid-in-pem",
        "PEM cannot hold a key identifier.",
        "Add --format jwk or --format cose.",
      );
    }
    if (out !== undefined) refuseExisting(io, out, force);
    const key = newKey(algorithm, kid);
    if (out === undefined) {
      printKey(io, key, { format, isJson: json === true });
      return ExitCode.Pass;
    }
    writeOutput(io, out, writeKey(key, format), { force, mode: PRIVATE_MODE });
    if (json === true) writeJson(io, { file: out, format, private: true });
    else io.out.write(`${out}: new ${key.crv} private key (${format})\n`);
    return ExitCode.Pass;
  },
};

function newKey(algorithm: string, kid: string | undefined): PrivateKey {
  const alg = Algorithm[ALGORITHM_NAMES.find((name) => name.toLowerCase() === algorithm) ?? "ESP256"];
  const options = { alg, ...(kid === undefined ? {} : { kid: new TextEncoder().encode(kid) }) };
  return isEdwardsAlgorithm(alg) ? generateEdwardsKey(options) : generateKey(options);
}
