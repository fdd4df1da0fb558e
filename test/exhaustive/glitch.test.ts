/**
 * Glitch campaigns over the real bootloader: what docs/glitches.md states, counted again.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GlitchBench } from "../../emulator/glitch/bench.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { GlitchCode, isConditional } from "../../emulator/wasm/glitch-model.ts";
import { Opcode } from "../../emulator/wasm/opcode.ts";
import { buildPatched } from "../../host/build/variant.ts";
import {
  playGlitch,
  runGlitchCampaign,
  runGlitchCampaignInThreads,
  type GlitchCampaign,
} from "../../host/glitch/campaign.ts";
import { formatGlitchCase, parseGlitchCase } from "../../host/glitch/case-id.ts";
import { runControl } from "../../host/glitch/control.ts";
import { diagnose, glitchReportText } from "../../host/glitch/report.ts";
import { GlitchRunner } from "../../host/glitch/runner.ts";
import { REFUSAL_NAMES, refusalBootloader, refusalNamed } from "../../host/glitch/scenario.ts";
import { Witnesser } from "../../host/glitch/survivor.ts";
import { ownTarget, targetOf, type GlitchTarget } from "../../host/glitch/target.ts";
import { windowOptions } from "../../host/glitch/window.ts";
import { GlitchThreads } from "../../host/glitch/worker-pool.ts";
import { unaskedTwin } from "../unasked-twin.ts";

const TIMEOUT_MILLIS = 300_000;
const profile = profileNamed("class1");

function target(name: string): GlitchTarget {
  const found = ownTarget(name);
  if (found === undefined) throw new Error(`${name} is not built: run "npm run build:wasm" first`);
  return found;
}

const bootloader = target("bootloader");
const unasked = target("canary-witnesses-unasked");
const managed = target("bootloader-managed");
const encrypted = target("bootloader-encrypted");
const askedOnce = target("canary-conditions-asked-once");
/** By our bootloader that a scenario is about: that one, and its canary. */
const SUBJECTS = {
  bootloader: { hardened: bootloader, canaryOf: () => unasked },
  "bootloader-managed": { hardened: managed, canaryOf: () => askedOnce },
  "bootloader-encrypted": { hardened: encrypted, canaryOf: () => unaskedTwin("bootloader-encrypted") },
};

function campaign(name: string, about: GlitchTarget): GlitchCampaign {
  const scenario = refusalNamed(name, profile, about.bootloader);
  return runGlitchCampaign(scenario, { models: ["skip", "invert"], ...windowOptions("boot", about) });
}

