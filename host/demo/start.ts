/**
 * `npm start`: shows Brownout's main job in the terminal.
 *
 * The show runs in a process of its own, so that this one answers to Ctrl-C at any time, with
 * whatever the show is busy. Exit code 0 if everything came out as it must, 1 if not, 2 if something
 * is missing, 3 for a defect of Brownout, 130 if it was interrupted.
 */
import { fork } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createColors } from "picocolors";
import { ExitCode } from "../cli/exit-code.ts";
import { processIo, ProgressLine, type Io } from "../cli/io.ts";
import { UserError } from "../user-error.ts";
import { show } from "./show.ts";

/** The first argument of the show's own process; folder, colors and progress follow it. */
const SHOW = "--show";

/** What the show tells. */
type Message =
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  | { readonly kind: "progress"; readonly text?: string }
  | { readonly kind: "mistake"; readonly message: string; readonly hint?: string }
  | { readonly kind: "defect"; readonly message: string }
  | { readonly kind: "end"; readonly isGood: boolean };

const [mode, folder = "", isColored, isTerminal] = process.argv.slice(2);
if (mode === SHOW) perform(folder, isColored === "true", isTerminal === "true");
else direct(processIo());

/** Starts the show, writes what it says and sets the exit code. */
function direct(io: Io): void {
  const folder = mkdtempSync(path.join(tmpdir(), "brownout-"));
  const options = [SHOW, folder, String(io.out.colors.isColorSupported), String(io.err.isTerminal)];
  const child = fork(fileURLToPath(import.meta.url), options, { serialization: "advanced" });
  const progress = new ProgressLine(io);
  // Whatever ends the show before it says how it came out is a defect.
  process.exitCode = ExitCode.Defect;
  child.on("message", (message: Message) => {
    if (message.kind === "progress" && message.text !== undefined) {
      progress.show(message.text);
      return;
    }
    progress.clear();
    process.exitCode = tell(io, message) ?? process.exitCode;
  });
  const interrupt = (): void => {
    child.kill("SIGKILL");
    progress.clear();
    io.err.write(`\nInterrupted. What was made so far is in ${folder}\n`);
    process.exit(ExitCode.Interrupted);
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
}

/** Writes what the show says; returns the exit code where the show is over. */
function tell(io: Io, message: Message): ExitCode | undefined {
  switch (message.kind) {
    case "lines":
      io.out.write(`${message.lines.join("\n")}\n`);
      return undefined;
    case "progress":
      return undefined;
    case "mistake":
      io.err.write(`${message.message}\n${message.hint ?? ""}\n`);
      return ExitCode.Usage;
    case "defect":
      io.err.write(`This is a defect of Brownout: ${message.message}\n`);
      return ExitCode.Defect;
    case "end":
      return message.isGood ? ExitCode.Pass : ExitCode.Findings;
  }
}

/** The show's own process. */
function perform(folder: string, isColored: boolean, isTerminal: boolean): void {
  // Ctrl-C goes to both processes; the other one decides.
  process.on("SIGINT", () => undefined);
  const send = (message: Message): void => {
    process.send?.(message);
  };
  try {
    const differences = show(folder, {
      colors: createColors(isColored),
      isTerminal,
      print: (lines) => {
        send({ kind: "lines", lines });
      },
      progress: (text) => {
        send({ kind: "progress", ...(text === undefined ? {} : { text }) });
      },
    });
    send({ kind: "end", isGood: differences.length === 0 });
  } catch (error) {
    if (error instanceof UserError) {
      const { message, hint } = error;
      send({ kind: "mistake", message, hint });
    } else {
      send({
        kind: "defect",
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }
  if (process.connected) process.disconnect();
}
