/**
 * What repeatedMember says is what a reader of the text would: it names a name if one object has it twice,
 * and nothing for any JSON that a program wrote.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repeatedMember } from "../../host/config/repeated-member.ts";

describe("a repeated member", () => {
  it("is found in nothing that JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1), (value, indent) => {
        expect(repeatedMember(JSON.stringify(value, undefined, indent))).toBeUndefined();
      }),
    );
  });

  it("is found wherever an object has it, whatever stands around and between", () => {
    const name = fc.string();
    fc.assert(
      fc.property(name, fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (twice, first, second, around) => {
        const [key, one, two, other] = [twice, first, second, around].map((value) => JSON.stringify(value));
        const object = `{${key} : ${one}, ${key}:${two}}`;
        expect(repeatedMember(`[${other}, {"a": ${object}}, ${other}]`)).toBe(twice);
      }),
    );
  });

  it("is told by its characters, not by how they are escaped", () => {
    expect(repeatedMember('{"a": 1, "\\u0061": 2}')).toBe("a");
    const written = '{"a": 1, "a": 2}';
    expect(repeatedMember(written)).toBe("a");
    expect(repeatedMember(JSON.stringify({ a: written, "\\": [written] }))).toBeUndefined();
  });
});
