/**
 * Writes a small project with a bootloader of your own: the bootloader, a firmware in two versions, the
 * HAL as a header or module, a build script, layout.json, scenario.json, and a README with the commands.
 * The bootloader copies a staged image page by page and survives every power cut, which the campaign
 * of the README proves; change it and see. Files that are there already are never overwritten.
 *
 * ```console
 * $ brownout init my-bootloader --language c
 * my-bootloader/.gitignore
 * my-bootloader/Makefile
 * my-bootloader/README.md
 * my-bootloader/bootloader.c
 * my-bootloader/firmware.c
 * my-bootloader/hal.h
 * my-bootloader/layout.json
 * my-bootloader/scenario.json
 * Next: cd my-bootloader, and read README.md.
 * ```
 */
import path from "node:path";
import { Option } from "commander";
import { z } from "zod";
import { LANGUAGES, writeTemplate } from "../../init/template.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { resolvePath } from "../file.ts";

const Options = z.object({ language: z.enum(LANGUAGES), json: z.boolean().optional() });

/** `brownout init`. */
export const init: CliCommand = {
  words: "init",
  summary: "write a small project with a bootloader of your own",
  examples: ["init my-bootloader --language c", "init my-bootloader --language assemblyscript"],
  declare: (command) => {
    command
      .argument("<folder>", "where to write it")
      .addOption(
        new Option("-l, --language <language>", "what it is written in")
          .choices(LANGUAGES)
          .makeOptionMandatory(),
      );
  },
  run: ({ io, operands, options }) => {
    const [folder] = z.tuple([z.string()]).parse(operands);
    const { language, json } = Options.parse(options);
    const files = writeTemplate(language, resolvePath(io, folder), folder).map(({ name }) =>
      path.join(folder, name),
    );
    if (json === true) writeJson(io, { folder, language, files });
    else writeLines(io, [...files, `Next: cd ${folder}, and read README.md.`]);
    return ExitCode.Pass;
  },
};
