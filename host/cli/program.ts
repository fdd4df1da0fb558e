/**
 * The command line as commander sees it: all commands, their groups, their help.
 */
import { Command } from "commander";
import type { CliCommand } from "./command.ts";
import { campaign } from "./commands/campaign.ts";
import { certificateCheck } from "./commands/certificate-check.ts";
import { deviceBoot } from "./commands/device-boot.ts";
import { deviceCreate } from "./commands/device-create.ts";
import { deviceShow } from "./commands/device-show.ts";
import { deviceUpdate } from "./commands/device-update.ts";
import { footprint } from "./commands/footprint.ts";
import { fuzz } from "./commands/fuzz.ts";
import { glitch } from "./commands/glitch.ts";
import { init } from "./commands/init.ts";
import { keysGenerate } from "./commands/keys-generate.ts";
import { keysPublic } from "./commands/keys-public.ts";
import { knownBad } from "./commands/known-bad.ts";
import { lint } from "./commands/lint.ts";
import { manifestCreate } from "./commands/manifest-create.ts";
import { manifestEncrypt } from "./commands/manifest-encrypt.ts";
import { manifestInit } from "./commands/manifest-init.ts";
import { manifestInspect } from "./commands/manifest-inspect.ts";
import { manifestLint } from "./commands/manifest-lint.ts";
import { manifestSever } from "./commands/manifest-sever.ts";
import { manifestSign } from "./commands/manifest-sign.ts";
import { manifestVerify } from "./commands/manifest-verify.ts";
import { merge } from "./commands/merge.ts";
import { replay } from "./commands/replay.ts";
import { reportInspect } from "./commands/report-inspect.ts";
import { ExitCode, exitCodeLines } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { VERSION } from "./version.ts";

/** Every command, in the order in which a newcomer needs them. */
export const COMMANDS: readonly CliCommand[] = [
  keysGenerate,
  keysPublic,
  manifestInit,
  manifestCreate,
  manifestSign,
  manifestInspect,
  manifestLint,
  manifestVerify,
  manifestEncrypt,
  manifestSever,
  deviceCreate,
  deviceShow,
  deviceUpdate,
  deviceBoot,
  reportInspect,
  init,
  lint,
  footprint,
  campaign,
  replay,
  glitch,
  fuzz,
  knownBad,
  merge,
  certificateCheck,
];

/** What each group of commands is for. */
export const GROUPS: ReadonlyMap<string, string> = new Map([
  ["keys", "make and convert keys"],
  ["manifest", "create, sign, inspect, lint and verify SUIT envelopes"],
  ["certificate", "check what a campaign has certified"],
  ["device", "make, look at, update and boot emulated devices"],
  ["report", "explain and check what devices report of their updates"],
]);

/** A command line, and the exit code of the command that ran on it. */
export interface Program {
  readonly command: Command;
  readonly exitCode: () => ExitCode;
}

/**
 * Builds the command line.
 *
 * @param writeError takes commander's own errors, one text per error
 */
export function createProgram(io: Io, writeError: (text: string) => void): Program {
  let exitCode: ExitCode = ExitCode.Pass;
  const program = new Command("brownout")
    .description("Firmware updates for tiny devices: built, broken and measured.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [COMMAND]", "print the help of a command")
    .exitOverride()
    .configureHelp({ sortOptions: false, showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => io.out.write(text),
      writeErr: (text) => io.err.write(text),
      outputError: writeError,
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText("after", () =>
      section("Example:", [
        "brownout keys generate --out author.key",
        "brownout device create sensor.device --sign-key author.key",
        "brownout device show sensor.device",
      ]),
    );
  const groups = new Map<string, Command>();
  for (const command of COMMANDS) {
    const [first = "", second] = command.words.split(" ");
    const parent = second === undefined ? program : groupOf(program, groups, first);
    const declared = parent
      .command(second ?? first)
      .summary(command.summary)
      .description(`${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`);
    command.declare(declared);
    declared
      .option("--json", "print JSON instead of text")
      .addHelpText("after", () => helpTail(command))
      .action(async () => {
        const invocation = { io, operands: declared.args, options: declared.opts() };
        exitCode = await command.run(invocation);
      });
  }
  return { command: program, exitCode: () => exitCode };
}

/** What stands below the options in a command's help. */
export function helpTail(command: CliCommand): string {
  const examples = command.examples.map((example) => `brownout ${example}`);
  return `${section(examples.length === 1 ? "Example:" : "Examples:", examples)}${section("Exit codes:", exitCodeLines(command.findings, command.moreExitCodes))}`;
}

const HELP_COLUMNS = 100;

function groupOf(program: Command, groups: Map<string, Command>, name: string): Command {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const summary = GROUPS.get(name) ?? name;
  const group = program
    .command(name)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .helpCommand(false);
  groups.set(name, group);
  return group;
}

function section(title: string, lines: readonly string[]): string {
  return `\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
