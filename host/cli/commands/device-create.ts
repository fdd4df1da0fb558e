/**
 * Makes a device as it leaves the factory, as one file: a bootloader, an identity, the keys it
 * trusts, and firmware in slot A that is confirmed already.
 *
 * The shortest way is `--sign-key`: it takes our sample firmware 1, makes and signs an envelope for
 * it, and trusts that key. To bring your own, give `--firmware` with `--sign-key`, or with
 * `--envelope` and `--key`. With `--key` alone both slots stay blank, and the device waits in
 * recovery for its first update.
 *
 * One good signature is enough, unless `--require` names keys that must all sign, or `--require-all` says
 * that every key must. A COSE_Key that `keys public --components` wrote may touch those components only.
 *
 * With `--reports` the sample firmware reports what came of its updates (see `device update --report`),
 * and with `--report-key` it authenticates what it reports. With `--payload-key` it decrypts updates that
 * `manifest encrypt` made for that key.
 *
 * With `--radio` the device has a second processor, which runs that image until an update brings another:
 * its second component, `radio`, which firmware that dispatches sends there (`dispatching-2.wasm`).
 *
 * ```console
 * $ brownout device create sensor.device --sign-key author.key
 * sensor.device: class1, bootloader 22818 B, 1 trusted key, firmware 4765 B with sequence 1 in slot A
 * ```
 */
import { Option } from "commander";
import { z } from "zod";
import { profileNamed } from "../../../emulator/index.ts";
import { writeDeviceFile } from "../../device/device-file.ts";
import { identityOf, manufacture, type DeviceParts } from "../../device/factory.ts";
import { bootloaderFor } from "../../device/bootloader-choice.ts";
import { ownModule } from "../../device/wasm-file.ts";
import { capabilityOfModule } from "../../device/module-capability.ts";
import { surveyDevice } from "../../device/survey.ts";
import type { PrivateKey } from "../../keys/key.ts";
import { payloadSecret, readPayloadKey } from "../../keys/payload-key.ts";
import { createEnvelope } from "../../manifest/create.ts";
import { inspectEnvelope } from "../../manifest/inspect.ts";
import { signEnvelope } from "../../manifest/sign.ts";
import { UUID_PATTERN } from "../../manifest/uuid.ts";
import { readReportKey } from "../../suit-report/protection.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, type CliCommand } from "../command.ts";
import { deviceData, recordOf } from "../device.ts";
import { ExitCode } from "../exit-code.ts";
import { readInput, readModule, refuseExisting, resolvePath } from "../file.ts";
import type { Io } from "../io.ts";
import { parseUnsigned, profileOption, readSigningKey, repeatable } from "../option.ts";
import { declareTrust, readTrust, TrustOptions } from "../trust.ts";

/** Where the payload of an envelope that is made here would be found; it is delivered at the factory. */
const PAYLOAD_URI = "coap://update.brownout.example/suit/payload";

