/**
 * The host's verifier: one envelope per rule, and the reason it gives.
 */
import { describe, expect, it } from "vitest";
import { generateKey, publicKeyOf } from "../../host/keys/key.ts";
import { encodeCbor, Tagged, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { digestItem, encodeDigest } from "../../host/manifest/digest.ts";
import { signatureBlock } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import {
  envelope,
  envelopeAround,
  KEY,
  manifestBytes,
  map,
  sequence,
  sign1,
  UNPINNED_KEY,
  type Changes,
} from "./manifest-fixture.ts";

const ANCHOR = publicKeyOf(KEY);
const reasonOf = (bytes: Uint8Array): string => verifyEnvelope(bytes, [ANCHOR]).reason;
const ofManifest = (changes: Changes): string => reasonOf(envelope(changes));
const ofValidate = (...items: readonly Cbor[]): string => ofManifest({ manifest: [[7, sequence(...items)]] });
const ofParameters = (...pairs: readonly (readonly [Cbor, Cbor])[]): string => ofValidate(20, map(...pairs));
const ofShared = (...items: readonly Cbor[]): string => ofManifest({ common: [[4, sequence(...items)]] });
const ofBlocks = (blocks: (digest: Uint8Array) => readonly Uint8Array[]): string =>
  reasonOf(envelopeAround(manifestBytes(), { blocks }));
const twoComponents: readonly [number, Cbor] = [2, [[Uint8Array.of(0)], [Uint8Array.of(1)]]];

describe("verifyEnvelope accepts", () => {
  it("the smallest good envelope, and says who signed it and its sequence number", () => {
    expect(verifyEnvelope(envelope(), [ANCHOR])).toEqual({
      ok: true,
      reason: "ok",
      message: "Signed with ESP256 (-9) by the key; sequence number 7.",
    });
  });

  it("a second signature when the first is of an unsupported algorithm", () => {
    const blocks = (digest: Uint8Array): Uint8Array[] => [
      sign1(digest, { protectedHeader: encodeCbor(map([1, -19])) }),
      signatureBlock(digest, KEY, -9),
    ];
    expect(ofBlocks(blocks)).toBe("ok");
  });

  it("ES256 and ESP256 under a key that states no algorithm", () => {
    for (const alg of [-7, -9] as const) {
      const bytes = envelopeAround(manifestBytes(), {
        blocks: (digest) => [signatureBlock(digest, UNPINNED_KEY, alg)],
      });
      expect(verifyEnvelope(bytes, [publicKeyOf(UNPINNED_KEY)]).reason).toBe("ok");
    }
  });

  it("a key identifier in either header", () => {
    const kid = Uint8Array.of(1, 2);
    expect(ofBlocks((digest) => [sign1(digest, { unprotected: map([4, kid]) })])).toBe("ok");
  });

  it("a severed member that is there with its digest, and one that is left out", () => {
    const install = sequence(21, 2);
    const severed: Changes = { manifest: [[20, digestItem(encodeCbor(install))]] };
    expect(ofManifest({ ...severed, envelope: [[20, install]] })).toBe("ok");
    expect(ofManifest(severed)).toBe("ok");
  });

  it("strict-order false, which is only a hint", () => {
    expect(ofParameters([12, false])).toBe("ok");
  });

  it("a try-each of one sequence and null", () => {
    expect(ofValidate(15, [sequence(3, 15), null])).toBe("ok");
  });

  it("soft-failure inside run-sequence and try-each", () => {
    const soft = sequence(20, map([13, true]), 3, 15);
    expect(ofValidate(32, soft)).toBe("ok");
    expect(ofValidate(15, [soft, sequence(14, 15)])).toBe("ok");
  });

  it("sequences nested as deeply as the limit", () => {
    expect(ofValidate(...nested(4))).toBe("ok");
  });

  it("two components that every sequence selects", () => {
    const changes: Changes = {
      common: [twoComponents, [4, sequence(12, true, 1, 15)]],
      manifest: [
        [7, sequence(12, [0, 1], 3, 15)],
        [9, sequence(12, 1, 23, 2)],
      ],
    };
    expect(ofManifest(changes)).toBe("ok");
  });
});

describe("verifyEnvelope refuses the structure of an envelope", () => {
  const good = envelope();
  const spliced = (offset: number, removed: number, ...inserted: readonly number[]): Uint8Array =>
    Uint8Array.from([...good.slice(0, offset), ...inserted, ...good.slice(offset + removed)]);

  it.each<[string, string, Uint8Array]>([
    ["that is empty", "cbor-truncated", new Uint8Array(0)],
    ["that ends early", "cbor-truncated", good.subarray(0, good.length - 1)],
    ["with bytes left over", "cbor-trailing", Uint8Array.from([...good, 0])],
    ["without tag 107", "draft-too-old", good.subarray(2)],
    ["that is an array", "envelope-tag", Uint8Array.of(0x80)],
    ["with a bare manifest's tag", "envelope-tag", encodeCbor(new Tagged(1070, map()))],
    ["with a tag that is not in its shortest form", "cbor-not-shortest", spliced(0, 2, 0xd9, 0, 0x6b)],
    ["with a map of indefinite length", "cbor-indefinite", spliced(2, 1, 0xbf)],
    ["with a reserved head", "cbor-reserved", spliced(2, 1, 0xbc)],
    ["that is not a map", "cbor-unexpected-type", encodeCbor(new Tagged(107, [1]))],
    [
      "with a member that is not a byte string",
      "cbor-unexpected-type",
      encodeCbor(new Tagged(107, map([2, 1]))),
    ],
    [
      "with an integrated payload that is not a byte string",
      "cbor-unexpected-type",
      envelope({ envelope: [["#a", "x"]] }),
    ],
    ["with its keys out of order", "cbor-key-order", Uint8Array.of(0xd8, 107, 0xa2, 3, 0x40, 2, 0x40)],
    ["with the same key twice", "cbor-duplicate-key", Uint8Array.of(0xd8, 107, 0xa2, 2, 0x40, 2, 0x40)],
    [
      "without authentication wrapper",
      "authentication-missing",
      encodeCbor(new Tagged(107, map([3, Uint8Array.of(0)]))),
    ],
    ["without manifest", "manifest-missing", encodeCbor(new Tagged(107, map([2, Uint8Array.of(0)])))],
    ["with an unknown member", "member-unknown", envelope({ envelope: [[100, new Uint8Array(1)]] })],
    ["with key 0", "member-unknown", Uint8Array.of(0xd8, 107, 0xa1, 0, 0x40)],
    ["with a key of an older draft", "draft-too-old", envelope({ envelope: [[17, sequence(21, 2)]] })],
  ])("%s: %s", (_, reason, bytes) => {
    expect(reasonOf(bytes)).toBe(reason);
  });

  it("and says at which byte", () => {
    const verdict = verifyEnvelope(spliced(2, 1, 0xbf), [ANCHOR]);
    expect(verdict).toMatchObject({
      ok: false,
      offset: 2,
      message: "An item has indefinite length (byte 2).",
    });
  });
});

describe("verifyEnvelope refuses the authentication of an envelope", () => {
  const manifest = manifestBytes();

  it.each<[string, string, (digest: Uint8Array) => readonly Uint8Array[]]>([
    ["without signature", "unsigned", () => []],
    [
      "with a signature by another key",
      "signature-invalid",
      (digest) => [signatureBlock(digest, generateKey(), -9)],
    ],
    [
      "with a signature over another digest",
      "signature-invalid",
      () => [signatureBlock(encodeDigest(manifest), KEY, -9)],
    ],
    [
      "signed with an algorithm the key is not pinned to",
      "key-algorithm-mismatch",
      (digest) => [signatureBlock(digest, KEY, -7)],
    ],
    [
      "signed with an unsupported algorithm",
      "algorithm-unsupported",
      (digest) => [sign1(digest, { protectedHeader: encodeCbor(map([1, -19])) })],
    ],
    [
      "signed with an algorithm that is a text",
      "algorithm-unsupported",
      (digest) => [sign1(digest, { protectedHeader: encodeCbor(map([1, "a"])) })],
    ],
    [
      "whose protected header is empty",
      "algorithm-unprotected",
      (digest) => [sign1(digest, { protectedHeader: new Uint8Array(0) })],
    ],
    [
      "whose algorithm is unprotected",
      "algorithm-unprotected",
      (digest) => [sign1(digest, { protectedHeader: new Uint8Array(0), unprotected: map([1, -9]) })],
    ],
    [
      "whose algorithm is in both headers",
      "cose-malformed",
      (digest) => [sign1(digest, { unprotected: map([1, -9]) })],
    ],
    [
      "with a critical header",
      "critical-header",
      (digest) => [sign1(digest, { protectedHeader: encodeCbor(map([1, -9], [2, [4]])) })],
    ],
    ["with an embedded payload", "payload-embedded", (digest) => [sign1(digest, { payload: digest })]],
    ["with a payload of another type", "cose-malformed", (digest) => [sign1(digest, { payload: 1 })]],
    ["with a MAC", "cose-unsupported", (digest) => [sign1(digest, { tag: 17 })]],
    ["with a tag of something else", "cose-malformed", (digest) => [sign1(digest, { tag: 16 })]],
    ["without COSE tag", "cose-malformed", (digest) => [signatureBlock(digest, KEY, -9).slice(1)]],
    [
      "with a COSE structure of three elements",
      "cose-malformed",
      () => [encodeCbor(new Tagged(18, [new Uint8Array(0), map(), null]))],
    ],
    [
      "with a signature of 63 bytes",
      "signature-malformed",
      (digest) => [sign1(digest, { signature: new Uint8Array(63) })],
    ],
    [
      "with r = 0",
      "signature-malformed",
      (digest) => [sign1(digest, { signature: new Uint8Array(64).fill(1, 32) })],
    ],
    [
      "with s = 0",
      "signature-malformed",
      (digest) => [sign1(digest, { signature: new Uint8Array(64).fill(1, 0, 32) })],
    ],
    [
      "with r and s above the order of the curve",
      "signature-malformed",
      (digest) => [sign1(digest, { signature: new Uint8Array(64).fill(0xff) })],
    ],
    [
      "with more signatures than the limit",
      "too-many-signatures",
      (digest) => Array.from({ length: 5 }, () => signatureBlock(digest, KEY, -9)),
    ],
  ])("%s: %s", (_, reason, blocks) => {
    expect(ofBlocks(blocks)).toBe(reason);
  });

  it.each<[string, string, Cbor]>([
    ["of another length", "digest-malformed", [-16, new Uint8Array(31)]],
    ["with a third element", "digest-malformed", [-16, new Uint8Array(32), 0]],
    ["of SHA-384", "digest-unsupported", [-43, new Uint8Array(48)]],
    ["of an unknown algorithm", "digest-unsupported", [-999, new Uint8Array(32)]],
    ["with the algorithm number of old drafts", "draft-too-old", [2, new Uint8Array(32)]],
  ])("with a digest %s: %s", (_, reason, digest) => {
    expect(reasonOf(envelopeAround(manifest, { digest: encodeCbor(digest) }))).toBe(reason);
  });

  it("whose manifest is not the signed one", () => {
    const other = encodeDigest(encodeCbor(manifestBytes({ manifest: [[2, 8]] })));
    expect(reasonOf(envelopeAround(manifest, { digest: other }))).toBe("manifest-digest-mismatch");
  });

  it("whose digest covers the map instead of its byte string", () => {
    expect(reasonOf(envelopeAround(manifest, { digest: encodeDigest(manifest) }))).toBe(
      "manifest-digest-mismatch",
    );
  });

  it("before it looks into the manifest", () => {
    const broken = Uint8Array.of(0xff);
    expect(reasonOf(envelopeAround(broken, { blocks: () => [] }))).toBe("unsigned");
    expect(
      reasonOf(envelopeAround(broken, { blocks: (digest) => [signatureBlock(digest, generateKey(), -9)] })),
    ).toBe("signature-invalid");
    expect(reasonOf(envelopeAround(broken))).toBe("cbor-indefinite");
  });

  it("under no keys at all", () => {
    expect(verifyEnvelope(envelope(), []).reason).toBe("key-algorithm-mismatch");
  });

  it("with the reason of the first of several signatures", () => {
    const blocks = (digest: Uint8Array): Uint8Array[] => [
      signatureBlock(digest, generateKey(), -9),
      sign1(digest, { tag: 17 }),
    ];
    expect(ofBlocks(blocks)).toBe("signature-invalid");
  });
});

describe("verifyEnvelope refuses a manifest", () => {
  it.each<[string, string, Changes]>([
    ["of another version", "version-unsupported", { manifest: [[1, 2]] }],
    ["without version", "manifest-member-missing", { manifest: [[1, undefined]] }],
    ["without sequence number", "manifest-member-missing", { manifest: [[2, undefined]] }],
    ["with a negative sequence number", "cbor-unexpected-type", { manifest: [[2, -123456789]] }],
    ["without common", "manifest-member-missing", { manifest: [[3, undefined]] }],
    ["without validate", "manifest-member-missing", { manifest: [[7, undefined]] }],
    ["with set-version", "member-unsupported", { manifest: [[6, sequence(3, 15)]] }],
    ["with an unknown member", "member-unknown", { manifest: [[99, 1]] }],
    ["with a private member", "member-unknown", { manifest: [[-300, 1]] }],
    ["with steps of an old draft", "draft-too-old", { manifest: [[10, sequence(3, 15)]] }],
    ["with install of drafts 17 to 26", "draft-too-old", { manifest: [[17, sequence(21, 2)]] }],
    ["with a reference URI that is not a text", "cbor-unexpected-type", { manifest: [[4, 1]] }],
    ["with two dependencies", "too-many-dependencies", { common: [[1, map([1, map()], [2, map()])]] }],
    ["with no dependency in the map", "component-malformed", { common: [[1, map()]] }],
    ["with a dependency out of reach", "component-index-invalid", { common: [[1, map([2, map()])]] }],
    [
      "with a dependency whose prefix is empty",
      "component-malformed",
      { common: [[1, map([1, map([1, []])])]] },
    ],
    [
      "with a dependency that has something else than a prefix",
      "member-unsupported",
      { common: [[1, map([1, map([2, [Uint8Array.of(0)]])])]] },
    ],
    ["without components", "manifest-member-missing", { common: [[2, undefined]] }],
    ["with no component", "component-malformed", { common: [[2, []]] }],
    ["with an empty component identifier", "component-malformed", { common: [[2, [[]]]] }],
    ["with a component identifier of text", "cbor-unexpected-type", { common: [[2, [["a"]]]] }],
    [
      "with the same component twice",
      "component-malformed",
      { common: [[2, [[Uint8Array.of(0)], [Uint8Array.of(0)]]]] },
    ],
    [
      "with three components",
      "too-many-components",
      { common: [[2, [0, 1, 2].map((byte) => [Uint8Array.of(byte)])]] },
    ],
    ["with an unknown member in common", "member-unknown", { common: [[3, 1]] }],
    ["whose install is neither bytes nor digest", "cbor-unexpected-type", { manifest: [[20, 1]] }],
    [
      "whose severed install has a digest of SHA-512",
      "digest-unsupported",
      { manifest: [[20, [-44, new Uint8Array(64)]]] },
    ],
    [
      "with a severed member of another digest",
      "severed-digest-mismatch",
      { manifest: [[20, digestItem(sequence(21, 2))]], envelope: [[20, sequence(21, 2)]] },
    ],
    [
      "with a member that the envelope repeats",
      "member-redundant",
      { manifest: [[20, sequence(21, 2)]], envelope: [[20, sequence(21, 2)]] },
    ],
    [
      "with a member in the envelope that it does not mention",
      "member-redundant",
      { envelope: [[23, new Uint8Array(1)]] },
    ],
    ["whose severed install is malformed", "sequence-malformed", severedInstall(sequence(21))],
    [
      "with two components and a sequence that selects none",
      "component-index-invalid",
      { common: [twoComponents] },
    ],
  ])("%s: %s", (_, reason, changes) => {
    expect(ofManifest(changes)).toBe(reason);
  });

  it.each<[string, string, readonly Cbor[]]>([
    ["without commands", "sequence-malformed", []],
    ["of odd length", "sequence-malformed", [3]],
    ["with a policy above 15", "policy-malformed", [3, 16]],
    ["with a policy that is no number", "policy-malformed", [3, null]],
    ["with a known command that is not executed", "command-unsupported", [29, 2]],
    ["with a custom command", "command-unsupported", [-300, null]],
    ["with an unknown command", "command-unknown", [10, 15]],
    ["with an unknown negative command", "command-unknown", [-256, null]],
    ["with invoke outside of the invoke sequence", "command-unsupported", [23, 2]],
    ["with a command that is a text", "cbor-unexpected-type", ["fetch", 2]],
    ["with a component index beyond the components", "component-index-invalid", [12, 1]],
    ["with an empty list of component indices", "component-index-invalid", [12, []]],
    ["with false as component index", "argument-malformed", [12, false]],
    ["with the same component index twice", "argument-malformed", [12, [0, 0]]],
    ["with a try-each of one branch", "argument-malformed", [15, [sequence(3, 15)]]],
    ["with null before the last branch", "cbor-unexpected-type", [15, [null, sequence(3, 15)]]],
    ["with a run-sequence that is not wrapped", "cbor-unexpected-type", [32, [3, 15]]],
    ["that sets no parameter", "argument-malformed", [20, map()]],
    ["nested one level too deep", "nesting-too-deep", nested(5)],
    [
      "with an unknown command in a branch that is never taken",
      "command-unknown",
      [15, [sequence(3, 15), sequence(9, 15)]],
    ],
  ])("with a sequence %s: %s", (_, reason, items) => {
    expect(ofValidate(...items)).toBe(reason);
  });

  it.each<[string, string, Cbor, Cbor]>([
    ["a vendor identifier of 15 bytes", "argument-malformed", 1, new Uint8Array(15)],
    [
      "a vendor identifier that is an enterprise number",
      "argument-unsupported",
      1,
      new Tagged(112, Uint8Array.of(1)),
    ],
    ["a class identifier that is a text", "cbor-unexpected-type", 2, "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe"],
    ["an image digest that is not wrapped", "cbor-unexpected-type", 3, digestItem(new Uint8Array(1))],
    [
      "an image digest with bytes left over",
      "cbor-trailing",
      3,
      Uint8Array.from([...encodeDigest(new Uint8Array(1)), 0]),
    ],
    ["an image digest of SHA-384", "digest-unsupported", 3, encodeCbor([-43, new Uint8Array(48)])],
    ["an image size beyond 32 bits", "number-too-large", 14, 2 ** 32],
    ["a negative image size", "cbor-unexpected-type", 14, -1],
    ["strict-order that is a number", "cbor-unexpected-type", 12, 1],
    ["soft-failure outside of a nested sequence", "soft-failure-forbidden", 13, true],
    ["a URI in bytes", "cbor-unexpected-type", 21, Uint8Array.of(1)],
    ["invoke-args", "parameter-unsupported", 23, Uint8Array.of(1)],
    ["a custom parameter", "parameter-unsupported", -1, 1],
    ["an unknown parameter", "parameter-unknown", 6, 1],
    ["parameter 0", "parameter-unknown", 0, 1],
  ])("that sets %s: %s", (_, reason, label, value) => {
    expect(ofParameters([label, value])).toBe(reason);
  });

  it("with a directive in the shared sequence, also where it is nested", () => {
    expect(ofShared(21, 2)).toBe("shared-command-forbidden");
    expect(ofShared(32, sequence(21, 2))).toBe("shared-command-forbidden");
    expect(ofShared(15, [sequence(21, 2), null])).toBe("shared-command-forbidden");
  });
});

/** A sequence inside `depth` run-sequence commands. */
function nested(depth: number): readonly Cbor[] {
  return depth === 0 ? [3, 15] : [32, sequence(...nested(depth - 1))];
}

function severedInstall(content: Uint8Array): Changes {
  return { manifest: [[20, digestItem(encodeCbor(content))]], envelope: [[20, content]] };
}
