/**
 * Says whether a device that trusts the given keys would accept envelopes, and if not, why. The
 * bootloader's own Wasm judges, the same bytes that run on a device; `--by host` asks the
 * independent code of the host instead. What only one device can say is left out: its vendor, its
 * class, its sequence number, and whether the payload is the right one.
 *
 * Keys are PEM, JWK or COSE_Key files, private or public. One good signature is enough, unless `--require`
 * or `--require-all` asks for more. `--component` names the device's components in its order: then the
 * manifest may touch only those, and each key only what its rights allow. `--device` takes all of this, and
 * the bootloader, from a device; nothing of the device changes.
 *
 * Every envelope is judged, also after one that cannot be read. With `--json` each gets one line: `file`,
 * `ok`, `reason`, `message`, `by`; reasons are stable, and "ok" is one of them.
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
import { ownModule } from "../../device/wasm-file.ts";
import { bootloaderFor } from "../../device/bootloader-choice.ts";
import { readDevicePage } from "../../device/device-page.ts";
import { DeviceVerifier, type JudgeOptions } from "../../device/verifier.ts";
import type { Key } from "../../keys/key.ts";
import { encodeCbor } from "../../manifest/cbor-writer.ts";
import { verifyEnvelope, type Verdict } from "../../manifest/verify.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { openDevice } from "../device.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readModule } from "../file.ts";
import type { Io } from "../io.ts";
import { repeatable } from "../option.ts";
import { declareTrust, readTrust, TrustOptions } from "../trust.ts";

const JUDGES = ["device", "host"] as const;

const Options = z.object({
  ...TrustOptions.shape,
  component: z.array(z.string()).optional(),
  device: z.string().optional(),
  by: z.enum(JUDGES),
  bootloader: z.string().optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof Options>;

/** A verdict, or why there is none. */
type Judgement = Pick<Verdict, "ok" | "message" | "hint"> & { readonly reason: string };

/** `brownout manifest verify`. */
export const manifestVerify: CliCommand = {
  words: "manifest verify",
  summary: "say whether a device would accept envelopes, and why not",
  examples: [
    "manifest verify update.suit --key author.pub",
    "manifest verify update.suit --key author.pub --by host --json",
    "manifest verify update.suit --key author.pub --require operator.pub",
    "manifest verify update.suit --device sensor.device",
  ],
  findings: "an envelope is not accepted, or a file cannot be read",
  declare: (command) => {
    command.argument("<envelope...>", "the envelopes");
    declareTrust(command);
    command
      .addOption(
        repeatable("--component <name>", "the device's components in its order, for keys with rights"),
      )
      .option("-d, --device <file>", "ask what this device asks: its keys, rights and bootloader")
      .addOption(new Option("--by <judge>", "who judges").choices(JUDGES).default("device"))
      .option(
        "--bootloader <wasm>",
        "judge with this bootloader instead of ours, which is the one that is built for the keys",
      );
  },
  run: ({ io, operands, options }) => {
    const parsed = Options.parse(options);
    const { by, bootloader, json } = parsed;
    if (by === "host" && bootloader !== undefined) {
      throw new UserError("usage", "--bootloader goes with --by device.", "Leave one of the two out.");
    }
    const trusting =
      parsed.device === undefined ? readAsker(io, parsed) : deviceAsker(io, parsed.device, parsed);
    const judge = by === "host" ? hostJudge(trusting) : deviceJudge(io, bootloader, trusting);
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

/** The device that asks: whom it trusts and what else it wants. */
interface Asker {
  readonly keys: readonly Key[];
  readonly rules: JudgeOptions;
  /** Its bootloader; ours unless given. */
  readonly bootloader?: Uint8Array;
}

/** A device as the options describe it. */
function readAsker(io: Io, options: Options): Asker {
  const { keys, required } = readTrust(io, options);
  if (keys.length === 0) {
    throw new UserError(
      "usage",
      "Nobody is trusted, so nothing could be accepted.",
      "Add --key FILE with a key to trust, or --device FILE.",
    );
  }
  const { component } = options;
  if (component === undefined && keys.some(({ components }) => components !== undefined)) {
    throw new UserError(
      "components-missing",
      "A key may touch certain components only, and they are counted in the device's order.",
      "Name the device's components with --component, or give --device FILE.",
    );
  }
  const components = component?.map((name) => encodeCbor([new TextEncoder().encode(name)]));
  return { keys, rules: { required, ...(components === undefined ? {} : { components }) } };
}

/** A device that is there. */
function deviceAsker(io: Io, file: string, options: Options): Asker {
  const { key, require: mandatory, requireAll, component } = options;
  if (key.length + mandatory.length > 0 || requireAll || component !== undefined) {
    throw new UserError(
      "usage",
      "--device says whom the device trusts, and what it has.",
      "Leave --key, --require and --component out.",
    );
  }
  const { profile, state } = openDevice(io, file);
  const { authority, identity, bootloaderBytes } = readDevicePage(state.flash);
  const { boot } = profile.layout;
  return {
    keys: authority.keys,
    rules: { profile, identity, required: authority.required, components: authority.components },
    bootloader: state.flash.slice(boot.address, boot.address + bootloaderBytes),
  };
}

function hostJudge({ keys, rules }: Asker): (envelope: Uint8Array) => Judgement {
  return (envelope) => verifyEnvelope(envelope, keys, rules);
}

function deviceJudge(
  io: Io,
  file: string | undefined,
  { keys, rules, bootloader: own }: Asker,
): (envelope: Uint8Array) => Judgement {
  const module = file === undefined ? own : readModule(io, file, "bootloader");
  const verifier = new DeviceVerifier(module ?? ownModule(bootloaderFor(keys)), keys, rules);
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
    return { ok: false, reason, message, hint };
  }
  return judge(envelope);
}

function judgementText(io: Io, file: string, { ok, reason, message, hint }: Judgement): string {
  const { green, red, bold, dim } = io.out.colors;
  const mark = ok ? green("✓") : red("✗");
  const line = `${mark} ${file}  ${bold(reason)}: ${message}`;
  return hint === undefined ? line : `${line}\n${" ".repeat(file.length + 4)}${dim(hint)}`;
}
