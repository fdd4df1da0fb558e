/**
 * The prefix of a dependency on the device: it stands before the identifiers of the dependency's components
 * (draft-ietf-suit-trust-domains-12 §5.2.2).
 */
import { describe, expect, it } from "vitest";
import type { CandidateOptions } from "../candidate.ts";
import {
  both,
  configuration,
  deferring,
  settingFirst,
  signedDependency,
  stage,
  verdict,
} from "../dependent-candidate.ts";

const within = (...prefix: readonly string[]): object => ({ dependencies: { "1": { prefix } } });
const having = (...components: readonly string[]): CandidateOptions => ({ ...both, components });

describe("the prefix of a dependency", () => {
  it("stands before its components, and the device has to have what it comes to", () => {
    const { verdict: said, device } = stage({ change: within("unit"), options: having("app", "unit/cfg") });
    expect(said).toBe("accepted");
    expect(device.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
    expect(verdict({ change: within("unit"), options: having("app", "cfg") })).toBe("component-unknown");
    expect(verdict({ options: having("app", "unit/cfg") })).toBe("component-unknown");
  });

  it("does not stand before components of the root", () => {
    expect(verdict({ change: within("unit"), options: having("unit/app", "unit/cfg") })).toBe(
      "component-unknown",
    );
  });

  it("may have several parts, and parts are never joined to one another", () => {
    const options = having("app", "line/unit/cfg");
    expect(verdict({ change: within("line", "unit"), options })).toBe("accepted");
    expect(verdict({ change: within("line"), options })).toBe("component-unknown");
    expect(verdict({ change: within("unit", "line"), options })).toBe("component-unknown");
    expect(verdict({ change: within("lineunit"), options })).toBe("component-unknown");
    const split = signedDependency(configuration({ components: [["unit", "cfg"]] }));
    expect(verdict({ change: within("line"), dependency: split, options })).toBe("accepted");
  });

  it("may be long, and a component may have more parts than a short head can count", () => {
    const parts = Array.from({ length: 30 }, (_, index) => `p${index}`);
    const options = having("app", `${parts.join("/")}/cfg`);
    expect(verdict({ change: within(...parts), options })).toBe("accepted");
    expect(verdict({ change: within(...parts.slice(1)), options })).toBe("component-unknown");
    const long = signedDependency(configuration({ components: [[...parts.slice(2), "cfg"]] }));
    expect(verdict({ change: within("p0", "p1"), dependency: long, options })).toBe("accepted");
  });

  it("counts for the rights of those who signed the dependency", () => {
    const limited = (operator: number): string =>
      verdict({
        change: within("unit"),
        options: { ...having("app", "cfg", "unit/cfg"), rights: [0b001, operator] },
      });
    expect(limited(0b100)).toBe("accepted");
    expect(limited(0b010)).toBe("component-unauthorized");
    expect(limited(0b011)).toBe("component-unauthorized");
  });

  it("makes the component the one that the root names in full, with one set of parameters", () => {
    const setting = (component: readonly string[]): string =>
      verdict({
        change: settingFirst(component, { prefix: ["unit"] }),
        dependency: deferring(),
        options: having("app", "cfg", "unit/cfg"),
      });
    expect(setting(["unit", "cfg"])).toBe("accepted");
    // A third component, for which the device has no place.
    expect(setting(["cfg"])).toBe("too-many-components");
  });
});
