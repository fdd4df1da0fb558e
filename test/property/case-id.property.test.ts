/**
 * The case id, over all cases there are.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Cut } from "../../emulator/cut.ts";
import { CaseIdError, formatCaseId, parseCaseId, type CaseId } from "../../emulator/explore/case-id.ts";

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
const digest = fc.stringMatching(/^[0-9a-f]{8}$/);
const operation = fc.nat(999_999_999);
const cut: fc.Arbitrary<Cut> = fc.oneof(
  fc.record({ operation, phase: fc.constantFrom("before" as const, "after" as const) }),
  fc.record({ operation, phase: fc.constant("torn" as const), variant: fc.nat(999_999_999) }),
);
const caseId: fc.Arbitrary<CaseId> = fc
  .record({
    profile: name,
    scenario: name,
    bootloaderDigest: digest,
    inputsDigest: digest,
    cuts: fc.array(cut, { maxLength: 6 }),
    seed: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
  })
  .map(({ seed, ...rest }) => (seed === undefined ? rest : { ...rest, seed }));

it("reads back every case that it writes", () => {
  fc.assert(
    fc.property(caseId, (id) => {
      expect(parseCaseId(formatCaseId(id))).toEqual(id);
    }),
  );
});

it("reads any text as a case that is written the same, or says where it is wrong", () => {
  const near = fc
    .tuple(caseId, fc.nat(80), fc.string({ maxLength: 2, unit: "binary-ascii" }))
    .map(([id, at, piece]) => {
      const text = formatCaseId(id);
      return text.slice(0, at) + piece + text.slice(at + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      try {
        expect(formatCaseId(parseCaseId(text))).toBe(text);
      } catch (error) {
        if (!(error instanceof CaseIdError)) throw error;
        expect(error.position).toBeGreaterThanOrEqual(0);
        expect(error.position).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 500 },
  );
});
