/**
 * The bootloader's own judgement of an envelope, by its `verify` export on an emulated device.
 */
import type { Status } from "../assembly/status.ts";
import { Device } from "../emulator/device.ts";
import { profileNamed } from "../emulator/profile.ts";
import { buildDevicePage, provision } from "../emulator/provision.ts";
import { coseKeyBytes } from "../host/keys/cose-key.ts";
import type { Key } from "../host/keys/key.ts";
import { readWasm } from "./wasm-file.ts";

/** A device with a bootloader of ours and trust anchors, and nothing in its slots. */
export class DeviceJudge {
  readonly #device: Device;
  readonly #start: number;
  readonly #capacity: number;

  constructor(keys: readonly Key[], bootloader: Uint8Array = readWasm("bootloader")) {
    const profile = profileNamed("class1");
    const identifier = new Uint8Array(16);
    this.#device = new Device({ profile });
    provision(this.#device, {
      bootloader,
      devicePage: buildDevicePage({
        profile,
        bootloaderBytes: bootloader.length,
        vendorId: identifier,
        classId: identifier,
        deviceId: identifier,
        // The heads of CBOR arrays of fewer than 24 elements.
        anchors: Uint8Array.from([0x80 + keys.length, ...keys.flatMap((key) => [...coseKeyBytes(key)])]),
        components: Uint8Array.of(0x80),
      }),
    });
    this.#start = profile.layout.slotA.address;
    this.#capacity = profile.layout.slotA.bytes + profile.layout.slotB.bytes;
  }

  /** What the bootloader says of an envelope that lies in its slots. */
  verify(envelope: Uint8Array): Status {
    if (envelope.length > this.#capacity) throw new RangeError("the envelope does not fit into flash");
    this.#device.flash.bytes.fill(0xff, this.#start, this.#start + this.#capacity);
    this.#device.flash.bytes.set(envelope, this.#start);
    return this.#device.verify(this.#start, envelope.length);
  }
}
