/**
 * Makes a new key pair and writes the private key: to a file that only you can read, or to
 * the output. Nothing is overwritten unless you say so.
 *
 * The key is a P-256 key pinned to ESP256 (RFC 9864), unless another algorithm is given; `manifest sign`
 * uses the one the key is pinned to. PEM has no place for that nor for a key identifier; JWK and
 * COSE_Key have. Ed25519 and HSS-LMS keys are for the bootloaders that are built with them.
 *
 * An HSS/LMS key (RFC 8554) signs a limited number of times: `--lms` says with what trees. Each leaf must
 * sign once only, so the key has a state, a file beside it whose name says which leaf is next. Never copy
 * the two to sign in two places, and never bring them back from a backup: a leaf that signs twice gives
 * the key away.
 *
 * ```console
 * $ brownout keys generate --out author.key
 * author.key: new P-256 private key (pem)
 * $ brownout keys generate --algorithm hss-lms --lms H5/W4 --out vault.key
 * vault.key: new HSS-LMS private key (cose), 32 signatures
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { generateEdwardsKey } from "../../keys/ed25519.ts";
import { generateHssKey, leafCount, parseTrees } from "../../keys/hss.ts";
import { KEY_FORMATS, writeKey } from "../../keys/key-file.ts";
import { newLeafState } from "../../keys/leaf-state.ts";
import {
  Algorithm,
  ALGORITHM_NAMES,
  generateKey,
  isEdwardsAlgorithm,
  type AlgorithmNumber,
  type EcPrivateKey,
  type EdwardsPrivateKey,
} from "../../keys/key.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { refuseExisting, writeOutputs } from "../file.ts";
import { printKey } from "../key-output.ts";

/** Only the owner reads and writes. */
const PRIVATE_MODE = 0o600;

/** The trees of an HSS/LMS key unless others are given. */
const TREES = "H5/W8,H5/W8";

/** Names as people type them. */
const CHOICES = ALGORITHM_NAMES.map((name) => name.toLowerCase());

const Options = z.object({
  algorithm: z.string(),
  out: z.string().optional(),
  lms: z.string().optional(),
  format: z.enum(KEY_FORMATS).optional(),
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
    "keys generate --algorithm hss-lms --lms H10/W8,H5/W8 --out author.key",
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
      .option("--lms <trees>", `trees of an HSS-LMS key, the top one first; ${TREES} unless given`)
      .addOption(
        new Option(
          "--format <format>",
          "format of the file; pem, but cose for HSS-LMS, unless given",
        ).choices(KEY_FORMATS),
      )
      .option("--kid <text>", "key identifier, for jwk and cose")
      .option("--force", "replace a file that is there");
  },
  run: ({ io, options }) => {
    const { algorithm, lms, out, kid, force, json, ...stated } = Options.parse(options);
    const alg = Algorithm[ALGORITHM_NAMES.find((name) => name.toLowerCase() === algorithm) ?? "ESP256"];
    const isHashBased = alg === Algorithm["HSS-LMS"];
    const format = stated.format ?? (isHashBased ? "cose" : "pem");
    if (kid !== undefined && format === "pem") {
      throw new UserError(
        "kid-in-pem",
        "PEM cannot hold a key identifier.",
        "Add --format jwk or --format cose.",
      );
    }
    if (lms !== undefined && !isHashBased) {
      throw new UserError(
        "usage",
        "Only an HSS-LMS key has trees.",
        "Add --algorithm hss-lms, or leave --lms out.",
      );
    }
    if (out === undefined && isHashBased) {
      throw new UserError("usage", "An HSS-LMS key has a state beside its file.", "Add --out FILE.");
    }
    if (out !== undefined) refuseExisting(io, out, force);
    const names = { alg, ...(kid === undefined ? {} : { kid: new TextEncoder().encode(kid) }) };
    if (out === undefined) {
      printKey(io, newKey(names), { format, isJson: json === true });
      return ExitCode.Pass;
    }
    const { key, top } = isHashBased
      ? generateHssKey(parseTrees(lms ?? TREES), names)
      : { key: newKey(names), top: undefined };
    const content = writeKey(key, format);
    // The state first: a key without one does not sign.
    const state = key.kty === "HSS-LMS" && top !== undefined ? [newLeafState(out, key, top.leaves)] : [];
    writeOutputs(io, [...state, [out, content]], { force, mode: PRIVATE_MODE });
    const signatures = key.kty === "HSS-LMS" ? { signatures: leafCount(key.trees) } : {};
    if (json === true) writeJson(io, { file: out, format, private: true, ...signatures });
    else {
      const count = signatures.signatures === undefined ? "" : `, ${signatures.signatures} signatures`;
      io.out.write(`${out}: new ${key.crv} private key (${format})${count}\n`);
    }
    return ExitCode.Pass;
  },
};

/** What a key is pinned to, and its identifier. */
interface Names {
  readonly alg: AlgorithmNumber;
  readonly kid?: Uint8Array;
}

function newKey(names: Names): EcPrivateKey | EdwardsPrivateKey {
  return isEdwardsAlgorithm(names.alg) ? generateEdwardsKey(names) : generateKey(names);
}
