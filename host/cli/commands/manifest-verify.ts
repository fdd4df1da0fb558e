/**
 * Says whether a device that trusts the given keys would accept envelopes, and if not, why. The
 * bootloader's own Wasm judges, the same bytes that run on a device; `--by host` asks the
 * independent code of the host instead. What only one device can say is left out: its vendor, its
 * class, its sequence number, and whether the payload is the right one.
 *
 * Keys are PEM, JWK or COSE_Key files, private or public. Every envelope is judged, also after one
 * that cannot be read. With `--json` each gets one line: `file`, `ok`, `reason`, `message`, `by`;
 * reasons are stable, and "ok" is one of them.
 *
 * ```console
 * $ brownout manifest verify update.suit --key author.pub
 * ✓ update.suit  ok: A trusted key has signed it, and the bootloader can process all of it.
 * $ brownout manifest verify update.suit --key author.pub --by host --json
 * {"file":"update.suit","ok":true,"reason":"ok","message":"Signed with ESP256 (-9) by the key; sequence number 2.","by":"host"}
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { bootloaderFor } from "../../device/bootloader-choice.ts";
import { DeviceVerifier } from "../../device/verifier.ts";
import type { Key } from "../../keys/key.ts";
import { verifyEnvelope, type Verdict } from "../../manifest/verify.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readModule } from "../file.ts";
import type { Io } from "../io.ts";
import { readKeys, repeatable } from "../option.ts";

const JUDGES = ["device", "host"] as const;

const Options = z.object({
  key: z.array(z.string()).min(1),
  by: z.enum(JUDGES),
  bootloader: z.string().optional(),
  json: z.boolean().optional(),
});

/** A verdict, or why there is none. */
type Judgement = Pick<Verdict, "ok" | "message" | "hint"> & { readonly reason: string };

/** `brownout manifest verify`. */
export const manifestVerify: CliCommand = {
  words: "manifest verify",
  summary: "say whether a device would accept envelopes, and why not",
  examples: [
    "manifest verify update.suit --key author.pub",
    "manifest verify update.suit --key author.pub --by host --json",
  ],
  findings: "an envelope is not accepted, or a file cannot be read",
  declare: (command) => {
    command
      .argument("<envelope...>", "the envelopes")
      .addOption(repeatable("-k, --key <file>", "key that is trusted; may be repeated").makeOptionMandatory())
      .addOption(new Option("--by <judge>", "who judges").choices(JUDGES).default("device"))
      .option(
        "--bootloader <wasm>",
        "judge with this bootloader instead of ours, which is the one that is built for the keys",
      );
  },
  run: ({ io, operands, options }) => {
    const { key, by, bootloader, json } = Options.parse(options);
    if (by === "host" && bootloader !== undefined) {
      throw new UserError("usage", "--bootloader goes with --by device.", "Leave one of the two out.");
    }
    const keys = readKeys(io, key);
    const judge = by === "host" ? hostJudge(keys) : deviceJudge(io, bootloader, keys);
    let areAllAccepted = true;
    const width = Math.max(...operands.map(({ length }) => length));
    for (const file of operands) {
      const judgement = judgeFile(io, file, judge);
      areAllAccepted &&= judgement.ok;
      const { ok, reason, message } = judgement;
      if (json === true) writeJson(io, { file, ok, reason, message, by });
      else io.out.write(`${judgementText(io, file.padEnd(width), judgement)}\n`);
    }
    return areAllAccepted ? ExitCode.Pass : ExitCode.Findings;
  },
};

function hostJudge(keys: readonly Key[]): (envelope: Uint8Array) => Judgement {
  return (envelope) => verifyEnvelope(envelope, keys);
}

function deviceJudge(
  io: Io,
  bootloader: string | undefined,
  keys: readonly Key[],
): (envelope: Uint8Array) => Judgement {
  const verifier = new DeviceVerifier(readModule(io, bootloader, bootloaderFor(keys)), keys);
  return (envelope) => verifier.verify(envelope);
}

/** Judges one file; one that cannot be read does not keep the others from being judged. */
function judgeFile(io: Io, file: string, judge: (envelope: Uint8Array) => Judgement): Judgement {
  let envelope: Uint8Array;
  try {
    envelope = readInput(io, file, "envelope");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code: reason, message, hint } = error;
    return { ok: false, reason, message, ...(hint === undefined ? {} : { hint }) };
  }
  return judge(envelope);
}

function judgementText(io: Io, file: string, { ok, reason, message, hint }: Judgement): string {
  const { green, red, bold, dim } = io.out.colors;
  const mark = ok ? green("✓") : red("✗");
  const line = `${mark} ${file}  ${bold(reason)}: ${message}`;
  return hint === undefined ? line : `${line}\n${" ".repeat(file.length + 4)}${dim(hint)}`;
}
