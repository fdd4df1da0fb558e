/** What a device can find out about the world: given on the command line, kept with the device, asked by updates. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readWasm } from "../wasm-file.ts";
import { MANIFEST, Workshop } from "./workshop.ts";

const workshop = new Workshop();
const CONDITIONAL = {
  ...MANIFEST,
  install: [
    {
      "override-parameters": {
        "use-before": 1_900_000_000,
        "minimum-battery": 500,
        "update-priority": -1,
        "wait-info": { time: 1_800_000_000 },
      },
    },
    "wait",
    "use-before",
    "minimum-battery",
    "update-authorized",
    { "override-parameters": { uri: "coap://update.example/app" } },
    "fetch",
    "image-match",
  ],
};
const UPDATE = "device update d.device --envelope update.suit --payload firmware-2.wasm";
/** 2027-03-09T06:40:00Z is 1,804,574,400. */
const FAVOURABLE = "--time 2027-03-09T06:40:00Z --battery 500 --authorize -1";

beforeAll(async () => {
  await workshop.prepareUpdate(CONDITIONAL);
  workshop.write("managed.wasm", readWasm("bootloader-managed"));
  await workshop.succeed("device create fresh.device --sign-key author.key --bootloader managed.wasm");
});
afterAll(() => {
  workshop.remove();
});

function fresh(): void {
  workshop.write("d.device", workshop.read("fresh.device"));
}

describe("surroundings", () => {
  it.each([
    ["", "hal-unavailable"],
    ["--time 1799999999", "wait-timed-out"],
    ["--time 1900000000", "use-before-expired"],
    ["--time 1800000000 --battery 499", "battery-too-low"],
    ["--time 1800000000 --battery 500", "hal-unavailable"],
    ["--time 1800000000 --battery 500 --authorize -2", "update-unauthorized"],
  ])("let a conditional update be refused for what they lack: %s", async (options, reason) => {
    fresh();
    const { exitCode, out } = await workshop.run(
      ...[UPDATE, options, "--json"].filter((part) => part !== ""),
    );
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ result: "refused", reason });
  });

  it("let it through where all is as it asks, and stay with the device", async () => {
    fresh();
    expect(await workshop.succeed(`${UPDATE} ${FAVOURABLE}`)).toContain("installed:");
    const shown = await workshop.succeed("device show d.device");
    expect(shown).toContain(
      "around it  its clock says 2027-03-09T06:40:00Z, its battery has 500 mWh, updates up to priority -1 are allowed",
    );
    expect(shown).toContain("signed by a trusted key");
    expect(shown).not.toContain("unsupported");
    await workshop.succeed("device boot d.device --battery none --time none");
    expect(JSON.parse(await workshop.succeed("device show d.device --json"))).toMatchObject({
      surroundings: { authorizedPriority: -1 },
    });
  });

  it("let a postponed update be made at a later power-on, when the battery is charged", async () => {
    fresh();
    await workshop.run(`${UPDATE} ${FAVOURABLE} --battery 499`);
    const settled = await workshop.succeed("device boot d.device --battery 500 --settle");
    expect(settled).toContain("slot B booted");
    expect(await workshop.succeed("device show d.device")).toContain("slot B confirmed");
  });

  it("are not kept by a dry run", async () => {
    fresh();
    await workshop.succeed("device boot d.device --battery 7 --dry-run");
    expect(workshop.read("d.device")).toEqual(workshop.read("fresh.device"));
  });

  it.each([
    ["--time tomorrow", "2030-01-31T12:00:00Z"],
    ["--time 2030-13-31T12:00:00Z", "2030-01-31T12:00:00Z"],
    ["--time 18446744073709551616", "2030-01-31T12:00:00Z"],
    ["--battery -1", "mWh from 0 to 4294967295, or none"],
    ["--battery 4294967296", "mWh from 0 to 4294967295, or none"],
    ["--authorize high", "a whole number of 32 bits, or none"],
    ["--authorize 2147483648", "a whole number of 32 bits, or none"],
  ])("are refused in a form that nobody can mean: %s", async (options, expected) => {
    fresh();
    const { exitCode, err } = await workshop.run(`device boot d.device ${options}`);
    expect(exitCode).toBe(2);
    expect(err).toContain(expected);
  });
});