const Options = z.object({
  ...TrustOptions.shape,
  signKey: z.string().optional(),
  firmware: z.string().optional(),
  envelope: z.string().optional(),
  sequence: z.string(),
  vendor: z.string(),
  vendorPen: z.string().optional(),
  class: z.string(),
  deviceId: z.string().optional(),
  component: z.array(z.string()).optional(),
  profile: z.string(),
  bootloader: z.string().optional(),
  allowUncheckedIdentity: z.boolean().optional(),
  reports: z.boolean().optional(),
  reportKey: z.string().optional(),
  payloadKey: z.string().optional(),
  radio: z.string().optional(),
  force: z.boolean().optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof Options>;

/** `brownout device create`. */
export const deviceCreate: CliCommand = {
  words: "device create",
  summary: "make a device, as one file",
  examples: [
    "device create sensor.device --sign-key author.key",
    "device create blank.device --key author.pub --profile stm32l0",
    "device create blank.device --component app --component radio --key author.pub --require operator.pub",
    "device create sensor.device --sign-key author.key --report-key report.key",
    "device create gateway.device --sign-key author.key --radio radio-1.bin",
    "device create own.device --key author.pub --firmware firmware-1.wasm --envelope first.suit",
  ],
  declare: (command) => {
    command
      .argument("<device>", "write the device here")
      .option("--sign-key <file>", "private key: signs the first firmware, and is trusted");
    declareTrust(command);
    command
      .option("--firmware <wasm>", "first firmware; our sample firmware 1 with --sign-key")
      .option("-e, --envelope <file>", "the first firmware's signed envelope, instead of --sign-key")
      .option("--sequence <number>", "sequence number of an envelope made here", parseUnsigned, "1")
      .option("--vendor <domain>", "who made it: a domain or a UUID", "brownout.example")
      .addOption(
        new Option(
          "--vendor-pen <number>",
          "who made it: a private enterprise number, for a bootloader that compares them",
        )
          .argParser(parseUnsigned)
          .conflicts("vendor"),
      )
      .option("--class <name>", "which product it is: a name or a UUID", "class1")
      .option("--device-id <uuid>", "which one it is; zeros unless given")
      .addOption(repeatable("--component <name>", 'its components; "app" unless given'))
      .addOption(profileOption())
      .option(
        "--bootloader <wasm>",
        "a bootloader instead of ours, which is the one that is built for the keys",
      )
      .option("--allow-unchecked-identity", "accept manifests that never check vendor and class")
      .option("--reports", "the first firmware is our sample that reports its updates")
      .option("--report-key <file>", "key under which it authenticates its reports; implies --reports")
      .addOption(
        new Option(
          "--payload-key <file>",
          "secret that payloads are encrypted for: 16 or 32 bytes, or a private key; the samples then decrypt",
        ).conflicts(["reports", "reportKey"]),
      )
      .option(
        "--radio <file>",
        'it has a radio, which runs this image; then its components are "app" and "radio"',
      )
      .option("--force", "replace a file that is there");
  },
  run: ({ io, operands, options }) => {
    const [file] = z.tuple([z.string()]).parse(operands);
    const parsed = Options.parse(options);
    requireNames(parsed);
    refuseExisting(io, file, parsed.force);
    const record = recordOf(manufacture(readParts(io, parsed)));
    const survey = surveyDevice(record.profile, record.state);
    writeDeviceFile(resolvePath(io, file), record, file);
    if (parsed.json === true) {
      writeJson(io, { file, ...deviceData(record) });
      return ExitCode.Pass;
    }
    const slot = survey.slots[0];
    const keys = `${survey.anchors.length} trusted ${survey.anchors.length === 1 ? "key" : "keys"}`;
    const firmware =
      slot?.envelope === undefined
        ? "both slots blank"
        : `firmware ${slot.image?.bytes ?? 0} B with sequence ${slot.envelope.sequenceNumber ?? "?"} in slot A`;
    io.out.write(
      `${file}: ${survey.profile}, bootloader ${survey.bootloaderBytes} B, ${keys}, ${firmware}\n`,
    );
    if (slot?.envelope?.verdict.ok === false) {
      io.err.write(
        `${io.err.colors.yellow("note:")} the device will not boot this firmware. ${slot.envelope.verdict.message}\n`,
      );
    }
    return ExitCode.Pass;
  },
};

/** Names that say nothing would only be noticed as mistakes of a manifest, or not at all. */
function requireNames({ vendor, class: product, component = [] }: Options): void {
  const names = [
    ["--vendor", [vendor]],
    ["--class", [product]],
    ["--component", component],
  ] as const;
  const empty = names.find(([, values]) => values.includes(""));
  if (empty === undefined) return;
  throw new UserError(
    "usage",
    `The name that ${empty[0]} gives is empty.`,
    "Give one, or leave the option out.",
  );
}

function readParts(io: Io, options: Options): DeviceParts {
  const { signKey, bootloader, payloadKey, radio } = options;
  const { component: components = radio === undefined ? ["app"] : ["app", "radio"] } = options;
  const profile = profileNamed(options.profile);
  const vendor = enterpriseNumberOf(options) ?? options.vendor;
  const signer = signKey === undefined ? undefined : readSigningKey(io, signKey);
  const { keys: trusted, required } = readTrust(io, options, signer === undefined ? [] : [signer]);
  if (trusted.length === 0) {
    throw new UserError(
      "key-missing",
      "A device that trusts no key can never be updated.",
      "Give --sign-key with a private key, or --key with a key to trust.",
    );
  }
  const firmware = readFirmware(io, options, signer);
  const module =
    bootloader === undefined
      ? ownModule(bootloaderFor(trusted, payloadKey !== undefined))
      : readModule(io, bootloader, "bootloader");
  if (typeof vendor === "number") requireEnterpriseNumbers(module);
  return {
    profile,
    bootloader: module,
    trusted,
    required,
    identity: identityOf({
      vendor,
      class: options.class,
      device: options.deviceId,
    }),
    components,
    allowUncheckedIdentity: options.allowUncheckedIdentity,
    ...(options.reportKey === undefined
      ? {}
      : { reportKey: readReportKey(readInput(io, options.reportKey, "report key"), options.reportKey) }),
    ...(payloadKey === undefined
      ? {}
      : {
          payloadKey: payloadSecret(readPayloadKey(readInput(io, payloadKey, "key"), payloadKey), payloadKey),
        }),
    ...(radio === undefined ? {} : { radioImage: readInput(io, radio, "image of the radio") }),
    ...(firmware === undefined ? {} : { firmware }),
  };
}

/** Which of our sample firmware the device gets. */
function sampleOf({ reports, reportKey, payloadKey }: Options): string {
  if (payloadKey !== undefined) return "decrypting-1";
  return reports === true || reportKey !== undefined ? "reporting-1" : "firmware-1";
}

/** The content of slot A, by whichever way it was given. */
function readFirmware(io: Io, options: Options, signer: PrivateKey | undefined): DeviceParts["firmware"] {
  const { envelope: envelopeFile, firmware: firmwareFile } = options;
  if (envelopeFile !== undefined) {
    const envelope = readInput(io, envelopeFile, "envelope");
    const { description, problem } = inspectEnvelope(envelope);
    if (description.sequenceNumber === undefined) {
      throw new UserError(
        "envelope-unreadable",
        `${envelopeFile} is no envelope that a device could be made with: ${problem?.message ?? "it has no sequence number."}`,
        "Give one that `manifest sign` wrote; `manifest inspect` shows what can be read of it.",
      );
    }
    return {
      envelope,
      sequenceNumber: BigInt(description.sequenceNumber),
      ...(firmwareFile === undefined ? {} : { payload: readModule(io, firmwareFile, sampleOf(options)) }),
    };
  }
  if (signer === undefined) {
    if (firmwareFile === undefined) return undefined;
    throw new UserError(
      "envelope-missing",
      `No device boots ${firmwareFile} without a signed envelope.`,
      "Add --sign-key to have one made, or --envelope with one that you made.",
    );
  }
  const payload = readModule(io, firmwareFile, sampleOf(options));
  const json = {
    sequenceNumber: options.sequence,
    component: [options.component?.[0] ?? "app"],
    vendor: vendorJson(options),
    class: UUID_PATTERN.test(options.class) ? options.class : { name: options.class },
    uri: PAYLOAD_URI,
  };
  const envelope = signEnvelope(createEnvelope(json, { payload }), signer);
  return { envelope, payload, sequenceNumber: BigInt(options.sequence) };
}

/** The vendor of an envelope that is made here. */
function vendorJson(options: Options): object | string {
  const pen = enterpriseNumberOf(options);
  if (pen !== undefined) return { pen };
  return UUID_PATTERN.test(options.vendor) ? options.vendor : { domain: options.vendor };
}

/** The vendor's number, if it is named by one. */
function enterpriseNumberOf({ vendorPen }: Options): number | undefined {
  if (vendorPen === undefined) return undefined;
  if (Number(vendorPen) < 2 ** 32) return Number(vendorPen);
  throw new UserError(
    "enterprise-number",
    `${vendorPen} is no private enterprise number: they are below 2^32.`,
    "IANA lists them at https://www.iana.org/assignments/enterprise-numbers/.",
  );
}

/** Refuses a bootloader to which the device's vendor would say nothing. */
function requireEnterpriseNumbers(bootloader: Uint8Array): void {
  if (capabilityOfModule(bootloader)?.enterpriseNumbers !== false) return;
  throw new UserError(
    "enterprise-number-unknown",
    "The bootloader compares vendors by UUIDs only, so with --vendor-pen no update would ever be for this device.",
    "Give --bootloader with one that compares them, bootloader-managed.wasm for instance, or give --vendor.",
  );
}
