/**
 * The radio of the emulated device: which image it boots, and that nothing reaches its flash but the wire.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Radio } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import {
  FLASH_BYTES,
  profileNamed,
  RADIO_IMAGE_BYTES_MAX,
  runningRadioImage,
  withRadio,
} from "../../emulator/index.ts";
import {
  decodeBits,
  encodeRegisters,
  NO_BITS,
  withBit,
  type DeviceBits,
} from "../../emulator/device-bits.ts";
import { RadioReader } from "../../emulator/explore/radio-reader.ts";
import { radioFlashWith } from "../../emulator/radio.ts";
import { deviceWith, keepStatus, moduleOf, RAM, statuses } from "./device-fixture.ts";

const class1 = withRadio(profileNamed("class1"));
const ERASED = 0xff;

const bytesOf = (text: string, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (text.charCodeAt(index % text.length) + 7 * index) & 0xff);
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const first = bytesOf("first", 300);
const second = bytesOf("second", 777);

/** A persistent state whose radio has these images, in its first and in its second sub-slot. */
function stateWith(
  images: readonly { readonly image: Uint8Array; readonly generation: number }[],
): Uint8Array {
  const flash = new Uint8Array(FLASH_BYTES + Radio.FlashBytes).fill(ERASED);
  for (const [subSlot, { image, generation }] of images.entries()) {
    const content = radioFlashWith(image, ERASED).subarray(0, Radio.SubSlotBytes);
    const view = new DataView(content.buffer);
    view.setUint32(Radio.Generation, generation, true);
    view.setUint32(Radio.Complement, ~generation >>> 0, true);
    flash.set(content, FLASH_BYTES + subSlot * Radio.SubSlotBytes);
  }
  return flash;
}

describe("a radio", () => {
  it("boots the newest image, in whichever sub-slot it lies", () => {
    const older = { image: first, generation: 7 };
    const newer = { image: second, generation: 8 };
    const running = { generation: 8, bytes: second.length, digest: digestOf(second) };
    expect(runningRadioImage(stateWith([older, newer]), NO_BITS)).toEqual({ subSlot: 1, ...running });
    expect(runningRadioImage(stateWith([newer, older]), NO_BITS)).toEqual({ subSlot: 0, ...running });
  });

  it("takes the image one generation ahead for the newer one, whatever the generation is", () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.boolean(), (generation, isFirst) => {
        const older = { image: first, generation };
        const newer = { image: second, generation: (generation + 1) % 2 ** 32 };
        const flash = stateWith(isFirst ? [newer, older] : [older, newer]);
        expect(runningRadioImage(flash, NO_BITS)?.digest).toBe(digestOf(second));
      }),
      { examples: [[0xffff_ffff, true]] },
    );
  });

  it("boots the older image while the newer one has one wrong bit, wherever it is", () => {
    const flash = stateWith([
      { image: first, generation: 1 },
      { image: second, generation: 2 },
    ]);
    const start = FLASH_BYTES + Radio.SubSlotBytes;
    const place = fc.integer({ min: 0, max: Radio.Image + second.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 0, max: 7 }), (offset, bit) => {
        const damaged = flash.slice();
        damaged[start + offset] = (damaged[start + offset] ?? 0) ^ (1 << bit);
        expect(runningRadioImage(damaged, NO_BITS)?.digest).toBe(digestOf(first));
      }),
    );
  });

  it("boots nothing but what has the digest that its header states, whatever its flash holds", () => {
    const header = fc.tuple(
      fc.constantFrom(Radio.MagicValue, 0),
      fc.nat(3),
      fc.boolean(),
      fc.constantFrom(0, 1, RADIO_IMAGE_BYTES_MAX, RADIO_IMAGE_BYTES_MAX + 1, 0xffff_ffff),
    );
    fc.assert(
      fc.property(header, header, fc.uint8Array({ minLength: 64, maxLength: 64 }), (one, other, noise) => {
        const flash = new Uint8Array(FLASH_BYTES + Radio.FlashBytes).map((_, at) => noise[at % 64] ?? 0);
        for (const [subSlot, [magic, generation, isWhole, bytes]] of [one, other].entries()) {
          const start = FLASH_BYTES + subSlot * Radio.SubSlotBytes;
          const view = new DataView(flash.buffer, start, Radio.SubSlotBytes);
          view.setUint32(Radio.Magic, magic, true);
          view.setUint32(Radio.Generation, generation, true);
          view.setUint32(Radio.Complement, isWhole ? ~generation >>> 0 : generation, true);
          view.setUint32(Radio.ImageBytes, bytes, true);
          if (bytes > RADIO_IMAGE_BYTES_MAX) continue;
          const image = flash.subarray(start + Radio.Image, start + Radio.Image + bytes);
          if (subSlot === 0) flash.set(Buffer.from(digestOf(image), "hex"), start + Radio.Digest);
        }
        const [magic, , isWhole, bytes] = one;
        const isBootable =
          magic === Radio.MagicValue && isWhole && bytes > 0 && bytes <= RADIO_IMAGE_BYTES_MAX;
        expect(runningRadioImage(flash, NO_BITS)?.subSlot).toBe(isBootable ? 0 : undefined);
      }),
    );
  });

  it("does not boot an image that it cannot read", () => {
    const flash = stateWith([
      { image: first, generation: 1 },
      { image: second, generation: 2 },
    ]);
    const poisoned: DeviceBits = [
      {
        kind: "poisoned",
        address: FLASH_BYTES + Radio.SubSlotBytes + 64,
        length: 8,
        value: 0,
        other: undefined,
      },
    ];
    expect(runningRadioImage(flash, poisoned)?.digest).toBe(digestOf(first));
    const reader = new RadioReader();
    expect(reader.digestIn(flash, NO_BITS)).toBe(digestOf(second));
    expect(reader.digestIn(flash, poisoned)).toBe(digestOf(first));
    expect(reader.digestIn(flash, NO_BITS)).toBe(digestOf(second));
  });

  it("is not there on a device without one", () => {
    expect(runningRadioImage(new Uint8Array(FLASH_BYTES), NO_BITS)).toBeUndefined();
  });

  it("is refused beside a part whose pages are larger than a sub-slot", () => {
    expect(() => withRadio(profileNamed("nrf52"))).toThrow(/pages of 4096 bytes/);
    expect(withRadio(class1)).toBe(class1);
  });
});

