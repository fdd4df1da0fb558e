/**
 * Encrypts a payload for devices, and writes the encryption-info that a manifest hands them: the content
 * key, made anew, wrapped for each `--for`. That is the secret key encryption key of a device, 16 or 32 bytes, or
 * a public key on P-256 whose private half the device holds.
 *
 * The manifest takes both files by name: `"encryption-info": { "file": "app.info" }`, with digest and size of
 * the plain image. Its template is `manifest init --template encrypted`.
 *
 * ```console
 * $ brownout keys generate --out recipient.key
 * recipient.key: new P-256 private key (pem)
 * $ brownout keys public recipient.key --out recipient.pub
 * recipient.pub: P-256 public key (pem)
 * $ brownout manifest encrypt firmware-2.wasm --for recipient.pub --out app.encrypted --info app.info
 * app.encrypted: 5328 bytes, A128CTR
 * app.info: 141 bytes, for recipient.pub with ECDH-ES+A128KW
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { readPayloadKey, type PayloadKeyFile } from "../../keys/payload-key.ts";
import { CONTENT_ALGORITHM_NAMES, encryptPayload } from "../../manifest/encrypt.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, refuseExisting, writeOutputs } from "../file.ts";
import { repeatable } from "../option.ts";

const Options = z.object({
  for: z.array(z.string()).default([]),
  kid: z.string().optional(),
  algorithm: z.enum(CONTENT_ALGORITHM_NAMES),
  out: z.string(),
  info: z.string(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout manifest encrypt`. */
export const manifestEncrypt: CliCommand = {
  words: "manifest encrypt",
  summary: "encrypt a payload, and wrap its key for devices",
  examples: [
    "manifest encrypt firmware-2.wasm --for device.kek --out app.encrypted --info app.info",
    "manifest encrypt firmware-2.wasm --for one.pub --for other.pub --out app.encrypted --info app.info",
  ],
  declare: (command) => {
    command
      .argument("<payload>", "the plain payload")
      .addOption(
        repeatable("--for <file>", "a device's key encryption key, or its public key; may be repeated"),
      )
      .option("--kid <text>", "names the key, as a hint to the device")
      .addOption(
        new Option(
          "--algorithm <name>",
          "how the payload is encrypted; the sample firmware knows the first two",
        )
          .choices(CONTENT_ALGORITHM_NAMES)
          .default("A128CTR"),
      )
      .requiredOption("-o, --out <file>", "write the ciphertext here")
      .requiredOption("--info <file>", "write the encryption-info here")
      .option("--force", "replace files that are there");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { for: names, kid, algorithm, out, info, force, json } = Options.parse(options);
    if (names.length === 0) {
      throw new UserError(
        "key-missing",
        "A payload that is encrypted for nobody can never be decrypted.",
        "Give --for with a device's key encryption key or public key.",
      );
    }
    const payload = readInput(io, file, "payload");
    const keys = names.map((name) => readPayloadKey(readInput(io, name, "key"), name));
    for (const name of [out, info]) refuseExisting(io, name, force);
    const hint = kid === undefined ? {} : { kid };
    const recipients = keys.map((key) => ({ key, ...hint }));
    const encrypted = encryptPayload(payload, recipients, algorithm);
    const files = [[out, encrypted.ciphertext] as const, [info, encrypted.info] as const];
    writeOutputs(io, files, { force });
    const wrapping = keys.map((key, index) => ({ key: names[index] ?? "", algorithm: wrappingOf(key) }));
    if (json === true) {
      writeJson(io, {
        file: out,
        bytes: encrypted.ciphertext.length,
        algorithm,
        info: { file: info, bytes: encrypted.info.length, recipients: wrapping },
      });
      return ExitCode.Pass;
    }
    const forWhom = wrapping.map((recipient) => `${recipient.key} with ${recipient.algorithm}`).join(", ");
    writeLines(io, [
      `${out}: ${encrypted.ciphertext.length} bytes, ${algorithm}`,
      `${info}: ${encrypted.info.length} bytes, for ${forWhom}`,
    ]);
    return ExitCode.Pass;
  },
};

function wrappingOf(key: PayloadKeyFile): string {
  return key.kind === "kek" ? `A${key.bytes.length * 8}KW` : "ECDH-ES+A128KW";
}
