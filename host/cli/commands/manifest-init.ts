/**
 * Writes a manifest to begin with, as JSON that an editor completes and checks: its `$schema` names the
 * JSON Schema of the form. `$comment` says which files it takes digests and sizes from. Without `--out`
 * it is printed.
 *
 * | template | what it is |
 * |---|---|
 * | `secure-boot` | one component, checked when it is installed and on every boot |
 * | `ab` | one component with an image for each of two slots |
 * | `swap` | fetched into a staging area and exchanged with the running image |
 * | `dependency` | a manifest that installs another one, which another author has signed |
 * | `encrypted` | an image that only some devices can decrypt |
 * | `delta` | a patch that makes the new image of the old one |
 * | `multi-component` | two components that belong together |
 *
 * ```console
 * $ brownout manifest init --template secure-boot --out first.json
 * first.json: one component, checked when it is installed and on every boot
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { MANIFEST_TEMPLATES, manifestTemplate, TemplateName } from "../../manifest/template.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { writeOutput } from "../file.ts";

const Options = z.object({
  template: TemplateName,
  out: z.string().optional(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});

/** `brownout manifest init`. */
export const manifestInit: CliCommand = {
  words: "manifest init",
  summary: "write a manifest to begin with",
  examples: ["manifest init --template secure-boot --out update.json", "manifest init --template ab"],
  declare: (command) => {
    command
      .addOption(
        new Option("-t, --template <name>", "which one").choices(TemplateName.options).makeOptionMandatory(),
      )
      .option("-o, --out <file>", "write it here instead of printing it")
      .option("--force", "replace a file that is there");
  },
  run: ({ io, options }) => {
    const { template, out, force, json } = Options.parse(options);
    const text = manifestTemplate(template);
    if (out === undefined) {
      io.out.write(text);
      return ExitCode.Pass;
    }
    writeOutput(io, out, text, { force });
    if (json === true) writeJson(io, { file: out, template });
    else io.out.write(`${out}: ${MANIFEST_TEMPLATES[template]}\n`);
    return ExitCode.Pass;
  },
};
