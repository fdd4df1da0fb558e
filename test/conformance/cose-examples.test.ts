/**
 * The COSE working group's examples (RFC 9052, RFC 9053 and older numbers), in the place where SUIT has COSE:
 * as the authentication block of an envelope. All of them carry their payload, and SUIT asks for a detached
 * one, so none may be accepted; what each is refused for is stated here. The signatures that this build
 * could verify are then checked for themselves, over the Sig_structure of the message.
 *
 * Two messages are noted by their publisher's checker as failing: they have a partial IV, whose other part
 * the application knows, and the checker does not. Nothing is wrong with the messages.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { verifyMessage } from "../../host/keys/ecdsa.ts";
import { checkedKey } from "../../host/keys/key.ts";
import { signatureInput } from "../../host/manifest/authentication.ts";
import { CborReader } from "../../host/manifest/cbor-reader.ts";
import { encodeCbor, Tagged } from "../../host/manifest/cbor-writer.ts";
import { encodeDigest } from "../../host/manifest/digest.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { statusText } from "../../host/status-text.ts";
import { CryptoModule } from "../crypto-module.ts";
import { DeviceJudge } from "../device-judge.ts";
import { fromHex, loadVectors, toHex } from "../vectors.ts";

const Key = z.object({ x: z.string().optional(), y: z.string().optional() });
const Examples = z.object({
  vectors: z.array(
    z.object({
      name: z.string(),
      hex: z.string(),
      algorithm: z.number().nullish(),
      keys: z.array(Key).nullish(),
      plaintext: z.string().nullish(),
      toBeSigned: z.string().nullish(),
      expected: z.object({ fail: z.boolean() }),
    }),
  ),
});
const Keys = z.object({
  cose_keys: z.record(
    z.string(),
    z.object({ crv: z.string(), x: z.string(), y: z.string().optional(), d: z.string().optional() }),
  ),
});

const examples = loadVectors("cose-wg-examples", Examples)?.vectors ?? [];
const keys = loadVectors("keys", Keys)?.cose_keys;

/** What an envelope is refused for whose authentication block begins like this. */
const REFUSED: readonly (readonly [RegExp, string, string])[] = [
  [/^d28441a0/, "algorithm-unprotected", "COSE_Sign1 whose algorithm nobody signed"],
  [/^d284/, "payload-embedded", "COSE_Sign1 with its payload"],
  [/^d1/, "cose-unsupported", "COSE_Mac0"],
  [/^d861/, "cose-unsupported", "COSE_Mac"],
  [/^d862/, "cose-unsupported", "COSE_Sign"],
  [/^d0|^d860/, "cose-malformed", "encrypted, so no authentication block"],
  [/^d903e[0-9]/, "cose-malformed", "a tag that COSE does not have"],
  [/^8/, "cose-malformed", "no tag, which SUIT demands"],
];

/** Messages of COSE_Sign1 with ES256: whether their signature is good for what they state. */
const SIGNATURES: ReadonlyMap<string, boolean> = new Map([
  ["sign1-tests/sign-fail-01", true],
  ["sign1-tests/sign-fail-03", false],
  ["sign1-tests/sign-fail-06", false],
  ["sign1-tests/sign-pass-01", true],
  ["sign1-tests/sign-pass-03", true],
  ["RFC8152/Appendix_C_2_1", true],
]);

describe.skipIf(examples.length === 0)("a COSE example as the authentication block of an envelope", () => {
  const judge = new DeviceJudge([]);
  const manifest = Uint8Array.of(0xa0);
  const digest = encodeDigest(encodeCbor(manifest));

  it.each(examples)("$name is refused by device and host for what it is", ({ hex }) => {
    const [, reason, what] = REFUSED.find(([pattern]) => pattern.test(hex)) ?? [];
    const wrapper = encodeCbor([digest, fromHex(hex)]);
    const envelope = encodeCbor(
      new Tagged(
        107,
        new Map([
          [2, wrapper],
          [3, manifest],
        ]),
      ),
    );
    expect(statusText(judge.verify(envelope))?.code, what).toBe(reason);
    expect(verifyEnvelope(envelope, []).reason, what).toBe(reason);
  });
});

describe.skipIf(examples.length === 0)("the signature of a COSE_Sign1 example with ES256", () => {
  const device = new CryptoModule();
  const signed = examples.filter(({ name }) => SIGNATURES.has(name));

  it("is there for all that are named here", () => {
    expect(signed.map(({ name }) => name).sort()).toEqual([...SIGNATURES.keys()].sort());
  });

  it.each(signed)("$name is judged by device and host as the working group has it", (example) => {
    const { protectedHeader, signature } = partsOf(fromHex(example.hex));
    const message = signatureInput(protectedHeader, fromHex(example.plaintext ?? ""));
    const [{ x = "", y = "" } = {}] = example.keys ?? [];
    const key = checkedKey({ x: fromHex(x), y: fromHex(y) }, example.name);
    const isGood = SIGNATURES.get(example.name);
    expect(verifyMessage(key, message, signature)).toBe(isGood);
    const status = device.ecdsaP256Verify(key.x, key.y, device.sha256(message), signature);
    expect(status === Status.Ok).toBe(isGood);
    // Where a message was changed after it was signed, the vector prints what had been signed.
    if (isGood === true && example.toBeSigned != null) expect(toHex(message)).toBe(example.toBeSigned);
  });
});

describe.skipIf(keys === undefined)("the published test keys", () => {
  it("of P-256 are on the curve, and their private halves belong to them", () => {
    const all = Object.entries(keys ?? {}).filter(([, { crv }]) => crv === "P-256");
    expect(all.length).toBeGreaterThan(0);
    for (const [name, { x, y = "", d }] of all) {
      const key = checkedKey({ x: fromHex(x), y: fromHex(y) }, name);
      if (d === undefined) continue;
      const own = checkedKey({ d: fromHex(d) }, name);
      expect([toHex(own.x), toHex(own.y)], name).toEqual([toHex(key.x), toHex(key.y)]);
    }
  });
});

/** Header and signature of a COSE_Sign1, tagged or not. An empty map counts as empty (RFC 9052 §4.4). */
function partsOf(bytes: Uint8Array): { protectedHeader: Uint8Array; signature: Uint8Array } {
  const untagged = bytes.subarray(bytes[0] === 0xd2 ? 1 : bytes[0] === 0xd9 ? 3 : 0);
  const reader = new CborReader(untagged);
  reader.array("COSE_Sign1");
  const header = reader.byteString("the protected header");
  reader.skip("the unprotected header");
  reader.skip("the payload");
  const signature = reader.byteString("the signature");
  const protectedHeader = untagged.subarray(header.from, header.to);
  return {
    protectedHeader: toHex(protectedHeader) === "a0" ? new Uint8Array(0) : protectedHeader,
    signature: Uint8Array.from(untagged.subarray(signature.from, signature.to)),
  };
}
