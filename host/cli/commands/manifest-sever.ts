/**
 * Takes severable members out of an envelope: text that only people read, or an install sequence that
 * is done with. The manifest keeps their digests, so nothing that is signed changes and every signature
 * stays good. With `--to` their contents are kept as files, named after the member.
 *
 * ```console
 * $ brownout manifest init --template secure-boot --out second.json
 * second.json: one component, checked when it is installed and on every boot
 * $ brownout manifest create second.json --payload firmware-2.wasm --out second.suit
 * second.suit: 332 bytes, sequence 2, not signed yet
 * $ brownout manifest sever second.suit --out small.suit
 * text: 62 bytes taken out, sha-256 41c2d9c8a0a6dd1a0ad6d0f5f2b8a0c2f6a2ad0d9b2cb8a4a3d0a6f8f2cbb0d1
 * small.suit: 268 bytes instead of 332
 * ```
 */
import path from "node:path";
import { z } from "zod";
import { SEVERABLE_MEMBERS } from "../../manifest/labels.ts";
import { severEnvelope } from "../../manifest/sever.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, writeOutputs } from "../file.ts";
import { repeatable } from "../option.ts";

const NAMES = SEVERABLE_MEMBERS.map(({ json }) => json);

const Options = z.object({
  member: z.array(z.string()).optional(),
  to: z.string().optional(),
  out: z.string(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout manifest sever`. */
export const manifestSever: CliCommand = {
  words: "manifest sever",
  summary: "take severable members out of an envelope",
  examples: [
    "manifest sever update.suit --out small.suit",
    "manifest sever update.suit --member text --to . --out small.suit",
  ],
  declare: (command) => {
    command
      .argument("<envelope>", "the envelope")
      .addOption(repeatable("-m, --member <name>", `one of ${NAMES.join(", ")}; all unless given`))
      .option("--to <folder>", "keep the contents here, as NAME.cbor")
      .requiredOption("-o, --out <file>", "write the smaller envelope here")
      .option("--force", "replace files that are there");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { member, to, out, force, json } = Options.parse(options);
    const bytes = readInput(io, file, "envelope");
    const { envelope, severed } = severEnvelope(bytes, member);
    const kept =
      to === undefined
        ? []
        : severed.map(({ name, content }) => [path.join(to, `${name}.cbor`), content] as const);
    writeOutputs(io, [...kept, [out, envelope]], { force });
    if (json === true) {
      const members = severed.map(({ name, content, digest }) => ({ name, bytes: content.length, digest }));
      writeJson(io, { file: out, bytes: envelope.length, before: bytes.length, severed: members });
      return ExitCode.Pass;
    }
    writeLines(io, [
      ...severed.map(
        ({ name, content, digest }) => `${name}: ${content.length} bytes taken out, sha-256 ${digest}`,
      ),
      `${out}: ${envelope.length} bytes instead of ${bytes.length}`,
    ]);
    return ExitCode.Pass;
  },
};
