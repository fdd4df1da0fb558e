/**
 * Devices whose vendor is named by a private enterprise number, command by command.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());
beforeAll(() => workshop.prepareUpdate());

describe("device create --vendor-pen", () => {
  it("is refused for a bootloader that compares vendors by UUIDs only, and leaves nothing behind", async () => {
    const { exitCode, err } = await workshop.run(
      "device create odd.device --key author.pub --vendor-pen 32473",
    );
    expect(exitCode).toBe(2);
    expect(err).toContain("The bootloader compares vendors by UUIDs only");
    expect(err).toContain("bootloader-managed.wasm");
    expect((await workshop.run("device show odd.device")).exitCode).not.toBe(0);
  });

  it("is refused for what is no private enterprise number", async () => {
    const { exitCode, err } = await workshop.run(
      "device create odd.device --key author.pub --vendor-pen 4294967296",
    );
    expect(exitCode).toBe(2);
    expect(err).toContain("4294967296 is no private enterprise number");
  });
});
