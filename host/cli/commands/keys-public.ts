/**
 * Writes the public half of a key: what devices trust and what everybody may have. Any key file
 * will do as input: PEM (SPKI, PKCS #8, SEC 1), JWK or COSE_Key; the format is found out.
 *
 * `--components` limits what devices let the key touch: the positions of components, from 0, in the order
 * in which the device lists them. Only a COSE_Key can say so; several signers have their rights together.
 *
 * ```console
 * $ brownout keys public author.key --out author.pub
 * author.pub: P-256 public key (pem)
 * $ brownout keys public author.key --components 0 --format cose --out limited.pub
 * limited.pub: P-256 public key (cose), may touch component 0 only
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { KEY_FORMATS, readKey, usualFormat, writePublicKey } from "../../keys/key-file.ts";
import { publicKeyOf } from "../../keys/key.ts";
import { bitPositions, parsePositions } from "../../keys/rights.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, writeOutput } from "../file.ts";
import { printKey } from "../key-output.ts";

const Options = z.object({
  out: z.string().optional(),
  format: z.enum(KEY_FORMATS).optional(),
  components: z.string().optional(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout keys public`. */
export const keysPublic: CliCommand = {
  words: "keys public",
  summary: "write the public half of a key, in any format",
  examples: [
    "keys public author.key --out author.pub",
    "keys public author.key --format cose",
    "keys public operator.key --components 0,2 --format cose --out operator.pub",
  ],
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
      .option("--components <positions>", "the components that it may touch, as in 0,2; all unless given")
      .option("--force", "replace a file that is there");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { out, components: rights, force, json, ...stated } = Options.parse(options);
    const whole = publicKeyOf(readKey(readInput(io, file, "key"), file));
    const key =
      rights === undefined ? whole : { ...whole, components: parsePositions(rights, "component", 32) };
    const format = stated.format ?? usualFormat(key);
    if (out === undefined) {
      printKey(io, key, { format, isJson: json === true });
      return ExitCode.Pass;
    }
    writeOutput(io, out, writePublicKey(key, format), { force });
    const { components } = key;
    const positions = components === undefined ? undefined : bitPositions(components);
    if (json === true) writeJson(io, { file: out, format, private: false, components: positions });
    else io.out.write(`${out}: ${key.crv} public key (${format})${rightsText(positions)}\n`);
    return ExitCode.Pass;
  },
};

function rightsText(positions: readonly number[] | undefined): string {
  if (positions === undefined) return "";
  if (positions.length === 0) return ", may touch no component";
  return `, may touch component${positions.length === 1 ? "" : "s"} ${positions.join(", ")} only`;
}
