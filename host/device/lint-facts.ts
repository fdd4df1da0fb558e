/**
 * A device as the linter sees it: what lies in its file, what it says of itself, and what its own bootloader
 * thinks of a manifest.
 */
import { Status } from "../../assembly/status.ts";
import { generateKey, type PrivateKey } from "../keys/key.ts";
import { generateEdwardsKey } from "../keys/ed25519.ts";
import { readWrapper } from "../manifest/authentication.ts";
import { reportedCapability, UNKNOWN_CAPABILITY, type Capability } from "../manifest/capability.ts";
import { encodeCbor } from "../manifest/cbor-writer.ts";
import { readEnvelope } from "../manifest/envelope.ts";
import type { DeviceFacts, Judgement } from "../manifest/lint/device.ts";
import { Refusal } from "../manifest/refusal.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { STATUS_TEXT } from "../status-text.ts";
import { openReport } from "../suit-report/protection.ts";
import { readReport, type SuitReport } from "../suit-report/report.ts";
import { UserError } from "../user-error.ts";
import type { DeviceRecord } from "./device-file.ts";
import { readDevicePage } from "./device-page.ts";
import { capabilityOfModule, ownCapability } from "./module-capability.ts";
import { powerUp } from "./session.ts";
import { surveyDevice } from "./survey.ts";
import { DeviceVerifier } from "./verifier.ts";

/**
 * Where it is known from what the device processes: its bootloader is one of this repository, its bootloader was
 * asked, its report says so, or not at all, so that only its judgement on the whole manifest is left. The report
 * comes last, as the firmware makes it, which does not know what its bootloader was built with.
 */
export type CapabilitySource = "own-bootloader" | "asked" | "report" | "unknown";

/** The facts, and where the capability is from. */
export interface LintFacts {
  readonly facts: DeviceFacts;
  readonly source: CapabilitySource;
}

/** Power-ons within which a device that reports has done so. */
const POWER_ONS = 2;

/**
 * Gathers what the linter asks of a device. Nothing of the device changes: a copy of it is switched on.
 *
 * @param report a report that the device sent before; where one is needed, a copy of it is asked otherwise
 */
export function lintFacts(record: DeviceRecord, report?: SuitReport): LintFacts {
  const { profile, state } = record;
  const survey = surveyDevice(profile, state);
  const page = readDevicePage(state.flash);
  const { boot } = profile.layout;
  const bootloader = state.flash.slice(boot.address, boot.address + page.bootloaderBytes);
  const { capability, source } = capabilityOf(bootloader, () => report ?? askForReport(record));
  return {
    source,
    facts: {
      vendorId: survey.vendorId,
      classId: survey.classId,
      deviceId: survey.deviceId,
      components: survey.components,
      // A rule of our bootloader; one that answers as ours does is one of its builds.
      wantsIdentity: (source === "own-bootloader" || source === "asked") && !survey.acceptsUncheckedIdentity,
      sequenceFloor: survey.sequenceFloor,
      slotBytes: Math.min(...survey.slots.map(({ range }) => range.bytes)),
      pageBytes: profile.pageBytes,
      capability,
      authority: page.authority,
      judge: judgeOf(bootloader),
    },
  };
}

/** What a report alone tells of the device that sent it. */
export function factsOfReport(report: SuitReport, name: string): LintFacts {
  if (report.capabilities === undefined) {
    throw new UserError(
      "capabilities-missing",
      `${name} does not say what the device processes.`,
      "Give a report with a capability report in it, or the device with --device.",
    );
  }
  const claims = report.claims.at(-1);
  return {
    source: "report",
    facts: {
      ...(claims?.deviceId === undefined ? {} : { deviceId: claims.deviceId }),
      components: report.capabilities.components,
      // After a failure the number is that of the manifest that failed.
      sequenceFloor: report.failure === undefined ? (claims?.sequenceNumber ?? 0n) : 0n,
      ...(report.capabilities.limits === undefined
        ? {}
        : { slotBytes: report.capabilities.limits.slotBytes }),
      capability: reportedCapability(report.capabilities),
    },
  };
}

/** The last report that a copy of the device sends to a far end that wants reports; most devices send none. */
function askForReport(record: DeviceRecord): SuitReport | undefined {
  let report: SuitReport | undefined;
  const name = "the device's report";
  const device = powerUp(record, undefined, {
    nonce: new Uint8Array(0),
    take: (content) => (report = readReport(openReport(content, undefined, name).content, name)),
  });
  for (let count = 0; count < POWER_ONS; count += 1) device.powerOn();
  return report;
}

function capabilityOf(
  bootloader: Uint8Array,
  reportOf: () => SuitReport | undefined,
): { readonly capability: Capability; readonly source: CapabilitySource } {
  const own = ownCapability(bootloader);
  if (own !== undefined) return { source: "own-bootloader", capability: own };
  const asked = capabilityOfModule(bootloader);
  if (asked !== undefined) return { source: "asked", capability: asked };
  const reported = reportOf()?.capabilities;
  return reported === undefined
    ? { source: "unknown", capability: UNKNOWN_CAPABILITY }
    : { source: "report", capability: reportedCapability(reported) };
}

/**
 * Lets the device's bootloader judge an envelope as if a trusted key had signed it: with a key that is made
 * for the question, of a kind that it verifies, on a device that trusts that key.
 */
function judgeOf(bootloader: Uint8Array): (envelope: Uint8Array) => Judgement {
  return (envelope) => {
    for (const key of [generateKey(), generateEdwardsKey()]) {
      const verdict = judgeUnder(key, bootloader, envelope);
      if (!SAID_OF_THE_KEY.includes(verdict.reason)) return verdict;
    }
    return NO_OBJECTION;
  };
}

function judgeUnder(key: PrivateKey, bootloader: Uint8Array, envelope: Uint8Array): Judgement {
  let signed: Uint8Array;
  try {
    signed = signEnvelope(withoutSignatures(envelope), key);
  } catch (error) {
    if (error instanceof Refusal) {
      return { ok: false, reason: STATUS_TEXT[error.status].code, message: error.said() };
    }
    // What cannot be signed has a mistake that other rules have found.
    if (error instanceof UserError) return NO_OBJECTION;
    throw error;
  }
  return new DeviceVerifier(bootloader, [key]).verify(signed);
}

/** Of an envelope that cannot be asked about. */
const NO_OBJECTION: Judgement = { ok: true, reason: STATUS_TEXT[Status.Ok].code, message: "" };

/** What is no answer: the key is of the wrong kind, or the bootloader judges only what it installs. */
const SAID_OF_THE_KEY: readonly string[] = [
  Status.AlgorithmUnsupported,
  Status.KeyAlgorithmMismatch,
  Status.HalUnavailable,
].map((status) => STATUS_TEXT[status].code);

/** The envelope with the digest alone in its authentication wrapper. */
function withoutSignatures(bytes: Uint8Array): Uint8Array {
  const envelope = readEnvelope(bytes, { everyMember: true });
  const { payload } = readWrapper(envelope);
  const wrapper = encodeCbor(encodeCbor([bytes.subarray(payload.from, payload.to)]));
  return Buffer.concat([
    bytes.subarray(0, envelope.authentication.start),
    wrapper,
    bytes.subarray(envelope.authentication.to),
  ]);
}
