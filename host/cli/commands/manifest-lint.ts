/**
 * Finds mistakes in a manifest before a device does: a missing check of vendor or class, a condition
 * without its parameter, a fetch without a size, a payload that is not the one that was signed. It takes
 * envelopes, and the JSON that they are made of, with `--payload` where the JSON needs one. Paths are
 * those of the JSON form that `manifest inspect --source` prints.
 *
 * With `--device` the manifest is held against a real device as well: its vendor, class and components,
 * its anti-rollback floor, its slots, and what its bootloader processes. Signatures are the business of
 * `manifest verify`. docs/manifest.md lists the rules.
 *
 * ```console
 * $ brownout manifest lint update.json --payload firmware-2.wasm
 * update.json: nothing to complain about
 * ```
 */
import path from "node:path";
import { z } from "zod";
import { surveyDevice } from "../../device/survey.ts";
import { OWN_CAPABILITY } from "../../manifest/capability.ts";
import { createEnvelope } from "../../manifest/create.ts";
import type { DeviceFacts } from "../../manifest/lint/device.ts";
import { isError, lintEnvelope } from "../../manifest/lint/lint.ts";
import type { Finding } from "../../manifest/lint/rule.ts";
import { visibleText } from "../../manifest/visible-text.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { openDevice } from "../device.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readJson } from "../file.ts";
import type { Io } from "../io.ts";

const Options = z.object({
  payload: z.string().optional(),
  device: z.string().optional(),
  json: z.boolean().optional(),
});

/** `brownout manifest lint`. */
export const manifestLint: CliCommand = {
  words: "manifest lint",
  summary: "find mistakes in a manifest before a device does",
  examples: [
    "manifest lint update.suit --device sensor.device",
    "manifest lint update.json --payload firmware-2.wasm",
  ],
  findings: "the manifest has an error; warnings alone do not count",
  declare: (command) => {
    command
      .argument("<manifest>", "an envelope, or the JSON of one")
      .option("-p, --payload <file>", "the payload, for JSON that takes values from it")
      .option("-d, --device <file>", "hold it against this device as well");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const { payload, device, json } = Options.parse(options);
    const facts = device === undefined ? undefined : deviceFacts(io, device);
    const findings = lintEnvelope(readManifest(io, file, payload), facts);
    const errors = findings.filter(isError).length;
    if (json === true) {
      writeJson(io, { file, errors, warnings: findings.length - errors, findings });
    } else {
      io.out.write(`${visibleText(findingsText(io, file, findings))}\n`);
    }
    return errors > 0 ? ExitCode.Findings : ExitCode.Pass;
  },
};

/** The envelope, or the one that the JSON becomes. */
function readManifest(io: Io, file: string, payload: string | undefined): Uint8Array {
  const content = readInput(io, file, "manifest");
  const isJson = /^\s*\{/.test(Buffer.from(content.subarray(0, 256)).toString("latin1"));
  if (!isJson) return content;
  return createEnvelope(readJson(io, file, "manifest"), {
    payload: payload === undefined ? undefined : readInput(io, payload, "payload"),
    readFile: (name) => readInput(io, path.join(path.dirname(file), name), "file"),
  });
}

/** The device as the linter sees it: what is in its file, and what its bootloader processes. */
function deviceFacts(io: Io, file: string): DeviceFacts {
  const { profile, state } = openDevice(io, file);
  const survey = surveyDevice(profile, state);
  return {
    vendorId: survey.vendorId,
    classId: survey.classId,
    deviceId: survey.deviceId,
    components: survey.components,
    sequenceFloor: survey.sequenceFloor,
    slotBytes: Math.min(...survey.slots.map(({ range }) => range.bytes)),
    pageBytes: profile.pageBytes,
    capability: OWN_CAPABILITY,
  };
}

function findingsText(io: Io, file: string, findings: readonly Finding[]): string {
  const { bold } = io.out.colors;
  if (findings.length === 0) return `${bold(file)}: nothing to complain about`;
  const errors = findings.filter(isError).length;
  const title = `${bold(file)}: ${counted(errors, "error")}, ${counted(findings.length - errors, "warning")}`;
  return [title, ...findings.flatMap((finding) => findingLines(io, finding))].join("\n");
}

function findingLines(io: Io, { rule, severity, path: place, message, fix }: Finding): string[] {
  const { red, yellow, dim } = io.out.colors;
  const word = severity === "error" ? red(severity) : yellow(severity);
  const where = place === "" ? "" : ` at ${place}`;
  return [`  ${word} ${rule}${where}`, `    ${message}`, `    ${dim(fix)}`];
}

function counted(count: number, what: string): string {
  return `${count === 0 ? "no" : count} ${what}${count === 1 ? "" : "s"}`;
}
