/**
 * Judges envelopes by the bootloader's own code: the Wasm that runs on the device.
 */
import { Status } from "../../assembly/status.ts";
import { Phase, Slot } from "../../assembly/layout.ts";
import { readJournal } from "../../emulator/explore/journal.ts";
import {
  DeviceError,
  encodeJournalRecord,
  FLASH_BYTES,
  journalRange,
  profileNamed,
  slotRange,
  type Device,
  type Profile,
} from "../../emulator/index.ts";
import type { Key } from "../keys/key.ts";
import type { SignerRules } from "../manifest/authority.ts";
import type { Verdict } from "../manifest/verify.ts";
import { STATUS_TEXT, statusText } from "../status-text.ts";
import { UserError } from "../user-error.ts";
import { manufacture, type DeviceIdentity } from "./factory.ts";

/** The device that judges; a class 1 device that is nobody unless given. */
export interface JudgeOptions extends SignerRules {
  readonly profile?: Profile;
  readonly identity?: DeviceIdentity;
}

/** What the bootloader says of who signed a manifest or its dependency once it is to be installed. */
const SAID_OF_SIGNERS: ReadonlySet<Status> = new Set([
  Status.ComponentUnknown,
  Status.ComponentUnauthorized,
  Status.CosignatureMissing,
  Status.Unsigned,
  Status.SignatureInvalid,
  Status.SignatureMalformed,
  Status.KeyAlgorithmMismatch,
  Status.AlgorithmUnsupported,
  Status.ManifestDigestMismatch,
  Status.TooManyDependencies,
  Status.TooManyComponents,
]);

/** A device whose only task is to judge; every envelope finds it in the same state. */
export class DeviceVerifier {
  readonly #device: Device;
  readonly #address: number;
  readonly #blank: number;
  /** What is said of what it accepts. */
  readonly #accepted: string;
  /** Whether the components that it has are those of a real device, so that rights to them count. */
  readonly #asksRights: boolean;

  /**
   * @param bootloader the Wasm module that judges
   * @param keys its trust anchors
   * @throws UserError `too-many-keys`, or what else the factory says
   */
  constructor(
    bootloader: Uint8Array,
    keys: readonly Key[],
    { profile = profileNamed("class1"), identity, required, components }: JudgeOptions = {},
  ) {
    const nobody = new Uint8Array(16);
    this.#asksRights = components !== undefined;
    const signed = (required ?? 0) === 0 ? "A trusted key has signed it" : "Every required key has signed it";
    const rights = this.#asksRights ? ", those who signed may touch its components" : "";
    this.#accepted = `${signed}${rights}, and the bootloader can process all of it.`;
    this.#device = manufacture({
      profile,
      bootloader,
      trusted: keys,
      required,
      identity: identity ?? { vendorId: nobody, classId: nobody, deviceId: nobody },
      components: components ?? ["app"],
    });
    this.#address = profile.layout.boot.bytes;
    this.#blank = profile.erasedValue;
  }

  /** Largest envelope that can be judged [bytes]: all flash beside the boot partition. */
  get envelopeBytesMax(): number {
    return FLASH_BYTES - this.#address;
  }

  /**
   * Puts the envelope into flash and lets the bootloader judge it. Where it has the components of a real
   * device, what it accepts is then staged on it, to hear what it says of the signers' rights.
   *
   * @throws UserError `bootloader-fault` or `bootloader-status` if the bootloader misbehaves
   * @throws ModuleError if it is no module that may run
   */
  verify(envelope: Uint8Array): Verdict {
    if (envelope.length > this.envelopeBytesMax) {
      return {
        ...refusal(Status.EnvelopeTooLarge),
        message: `The envelope has ${envelope.length} bytes, and a device has room for ${this.envelopeBytesMax}.`,
      };
    }
    const flash = this.#device.flash.bytes;
    flash.fill(this.#blank, this.#address);
    flash.set(envelope, this.#address);
    const status = this.#judge(envelope);
    if (status !== Status.Ok) return refusal(status);
    return {
      ok: true,
      reason: STATUS_TEXT[Status.Ok].code,
      message: this.#accepted,
    };
  }

  #judge(envelope: Uint8Array): Status {
    try {
      const status = this.#device.verify(this.#address, envelope.length);
      return status === Status.Ok && this.#asksRights ? this.#stage(envelope) : status;
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      throw new UserError(
        "bootloader-fault",
        `The bootloader crashed on this envelope. ${error.message}`,
        "Keep the envelope: it shows a defect of the bootloader.",
        { cause: error },
      );
    }
  }

  /** What the bootloader says of the signers when the envelope is the candidate in slot B. */
  #stage(envelope: Uint8Array): Status {
    const { flash, profile } = this.#device;
    const slot = slotRange(profile.layout, Slot.B);
    if (envelope.length > slot.bytes) return Status.Ok;
    flash.bytes.fill(this.#blank, this.#address);
    flash.bytes.set(envelope, slot.address);
    const journal = journalRange(profile.layout, profile.pageBytes).address;
    flash.bytes.set(encodeJournalRecord({ phase: Phase.Staged, activeSlot: Slot.A }), journal);
    const { fault } = this.#device.powerOn();
    if (fault !== undefined) throw new DeviceError("verify-fault", fault.message);
    const reason = readJournal(flash.bytes, profile)?.reason ?? Status.Ok;
    return SAID_OF_SIGNERS.has(reason) ? reason : Status.Ok;
  }
}

function refusal(status: Status): Verdict {
  const text = statusText(status);
  if (text === undefined) {
    throw new UserError(
      "bootloader-status",
      `The bootloader answered with the unknown status ${status}.`,
      "Give a bootloader that was built with the status numbers of assembly/status.ts.",
    );
  }
  return { ok: false, reason: STATUS_TEXT[status].code, message: text.sentence, hint: text.hint };
}
