/**
 * Makes a SUIT envelope from JSON: deterministic CBOR, with the manifest's digest, without a
 * signature. docs/manifest.md describes the JSON; the short form below is the usual update of one
 * component, with digest and size taken from the payload. The payload itself stays outside unless
 * the JSON integrates it. Files that the JSON names are looked for beside it. Signatures that the JSON
 * holds, because `manifest inspect --source` wrote it, are kept and not checked.
 *
 * ```console
 * $ cat update.json
 * { "sequenceNumber": 2, "component": ["app"], "uri": "coap://update.example/app",
 *   "vendor": { "domain": "brownout.example" }, "class": { "name": "class1" } }
 * $ brownout manifest create update.json --payload firmware-2.wasm --out update.unsigned
 * update.unsigned: 201 bytes, sequence 2, not signed yet
 * ```
 */
import path from "node:path";
import { z } from "zod";
import { createEnvelope } from "../../manifest/create.ts";
import { inspectEnvelope } from "../../manifest/inspect.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readJson, writeOutput } from "../file.ts";

const Options = z.object({
  payload: z.string().optional(),
  out: z.string(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout manifest create`. */
export const manifestCreate: CliCommand = {
  words: "manifest create",
  summary: "make an envelope from JSON",
  examples: ["manifest create update.json --payload firmware-2.wasm --out update.unsigned"],
  declare: (command) => {
    command
      .argument("<input>", "the manifest as JSON")
      .option("-p, --payload <file>", "the payload, for digest and size")
      .requiredOption("-o, --out <file>", "write the envelope here")
      .option("--force", "replace a file that is there");
  },
  run: ({ io, operands, options }) => {
    const [input] = z.tuple([z.string()]).parse(operands);
    const { payload, out, force, json } = Options.parse(options);
    const manifest = readJson(io, input, "manifest");
    const envelope = createEnvelope(manifest, {
      payload: payload === undefined ? undefined : readInput(io, payload, "payload"),
      // Files that the JSON names lie beside the JSON, wherever the command runs.
      readFile: (name) => readInput(io, path.join(path.dirname(input), name), "file"),
    });
    writeOutput(io, out, envelope, { force });
    const { sequenceNumber, signatures } = inspectEnvelope(envelope).description;
    const kept = signatures.length;
    if (json === true) writeJson(io, { file: out, bytes: envelope.length, sequenceNumber, signatures: kept });
    else {
      const signed =
        kept === 0 ? "not signed yet" : `${kept} signature${kept === 1 ? "" : "s"} kept from the JSON`;
      io.out.write(`${out}: ${envelope.length} bytes, sequence ${sequenceNumber ?? "?"}, ${signed}\n`);
    }
    return ExitCode.Pass;
  },
};
