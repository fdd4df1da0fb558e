/**
 * Judges envelopes by the bootloader's own code: the Wasm that runs on the device.
 */
import { Status } from "../../assembly/status.ts";
import { DeviceError, FLASH_BYTES, profileNamed, type Device } from "../../emulator/index.ts";
import type { Key } from "../keys/key.ts";
import type { Verdict } from "../manifest/verify.ts";
import { STATUS_TEXT, statusText } from "../status-text.ts";
import { UserError } from "../user-error.ts";
import { manufacture } from "./factory.ts";

/** A device whose only task is to judge; every envelope finds it in the same state. */
export class DeviceVerifier {
  readonly #device: Device;
  readonly #address: number;
  readonly #blank: number;

  /**
   * @param bootloader the Wasm module that judges
   * @param keys its trust anchors
   * @throws UserError `too-many-keys`, or what the factory says of the bootloader
   */
  constructor(bootloader: Uint8Array, keys: readonly Key[]) {
    const profile = profileNamed("class1");
    const nobody = new Uint8Array(16);
    this.#device = manufacture({
      profile,
      bootloader,
      trusted: keys,
      identity: { vendorId: nobody, classId: nobody, deviceId: nobody },
      components: ["app"],
    });
    this.#address = profile.layout.boot.bytes;
    this.#blank = profile.erasedValue;
  }

  /** Largest envelope that can be judged [bytes]: all flash beside the boot partition. */
  get envelopeBytesMax(): number {
    return FLASH_BYTES - this.#address;
  }

  /**
   * Puts the envelope into flash and lets the bootloader judge it.
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
    const status = this.#judge(envelope.length);
    if (status !== Status.Ok) return refusal(status);
    return {
      ok: true,
      reason: STATUS_TEXT[Status.Ok].code,
      message: "A trusted key has signed it, and the bootloader can process all of it.",
    };
  }

  #judge(length: number): Status {
    try {
      return this.#device.verify(this.#address, length);
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
