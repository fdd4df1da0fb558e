/**
 * Where a command reads its surroundings and writes its output, so that it runs in a process of its
 * own and inside a test alike.
 */
import { isatty } from "node:tty";
import { createColors } from "picocolors";
import { ExitCode } from "./exit-code.ts";

/** The colours of one output; every function returns its text unchanged where colours are off. */
export type Colors = ReturnType<typeof createColors>;

/** One output. */
export interface Output {
  readonly isTerminal: boolean;
  readonly colors: Colors;
  /** Writes text as it is; a line ends where the text says so. */
  write(text: string): void;
}

/** The surroundings of a command. */
export interface Io {
  /** Results. */
  readonly out: Output;
  /** Errors, notes and progress. */
  readonly err: Output;
  /** The folder that relative paths start from. */
  readonly directory: string;
}

/** The surroundings of this process. A reader that went away (EPIPE) is no error. */
export function processIo(): Io {
  const err = outputTo(process.stderr);
  // Results that are lost are a failure; errors that nobody can be told of change nothing about theirs.
  const out = outputTo(process.stdout, ({ code = "unknown" }) => {
    const why = code === "ENOSPC" ? "the disk is full" : code;
    err.write(`error: The output cannot be written: ${why}.\nhint: Make room, or send it elsewhere.\n`);
    process.exit(ExitCode.Usage);
  });
  return { out, err, directory: process.cwd() };
}

/** Progress on one line that is written again and again; nothing at all unless a person watches. */
export class ProgressLine {
  readonly #output: Output;
  #isShown = false;

  constructor(io: Io) {
    this.#output = io.err;
  }

  /** Whether anything is shown. */
  get isShown(): boolean {
    return this.#output.isTerminal;
  }

  /** Replaces the line. */
  show(text: string): void {
    if (!this.#output.isTerminal) return;
    this.#output.write(`\r\u001b[K${this.#output.colors.dim(text)}`);
    this.#isShown = true;
  }

  /** Removes the line. */
  clear(): void {
    if (this.#isShown) this.#output.write("\r\u001b[K");
    this.#isShown = false;
  }
}

function outputTo(
  stream: NodeJS.WriteStream & { readonly fd: number },
  fail?: (error: NodeJS.ErrnoException) => void,
): Output {
  let isOpen = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    isOpen = false;
    // `brownout … | head` ends the reader early; the command still finishes what it has begun.
    if (error.code !== "EPIPE") fail?.(error);
  });
  const isTerminal = isatty(stream.fd);
  return {
    isTerminal,
    colors: createColors(wantsColors(isTerminal)),
    write: (text) => {
      if (isOpen) stream.write(text);
    },
  };
}

/** NO_COLOR (no-color.org) and FORCE_COLOR decide; otherwise only a terminal gets colours. */
function wantsColors(isTerminal: boolean): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "" && FORCE_COLOR !== "0") return true;
  return isTerminal && TERM !== "dumb";
}
