/**
 * Bootloaders of somebody else: every template is built, judged and explored; a wrong one is found.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { LANGUAGES, writeTemplate, type Language } from "../../host/init/template.ts";
import { Workshop } from "../cli/workshop.ts";
import { buildTemplate, editFile, missingTool, rebuildTemplate } from "../template-project.ts";

const FILES = "--bootloader build/bootloader.wasm --layout layout.json --scenario scenario.json";

const Report = z.object({
  verdict: z.object({ kind: z.string() }),
  scenario: z.object({ replayOptions: z.string() }),
  uncut: z.object({ boots: z.array(z.object({ image: z.string().optional() })), isAtRest: z.boolean() }),
  exploration: z.object({
    closed: z.boolean(),
    states: z.number(),
    terminals: z.array(z.object({ image: z.string().nullable() })),
  }),
  oracles: z.array(z.object({ id: z.string(), findings: z.number() })),
  findings: z.array(
    z.object({ oracle: z.string(), cuts: z.array(z.string()), caseId: z.string(), replay: z.string() }),
  ),
});

const Limit = z.object({
  smallest: z.object({ operations: z.number() }),
  longestPowerOn: z.number(),
  largerThatFail: z.array(z.number()),
});

/** Where the line stands that the README asks to move, and what the file then says. */
const WRONG: Readonly<
  Record<Language, { readonly file: string; readonly copy: string; readonly mark: string }>
> = {
  assemblyscript: { file: "bootloader.ts", copy: "  copyUpdate();\n", mark: "  markDone();" },
  c: { file: "bootloader.c", copy: "  copy_update();\n", mark: "  mark_done();" },
  rust: { file: "bootloader.rs", copy: "    copy_update();\n", mark: "    mark_done();" },
  zig: { file: "bootloader.zig", copy: "    copyUpdate();\n", mark: "    markDone();" },
};

/** Languages whose templates must be built: CI says so, where a template that is skipped would go unseen. */
const REQUIRED = (process.env["BROWNOUT_TEMPLATES"] ?? "").split(/\s+/);

async function campaign(workshop: Workshop): Promise<z.infer<typeof Report>> {
  const { out, err } = await workshop.run(`campaign --no-canaries ${FILES} --json`);
  expect(err).toBe("");
  return Report.parse(JSON.parse(out));
}

for (const language of LANGUAGES) {
  const tool = missingTool(language);
  if (tool !== undefined) console.warn(`The ${language} template is not built here: there is no ${tool}.`);

  if (REQUIRED.includes(language)) {
    it(`has the compilers of ${language}, which are required here`, () => {
      expect(tool).toBeUndefined();
    });
  }

  describe.skipIf(tool !== undefined)(`the ${language} template`, () => {
    const workshop = new Workshop();
    beforeAll(() => buildTemplate(language, workshop.folder), 120_000);
    afterAll(() => workshop.remove());

    it("builds modules that may run on the device, and are small", async () => {
      await workshop.succeed("lint build/bootloader.wasm --as bootloader --layout layout.json");
      await workshop.succeed("lint build/firmware-1.wasm --as firmware --layout layout.json");
      await workshop.succeed("lint build/firmware-2.wasm --as firmware --layout layout.json");
      expect(workshop.read("build/bootloader.wasm").length).toBeLessThan(2048);
    });

    it("survives every sequence of power cuts, and always ends with the update", async () => {
      const { verdict, uncut, exploration, oracles } = await campaign(workshop);
      expect(verdict.kind).toBe("proved");
      expect(uncut.isAtRest).toBe(true);
      expect(exploration.closed).toBe(true);
      expect(exploration.states).toBeGreaterThan(100);
      expect(exploration.terminals.map(({ image }) => image)).toEqual(["firmware 2"]);
      expect(oracles.map(({ id }) => id)).toEqual([
        "authentic",
        "alive",
        "sound",
        "rules",
        "idempotent",
        "quiet",
        "arrives",
      ]);
    });

    it("finishes in the end although every power-on lasts a few operations less than it needs", async () => {
      const limit = Limit.parse(
        JSON.parse(await workshop.succeed(`campaign ${FILES} --operations min --json`)),
      );
      expect(limit.smallest.operations).toBeLessThan(limit.longestPowerOn);
      expect(limit.largerThatFail).toEqual([]);
    });

    it("is bricked by one cut when the update is marked as done before it is copied", async () => {
      const { file, copy, mark } = WRONG[language];
      editFile(workshop.path(file), copy + mark, `${mark}\n${copy}  //`);
      await rebuildTemplate(language, workshop.folder);
      const { verdict, scenario, findings } = await campaign(workshop);
      expect(verdict.kind).toBe("broken");
      expect(findings[0]).toMatchObject({ oracle: "alive" });
      expect(findings[0]?.cuts).toHaveLength(1);
      expect(scenario.replayOptions).toContain("--layout layout.json");

      const [, ...words] = (findings[0]?.replay ?? "").replaceAll("'", "").split(" ");
      const replayed = await workshop.run(...words);
      expect(replayed.exitCode).toBe(1);
      expect(replayed.out).toContain("The bootloader found nothing to boot and waits.");
      expect(replayed.out).toContain("copying the update");
    });
  });
}

