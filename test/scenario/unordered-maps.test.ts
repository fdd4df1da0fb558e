/**
 * The build that takes maps in any order (assembly/feature.ts, UnorderedMaps), and the default, which does not.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildVariant, MANAGED } from "../../host/build/variant.ts";
import { encodeCbor, Raw, Tagged, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { encodeDigest } from "../../host/manifest/digest.ts";
import { signatureBlock } from "../../host/manifest/sign.ts";
import { classIdentifier, vendorIdentifier } from "../../host/manifest/uuid.ts";
import { acceptable, image, judgeEnvelope, trusted } from "../candidate.ts";

type Pair = readonly [number, Cbor];

/** A map of the pairs as they stand, whatever their order. */
const asItStands = (pairs: readonly Pair[]): Raw =>
  new Raw(
    Uint8Array.from([
      ...(pairs.length < 24 ? [0xa0 + pairs.length] : [0xb9, pairs.length >> 8, pairs.length & 0xff]),
      ...pairs.flatMap((pair) => pair.flatMap((item) => [...encodeCbor(item)])),
    ]),
  );
const inBytes = (item: Cbor): Uint8Array => encodeCbor(item);

const vendorId = vendorIdentifier("brownout.example");
const PARAMETERS: readonly Pair[] = [
  [1, vendorId],
  [2, classIdentifier(vendorId, "sensor")],
  [3, encodeDigest(image)],
  [14, image.length],
  [21, acceptable.uri],
];
const COMPONENTS: Pair = [2, [[new TextEncoder().encode("app")]]];

interface Orders {
  readonly parameters: readonly Pair[];
  readonly common: (shared: Pair) => readonly Pair[];
  readonly members: (pairs: readonly Pair[]) => readonly Pair[];
}

/** A genuine update whose maps are in these orders. */
function updateOf({ parameters, common, members }: Orders): Uint8Array {
  const shared: Pair = [4, inBytes([20, asItStands(parameters), 1, 15, 2, 15])];
  const manifest = encodeCbor(
    asItStands(
      members([
        [1, 1],
        [2, 2],
        [3, inBytes(asItStands(common(shared)))],
        [7, inBytes([3, 15])],
        [9, inBytes([23, 2])],
        [20, inBytes([21, 2, 3, 15])],
      ]),
    ),
  );
  const digest = encodeDigest(encodeCbor(manifest));
  const wrapper = encodeCbor([digest, signatureBlock(digest, trusted, -9)]);
  return encodeCbor(
    new Tagged(
      107,
      new Map<Cbor, Cbor>([
        [2, wrapper],
        [3, manifest],
      ]),
    ),
  );
}

const ORDERED: Orders = {
  parameters: PARAMETERS,
  common: (shared) => [COMPONENTS, shared],
  members: (pairs) => pairs,
};
const backwards = <Item>(items: readonly Item[]): Item[] => [...items].reverse();

let lenient = new Uint8Array(0);
beforeAll(async () => {
  const { module } = await buildVariant({ ...MANAGED, unorderedMaps: true });
  lenient = new Uint8Array(module);
}, 60_000);

const verdictOf = (envelope: Uint8Array): string => judgeEnvelope(envelope, { bootloader: lenient }).verdict;

