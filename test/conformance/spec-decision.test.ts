/**
 * What was decided where the drafts contradict themselves, each other or the field: docs/conformance.md. Every
 * decision is asked of the device and of the host.
 */
import { describe, expect, it } from "vitest";
import { publicKeyOf } from "../../host/keys/key.ts";
import { encodeCbor, Tagged, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { decodeEnvelope } from "../../host/manifest/decode.ts";
import { digestItem } from "../../host/manifest/digest.ts";
import { signatureBlock } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { statusText } from "../../host/status-text.ts";
import { DeviceJudge } from "../device-judge.ts";
import {
  envelope,
  envelopeAround,
  KEY,
  manifestBytes,
  map,
  sequence,
  UNPINNED_KEY,
  type Changes,
} from "../unit/manifest-fixture.ts";

const pinned = publicKeyOf(KEY);
const unpinned = publicKeyOf(UNPINNED_KEY);
const pinnedJudge = new DeviceJudge([pinned]);
const unpinnedJudge = new DeviceJudge([unpinned]);

/** What device and host say, who have to agree. */
function reasonOf(bytes: Uint8Array, { isPinned = true } = {}): string {
  const device = statusText((isPinned ? pinnedJudge : unpinnedJudge).verify(bytes))?.code;
  const host = verifyEnvelope(bytes, [isPinned ? pinned : unpinned]).reason;
  expect(device).toBe(host);
  return host;
}

const ofManifest = (changes: Changes): string => reasonOf(envelope(changes));
const ofValidate = (...items: readonly Cbor[]): string => ofManifest({ manifest: [[7, sequence(...items)]] });
const ofComponents = (...components: readonly Cbor[]): string => ofManifest({ common: [[2, components]] });
const twoComponents: readonly Cbor[] = [[Uint8Array.of(0)], [Uint8Array.of(1)]];

describe("device and host", () => {
  it("take ES256 and ESP256 for one algorithm under a key of P-256, and tell them apart under a pinned key", () => {
    const signedWith = (alg: -7 | -9, key: typeof KEY): Uint8Array =>
      envelopeAround(manifestBytes(), { blocks: (digest) => [signatureBlock(digest, key, alg)] });
    expect(reasonOf(signedWith(-7, UNPINNED_KEY), { isPinned: false })).toBe("ok");
    expect(reasonOf(signedWith(-9, UNPINNED_KEY), { isPinned: false })).toBe("ok");
    expect(reasonOf(signedWith(-9, KEY))).toBe("ok");
    expect(reasonOf(signedWith(-7, KEY))).toBe("key-algorithm-mismatch");
  });

  it("judge a manifest whatever image its digest is of", () => {
    const placeholder = Uint8Array.from({ length: 32 }, (_, index) => index);
    expect(ofValidate(20, map([3, encodeCbor([-16, placeholder])], [14, 34768]), 3, 15)).toBe("ok");
  });

  it("refuse an envelope that has lost its tag", () => {
    expect(reasonOf(envelope())).toBe("ok");
    expect(reasonOf(envelope().subarray(2))).toBe("draft-too-old");
  });

  it("take a component of the list for a dependency or the index behind it, and refuse a gap", () => {
    const selecting = (dependency: number, selected: number): string =>
      ofManifest({
        common: [
          [1, map([dependency, map()])],
          [4, sequence(12, 0, 1, 15)],
        ],
        manifest: [
          [7, sequence(12, selected, 3, 15)],
          [9, sequence(12, 0, 23, 2)],
        ],
      });
    expect(selecting(0, 0)).toBe("ok");
    expect(selecting(1, 1)).toBe("ok");
    expect(selecting(1, 2)).toBe("component-index-invalid");
    expect(selecting(2, 0)).toBe("component-index-invalid");
    // Without dependencies, only components have an index.
    expect(ofValidate(12, 1, 3, 15)).toBe("component-index-invalid");
  });

  it("ask for no order of dependency-integrity and process-dependency before anything runs", () => {
    expect(ofValidate(11, 15)).toBe("ok");
    expect(ofValidate(7, 15, 11, 15)).toBe("ok");
    expect(ofManifest({ common: [[4, sequence(11, 15)]] })).toBe("shared-command-forbidden");
  });

  it("take set-parameters in the shared sequence as everywhere", () => {
    const setting = [19, map([21, "#a"])] as const;
    expect(ofManifest({ common: [[4, sequence(...setting)]] })).toBe("ok");
    expect(ofValidate(...setting)).toBe("ok");
  });

  it("accept a try-each of one sequence and nil, and refuse one sequence alone", () => {
    expect(ofValidate(15, [sequence(3, 15), null])).toBe("ok");
    expect(ofValidate(15, [sequence(3, 15)])).toBe("argument-malformed");
    expect(ofValidate(15, [null])).toBe("argument-malformed");
  });

  it("call commands below -256 custom and those from -256 to 0 unknown, and run neither", () => {
    expect(ofValidate(-257, null)).toBe("command-unsupported");
    for (const label of [-256, -1, 0]) expect(ofValidate(label, null), String(label)).toBe("command-unknown");
  });

  it("process candidate-verification alike, whole or severed", () => {
    const severed = (commands: Uint8Array): Cbor => digestItem(encodeCbor(commands));
    const checking = sequence(3, 15);
    expect(ofManifest({ manifest: [[18, checking]] })).toBe("ok");
    expect(ofManifest({ manifest: [[18, severed(checking)]] })).toBe("ok");
    expect(ofManifest({ manifest: [[18, severed(checking)]], envelope: [[18, checking]] })).toBe("ok");
    const waiting = sequence(29, 2);
    expect(ofManifest({ manifest: [[18, waiting]] })).toBe("command-unsupported");
    expect(ofManifest({ manifest: [[18, severed(waiting)]], envelope: [[18, waiting]] })).toBe(
      "command-unsupported",
    );
  });

  it("take a CoSWID and text, whole, severed or severed away, and look no further into them", () => {
    const anything = Uint8Array.of(0xff);
    for (const member of [14, 23]) {
      const severed: readonly [number, Cbor] = [member, digestItem(encodeCbor(anything))];
      expect(ofManifest({ manifest: [[member, anything]] })).toBe("ok");
      expect(ofManifest({ manifest: [severed], envelope: [[member, anything]] })).toBe("ok");
      expect(ofManifest({ manifest: [severed] })).toBe("ok");
      expect(ofManifest({ manifest: [severed], envelope: [[member, Uint8Array.of(0)]] })).toBe(
        "severed-digest-mismatch",
      );
      expect(ofManifest({ manifest: [[member, 1]] })).toBe("cbor-unexpected-type");
      expect(ofManifest({ envelope: [[member, anything]] })).toBe("member-redundant");
    }
  });

  it("know fetch-arguments, and refuse to guess what they mean", () => {
    expect(ofValidate(20, map([25, Uint8Array.of(1)]))).toBe("parameter-unsupported");
    expect(ofValidate(20, map([23, Uint8Array.of(1)]))).toBe("parameter-unsupported");
    expect(ofValidate(20, map([31, 1]))).toBe("parameter-unknown");
  });

  it("refuse each of the forms that they do not process by a reason of its own", () => {
    const enterprise = new Tagged(112, Uint8Array.of(1));
    for (const [parameter, value, reason] of [
      [1, enterprise, "argument-unsupported"],
      [2, enterprise, "argument-unsupported"],
      [1, new Uint8Array(15), "argument-malformed"],
      [1, "brownout", "cbor-unexpected-type"],
      [19, new Uint8Array(3), "parameter-unsupported"],
      [23, Uint8Array.of(1), "parameter-unsupported"],
      [25, Uint8Array.of(1), "parameter-unsupported"],
    ] as const) {
      expect(ofValidate(20, map([parameter, value])), String(parameter)).toBe(reason);
    }
  });

  it("take a prefix of one part or more, and nothing else that could be said of a dependency", () => {
    const ofDependency = (dependency: Cbor): string =>
      ofManifest({
        common: [
          [1, map([1, dependency])],
          [4, sequence(12, 0, 1, 15)],
        ],
        manifest: [
          [7, sequence(12, 0, 3, 15)],
          [9, sequence(12, 0, 23, 2)],
        ],
      });
    expect(ofDependency(map([1, [Uint8Array.of(0)]]))).toBe("ok");
    expect(ofDependency(map([1, [new Uint8Array(0), Uint8Array.of(0)]]))).toBe("ok");
    expect(ofDependency(map([1, []]))).toBe("component-malformed");
    expect(ofDependency(map([1, [1]]))).toBe("cbor-unexpected-type");
    expect(ofDependency(map([2, [Uint8Array.of(0)]]))).toBe("member-unsupported");
    expect(ofDependency(map([1, [Uint8Array.of(0)]], [2, 0]))).toBe("member-unsupported");
    expect(ofDependency(map(["prefix", 0]))).toBe("cbor-unexpected-type");
    expect(ofDependency([])).toBe("cbor-unexpected-type");
  });

  it("take a manifest-component-id of any name, and refuse one without parts", () => {
    expect(ofManifest({ manifest: [[5, [Uint8Array.of(9), new Uint8Array(0)]]] })).toBe("ok");
    expect(ofManifest({ manifest: [[5, []]] })).toBe("component-malformed");
    expect(ofManifest({ manifest: [[5, [1]]] })).toBe("cbor-unexpected-type");
  });

  it("refuse keys out of order and keys that come twice, in every map", () => {
    const pairs = (first: number, second: number, value: number): Uint8Array =>
      Uint8Array.of(0xa2, first, value, second, value);
    expect(reasonOf(Uint8Array.of(0xd8, 107, 0xa2, 3, 0x40, 2, 0x40))).toBe("cbor-key-order");
    expect(reasonOf(Uint8Array.of(0xd8, 107, 0xa2, 2, 0x40, 2, 0x40))).toBe("cbor-duplicate-key");
    expect(reasonOf(envelopeAround(pairs(2, 1, 1)))).toBe("cbor-key-order");
    expect(reasonOf(envelopeAround(pairs(1, 1, 1)))).toBe("cbor-duplicate-key");
    expect(ofManifest({ manifest: [[3, Uint8Array.of(0xa2, 4, 0x40, 2, 0x80)]] })).toBe("cbor-key-order");
    const parameters = (...keys: readonly number[]): Uint8Array =>
      Uint8Array.of(0x82, 20, 0xa2, ...keys.flatMap((key) => [key, 1]));
    expect(ofManifest({ manifest: [[7, parameters(14, 5)]] })).toBe("cbor-key-order");
    expect(ofManifest({ manifest: [[7, parameters(5, 5)]] })).toBe("cbor-duplicate-key");
  });

  it("refuse a component identifier without parts, and take an empty part for a part", () => {
    expect(ofComponents([])).toBe("component-malformed");
    expect(ofComponents([new Uint8Array(0)])).toBe("ok");
    expect(ofComponents()).toBe("component-malformed");
  });

  it("refuse a sequence number that is negative or beyond 64 bits, and take every other", () => {
    const numbered = (value: Cbor): string => ofManifest({ manifest: [[2, value]] });
    expect(numbered(-123456789)).toBe("cbor-unexpected-type");
    expect(numbered(new Tagged(2, new Uint8Array(9).fill(1)))).toBe("cbor-unexpected-type");
    expect(numbered((1n << 64n) - 1n)).toBe("ok");
    expect(numbered(0)).toBe("ok");
  });

  it("require a sequence to select among several components, and not of a manifest with one", () => {
    expect(ofManifest({ common: [[2, twoComponents]] })).toBe("component-index-invalid");
    expect(ofManifest({})).toBe("ok");
  });
});

describe("the author's tool", () => {
  it("writes set-version in a byte string and severs candidate-verification, and reads both back", () => {
    const json = {
      sequenceNumber: 1,
      components: [["app"]],
      setVersion: [1, 2],
      validate: ["image-match"],
      candidateVerification: ["image-match"],
      severable: ["candidateVerification"],
    };
    const bytes = createEnvelope(json);
    const wrapped = encodeCbor(map([6, sequence(1, 2)])).subarray(1);
    expect(Buffer.from(bytes).includes(Buffer.from(wrapped))).toBe(true);
    expect(JSON.stringify(decodeEnvelope(bytes))).not.toContain('"cbor"');
    expect(decodeEnvelope(bytes)).toMatchObject({ severable: ["candidateVerification"] });
  });
});
