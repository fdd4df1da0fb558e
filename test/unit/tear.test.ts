/**
 * Torn operations: which outcomes there are, and that none breaks the model's one law.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CounterOperation, FlashOperation } from "../../emulator/power.ts";
import { TEAR_CLASSES, tornBytes, tornVariant, tornVariants } from "../../emulator/tear.ts";

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

/** The classes that leave nothing but content in the page or unit. */
const CONTENT_CLASSES = [
  "program-prefix",
  "program-bits",
  "erase-half",
  "erase-stripe",
  "erase-mixed",
] as const;

/** A program of `after` at a unit of a page with that content. */
function programIn(
  content: Uint8Array,
  address: number,
  after: Uint8Array,
  eccUnitBytes = 0,
): FlashOperation {
  const before = content.slice(address, address + after.length);
  const part = { content, pageBytes: 64, erasedValue: 0xff, eccUnitBytes };
  return { ...operationOf("program", before, after), address, part };
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
      .constantFrom(2, 4, 8, 32)
      .chain((length) =>
        fc.tuple(
          fc.uint8Array({ minLength: length, maxLength: length }),
          fc.uint8Array({ minLength: length, maxLength: length }),
        ),
      );
    fc.assert(
      fc.property(fc.constantFrom("erase" as const, "program" as const), pair, (kind, [before, after]) => {
        const operation = operationOf(kind, before, after);
        for (const { variant, bytes } of tornVariants(operation, CONTENT_CLASSES)) {
          const neither = bytes.map(
            (byte, index) => (byte ^ (before[index] ?? 0)) & (byte ^ (after[index] ?? 0)),
          );
          expect(neither.every((byte) => byte === 0)).toBe(true);
          const texts = [bytes, before, after, tornBytes(operation, variant)].map(String);
          expect(texts[0]).not.toBe(texts[1]);
          expect(texts[0]).not.toBe(texts[2]);
          expect(texts[0]).toBe(texts[3]);
        }
      }),
    );
  });

  it("makes each variant by its number as it makes it among all", () => {
    const content = new Uint8Array(128).fill(0xff);
    content.set([0x12, 0x34, 0x56, 0x78], 68);
    const operations = [
      programIn(content, 72, Uint8Array.of(1, 2, 3, 4), 4),
      { ...programIn(content, 64, content.slice(64, 128).fill(0xff), 4), kind: "erase" as const },
    ];
    for (const operation of operations) {
      const all = tornVariants(operation, TEAR_CLASSES);
      const numbers = all.map(({ variant }) => variant);
      expect([...numbers].sort((left, right) => left - right)).toEqual(numbers);
      expect(new Set(numbers).size).toBe(numbers.length);
      for (const variant of all) expect(tornVariant(operation, variant.variant)).toEqual(variant);
    }
    expect(tornVariant(operations[0] ?? programIn(content, 72, blank(4)), 9999)).toBeUndefined();
  });

  it("tries every prefix of the bits that change", () => {
    const operation = operationOf("program", blank(2), Uint8Array.of(0xf0, 0xff));
    const bits = tornVariants(operation, ["program-bits"]).filter(({ variant }) => variant < 400);
    expect(bits.map(({ bytes }) => bytes[0])).toEqual([0xfe, 0xfc, 0xf8]);
  });

  it("damages a written neighbour of the same page, and nothing else, when a program disturbs", () => {
    const content = new Uint8Array(192).fill(0xff);
    for (const unit of [60, 64, 72, 100, 128]) content.fill(0x0f, unit, unit + 4);
    const operation = programIn(content, 80, Uint8Array.of(0, 0, 0, 0));
    const damaged = tornVariants(operation, ["disturb"]).map(({ variant, bytes, damage }) => [
      variant,
      bytes[0],
      damage?.address,
      damage?.bytes[0],
    ]);
    expect(damaged).toEqual([
      [701, 0xff, 72, 0x05],
      [702, 0xff, 64, 0x05],
      [703, 0xff, 100, 0x05],
      [711, 0, 72, 0x05],
      [712, 0, 64, 0x05],
      [713, 0, 100, 0x05],
    ]);
    expect(tornVariants(operationOf("program", blank(4), blank(4)), ["disturb"])).toEqual([]);
  });

  it("poisons whole units of the code, on parts that have one only", () => {
    const content = new Uint8Array(128).fill(0xff);
    const after = Uint8Array.of(1, 2, 3, 4);
    const [unit, ...rest] = tornVariants(programIn(content, 68, after, 8), ["ecc"]);
    expect(unit?.bits).toMatchObject([{ kind: "poisoned", address: 64, length: 8 }]);
    expect(rest).toEqual([]);
    expect(tornVariants(programIn(content, 68, after), ["ecc"])).toEqual([]);
  });
});