describe("a build that takes maps in any order", () => {
  it("installs the same update whatever order the keys of its maps are in", () => {
    const shuffled = <Item>(items: readonly Item[]): fc.Arbitrary<Item[]> =>
      fc.shuffledSubarray([...items], { minLength: items.length });
    fc.assert(
      fc.property(
        shuffled(PARAMETERS),
        fc.boolean(),
        shuffled([0, 1, 2, 3, 4, 5]),
        (parameters, isTurned, order) => {
          const envelope = updateOf({
            parameters,
            common: (shared) => (isTurned ? [shared, COMPONENTS] : [COMPONENTS, shared]),
            members: (pairs) => order.flatMap((index) => pairs.slice(index, index + 1)),
          });
          expect(verdictOf(envelope)).toBe("accepted");
        },
      ),
      { numRuns: 40 },
    );
  });

  it("reads which component is a dependency even if the components stand before it", () => {
    const withDependency = (common: readonly Pair[]): Uint8Array => {
      const shared: Pair = [4, inBytes([12, 0, 20, asItStands(PARAMETERS), 1, 15, 2, 15])];
      return updateOf({
        ...ORDERED,
        common: () => [...common, shared],
        members: (pairs) =>
          pairs.map(([key, value]) =>
            key === 7 || key === 9 || key === 20
              ? [key, inBytes([12, 0, ...(key === 9 ? [23, 2] : key === 7 ? [3, 15] : [21, 2, 3, 15])])]
              : [key, value],
          ),
      });
    };
    const app = new TextEncoder().encode("app");
    const components: Pair = [2, [[app], [Uint8Array.of(9)]]];
    const dependencies: Pair = [1, new Map<Cbor, Cbor>([[1, new Map<Cbor, Cbor>()]])];
    expect(verdictOf(withDependency([dependencies, components]))).toBe("accepted");
    expect(verdictOf(withDependency([components, dependencies]))).toBe("accepted");
    // Without the dependency the device has no such component.
    expect(verdictOf(withDependency([components]))).toBe("component-unknown");
  });

  it("refuses a key that comes twice, next to each other or not", () => {
    const [first, second, ...rest] = PARAMETERS;
    if (first === undefined || second === undefined) throw new Error("There are five parameters.");
    for (const parameters of [
      [first, first, second, ...rest],
      [...PARAMETERS, first],
      [second, first, ...rest, second],
    ]) {
      expect(verdictOf(updateOf({ ...ORDERED, parameters }))).toBe("cbor-duplicate-key");
    }
    expect(verdictOf(updateOf({ ...ORDERED, members: (pairs) => [...pairs, ...pairs.slice(0, 1)] }))).toBe(
      "cbor-duplicate-key",
    );
    expect(verdictOf(updateOf({ ...ORDERED, common: (shared) => [shared, COMPONENTS, shared] }))).toBe(
      "cbor-duplicate-key",
    );
  });

  it("reads a map of thousands of keys as fast as the default build does", () => {
    const unknown = Array.from({ length: 5000 }, (_, index): Pair => [100 + index, 0]);
    const members = (pairs: readonly Pair[]): readonly Pair[] => [...pairs, ...unknown];
    const envelope = updateOf({ ...ORDERED, members });
    const payload = new Uint8Array(1);
    const ours = judgeEnvelope(envelope, { payload });
    const theirs = judgeEnvelope(envelope, { payload, bootloader: lenient });
    expect([ours.verdict, theirs.verdict]).toEqual(["member-unknown", "member-unknown"]);
    expect(theirs.cycle.fuel).toBeLessThan(1.1 * ours.cycle.fuel);
  });

  it("keeps the envelope in order, by whose first bytes an update is known", () => {
    const [tag, size, head, ...wrapper] = updateOf(ORDERED).subarray(1);
    expect([tag, size, head]).toEqual([107, 0xa2, 2]);
    const turned = Uint8Array.from([0xd8, 107, 0xa2, 3, 0x40, 2, ...wrapper]);
    expect(verdictOf(turned)).toBe("cbor-key-order");
  });
});

describe("the default build", () => {
  const verdict = (orders: Partial<Orders>): string =>
    judgeEnvelope(updateOf({ ...ORDERED, ...orders })).verdict;

  it("takes the same update in order, and refuses it in any other", () => {
    expect(verdict({})).toBe("accepted");
    expect(verdict({ parameters: backwards(PARAMETERS) })).toBe("cbor-key-order");
    expect(verdict({ members: backwards })).toBe("cbor-key-order");
    expect(verdict({ common: (shared) => [shared, COMPONENTS] })).toBe("cbor-key-order");
  });
});
