/** Hostile input against the bootloader, and against one that cannot take it. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Fuzzer } from "../../emulator/fuzz/fuzzer.ts";
import { readCorpus, targetOfFile, writeCorpus } from "../../host/fuzz/corpus-folder.ts";
import { replayInput } from "../../host/fuzz/replay.ts";
import { runFuzz, shrinkFinding, type FuzzResult } from "../../host/fuzz/run.ts";
import { makeTarget, type FuzzRecipe } from "../../host/fuzz/session.ts";
import type { TargetName } from "../../host/fuzz/target.ts";
import { readWasm } from "../wasm-file.ts";

const folder = mkdtempSync(path.join(tmpdir(), "brownout-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));

const recipeOf = (target: TargetName, module = "bootloader", seed = 1): FuzzRecipe => ({
  target,
  bootloader: readWasm(module),
  symbols: readWasm(`${module}.symbols`),
  images: [],
  seed,
});

/** Inputs that were findings once, with what was wrong. */
const REGRESSIONS: readonly (readonly [string, TargetName, string])[] = [
  [
    "a float whose bits are 21, which is no true, as a set-component-index",
    "envelope",
    "d86ba2025873825824822f58205180bc23db9f8bb7fa33806f29c6931885140a1c3a4c9acbd568366f21dd36e5584ad28443" +
      "a10128a0f658405cd4cecc42489e98ed3ff71498051f780f36486d4d44d867d998185784e7da5767c86004283c6a5d194a63" +
      "0308c74e2ba36a94f79e7083d2f95fb646e0a3533603581ea4010102000352a202818140044b820cfb000000000000001507" +
      "43820300",
  ],
  ["an altered byte behind the first 64, which made the genuine update declined", "link", "02050000"],
  ["an answer that comes twice, which kept recovery awake", "link", "00012100010b1d000c010105089c260c"],
];

const run = (target: TargetName, executions: number): Promise<FuzzResult> =>
  runFuzz({ recipe: recipeOf(target), workers: 1, executions });

describe("a bootloader that cannot take hostile input", () => {
  it("is found out, and the input is shrunk and shows it again", () => {
    const target = makeTarget(recipeOf("envelope", "canary-cbor-unbounded"));
    const fuzzer = new Fuzzer(target, 1);
    for (const seed of target.seeds()) fuzzer.try(seed);
    // Some thousand mutations are enough on average.
    const fault = () => fuzzer.findings.find(({ kind }) => kind === "hard-fault");
    while (fault() === undefined && fuzzer.executions < 30_000) fuzzer.step();
    const found = fault();
    if (found === undefined) throw new Error("nothing was found");
    expect(found.sentence).toMatch(/load .* outside flash and RAM/);
    const { input, firstBytes } = shrinkFinding(target, found);
    expect(input.length).toBeLessThanOrEqual(Math.min(firstBytes, 256));
    expect(replayInput(target, input).trouble).toMatchObject({ kind: "hard-fault" });
    expect(replayInput(makeTarget(recipeOf("envelope")), input)).toMatchObject({
      isAccepted: false,
      trouble: undefined,
    });
  });

  it("is found out if it accepts what the host does not", async () => {
    const recipe = recipeOf("envelope", "canary-digest-uncompared");
    const { findings } = await runFuzz({ recipe, workers: 1, executions: 20 });
    expect(findings.map(({ kind }) => kind)).toContain("unauthentic");
  });
});

describe("our bootloader", () => {
  it("takes hostile envelopes, and the corpus that is kept reaches the same again", async () => {
    const first = await run("envelope", 1000);
    expect(first.findings).toEqual([]);
    expect(first.executions).toBeGreaterThanOrEqual(1000);
    expect(first.accepted).toBeGreaterThan(0);
    expect(first.edges.reached).toBeGreaterThan(first.edges.total / 2);
    expect(first.corpus.length).toBeLessThan(first.kept);

    writeCorpus(folder, "envelope", first.corpus);
    const inputs = readCorpus(folder, "envelope");
    expect(inputs.length).toBe(first.corpus.length);
    expect(readdirSync(folder).map(targetOfFile)).toEqual(inputs.map(() => "envelope"));
    const again = await runFuzz({ recipe: recipeOf("envelope"), workers: 1, executions: 1, inputs });
    expect(again.edges.reached).toBeGreaterThanOrEqual(first.edges.reached);
    writeCorpus(folder, "envelope", again.corpus.slice(0, 3));
    expect(readCorpus(folder, "envelope")).toHaveLength(3);
  });

  it.each(REGRESSIONS)("stands what was a finding once: %s", (_what, target, hex) => {
    const input = Uint8Array.from(Buffer.from(hex, "hex"));
    expect(replayInput(makeTarget(recipeOf(target)), input)).toMatchObject({
      // A link that was bad for a while delivers the genuine update in the end.
      isAccepted: target === "link",
      trouble: undefined,
    });
  });

  it("does the same for the same seed", async () => {
    const [first, second] = [await run("envelope", 40), await run("envelope", 40)];
    expect(second.corpus).toEqual(first.corpus);
    expect(second.edges).toEqual(first.edges);
  });

  it("takes hostile images", async () => {
    const { findings, accepted } = await run("payload", 20);
    expect(findings).toEqual([]);
    expect(accepted).toBeGreaterThan(10);
  });

  it("takes a hostile link, and comes back when it is good again", async () => {
    const { findings, accepted } = await run("link", 300);
    expect(findings).toEqual([]);
    expect(accepted).toBeGreaterThan(100);
  });
});
