/**
 * Signs an envelope: adds a COSE_Sign1 over the manifest's digest. Signatures that are there stay,
 * so two authors can sign one envelope. The result is the same every time (RFC 6979).
 *
 * ```console
 * $ brownout manifest sign update.unsigned --key author.key --out update.suit
 * update.suit: 277 bytes, 1 signature, ESP256
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { readPrivateKey } from "../../keys/key-file.ts";
import { Algorithm } from "../../keys/key.ts";
import { inspectEnvelope } from "../../manifest/inspect.ts";
import { signEnvelope } from "../../manifest/sign.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, writeOutput } from "../file.ts";

const ALGORITHM_NAMES = ["ESP256", "ES256"] as const;

const Options = z.object({
  key: z.string(),
  algorithm: z.enum(ALGORITHM_NAMES).optional(),
  out: z.string(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout manifest sign`. */
export const manifestSign: CliCommand = {
  words: "manifest sign",
  summary: "sign an envelope",
  examples: ["manifest sign update.unsigned --key author.key --out update.suit"],
  declare: (command) => {
    command
      .argument("<envelope>", "the envelope")
      .requiredOption("-k, --key <file>", "the private key")
      .addOption(
        new Option(
          "--algorithm <name>",
          "signature algorithm; the key's own, or ESP256, unless given",
        ).choices(ALGORITHM_NAMES),
      )
      .requiredOption("-o, --out <file>", "write the signed envelope here")
      .option("--force", "replace a file that is there");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { key, algorithm, out, force, json } = Options.parse(options);
    const privateKey = readPrivateKey(readInput(io, key, "key"), key);
    const envelope = signEnvelope(readInput(io, file, "envelope"), privateKey, {
      algorithm: algorithm === undefined ? undefined : Algorithm[algorithm],
    });
    writeOutput(io, out, envelope, { force });
    const { signatures } = inspectEnvelope(envelope).description;
    const name = signatures.at(-1)?.algorithmName ?? "";
    const count = `${signatures.length} signature${signatures.length === 1 ? "" : "s"}`;
    if (json === true) {
      writeJson(io, { file: out, bytes: envelope.length, signatures: signatures.length, algorithm: name });
    } else {
      io.out.write(`${out}: ${envelope.length} bytes, ${count}, ${name}\n`);
    }
    return ExitCode.Pass;
  },
};
