/**
 * Recorded flash operations: every prefix, and every torn operation after it, is a state to boot from.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { crc32 } from "../../host/config/crc32.ts";
import { Workshop } from "../cli/workshop.ts";
import { buildTemplate } from "../template-project.ts";

const FILES = "--bootloader build/bootloader.wasm --layout layout.json --scenario scenario.json";
const [SLOT_A, SLOT_B, STATE, PAGE_BYTES] = [28672, 63488, 98304, 1024];

const Report = z.object({
  verdict: z.object({ kind: z.string() }),
  uncut: z.object({ boots: z.array(z.object({ operations: z.number() })) }),
  exploration: z.object({ terminals: z.array(z.object({ image: z.string().nullable() })) }),
  findings: z.array(
    z.object({ oracle: z.string(), sentence: z.string(), cuts: z.array(z.string()), caseId: z.string() }),
  ),
});

const workshop = new Workshop();
let update = new Uint8Array();

beforeAll(async () => {
  await buildTemplate("assemblyscript", workshop.folder);
  // Slot B and state are blank at first; the recording is what an updater does with them.
  const scenario = new TextDecoder().decode(workshop.read("scenario.json"));
  const flash = scenario.split("\n").filter((line) => !/"at": "(slotB|state)"/.test(line));
  const before = flash.join("\n").replace(/("image": "firmware 1" \}),/, "$1");
  // An updater that is cut is not resumed, so the update need not arrive.
  workshop.write("scenario.json", before.replace(', "arrives"', ""));
  const image = workshop.read("build/firmware-2.wasm");
  update = new Uint8Array(16 + Math.ceil(image.length / 4) * 4).fill(0xff);
  new Uint32Array(update.buffer, 0, 4).set([0x31474d49, image.length, crc32(image), 2]);
  update.set(image, 16);
}, 120_000);
afterAll(() => workshop.remove());

const erase = (address: number): string => JSON.stringify({ op: "erase", address });
const program = (address: number, data: Uint8Array): string =>
  JSON.stringify({ op: "program", address, data: Buffer.from(data).toString("hex") });
const staged = (): string => program(STATE, Uint8Array.from(Buffer.from("53544147acabbeb8", "hex")));

async function campaign(...lines: readonly string[]): Promise<z.infer<typeof Report>> {
  workshop.write("ops.jsonl", lines.join("\n"));
  const { out, err } = await workshop.run(`campaign --no-canaries ${FILES} --recording ops.jsonl --json`);
  expect(err).toBe("");
  return Report.parse(JSON.parse(out));
}

describe("a recording", () => {
  it("of a sane updater is survived wherever it is cut; the old image runs or the new one", async () => {
    const { verdict, uncut, exploration } = await campaign(erase(SLOT_B), program(SLOT_B, update), staged());
    expect(verdict.kind).toBe("proved");
    // The note that it was begun, one erase, and each write unit.
    expect(uncut.boots[0]?.operations).toBe(1 + 1 + update.length / 4 + 2);
    expect(exploration.terminals.map(({ image }) => image).sort()).toEqual(["firmware 1", "firmware 2"]);
  });

  it("of an updater that erases what runs is a brick after its first operation, and replays", async () => {
    const { verdict, findings } = await campaign(erase(SLOT_A), program(SLOT_A, update));
    expect(verdict.kind).toBe("broken");
    expect(findings[0]).toMatchObject({ oracle: "alive" });
    expect(findings[0]?.cuts).toHaveLength(1);
    const replayed = await workshop.run("replay", findings[0]?.caseId ?? "", FILES, "--recording ops.jsonl");
    expect(replayed.exitCode).toBe(1);
    expect(replayed.out).toContain("nothing to boot");
  });

  it("that the part would refuse is a finding without any cut", async () => {
    const { findings } = await campaign(erase(SLOT_B), program(SLOT_B + 2, update), erase(PAGE_BYTES));
    expect(findings[0]).toMatchObject({ oracle: "rules", cuts: [] });
    expect(findings[0]?.sentence).toContain("not whole write units");
  });

  it.each([
    ['{"op":"erase"}', "In line 1 of ops.jsonl, address: this is missing."],
    ['\n{"op":"erase","adress":1}', 'In line 2 of ops.jsonl, "adress" is not known here.'],
    ['{"op":"eras","address":1}', "In line 1 of ops.jsonl, op: "],
    ["erase 5", "In line 1 of ops.jsonl, this is not JSON"],
    ['{"op":"program","address":0,"data":"0"}', "data: expected hexadecimal digits"],
    ['{"op":"counter","id":3,"value":1}', "In line 1 of ops.jsonl, id: "],
    ["", "ops.jsonl holds no operation."],
  ])("%j is refused with one sentence", async (text, sentence) => {
    workshop.write("ops.jsonl", text);
    const { exitCode, err } = await workshop.run(`campaign --no-canaries ${FILES} --recording ops.jsonl`);
    expect(exitCode).toBe(2);
    expect(err).toContain(sentence);
    expect(err).toMatch(/^error: .+\nhint: .+\n$/);
  });

  it("goes with a scenario of one's own", async () => {
    const { exitCode, err } = await workshop.run("campaign --recording ops.jsonl");
    expect(exitCode).toBe(2);
    expect(err).toContain("--recording goes with a scenario of your own.");
  });
});
