import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { loadDeviceCborReader } from "../cbor-reader.ts";

const reader = loadDeviceCborReader();
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("the device's CBOR reader", () => {
  // RFC 8949 Appendix A, the rows that the deterministic encoding allows.
  it.each([
    ["00", 0n],
    ["17", 23n],
    ["1818", 24n],
    ["1903e8", 1000n],
    ["1a000f4240", 1000000n],
    ["1b000000e8d4a51000", 1000000000000n],
    ["20", -1n],
    ["3863", -100n],
    ["3903e7", -1000n],
    ["1b7fffffffffffffff", 2n ** 63n - 1n],
    ["3b7fffffffffffffff", -(2n ** 63n)],
  ])("reads the integer %s", (encoded, value) => {
    expect(reader.integer(hex(encoded))).toBe(value);
  });

  it.each([
    ["1bffffffffffffffff", "an unsigned integer beyond 63 bits"],
    ["3bffffffffffffffff", "a negative integer beyond 63 bits"],
  ])("refuses %s: %s", (encoded) => {
    expect(reader.integer(hex(encoded))).toBe(Status.NumberTooLarge);
  });

  it.each(["1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", "5817", "9817", "b817", "d817"])(
    "refuses the head %s, which has a shorter form",
    (encoded) => {
      expect(reader.head(hex(encoded))).toBe(Status.CborNotShortest);
    },
  );

  it.each(["1818", "190100", "1a00010000", "1b0000000100000000"])("accepts the head %s", (encoded) => {
    expect(reader.head(hex(encoded))).toMatchObject({ major: 0 });
  });

  it.each(["5f41 00ff", "7f6161ff", "9f01ff", "bf0102ff", "ff"])(
    "refuses the indefinite length of %s",
    (encoded) => {
      expect(reader.status(hex(encoded))).toBe(Status.CborIndefinite);
    },
  );

  it.each(["1c", "1d", "1e", "3c", "f800", "f818", "f81f"])("refuses the reserved encoding %s", (encoded) => {
    expect(reader.status(hex(encoded))).toBe(Status.CborReserved);
  });

  it.each(["", "18", "19 00", "1a 000000", "41", "62 61", "81", "82 01", "a1 01", "c1", "a2 0102 03"])(
    "says that '%s' is cut short",
    (encoded) => {
      expect(reader.status(hex(encoded))).toBe(Status.CborTruncated);
    },
  );

  it("refuses lengths and counts that wrap around the address space", () => {
    for (const encoded of [
      "5affffffff",
      "9affffffff",
      "baffffffff",
      "ba80000000",
      "5bffffffffffffffff",
      "9bffffffffffffffff",
    ]) {
      expect(reader.status(hex(encoded))).toBe(Status.CborTruncated);
    }
  });

  it("says so when something stands behind the item", () => {
    expect(reader.status(hex("00 00"))).toBe(Status.CborTrailing);
  });

  it("skips nested items without running out of anything", () => {
    const depth = 30000;
    const nested = new Uint8Array(depth + 1).fill(0x81);
    nested[depth] = 0x00;
    expect(reader.status(nested)).toBe(Status.Ok);
    expect(reader.readBytes()).toBe(depth + 1);
  });

  it("orders keys by their encodings, not by their values", () => {
    expect(reader.keyFollows(hex("02"), hex("03"))).toBe(Status.Ok);
    expect(reader.keyFollows(hex("17"), hex("1818"))).toBe(Status.Ok);
    expect(reader.keyFollows(hex("1818"), hex("20"))).toBe(Status.Ok);
    expect(reader.keyFollows(hex("14"), hex("6123"))).toBe(Status.Ok);
    expect(reader.keyFollows(hex("6161"), hex("626161"))).toBe(Status.Ok);
    expect(reader.keyFollows(hex("03"), hex("02"))).toBe(Status.CborKeyOrder);
    expect(reader.keyFollows(hex("20"), hex("1818"))).toBe(Status.CborKeyOrder);
    expect(reader.keyFollows(hex("626161"), hex("6162"))).toBe(Status.CborKeyOrder);
    expect(reader.keyFollows(hex("626161"), hex("626161"))).toBe(Status.CborDuplicateKey);
  });
});
