/** Mutation: lossless where nothing is changed, the same for the same seed, and bounded. */
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutateBytes } from "../../emulator/fuzz/byte-mutation.ts";
import { readNodes, writeNodes, type CborNode } from "../../emulator/fuzz/cbor-tree.ts";
import { Chance } from "../../emulator/fuzz/chance.ts";
import { minimalCorpus, type CorpusEntry } from "../../emulator/fuzz/corpus.ts";
import { mutateEnvelope, writeRepaired } from "../../emulator/fuzz/envelope-mutation.ts";
import { mutateImage, randomImage } from "../../emulator/fuzz/image-mutation.ts";
import { shrinkInput, shorterBytes, simplerEnvelopes } from "../../emulator/fuzz/shrink.ts";
import { AUTHOR, IMAGE, sign } from "../../host/fuzz/author.ts";
import { quickSigner } from "../../host/fuzz/quick-signature.ts";
import { seedEnvelopes } from "../../host/fuzz/seed.ts";
import { verifyMessage } from "../../host/keys/signature.ts";

const envelopes = seedEnvelopes();
const seeds = fc.integer({ min: 0, max: 0x7fffffff });
const BYTES_MAX = 2048;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("CBOR trees", () => {
  it("are written as they were read, whatever the bytes are", () => {
    const telling = fc.constantFrom(
      0x00,
      0x18,
      0x1b,
      0x41,
      0x5f,
      0x58,
      0x81,
      0x9f,
      0xa1,
      0xbf,
      0xd8,
      0xf6,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(telling, fc.nat({ max: 255 })), { maxLength: 40 }), (list) => {
        const bytes = Uint8Array.from(list);
        expect(hexOf(writeNodes(readNodes(bytes)))).toBe(hexOf(bytes));
        expect(hexOf(writeNodes(readNodes(bytes, true)))).toBe(hexOf(bytes));
      }),
      { numRuns: 2000 },
    );
    for (const envelope of envelopes) expect(hexOf(writeNodes(readNodes(envelope)))).toBe(hexOf(envelope));
  });
});

describe("mutations", () => {
  const mutators = {
    bytes: (chance: Chance, input: Uint8Array, other: Uint8Array) =>
      mutateBytes(input, chance, { other, bytesMax: BYTES_MAX }),
    envelopes: (chance: Chance, input: Uint8Array, other: Uint8Array) =>
      mutateEnvelope(input, other, chance, { sign, bytesMax: BYTES_MAX }),
  };
  it.each(Object.entries(mutators))("of %s are the same for the same seed, and bounded", (_name, mutate) => {
    const input = fc.constantFrom(...envelopes);
    fc.assert(
      fc.property(seeds, input, input, (seed, one, other) => {
        const before = hexOf(one);
        const mutated = mutate(new Chance(seed), one, other);
        expect(hexOf(mutate(new Chance(seed), one, other))).toBe(hexOf(mutated));
        expect(mutated.length).toBeLessThanOrEqual(BYTES_MAX);
        expect(hexOf(one)).toBe(before);
      }),
      { numRuns: 300 },
    );
  });

  it("of images are the same for the same seed, bounded, and half of them modules", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const mutated = mutateImage(IMAGE, randomImage(new Chance(seed)), new Chance(seed), 2048);
        expect(hexOf(mutateImage(IMAGE, randomImage(new Chance(seed)), new Chance(seed), 2048))).toBe(
          hexOf(mutated),
        );
        expect(mutated.length).toBeLessThanOrEqual(2048);
        expect(WebAssembly.validate(randomImage(new Chance(seed)))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("hit something else with every seed", () => {
    const [envelope = new Uint8Array()] = envelopes;
    const results = Array.from({ length: 200 }, (_, seed) =>
      hexOf(mutators.envelopes(new Chance(seed), envelope, envelope)),
    );
    expect(new Set(results).size).toBeGreaterThan(150);
  });
});

describe("quick signatures", () => {
  it("are accepted by node:crypto", () => {
    const quick = quickSigner(AUTHOR);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (message) => {
        expect(verifyMessage(AUTHOR, message, quick(sha256(message)))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a minimal corpus", () => {
  const entries = fc.array(
    fc.record({
      bytes: fc.uint8Array({ maxLength: 6 }),
      features: fc
        .uniqueArray(fc.nat({ max: 40 }), { minLength: 1, maxLength: 8 })
        .map((list) => Uint32Array.from(list)),
    }),
    { maxLength: 30 },
  );
  const reach = (list: readonly CorpusEntry[]): number[] =>
    [...new Set(list.flatMap(({ features }) => [...features]))].sort((a, b) => a - b);

  it("reaches all that the whole one reaches, and nothing of it can be left out", () => {
    fc.assert(
      fc.property(entries, (list) => {
        const minimal = minimalCorpus(list);
        expect(reach(minimal)).toEqual(reach(list));
        for (const entry of minimal) {
          expect(reach(minimal.filter((other) => other !== entry)).length).toBeLessThan(reach(list).length);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("shrinking", () => {
  it("leaves the bytes that matter and no others", () => {
    const matters = (bytes: Uint8Array): boolean => {
      const at = bytes.indexOf(7);
      return at >= 0 && bytes.indexOf(9, at) > at;
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const input = Uint8Array.from([...noise, 7, ...noise, 9, ...noise]);
        expect(shrinkInput(input, shorterBytes, matters, 10_000)).toEqual(Uint8Array.of(7, 9));
      }),
      { numRuns: 100 },
    );
  });

  it("of envelopes that end before they say drops what does not matter, and keeps them signed", () => {
    const [key, claim] = [Uint8Array.of(23), Uint8Array.of(0x5a, 0, 1, 0, 0x10)];
    const claims = (bytes: Uint8Array): boolean =>
      hexOf(bytes).includes(hexOf(Uint8Array.of(...key, ...claim)));
    const signed = (bytes: Uint8Array): Uint8Array =>
      writeRepaired(readNodes(bytes, true), "signatures", sign);
    const isSigned = (bytes: Uint8Array): boolean => hexOf(signed(bytes)) === hexOf(bytes);
    const maps = (bytes: Uint8Array): CborNode[] => readNodes(bytes)[0]?.children ?? [];
    const whole = envelopes.filter((envelope) => maps(envelope).length > 0);
    expect(whole.length).toBe(envelopes.length - 1);
    fc.assert(
      fc.property(fc.constantFrom(...whole), (envelope) => {
        const [root] = readNodes(envelope);
        const map = root?.children[0];
        if (root === undefined || map === undefined) throw new Error("A whole seed is an envelope.");
        map.argument += 1n;
        const input = signed(
          Uint8Array.from([...writeNodes([root]), ...key, ...claim, ...IMAGE.subarray(0, 100)]),
        );
        const shrunk = shrinkInput(
          input,
          (each) => simplerEnvelopes(each, sign),
          (each) => claims(each) && isSigned(each) && each.length > 120,
          4000,
        );
        expect(isSigned(input)).toBe(true);
        expect(shrunk.length).toBeLessThan(200);
      }),
      { numRuns: 10 },
    );
  });

  it("of envelopes offers simpler ones only, and comes to an end", () => {
    const [envelope = new Uint8Array()] = envelopes;
    const shrunk = shrinkInput(
      envelope,
      (input) => simplerEnvelopes(input, sign),
      (input) => input[0] === 0xd8,
      20_000,
    );
    expect(shrunk).toEqual(Uint8Array.of(0xd8));
  });
});
