/**
 * The options of `campaign` about the part and its supply.
 */
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Workshop } from "./workshop.ts";

const Limit = z.looseObject({
  smallest: z.looseObject({ operations: z.number(), outcome: z.string() }),
  tried: z.number(),
  largerThatFail: z.array(z.number()),
  longestPowerOn: z.number(),
});

const workshop = new Workshop();
afterAll(() => workshop.remove());

describe("campaign --tear", () => {
  it("explores the classes that it names, and the verdict names them", async () => {
    const out = await workshop.succeed("campaign --no-canaries --profile stm32g0 --tear ecc");
    expect(out).toContain("at most 1 torn operation among them (ecc)");
    expect(out).toContain("Proved:");
  });

  it("refuses a class that the part cannot show, and one that does not exist", async () => {
    const ecc = await workshop.run("campaign --tear ecc");
    expect(ecc).toMatchObject({ exitCode: 2, out: "" });
    expect(ecc.err).toContain("no error-correcting code");
    const unknown = await workshop.run("campaign --tear erase-twice");
    expect(unknown.exitCode).toBe(2);
    expect(unknown.err).toContain("metastable");
  });

  it("finds a chain of cuts that a record which is torn and reads blank does not survive, and replay tells it", async () => {
    const { exitCode, out } = await workshop.run(
      "campaign --profile stm32g0 --no-canaries --tear metastable --json",
    );
    expect(exitCode).toBe(1);
    const { findings } = z
      .looseObject({ findings: z.array(z.looseObject({ caseId: z.string() })) })
      .parse(JSON.parse(out));
    const again = await workshop.run(`replay ${findings[0]?.caseId}`);
    expect(again.exitCode).toBe(1);
    expect(again.out).toMatch(
      /\(metastable\): .* is left; the 8 bytes at 0x[0-9a-f]+ (will read|read two ways)/,
    );
  });
});

describe("campaign --operations", () => {
  it("finds the smallest number, and says of it and of the one below what min found", async () => {
    const { smallest, tried, largerThatFail, longestPowerOn } = Limit.parse(
      JSON.parse(await workshop.succeed("campaign --profile stm32g0 --operations min --json")),
    );
    expect(smallest.outcome).toBe("finished");
    expect(tried).toBe(smallest.operations - 1);
    expect(smallest.operations).toBeLessThanOrEqual(longestPowerOn);
    expect(largerThatFail).toEqual([]);
    await workshop.succeed(`campaign --profile stm32g0 --operations ${smallest.operations}`);
    const below = await workshop.run(`campaign --profile stm32g0 --operations ${tried}`);
    expect(below.exitCode).toBe(1);
    expect(below.out).toContain("going round in a circle");
  });

  it("refuses what is no number of operations", async () => {
    expect((await workshop.run("campaign --operations 0")).exitCode).toBe(2);
    expect((await workshop.run("campaign --operations many")).exitCode).toBe(2);
  });
});

describe("campaign --defect", () => {
  it("survives a unit of slot B that does not take, and says what was not asked", async () => {
    const out = await workshop.succeed(
      "campaign --no-canaries --profile stm32g0 --defect failing-65544 --torn 0",
    );
    expect(out).toContain("Campaign stm32g0-with-failing-65544/update");
    expect(out).toContain(
      "Not asked: durable, accepted, last-known-good, confidential, truthful, idempotent, quiet, wear, radio-alive, radio-follows.",
    );
  });

  it("refuses what is no defect", async () => {
    expect((await workshop.run("campaign --defect broken")).exitCode).toBe(2);
  });
});
