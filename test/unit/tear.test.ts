/**
 * Torn operations: which outcomes there are, and that none breaks the model's one law.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CounterOperation, FlashOperation } from "../../emulator/power.ts";
import { tornBytes, tornVariants } from "../../emulator/tear.ts";

function operationOf(kind: "erase" | "program", before: Uint8Array, after: Uint8Array): FlashOperation {
  return {
    kind,
    index: 0,
    address: 28672,
    length: before.length,
    before,
    after,
    tear: () => {
      throw new Error("not torn here");
    },
  };
}

const blank = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);

describe("torn operations", () => {
  it("leaves a prefix of the unit's bytes when a program is torn, numbered by its length", () => {
    const operation = operationOf("program", blank(4), Uint8Array.of(1, 2, 3, 4));
    expect(tornVariants(operation).map(({ variant, bytes }) => [variant, ...bytes])).toEqual([
      [1, 1, 0xff, 0xff, 0xff],
      [2, 1, 2, 0xff, 0xff],
      [3, 1, 2, 3, 0xff],
    ]);
  });

  it("leaves out outcomes that equal before, after or each other, and keeps the other numbers", () => {
    const operation = operationOf("program", blank(4), Uint8Array.of(0xff, 2, 0xff, 4));
    expect(tornVariants(operation).map(({ variant }) => variant)).toEqual([2]);
    const nearlyDone = operationOf("program", blank(4), Uint8Array.of(1, 0xff, 0xff, 0xff));
    expect(tornVariants(nearlyDone)).toEqual([]);
    expect(tornBytes(nearlyDone, 1)).toBeUndefined();
  });

  it("leaves halves and stripes of the page when an erase is torn", () => {
    const before = Uint8Array.from({ length: 16 }, (_, index) => index);
    const [first, second, stripes, ...rest] = tornVariants(operationOf("erase", before, blank(16)));
    const f = 0xff;
    expect(first).toMatchObject({ variant: 1, tearClass: "erase-half" });
    expect([...(first?.bytes ?? [])]).toEqual([f, f, f, f, f, f, f, f, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(second).toMatchObject({ variant: 2, tearClass: "erase-half" });
    expect([...(second?.bytes ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, f, f, f, f, f, f, f, f]);
    expect(stripes).toMatchObject({ variant: 3, tearClass: "erase-stripe" });
    expect([...(stripes?.bytes ?? [])]).toEqual([f, f, f, f, 4, 5, 6, 7, f, f, f, f, 12, 13, 14, 15]);
    expect(rest).toEqual([]);
  });

  it("takes only variants of the classes asked for", () => {
    const erase = operationOf("erase", new Uint8Array(16), blank(16));
    expect(tornVariants(erase, ["erase-stripe"]).map(({ variant }) => variant)).toEqual([3]);
    expect(tornVariants(erase, ["program-prefix"])).toEqual([]);
    expect(tornBytes(erase, 1, ["erase-stripe"])).toBeUndefined();
  });

  it("has no torn outcome of a counter advance", () => {
    const operation: CounterOperation = { kind: "counter", index: 0, id: 0, before: 1n, after: 2n };
    expect(tornVariants(operation)).toEqual([]);
    expect(tornBytes(operation, 1)).toBeUndefined();
  });

  it("takes every bit from before or from after, and never yields either of them whole", () => {
    const pair = fc
      .constantFrom(2, 4, 8, 128)
      .chain((length) =>
        fc.tuple(
          fc.uint8Array({ minLength: length, maxLength: length }),
          fc.uint8Array({ minLength: length, maxLength: length }),
        ),
      );
    fc.assert(
      fc.property(fc.constantFrom("erase" as const, "program" as const), pair, (kind, [before, after]) => {
        const operation = operationOf(kind, before, after);
        for (const { variant, bytes } of tornVariants(operation)) {
          bytes.forEach((byte, index) => {
            const old = before[index] ?? 0;
            const neither = (byte ^ old) & (byte ^ (after[index] ?? 0));
            expect(neither).toBe(0);
          });
          expect([...bytes]).not.toEqual([...before]);
          expect([...bytes]).not.toEqual([...after]);
          expect([...(tornBytes(operation, variant) ?? [])]).toEqual([...bytes]);
        }
      }),
    );
  });
});
