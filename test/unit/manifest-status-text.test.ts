/**
 * The words for the device's statuses.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { STATUS_TEXT, statusText } from "../../host/status-text.ts";

/** Names and numbers as they stand in the contract. */
const source = readFileSync(new URL("../../assembly/status.ts", import.meta.url), "utf8");
const statuses = [...source.matchAll(/^ {2}(\w+) = (0x[0-9a-f]+|0),$/gm)].map(
  ([, name = "", number = ""]) => ({
    name,
    number: Number(number),
  }),
);

/** What somebody can be told to do about a status. */
const ACTIONS = new Set(
  (
    "add boot build charge choose compare correct create deliver encode encrypt flatten give install integrate " +
    "keep leave look make move offer publish put raise remove say select send serve set sever sign split take use write"
  ).split(" "),
);

describe("the text of a status", () => {
  it("exists for every status of the device and for nothing else", () => {
    expect(statuses.length).toBeGreaterThan(80);
    expect(statuses.map(({ number }) => number).sort((left, right) => left - right)).toEqual(
      Object.keys(STATUS_TEXT).map(Number),
    );
  });

  it("has the kebab-case of the status's name as its code", () => {
    for (const { name, number } of statuses) {
      const code = name.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
      expect(statusText(number)?.code).toBe(code);
    }
  });

  it("is one sentence and one hint", () => {
    for (const { sentence, hint } of Object.values(STATUS_TEXT)) {
      expect(sentence).toMatch(/^[A-Za-z].*\.$/);
      expect(hint).toMatch(/^[A-Z].*\.$/);
    }
  });

  it("says what to do: a clause of the hint begins with it", () => {
    for (const { code, hint } of Object.values(STATUS_TEXT)) {
      if (code === "ok") continue;
      const words = hint.split(/[;:,.] (?:or |and )?|^/).map((clause) => clause.split(" ", 1).join(""));
      expect(
        words.some((word) => ACTIONS.has(word.toLowerCase())),
        `${code}: ${hint}`,
      ).toBe(true);
    }
  });

  it("is undefined for a number that is no status", () => {
    expect(statusText(0x7777)).toBeUndefined();
  });
});
