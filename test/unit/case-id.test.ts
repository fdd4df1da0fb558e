/**
 * The grammar of case ids, by example.
 */
import { expect, it } from "vitest";
import { CaseIdError, formatCaseId, parseCaseId } from "../../emulator/explore/case-id.ts";

const TEXT = "bo1:class1/update#1f2e3d4c#0a1b2c3d@17a,2291t2,0b~7";

it("takes a case apart", () => {
  expect(parseCaseId(TEXT)).toEqual({
    profile: "class1",
    scenario: "update",
    bootloaderDigest: "1f2e3d4c",
    inputsDigest: "0a1b2c3d",
    cuts: [
      { operation: 17, phase: "after" },
      { operation: 2291, phase: "torn", variant: 2 },
      { operation: 0, phase: "before" },
    ],
    seed: 7,
  });
});

it("takes no cuts at all for uninterrupted power", () => {
  expect(parseCaseId("bo1:class1/update#1f2e3d4c#0a1b2c3d@").cuts).toEqual([]);
});

it.each([
  ["bo2:class1/update#1f2e3d4c#0a1b2c3d@", 0, '"bo1:"'],
  ["bo1:Class1/update#1f2e3d4c#0a1b2c3d@", 4, "a profile's name: lower case letters, digits, hyphens"],
  ["bo1:class1#1f2e3d4c#0a1b2c3d@", 10, '"/"'],
  ["bo1:class1/update#1f2e3d4c#0a1b2c3@", 27, "8 hexadecimal digits, the inputs' digest"],
  ["bo1:class1/update#1f2e3d4c#0a1b2c3d", 35, '"@"'],
  ["bo1:class1/update#1f2e3d4c#0a1b2c3d@17", 36, "a cut, as 17b, 17a or 17t2"],
  ["bo1:class1/update#1f2e3d4c#0a1b2c3d@17a,", 40, "a cut, as 17b, 17a or 17t2"],
  ["bo1:class1/update#1f2e3d4c#0a1b2c3d@017a", 36, "a cut, as 17b, 17a or 17t2"],
  ["bo1:class1/update#1f2e3d4c#0a1b2c3d@17a;18a", 39, "a comma, a seed or the end"],
  ["bo1:class1/update#1f2e3d4c#0a1b2c3d@17a~x", 40, "a seed: a whole number"],
  ["bo1:class1/update#1f2e3d4c#0a1b2c3d@17a~4294967296", 40, "a seed of at most 4294967295"],
] as const)("says where %s is wrong and what should stand there", (text, position, expected) => {
  expect(() => parseCaseId(text)).toThrow(CaseIdError);
  try {
    parseCaseId(text);
  } catch (error) {
    expect(error).toMatchObject({ code: "case-id-syntax", position, expected });
  }
});

it("refuses to write a case whose names would not be read back", () => {
  expect(() => formatCaseId({ ...parseCaseId(TEXT), scenario: "up/date" })).toThrow(CaseIdError);
});
