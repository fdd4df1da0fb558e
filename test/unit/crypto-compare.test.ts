/**
 * Comparison in constant time: its verdicts. (Its time is the emulator's instruction count.)
 */
import { describe, expect, it } from "vitest";
import { CryptoModule } from "../crypto-module.ts";

const device = new CryptoModule();

describe("equalConstantTime", () => {
  it("finds equal what is equal, empty ranges included", () => {
    for (const length of [0, 1, 31, 32, 33]) {
      const bytes = Uint8Array.from({ length }, (_, index) => index * 7);
      expect(device.equalConstantTime(bytes, Uint8Array.from(bytes))).toBe(true);
    }
  });

  it("finds any single flipped bit of 32 bytes", () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, index) => index * 11);
    for (let bit = 0; bit < 256; bit++) {
      const flipped = Uint8Array.from(bytes, (byte, index) =>
        index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
      );
      expect(device.equalConstantTime(bytes, flipped)).toBe(false);
    }
  });

  it("is not fooled by differences that cancel out", () => {
    expect(device.equalConstantTime(Uint8Array.of(1, 1, 0), Uint8Array.of(0, 0, 0))).toBe(false);
    expect(device.equalConstantTime(Uint8Array.of(1, 255), Uint8Array.of(0, 0))).toBe(false);
  });
});
