/**
 * What a command is: its words, its options, and what it does.
 *
 * Every command is one file in `commands/`, named after its words; the comment at the head of that
 * file is its manual, which `npm run docs` puts into docs/cli.md.
 */
import type { Command } from "commander";
import type { ExitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";

/** One call of a command. */
export interface Invocation {
  readonly io: Io;
  /** What stands on the command line beside options, in order. */
  readonly operands: readonly string[];
  /** Values of the options by their names; each command checks its own with a schema. */
  readonly options: unknown;
}

/** One command of the command line. */
export interface CliCommand {
  /** The words that call it, as in `keys generate`. */
  readonly words: string;
  /** What it does, in a few words without a full stop. */
  readonly summary: string;
  /** Command lines without the leading `brownout`; the first is the one to copy. */
  readonly examples: readonly string[];
  /** What exit code 1 means; absent where it never occurs. */
  readonly findings?: string;
  /** Lines of help about exit codes that only this command has. */
  readonly moreExitCodes?: readonly string[];
  /** Declares operands and options; every command has `--json` and `--help` already. */
  declare(command: Command): void;
  /** Does it. */
  run(invocation: Invocation): ExitCode | Promise<ExitCode>;
}

/** Writes one JSON document to the output, integers beyond 2^53 as decimal text. */
export function writeJson(io: Io, value: unknown): void {
  io.out.write(`${jsonText(value)}\n`);
}

/** JSON on one line. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "bigint" ? String(member) : member instanceof Uint8Array ? hexOf(member) : member,
  );
}

/** Writes lines of text to the output. */
export function writeLines(io: Io, lines: readonly string[]): void {
  io.out.write(lines.map((line) => `${line}\n`).join(""));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
