/**
 * Shows what an envelope says: in plain words, then in CBOR diagnostic notation with names, then as
 * hex with every byte explained. It works on anything; broken input is shown as far as it can be
 * read. Keys are not needed; with them the signer is named.
 *
 * `--source` prints the JSON that `manifest create` makes the same bytes of, signatures included: change
 * it and create again, or compare two versions line by line.
 *
 * ```console
 * $ brownout manifest inspect update.suit --key author.pub --words
 * SUIT envelope, 277 bytes, manifest of 153 bytes, version 1
 * Sequence number 2
 * ...
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { decodeEnvelope } from "../../manifest/decode.ts";
import { inspectEnvelope } from "../../manifest/inspect.ts";
import { STATUS_TEXT, type StatusCode } from "../../status-text.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput } from "../file.ts";
import { readKeys, repeatable } from "../option.ts";

const Options = z.object({
  key: z.array(z.string()).optional(),
  words: z.boolean().optional(),
  diagnostic: z.boolean().optional(),
  hex: z.boolean().optional(),
  source: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout manifest inspect`. */
export const manifestInspect: CliCommand = {
  words: "manifest inspect",
  summary: "show what an envelope says",
  examples: [
    "manifest inspect update.suit",
    "manifest inspect update.suit --key author.pub --words",
    "manifest inspect update.suit --source",
  ],
  findings: "the envelope is broken or contradicts itself",
  declare: (command) => {
    command
      .argument("<envelope>", "the envelope, or anything")
      .addOption(repeatable("-k, --key <file>", "key to name the signer with; may be repeated"))
      .addOption(new Option("--words", "plain words only").conflicts(["diagnostic", "hex", "source", "json"]))
      .addOption(new Option("--diagnostic", "diagnostic notation only").conflicts(["hex", "source", "json"]))
      .addOption(new Option("--hex", "annotated hex only").conflicts(["source", "json"]))
      .addOption(new Option("--source", "the JSON to create it from").conflicts(["json"]));
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { key = [], words, diagnostic, hex, source, json } = Options.parse(options);
    const bytes = readInput(io, file, "envelope");
    if (source === true) {
      io.out.write(`${JSON.stringify(decodeEnvelope(bytes), undefined, 2)}\n`);
      return ExitCode.Pass;
    }
    const inspection = inspectEnvelope(bytes, readKeys(io, key));
    const { description, problem } = inspection;
    if (json === true) writeJson(io, { file, ...description, problem: problem ?? null });
    else if (words === true) io.out.write(`${inspection.text}\n`);
    else if (diagnostic === true) io.out.write(`${inspection.diagnostic}\n`);
    else if (hex === true) io.out.write(`${inspection.annotatedHex}\n`);
    else {
      const { bold } = io.out.colors;
      io.out.write(`${bold("In words")}\n\n${inspection.text}\n\n`);
      io.out.write(`${bold("In diagnostic notation")}\n\n${inspection.diagnostic}\n\n`);
      io.out.write(`${bold("Byte by byte")}\n\n${inspection.annotatedHex}\n`);
    }
    return problem === undefined || isBeyondUs(problem.reason) ? ExitCode.Pass : ExitCode.Findings;
  },
};

/** Whether the envelope is sound and only asks for more than this build has: status groups 3 and 4. */
function isBeyondUs(reason: StatusCode): boolean {
  const status = Object.entries(STATUS_TEXT).find(([, { code }]) => code === reason)?.[0];
  const group = Number(status) >> 8;
  return group === 3 || group === 4;
}
