/**
 * HSS/LMS on the device against the host's own code: every parameter set, genuine and mutated.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { hssRefusal } from "../../host/keys/hss.ts";
import { PARAMETER_SETS } from "../../host/keys/lms.ts";
import { HssModule, hssBuilds, signedBy, type Signed, type SignedTree } from "../hss-module.ts";

const devices = hssBuilds.map((build) => new HssModule(build));

const tree: fc.Arbitrary<SignedTree> = fc
  .tuple(fc.constantFrom(...PARAMETER_SETS), fc.nat(), fc.constantFrom("first", "any", "last"))
  .map(([set, any, which]) => {
    const last = 2 ** set.height - 1;
    return { ...set, leaf: which === "first" ? 0 : which === "last" ? last : any % (last + 1) };
  });
const signed: fc.Arbitrary<Signed> = fc
  .tuple(fc.array(tree, { minLength: 1, maxLength: 3 }), fc.uint8Array({ maxLength: 200 }))
  .map(([trees, message]) => signedBy(trees, message));

/** The host's judgement as a status. */
const judged = ({ key, message, signature }: Signed): Status =>
  hssRefusal(key, message, signature)?.status ?? Status.Ok;
const agree = (subject: Signed): Status => {
  const status = judged(subject);
  for (const device of devices) expect(device.verify(subject)).toBe(status);
  return status;
};
const changed = (bytes: Uint8Array, index: number, mask: number): Uint8Array =>
  bytes.map((byte, position) => (position === index % bytes.length ? byte ^ mask : byte));

describe("HSS/LMS verification on the device", () => {
  it.each(PARAMETER_SETS)("accepts a genuine signature of one tree: H$height, W$digitBits", (set) => {
    const last = 2 ** set.height - 1;
    for (const leaf of [0, 1, last >> 1, last]) {
      expect(agree(signedBy([{ ...set, leaf }], Uint8Array.of(leaf & 255)))).toBe(Status.Ok);
    }
  });

  it("accepts genuine signatures of up to eight trees, and no other message", () => {
    for (let count = 1; count <= 8; count += 1) {
      const trees = Array.from({ length: count }, (_, index) => ({
        height: 5 * (1 + (index % 5)),
        digitBits: 2 ** (index % 4),
        leaf: index,
      }));
      const subject = signedBy(trees, Uint8Array.of(1, 2, 3));
      expect(agree(subject)).toBe(Status.Ok);
      expect(agree({ ...subject, message: Uint8Array.of(1, 2, 4) })).toBe(Status.SignatureInvalid);
    }
  });

  it("accepts what is genuine", () => {
    fc.assert(
      fc.property(signed, (subject) => {
        expect(agree(subject)).toBe(Status.Ok);
      }),
      { numRuns: 60 },
    );
  });

  it("gives the host's reason for any byte of key, message or signature changed", () => {
    fc.assert(
      fc.property(
        signed.filter(({ message }) => message.length > 0),
        fc.constantFrom("key", "message", "signature"),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (subject, part, index, mask) => {
          const status = agree({ ...subject, [part]: changed(subject[part], index, mask) });
          expect(status).not.toBe(Status.Ok);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("gives the host's reason for a change of every byte of the heads: types, q, C, levels", () => {
    const subject = signedBy(
      [
        { height: 5, digitBits: 4, leaf: 9 },
        { height: 10, digitBits: 2, leaf: 700 },
      ],
      Uint8Array.of(7),
    );
    const upper = 4 + 44 + 32 * (67 + 5);
    const heads = [
      ...Array.from({ length: 48 }, (_, index) => index),
      ...Array.from({ length: 8 }, (_, index) => upper - 5 * 32 - 4 + index),
      ...Array.from({ length: 56 + 44 }, (_, index) => upper + index),
      ...Array.from({ length: 8 }, (_, index) => subject.signature.length - 10 * 32 - 4 + index),
    ];
    for (const index of heads) {
      for (const mask of [1, 2, 0x80]) {
        const status = agree({ ...subject, signature: changed(subject.signature, index, mask) });
        expect(status, `byte ${index} ^ ${mask}`).not.toBe(Status.Ok);
      }
    }
    for (let index = 0; index < subject.key.length; index += 1) {
      const status = agree({ ...subject, key: changed(subject.key, index, 4) });
      expect(status, `byte ${index} of the key`).not.toBe(Status.Ok);
    }
  });

  it("refuses every other length as malformed", () => {
    const trees = [
      { height: 5, digitBits: 4, leaf: 0 },
      { height: 5, digitBits: 8, leaf: 31 },
    ];
    const subject = signedBy(trees, Uint8Array.of(7));
    const { signature } = subject;
    for (let length = 0; length < signature.length; length += 1) {
      const status = agree({ ...subject, signature: signature.subarray(0, length) });
      expect(status, `${length} bytes`).toBe(Status.SignatureMalformed);
    }
    for (const more of [1, 32, 56, 1296]) {
      const longer = new Uint8Array(signature.length + more);
      longer.set(signature);
      expect(agree({ ...subject, signature: longer })).toBe(Status.SignatureMalformed);
    }
  });

  it("refuses a leaf that the tree does not have, though its path leads somewhere", () => {
    for (const height of [5, 10, 15, 20, 25]) {
      const subject = signedBy([{ height, digitBits: 8, leaf: 2 ** height }], Uint8Array.of(7));
      expect(agree(subject)).toBe(Status.SignatureMalformed);
    }
  });
});