describe("the flash of a radio", () => {
  const image = { radioImage: first };

  it("is no part of the device's memory: a load faults, and no operation of the device reaches it", () => {
    const load = moduleOf(`(drop (i32.load (i32.const ${FLASH_BYTES})))`);
    const { end, fault } = deviceWith(load, { profile: class1 }, image).powerOn();
    expect([end, fault?.kind, fault?.address]).toEqual(["hard-fault", "load", FLASH_BYTES]);
    const write = moduleOf(
      keepStatus(0, `(call $flash_erase (i32.const ${FLASH_BYTES}))`) +
        keepStatus(1, `(call $flash_program (i32.const ${FLASH_BYTES}) (i32.const ${RAM}) (i32.const 4))`) +
        keepStatus(2, `(call $flash_check (i32.const ${FLASH_BYTES}) (i32.const 4))`) +
        keepStatus(3, `(call $log (i32.const ${FLASH_BYTES}) (i32.const 4))`),
    );
    const device = deviceWith(write, { profile: class1 }, image);
    const before = device.snapshot();
    const { violations, operations } = device.powerOn();
    expect(statuses(device, 4).every((status) => status !== Status.Ok)).toBe(true);
    expect([violations.length, operations]).toEqual([2, 0]);
    expect(device.flash.bytes).toEqual(before.flash);
  });

  it("belongs to the state of the device, and to no device without a radio", () => {
    const device = deviceWith(moduleOf(""), { profile: class1 }, image);
    const state = device.snapshot();
    expect(state.flash.length).toBe(FLASH_BYTES + Radio.FlashBytes);
    expect(runningRadioImage(state.flash, NO_BITS)?.digest).toBe(digestOf(first));
    const other = deviceWith(moduleOf(""));
    expect(() => {
      other.restore(state);
    }).toThrow("The state belongs to a device of another shape.");
    expect(() => deviceWith(moduleOf(""), {}, image)).toThrow(/radio that is not there/);
    const tooLarge = { radioImage: new Uint8Array(RADIO_IMAGE_BYTES_MAX + 1) };
    expect(() => deviceWith(moduleOf(""), { profile: class1 }, tooLarge)).toThrow(/the radio takes 1 to/);
  });

  it("is out of the bootloader's reach over the wire, too", () => {
    const ask = moduleOf(
      keepStatus(0, `(call $radio_status (i32.const ${RAM + 64}))`) +
        keepStatus(1, "(call $radio_erase (i32.const 0))") +
        keepStatus(2, `(call $radio_program (i32.const 0) (i32.const ${RAM}) (i32.const 4))`),
    );
    const device = deviceWith(ask, { profile: class1 }, image);
    expect(device.powerOn().operations).toBe(0);
    expect(statuses(device, 3)).toEqual(Array.from({ length: 3 }, () => Status.HalUnavailable));
  });

  it("remembers what a torn operation left, as the device's own does", () => {
    const address = FLASH_BYTES + Radio.FlashBytes - 8;
    const bits = withBit(NO_BITS, { kind: "poisoned", address, length: 8, value: 0, other: undefined });
    expect(decodeBits(encodeRegisters(new BigUint64Array(4), bits), 4)).toEqual(bits);
  });
});
