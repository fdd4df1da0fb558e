import { cdeEncodeOptions, encode } from "cbor2";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { loadDeviceCborReader } from "../cbor-reader.ts";

const reader = loadDeviceCborReader();

const item = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ maxLength: 100 }),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true }),
    fc.array(tie("value"), { maxLength: 30 }),
    fc.array(fc.tuple(fc.integer(), tie("value")), { maxLength: 30 }).map((pairs) => new Map(pairs)),
  ),
})).value;

describe("the device's CBOR reader", () => {
  it("accepts every deterministic encoding of another implementation, to its last byte", () => {
    fc.assert(
      fc.property(item, (value) => {
        const bytes = encode(value, cdeEncodeOptions);
        expect(reader.status(bytes)).toBe(Status.Ok);
        expect(reader.readBytes()).toBe(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("says of every proper prefix of an item that it is cut short", () => {
    fc.assert(
      fc.property(item, fc.nat(), (value, cut) => {
        const bytes = encode(value, cdeEncodeOptions);
        expect(reader.status(bytes.subarray(0, cut % bytes.length))).toBe(Status.CborTruncated);
      }),
      { numRuns: 2000 },
    );
  });

  it("is total: any bytes end in a status, and no byte outside of them is read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const status = reader.status(bytes);
        expect(status === Status.Ok || status >> 8 === 1).toBe(true);
        expect(reader.readBytes()).toBeGreaterThanOrEqual(0);
        expect(reader.readBytes()).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 20000 },
    );
  });

  it("is total on damaged encodings", () => {
    fc.assert(
      fc.property(item, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, position, flip) => {
        const bytes = encode(value, cdeEncodeOptions);
        const index = position % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        const status = reader.status(bytes);
        expect(status === Status.Ok || status >> 8 === 1).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
