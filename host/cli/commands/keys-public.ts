/**
 * Writes the public half of a key: what devices trust and what everybody may have. Any key file
 * will do as input: PEM (SPKI, PKCS #8, SEC 1), JWK or COSE_Key; the format is found out.
 *
 * ```console
 * $ brownout keys public author.key --out author.pub
 * author.pub: P-256 public key (pem)
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { KEY_FORMATS, readKey, usualFormat, writePublicKey } from "../../keys/key-file.ts";
import { publicKeyOf } from "../../keys/key.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, writeOutput } from "../file.ts";
import { printKey } from "../key-output.ts";

const Options = z.object({
  out: z.string().optional(),
  format: z.enum(KEY_FORMATS).optional(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout keys public`. */
export const keysPublic: CliCommand = {
  words: "keys public",
  summary: "write the public half of a key, in any format",
  examples: ["keys public author.key --out author.pub", "keys public author.key --format cose"],
  declare: (command) => {
    command
      .argument("<key>", "key file: PEM, JWK or COSE_Key")
      .option("-o, --out <file>", "write it here; to the output unless given, COSE_Key as hex")
      .addOption(
        new Option(
          "--format <format>",
          "format of the file; pem, but cose for HSS-LMS, unless given",
        ).choices(KEY_FORMATS),
      )
      .option("--force", "replace a file that is there");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { out, force, json, ...stated } = Options.parse(options);
    const key = publicKeyOf(readKey(readInput(io, file, "key"), file));
    const format = stated.format ?? usualFormat(key);
    if (out === undefined) {
      printKey(io, key, { format, isJson: json === true });
      return ExitCode.Pass;
    }
    writeOutput(io, out, writePublicKey(key, format), { force });
    if (json === true) writeJson(io, { file: out, format, private: false });
    else io.out.write(`${out}: ${key.crv} public key (${format})\n`);
    return ExitCode.Pass;
  },
};
