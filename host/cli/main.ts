/**
 * Runs one command line and turns every way it can end into output and an exit code.
 */
import { CommanderError } from "commander";
import { CutError, ModuleError, ProfileError } from "../../emulator/index.ts";
import { visibleText } from "../manifest/visible-text.ts";
import { UserError } from "../user-error.ts";
import { jsonText } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { COMMANDS, createProgram, GROUPS } from "./program.ts";
import { VERSION } from "./version.ts";

/** What an error is printed as. */
interface ErrorText {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/**
 * Runs `brownout` with the given arguments.
 *
 * @param argv the arguments, without the program's own name
 * @returns the exit code; nothing is thrown
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  const isJson = argv.includes("--json");
  const print = (error: ErrorText): void => io.err.write(isJson ? jsonError(error) : textError(io, error));
  const program = createProgram(io, (text) => print(usageError(text, argv)));
  try {
    await program.command.parseAsync([...argv], { from: "user" });
    return program.exitCode();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Pass : ExitCode.Usage;
    const known = asUserError(error);
    if (known === undefined) {
      io.err.write(defectText(error));
      return ExitCode.Defect;
    }
    const { code, message, hint } = known;
    print({ code, message, hint });
    return ExitCode.Usage;
  }
}

/** The errors that the user can do something about; undefined for defects of Brownout. */
function asUserError(error: unknown): UserError | undefined {
  if (error instanceof UserError) return error;
  if (error instanceof ModuleError) {
    return new UserError(`module-${error.code}`, error.message, error.hint, { cause: error });
  }
  if (error instanceof CutError) {
    const hint =
      "A cut is an operation number with b (before), a (after) or t and a variant: 17b, 17a, 17t2.";
    return new UserError(error.code, `${error.message}.`, hint, { cause: error });
  }
  if (error instanceof ProfileError) {
    const hint = error.code === "profile-radio" ? "Choose another --profile." : "Correct the profile.";
    return new UserError(error.code, error.message, hint, { cause: error });
  }
  return undefined;
}

/** Commander's message with its suggestion, if it has one, as the hint. */
function usageError(text: string, argv: readonly string[]): ErrorText {
  const [, message = text.trim(), suggestion] =
    /^error: ([\s\S]*?)\s*(?:\((Did you mean [\s\S]*\?)\))?\s*$/.exec(text) ?? [];
  const [first = "", second = ""] = argv.filter((argument) => !argument.startsWith("-"));
  const command = [`${first} ${second}`, first].find(isCommand);
  const help = `Run \`brownout ${command === undefined ? "" : `${command} `}--help\`.`;
  return {
    code: "usage",
    message: `${message.replace(/\s*\n\s*/g, " ").replace(/\.$/, "")}.`,
    hint: suggestion ?? help,
  };
}

/** Whether words name a command or a group of them. */
function isCommand(words: string): boolean {
  return GROUPS.has(words) || COMMANDS.some((command) => command.words === words);
}

function textError(io: Io, { message, hint }: ErrorText): string {
  const { bold, red, cyan } = io.err.colors;
  return `${bold(red("error:"))} ${oneLine(message)}\n${cyan("hint:")} ${oneLine(hint)}\n`;
}

/** What is quoted from a file may hold anything; none of it moves the cursor or begins a line. */
function oneLine(text: string): string {
  return visibleText(text.replace(/\s*\n\s*/g, " "));
}

function jsonError(error: ErrorText): string {
  return `${jsonText({ ok: false, error })}\n`;
}

function defectText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${stack}\n\nThis is a defect of Brownout ${VERSION}. Please report it with the command line and the lines above.\n`;
}
