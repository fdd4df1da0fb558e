/**
 * Signs an envelope: adds a COSE_Sign1 over the manifest's digest for every key. Signatures that are
 * there stay, so two authors can sign one envelope. The result is the same every time (RFC 6979), but
 * with HSS/LMS: each signature takes the next leaf of the key, by renaming its state, a file beside it.
 *
 * A key that never leaves its HSM signs in two steps. `--digest-only` prints the SHA-256 of the exact
 * bytes to be signed, the Sig_structure of RFC 9052 §4.4, and writes those bytes with `--out`. `--attach`
 * puts the signature in, 64 bytes of r and s or DER; a public key given with it checks the signature
 * first. With Ed25519 the bytes themselves are signed, and the signature is R and S; so with HSS/LMS, whose
 * signature is as RFC 8554 has it.
 *
 * ```console
 * $ brownout manifest sign update.unsigned --key author.key --out update.suit
 * update.suit: 277 bytes, 1 signature, ESP256
 * $ brownout manifest sign update.unsigned --digest-only --out to-be-signed.bin
 * ESP256 over 55 bytes
 * sha-256 9c2ad6f7a5c1b2e8c9e2a4d5f60718293a4b5c6d7e8f90a1b2c3d4e5f6071829
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { Algorithm, ALGORITHM_NAMES, usualAlgorithm, type AlgorithmNumber } from "../../keys/key.ts";
import { inspectEnvelope } from "../../manifest/inspect.ts";
import { attachSignature, signatureRequest, signEnvelope } from "../../manifest/sign.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, refuseExisting, writeOutput } from "../file.ts";
import type { Io } from "../io.ts";
import { readKeys, readSigningKey, repeatable } from "../option.ts";

const Options = z.object({
  key: z.array(z.string()).default([]),
  algorithm: z.enum(ALGORITHM_NAMES).optional(),
  digestOnly: z.boolean().optional(),
  attach: z.string().optional(),
  out: z.string().optional(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

type Options = z.infer<typeof Options>;

/** `brownout manifest sign`. */
export const manifestSign: CliCommand = {
  words: "manifest sign",
  summary: "sign an envelope",
  examples: [
    "manifest sign update.unsigned --key author.key --out update.suit",
    "manifest sign update.unsigned --key author.key --key operator.key --out update.suit",
    "manifest sign update.unsigned --digest-only --out to-be-signed.bin",
    "manifest sign update.unsigned --attach signature.bin --key author.pub --out update.suit",
  ],
  declare: (command) => {
    command
      .argument("<envelope>", "the envelope")
      .addOption(
        repeatable(
          "-k, --key <file>",
          "a private key to sign with, may be repeated; with --attach the public one",
        ),
      )
      .addOption(
        new Option(
          "--algorithm <name>",
          "signature algorithm; the key's own, or ESP256, Ed25519 or HSS-LMS by its type, unless given",
        ).choices(ALGORITHM_NAMES),
      )
      .addOption(new Option("--digest-only", "say what an HSM has to sign").conflicts(["attach", "key"]))
      .option("--attach <signature>", "put in a signature that was made elsewhere")
      .option("-o, --out <file>", "write the signed envelope here, or the bytes to be signed")
      .option("--force", "replace a file that is there");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const parsed = Options.parse(options);
    const { algorithm, attach, digestOnly, key } = parsed;
    const stated = algorithm === undefined ? undefined : Algorithm[algorithm];
    const envelope = readInput(io, file, "envelope");
    if (digestOnly === true) return request(io, envelope, stated ?? Algorithm.ESP256, parsed);
    const out = requireOutput(parsed);
    // Before a signature is made that cannot be made again.
    refuseExisting(io, out, parsed.force);
    const signed =
      attach === undefined
        ? signWithAll(io, envelope, key, stated)
        : attached(io, envelope, attach, key, stated);
    writeOutput(io, out, signed, { force: parsed.force });
    report(io, out, signed, parsed);
    return ExitCode.Pass;
  },
};

function requireOutput({ out, key, attach }: Options): string {
  if (out === undefined) {
    throw new UserError("usage", "The signed envelope has to go somewhere.", "Add --out FILE.");
  }
  if (key.length === 0 && attach === undefined) {
    throw new UserError(
      "usage",
      "There is nothing to sign with.",
      "Add --key FILE; for an HSM, --digest-only and then --attach SIGNATURE.",
    );
  }
  if (key.length > 1 && attach !== undefined) {
    throw new UserError("usage", "One signature belongs to one key.", "Give --key once, with --attach.");
  }
  return out;
}

function signWithAll(
  io: Io,
  envelope: Uint8Array,
  files: readonly string[],
  algorithm: AlgorithmNumber | undefined,
): Uint8Array {
  const keys = files.map((name) => readSigningKey(io, name));
  return keys.reduce((signed, key) => signEnvelope(signed, key, { algorithm }), envelope);
}

function attached(
  io: Io,
  envelope: Uint8Array,
  file: string,
  keys: readonly string[],
  algorithm: AlgorithmNumber | undefined,
): Uint8Array {
  const [key] = readKeys(io, keys);
  const signature = readInput(io, file, "signature");
  return attachSignature(
    envelope,
    signature,
    algorithm ?? key?.alg ?? usualAlgorithm(key?.kty ?? "EC2"),
    key,
  );
}

/** Says what has to be signed, and writes it. */
function request(
  io: Io,
  envelope: Uint8Array,
  algorithm: AlgorithmNumber,
  { out, force, json }: Options,
): ExitCode {
  const { message, digest } = signatureRequest(envelope, algorithm);
  const name = ALGORITHM_NAMES.find((each) => Algorithm[each] === algorithm) ?? "";
  const hex = Buffer.from(digest).toString("hex");
  if (out !== undefined) writeOutput(io, out, message, { force });
  if (json === true) {
    writeJson(io, { algorithm: name, message, digest, ...(out === undefined ? {} : { file: out }) });
  } else writeLines(io, [`${name} over ${message.length} bytes`, `sha-256 ${hex}`]);
  return ExitCode.Pass;
}

function report(io: Io, out: string, envelope: Uint8Array, { json }: Options): void {
  const { signatures } = inspectEnvelope(envelope).description;
  const name = signatures.at(-1)?.algorithmName ?? "";
  const count = `${signatures.length} signature${signatures.length === 1 ? "" : "s"}`;
  if (json === true) {
    writeJson(io, { file: out, bytes: envelope.length, signatures: signatures.length, algorithm: name });
  } else {
    io.out.write(`${out}: ${envelope.length} bytes, ${count}, ${name}\n`);
  }
}