/** Rows of the second table in docs/glitches.md: scenario, instructions, glitches, canary, hardened. */
function documented(): Map<string, readonly number[]> {
  const text = readFileSync(new URL("../../docs/glitches.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z-]+)` +\|((?: +[\d,]+ \|){4})$/gm)];
  return new Map(
    rows.map(([, name = "", cells = ""]) => [
      name,
      [...cells.matchAll(/[\d,]+/g)].map(([digits]) => Number(digits.replaceAll(",", ""))),
    ]),
  );
}

describe("a boot that must refuse, with every executed instruction skipped and every condition inverted", () => {
  const rows = documented();

  it("is documented for every scenario", () => {
    expect([...rows.keys()]).toEqual(REFUSAL_NAMES);
  });

  it.each(REFUSAL_NAMES)(
    "is never got through, and found where nobody asks the witnesses, or asks twice: %s",
    async (name) => {
      const subject = SUBJECTS[refusalBootloader(name)];
      const hardened = campaign(name, subject.hardened);
      const canary = campaign(name, await subject.canaryOf());
      const got = (result: GlitchCampaign): number => result.faults - result.tally.harmless;
      expect(hardened.failsUndisturbed || canary.failsUndisturbed).toBe(false);
      expect(hardened.disturbed).toBe(hardened.instructions);
      expect([hardened.instructions, hardened.faults, got(canary), got(hardened)]).toEqual(rows.get(name));
    },
    TIMEOUT_MILLIS,
  );
});

describe("the control", () => {
  it("finds all bootloaders that are wrong on purpose", () => {
    expect(runControl(profile).map(({ isFound }) => isFound)).toEqual([true, true, true]);
  });
});

describe("a glitch together with a power cut", () => {
  const about = target("canary-journal-erased-by-glitch");
  const result = campaign("unsigned", about);
  const [first] = diagnose(result, about);

  it("bricks a bootloader that neither of them bricks alone, and the report names the cut", () => {
    expect(result.failsUndisturbed).toBe(false);
    expect(result.findings.length).toBeGreaterThan(0);
    for (const { verdict, cut } of result.findings) {
      expect(verdict).toBe("bricked");
      expect(cut?.operation).toBeLessThan((cut?.operations ?? 0) - 1);
    }
    expect(first?.caseId).toMatch(/@g\d+[si]\+\d+a$/);
    const text = glitchReportText(result, about);
    expect(text).toMatch(/if the power goes behind operation \d of \d, (erase|program) of \d+ bytes at 0x18/);
  });

  it("is played again by its case id with the same cut", () => {
    const id = parseGlitchCase(first?.caseId ?? "");
    expect(formatGlitchCase(id)).toBe(first?.caseId);
    const played = playGlitch(
      refusalNamed(id.scenario, profile, about.bootloader),
      windowOptions(id.window, about),
      id.index,
      id.effect,
    );
    expect(played).toMatchObject({ verdict: "bricked", cut: { operation: id.cut?.operation } });
  });
});

describe("two glitches in one boot", () => {
  const pairs = { count: 4000, seed: 1, reach: 16 };
  const scenario = refusalNamed("unsigned", profile, bootloader.bootloader);
  const options = { models: ["skip", "invert"], ...windowOptions("boot", bootloader), pairs } as const;
  const result = runGlitchCampaign(scenario, options);

  it("are tried around survivors only, and what was not tried is said", () => {
    const { pairs: tally } = result;
    if (tally === undefined) throw new Error("Nothing was disturbed twice.");
    expect(tally.withoutEffect + tally.survivors).toBe(result.faults);
    expect(tally.unlike).toBeLessThan(tally.survivors);
    expect(Math.abs(tally.tried / pairs.count - 1)).toBeLessThan(0.1);
    expect(glitchReportText(result, bootloader)).toContain(`not done: ${tally.pairs - tally.tried} pairs`);
  });

  it("are the same whatever the number of threads", async () => {
    const threads = new GlitchThreads(2, { waits: true });
    try {
      const threaded = await runGlitchCampaignInThreads(scenario, options, { threads });
      expect({ ...threaded, scenario: undefined }).toEqual({ ...result, scenario: undefined });
    } finally {
      await threads.close();
    }
  });

  it(
    "get through where the second one skips the only question to the witnesses, and play again",
    async () => {
      const onceAsked = await withoutTheLastQuestion();
      const found = diagnose(pairsAround("isAttested", onceAsked), onceAsked);
      const diagnostic = found.find(({ after }) => after.length > 0);
      expect(diagnostic?.verdict).toBe("accepted");
      const id = parseGlitchCase(diagnostic?.caseId ?? "");
      expect(formatGlitchCase(id)).toBe(diagnostic?.caseId);
      const play = (about: GlitchTarget, second: typeof id.second) =>
        playGlitch(
          refusalNamed("unsigned", profile, about.bootloader),
          windowOptions("boot", about),
          id.index,
          id.effect,
          second,
        ).verdict;
      expect(play(onceAsked, id.second)).toBe("accepted");
      expect(play(onceAsked, undefined)).toBe("harmless");
    },
    TIMEOUT_MILLIS,
  );

  it("do not get through where the record that accepts a candidate asks once more", () => {
    expect(pairsAround("isAttested", bootloader).findings).toEqual([]);
  });

  /** The bootloader that asks the witnesses before it accepts a candidate, and not while it does. */
  async function withoutTheLastQuestion(): Promise<GlitchTarget> {
    const find = " && isAttested(activeOf(word) ^ 1);";
    const { module, symbols } = await buildPatched([{ file: "assembly/boot/boot.ts", find, replace: ";" }]);
    return targetOf(Uint8Array.from(module), symbols);
  }

  /** All pairs around the survivors that pass the refusal and stop at a call of this function. */
  function pairsAround(name: string, about: GlitchTarget): GlitchCampaign {
    const recipe = {
      ...options,
      ...windowOptions("boot", about),
      scenario: refusalNamed("unsigned", profile, about.bootloader),
      pairs: { ...pairs, reach: 1 },
    };
    const runner = new GlitchRunner(recipe);
    const { survivors } = runner.do({ kind: "observe", from: 0, to: runner.indices.length });
    const passing = survivors.filter(({ index, effect, goesElsewhere }) => {
      if (!goesElsewhere) return false;
      const played = runner.sitesOf(index, effect);
      return played.some(({ text }) => text.startsWith("call ") && text.endsWith(`/${name}`));
    });
    expect(passing.length).toBeGreaterThan(1);
    return {
      ...result,
      findings: runner.do({ kind: "pairs", survivors: passing.slice(0, 2), share: 2 ** 32 }).findings,
    };
  }
});

describe("survivors", () => {
  const scenario = refusalNamed("unsigned", profile, bootloader.bootloader);
  const bench = new GlitchBench({
    profile,
    bootloader: bootloader.symbols,
    state: scenario.state,
    kernels: bootloader.kernels,
  });
  const witnesser = new Witnesser(bench);
  const { sites } = bench.golden();
  const observe = (index: number, code: GlitchCode) => {
    const observed = witnesser.observe(index, { code, bit: 0 });
    bench.rewind();
    return observed;
  };

  it("are no glitches without effect", () => {
    const zero = sites.findIndex(({ text }) => text === "i32.const 0");
    expect(observe(zero, GlitchCode.Skip).key).toBeUndefined();
  });

  it("are alike when branch and comparison before it are inverted", () => {
    const branch = sites.findIndex(
      ({ opcode }, index) => opcode === Opcode.BrIf && isConditional(sites[index - 1]?.opcode ?? 0),
    );
    const one = observe(branch, GlitchCode.Invert);
    const other = observe(branch - 1, GlitchCode.Invert);
    expect(one.key).toBeDefined();
    expect(other.key).toBe(one.key);
    expect(one.divergence).toBeGreaterThan(branch);
  });
});

describe("the hash", () => {
  it(
    "gives no glitch a way through, whichever of its instructions is disturbed",
    () => {
      const scenario = refusalNamed("tampered-active", profile, bootloader.bootloader);
      const result = runGlitchCampaign(scenario, {
        models: ["skip", "invert"],
        ...windowOptions("hash", bootloader),
      });
      expect(result.disturbed).toBeGreaterThan(50_000);
      expect(result.findings).toEqual([]);
    },
    TIMEOUT_MILLIS,
  );
});

describe("the signature", () => {
  it(
    "gives no glitch of a sample a way through, and equal seeds draw equal samples",
    () => {
      const scenario = refusalNamed("strange-signature", profile, bootloader.bootloader);
      const sample = (): GlitchCampaign =>
        runGlitchCampaign(scenario, {
          models: ["skip", "invert"],
          ...windowOptions("signature", bootloader),
          sample: { count: 200, seed: 3 },
        });
      const result = sample();
      expect(result.disturbed).toBe(200);
      expect(result.instructions).toBeGreaterThan(1_000_000);
      expect(result.findings).toEqual([]);
      expect(sample().faults).toBe(result.faults);
    },
    TIMEOUT_MILLIS,
  );
});

describe("a finding", () => {
  const result = campaign("tampered-active", unasked);
  const [first] = diagnose(result, unasked);

  it("names source line, instruction, cause and countermeasure", () => {
    expect(first?.place?.file).toBe("assembly/suit/condition.ts");
    expect(first?.instruction).toContain("hasDigest");
    const text = glitchReportText(result, unasked);
    expect(text).toMatch(/assembly\/suit\/condition\.ts:\d+:\d+: booted: An image that must not run/);
    expect(text).toContain("help: ");
    expect(text).toContain(`case: ${first?.caseId}`);
  });

  it("is played again by its case id, and is none of the hardened bootloader's", () => {
    const id = parseGlitchCase(first?.caseId ?? "");
    expect(formatGlitchCase(id)).toBe(first?.caseId);
    const play = (about: GlitchTarget) =>
      playGlitch(
        refusalNamed(id.scenario, profile, about.bootloader),
        windowOptions(id.window, about),
        id.index,
        id.effect,
      );
    expect(play(unasked)).toMatchObject({ verdict: "booted", run: { end: "boot" } });
    expect(play(bootloader).verdict).toBe("harmless");
    expect(() => parseGlitchCase("bo1:class1/unsigned#00000000#00000000@17b")).toThrow(/no case id/);
  });
});

describe("the glitch bench", () => {
  const scenario = refusalNamed("tampered-trial", profile, bootloader.bootloader);
  const options = { profile, bootloader: bootloader.symbols, state: scenario.state };

  it("runs the same boot with kernels looked up as with kernels run, and leaves the same flash", () => {
    const outcomes = [bootloader.kernels, []].map((kernels) => {
      const bench = new GlitchBench({ ...options, kernels });
      const { end, operations } = bench.runUndisturbed();
      return { end, operations, flash: bench.snapshot().flash };
    });
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(outcomes[0]).toMatchObject({ end: "reset", operations: 5 });
  });

  it("executes as many instructions as it has recorded, at every run", () => {
    const bench = new GlitchBench({ ...options, kernels: bootloader.kernels });
    const { instructions, sites } = bench.golden();
    expect(sites).toHaveLength(instructions);
    for (let run = 0; run < 3; run += 1) {
      expect(bench.runUndisturbed().instructions).toBe(instructions);
      bench.rewind();
    }
    expect(bench.snapshot().flash).toEqual(scenario.state.flash);
  });

  it("refuses kernels that are not there, and functions that do more than compute", () => {
    const bench = (name: string) => () => new GlitchBench({ ...options, kernels: [name] });
    expect(bench("nowhere")).toThrow(expect.objectContaining({ code: "kernel-unknown" }));
    expect(bench("assembly/suit/envelope/authenticate")).toThrow(
      expect.objectContaining({ code: "kernel-not-pure" }),
    );
  });
});
