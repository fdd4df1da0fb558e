/**
 * The command as a process of its own: exit codes, pipes that close early, kills.
 */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDeviceFile } from "../../host/device/device-file.ts";
import { Workshop } from "./workshop.ts";

const ENTRY = fileURLToPath(new URL("../../build/host/cli/brownout.js", import.meta.url));

const workshop = new Workshop();
beforeAll(async () => {
  await workshop.prepareUpdate();
  await workshop.succeed("device create sensor.device --sign-key author.key");
});
afterAll(() => workshop.remove());

function brownout(
  line: string,
  env: NodeJS.ProcessEnv = {},
): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [ENTRY, ...line.split(" ")], {
    cwd: workshop.folder,
    encoding: "utf8",
    env: { ...process.env, FORCE_COLOR: "", NO_COLOR: "", ...env },
  });
  return { code: status, out: stdout, err: stderr };
}

describe("the brownout process", () => {
  it("exits with 0 when all is well, 1 for findings, 2 for mistakes", () => {
    expect(brownout("manifest verify update.suit --key author.pub").code).toBe(0);
    expect(brownout("manifest verify update.unsigned --key author.pub").code).toBe(1);
    const mistake = brownout("device show missing");
    expect(mistake).toMatchObject({ code: 2, out: "" });
    expect(mistake.err).toBe(
      "error: The device missing cannot be read: there is no such file.\n" +
        "hint: Give the file that `device create` wrote.\n",
    );
  });

  it("has no colours in a pipe unless they are forced, and none at all under NO_COLOR", () => {
    const escape = "\u001b[";
    expect(brownout("device show sensor.device").out).not.toContain(escape);
    expect(brownout("device show sensor.device", { FORCE_COLOR: "1" }).out).toContain(escape);
    expect(brownout("device show sensor.device", { FORCE_COLOR: "1", NO_COLOR: "1" }).out).not.toContain(
      escape,
    );
  });

  it("finishes its work when the reader of its output goes away", async () => {
    const line = "device update sensor.device -e update.suit -p firmware-2.wasm";
    const child = spawn(process.execPath, [ENTRY, ...line.split(" ")], { cwd: workshop.folder });
    child.stdout.destroy();
    let err = "";
    child.stderr.on("data", (data) => (err += String(data)));
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(await workshop.succeed("device show sensor.device")).toContain("slot B confirmed");
  });

  it("says so when its output cannot be written", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [ENTRY, "manifest", "inspect", "update.suit"], {
      cwd: workshop.folder,
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    expect(stderr).toBe(
      "error: The output cannot be written: the disk is full.\nhint: Make room, or send it elsewhere.\n",
    );
    expect(status).toBe(2);
  });

  it("is interrupted at once, which a shell sees as 130", async () => {
    const command = [process.execPath, ENTRY].map((word) => `'${word}'`).join(" ");
    const script = `${command} campaign & child=$!; sleep 3; kill -INT $child; wait $child; echo "exit $?"`;
    // A shell lets what it starts in the background ignore SIGINT, unless it controls jobs.
    const shell = spawn("bash", ["-m", "-c", script], { cwd: workshop.folder });
    let out = "";
    shell.stdout.on("data", (data) => (out += String(data)));
    await new Promise((resolve) => shell.once("close", resolve));
    expect(out).toBe("exit 130\n");
  });

  it("leaves a whole device file whenever an update is killed", async () => {
    await workshop.succeed("device create victim.device --sign-key author.key");
    for (const delay of [300, 600, 900, 1200]) {
      const line = "device update victim.device -e update.suit -p firmware-2.wasm";
      const child = spawn(process.execPath, [ENTRY, ...line.split(" ")], {
        cwd: workshop.folder,
      });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGINT");
      await ended;
      expect(() => readDeviceFile(workshop.path("victim.device"))).not.toThrow();
    }
    const boot = await workshop.run("device boot victim.device --settle");
    expect(boot.exitCode).toBe(0);
  });
});
