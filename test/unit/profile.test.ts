/**
 * Device profiles: those that ship are sound, and what is not is refused by name and place.
 */

import { describe, expect, it } from "vitest";
import class1 from "../../emulator/profiles/class1.json" with { type: "json" };
import { parseProfile, PROFILE_NAMES, ProfileError, profileNamed } from "../../emulator/profile.ts";

type Json = { [key: string]: unknown };

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The class1 document with the member at `path` replaced, or removed when `value` is undefined. */
function changed(path: string, value: unknown): unknown {
  const root: unknown = structuredClone(class1);
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = root;
  for (const key of keys) at = isJson(at) ? at[key] : undefined;
  if (!isJson(at)) throw new Error(`no such place: ${path}`);
  at[last] = value;
  // Like a JSON file: a member without a value is not there.
  return JSON.parse(JSON.stringify(root));
}

function errorOf(document: unknown): ProfileError {
  try {
    parseProfile(document);
  } catch (error) {
    if (error instanceof ProfileError) return error;
    throw error;
  }
  throw new Error("the profile was accepted");
}

describe.each(PROFILE_NAMES)("profile %s", (name) => {
  const profile = profileNamed(name);

  it("has the geometry that one bootloader binary is linked for", () => {
    const { boot, slotA, slotB, state } = profile.layout;
    expect(profile.name).toBe(name);
    expect(boot).toEqual({ address: 0, bytes: 28 * 1024 });
    const slotBytes = profile.pageBytes === 4096 ? 32 * 1024 : 34 * 1024;
    expect([slotA.bytes, slotB.bytes]).toEqual([slotBytes, slotBytes]);
    expect(state.address + state.bytes).toBe(100 * 1024);
  });

  it("says of every figure where it comes from and how well that is known", () => {
    expect(profile.figures).toHaveLength(profile.unitRule === "count" ? 23 : 20);
    for (const figure of profile.figures) {
      expect(figure.source.length, figure.path).toBeGreaterThan(5);
      expect(figure.grade === "D", figure.path).toBe(figure.source.includes("unverified"));
    }
  });

  it("cannot be changed by whoever uses it", () => {
    expect(Object.isFrozen(profile)).toBe(true);
    expect(Object.isFrozen(profile.layout.slotA)).toBe(true);
  });
});

describe("a profile document", () => {
  it.each<[string, unknown, ProfileError["code"], string]>([
    ["flash", undefined, "profile-shape", "flash"],
    ["flash.pageBytes", undefined, "profile-shape", "flash.pageBytes"],
    ["flash.pageBytes", 1024, "profile-shape", "flash.pageBytes"],
    ["flash.pageBytes.value", "1024", "profile-shape", "flash.pageBytes.value"],
    ["flash.pageBytes.grade", "E", "profile-shape", "flash.pageBytes.grade"],
    ["flash.pageBytes.source", undefined, "profile-shape", "flash.pageBytes.source"],
    ["flash.unitRule.value", "twice", "profile-shape", "flash.unitRule.value"],
    ["flash.unitRule.value", "count", "profile-shape", "flash.writesMax"],
    ["flash.tearClasses.value", "erase-twice", "profile-shape", "flash.tearClasses.value"],
    ["flash.tearClasses.value", "erase-half ecc", "profile-range", "flash.tearClasses"],
    ["flash.eccUnitBytes.value", 33, "profile-range", "flash.eccUnitBytes.value"],
    ["flash.colour", 1, "profile-shape", "flash.colour"],
    ["layout.slotC", {}, "profile-shape", "layout.slotC"],
    ["flash.pageBytes.value", 1000.5, "profile-range", "flash.pageBytes.value"],
    ["flash.pageBytes.value", 3000, "profile-range", "flash.pageBytes"],
    ["flash.unitBytes.value", 3, "profile-range", "flash.unitBytes"],
    ["flash.erasedValue.value", 7, "profile-range", "flash.erasedValue"],
    ["flash.eraseMicrosTypical.value", 50000, "profile-range", "flash.eraseMicrosTypical"],
    ["watchdog.periodFuel.value", 2e9, "profile-range", "watchdog.periodFuel"],
    ["layout.slotA.address", 28673, "profile-layout", "layout.slotA"],
    ["layout.slotA.bytes", 35840, "profile-layout", "layout.slotB"],
    ["layout.state.bytes", 5120, "profile-layout", "layout.state"],
    ["layout.state.bytes", 1024, "profile-layout", "layout.state"],
    ["layout.boot.bytes", 27648, "profile-layout", "layout.boot"],
  ])("with %s = %j is refused as %s at %s", (path, value, code, place) => {
    expect(errorOf(changed(path, value))).toMatchObject({ code, path: place });
  });

  it("of grade D that does not say unverified is refused", () => {
    expect(errorOf(changed("flash.enduranceCycles.grade", "D"))).toMatchObject({
      code: "profile-shape",
      path: "flash.enduranceCycles",
    });
  });

  it("that is no object is refused", () => {
    for (const document of [null, 1, "class1", [], {}]) expect(errorOf(document).code).toBe("profile-shape");
  });

  it("that does not exist is refused by name", () => {
    expect(() => profileNamed("class9")).toThrow(expect.objectContaining({ code: "profile-unknown" }));
  });
});