describe("a bootloader with an image of several pages", () => {
  const workshop = new Workshop();
  afterAll(() => workshop.remove());

  it("resumes where it was cut, so that the states grow with the image and not with its square", async () => {
    await buildTemplate("assemblyscript", workshop.folder);
    const states: number[] = [];
    for (const padding of [1100, 2200]) {
      for (const name of ["firmware-1", "firmware-2"]) {
        const image = workshop.read(`build/${name}.wasm`);
        writeFileSync(workshop.path(`build/${name}-${padding}.wasm`), withCustomSection(image, padding));
      }
      const scenario = readFileSync(workshop.path("scenario.json"), "utf8")
        .replaceAll(/build\/(firmware-[12])\.wasm/g, `build/$1-${padding}.wasm`)
        .replace('"torn": 1', '"torn": 0');
      workshop.write("scenario.json", scenario);
      const { verdict, exploration } = await campaign(workshop);
      expect(verdict.kind).toBe("proved");
      states.push(exploration.states);
      workshop.write("scenario.json", scenario.replaceAll(`-${padding}.wasm`, ".wasm"));
    }
    const [small = 0, large = 0] = states;
    expect(large / small).toBeLessThan(2.2);
  });
});

describe("a bootloader that forgets the update", () => {
  const workshop = new Workshop();
  afterAll(() => workshop.remove());

  it("bricks nothing, and is found by the oracle that asks where it all ends", async () => {
    writeTemplate("assemblyscript", workshop.folder, workshop.folder);
    const install = "  copyUpdate();\n  markDone();";
    editFile(workshop.path("bootloader.ts"), install, "  flashErase(STATE);");
    await rebuildTemplate("assemblyscript", workshop.folder);
    const { verdict, oracles, findings } = await campaign(workshop);
    expect(verdict.kind).toBe("broken");
    expect(oracles.filter((oracle) => oracle.findings > 0).map(({ id }) => id)).toEqual(["arrives"]);
    expect(findings[0]).toMatchObject({ oracle: "arrives", cuts: [] });
    const replayed = await workshop.run("replay", findings[0]?.caseId ?? "", FILES);
    expect(replayed.exitCode).toBe(1);
    expect(replayed.out).toContain("Uninterrupted power ends with firmware 1.");
  });
});

describe("a layout of one's own", () => {
  const workshop = new Workshop();
  afterAll(() => workshop.remove());

  it("moves every partition, and the device page is nowhere", async () => {
    writeTemplate("assemblyscript", workshop.folder, workshop.folder);
    editFile(workshop.path("hal.ts"), "SLOT_A: usize = 28672", "SLOT_A: usize = 4096");
    editFile(workshop.path("hal.ts"), "SLOT_B: usize = 63488", "SLOT_B: usize = 27648");
    editFile(workshop.path("hal.ts"), "SLOT_BYTES: u32 = 34816", "SLOT_BYTES: u32 = 4096");
    editFile(workshop.path("hal.ts"), "STATE: usize = 98304", "STATE: usize = 101376");
    const layout = {
      boot: { address: 0, bytes: 4096 },
      slotA: { address: 4096, bytes: 4096 },
      slotB: { address: 27648, bytes: 4096 },
      state: { address: "0x18c00", bytes: 1024 },
    };
    workshop.write("layout.json", JSON.stringify(layout));
    await rebuildTemplate("assemblyscript", workshop.folder);
    const { verdict, exploration } = await campaign(workshop);
    expect(verdict.kind).toBe("proved");
    expect(exploration.terminals.map(({ image }) => image)).toEqual(["firmware 2"]);
  });
});

/** The module with a custom section of so many bytes, under 16 KiB. */
function withCustomSection(module: Uint8Array, bytes: number): Uint8Array {
  const body = new Uint8Array(bytes).fill(0x55);
  body.set([3, 0x70, 0x61, 0x64]);
  return Uint8Array.from([...module, 0, (bytes & 0x7f) | 0x80, bytes >> 7, ...body]);
}
