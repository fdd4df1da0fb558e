/**
 * The template projects: a small bootloader against the HAL, in one language each.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { reasonOf, writeFilesWhole } from "../device/whole-file.ts";
import { projectRoot } from "../project.ts";
import { UserError } from "../user-error.ts";

/** The languages that there is a template for. */
export const LANGUAGES = ["assemblyscript", "c", "rust", "zig"] as const;
/** A language that there is a template for. */
export type Language = (typeof LANGUAGES)[number];

/** One file of a project. */
export interface TemplateFile {
  /** Its path in the project. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** What every project has, whatever its language. */
const COMMON = "common";

/** The files of a project, sorted by name. */
export function templateFiles(language: Language): TemplateFile[] {
  return [COMMON, language]
    .flatMap((folder) => {
      const root = path.join(projectRoot, "templates", folder);
      return readdirSync(root).map((name) => ({
        // A real .gitignore would be taken for one of ours.
        name: name === "gitignore" ? ".gitignore" : name,
        content: Uint8Array.from(readFileSync(path.join(root, name))),
      }));
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/**
 * Writes a project into a folder, which is made if it is not there. Nothing is written if any of its
 * files is there already.
 *
 * @param folder absolute path
 * @param name the folder as the user named it
 * @throws UserError `file-exists` or `unwritable-file`
 */
export function writeTemplate(language: Language, folder: string, name: string): TemplateFile[] {
  const files = templateFiles(language);
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new UserError(
      "file-exists",
      `${name} exists already, and it is not a folder.`,
      "Choose another name.",
    );
  }
  const taken = files.find((file) => existsSync(path.join(folder, file.name)));
  if (taken !== undefined) {
    throw new UserError(
      "file-exists",
      `${path.join(name, taken.name)} exists already, and nothing is overwritten.`,
      "Choose another folder.",
    );
  }
  const made = makeFolder(folder, name);
  try {
    writeFilesWhole(
      files.map(({ name: file, content }) => ({
        file: path.join(folder, file),
        content,
        name: path.join(name, file),
      })),
    );
  } catch (error) {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    throw error;
  }
  return files;
}

/** Makes a folder, and those around it; the outermost that was not there, if any. */
function makeFolder(folder: string, name: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new UserError(
      "unwritable-file",
      `The folder ${name} cannot be made: ${reasonOf(cause)}.`,
      "Check the path and its permissions.",
      { cause },
    );
  }
}
