/**
 * The demonstration as a process: Ctrl-C in the middle of the campaign, and output into a pipe.
 */
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../host/project.ts";

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the demonstration and sends it a signal as soon as it has written a text. */
async function startAndInterrupt(text: string, signal: NodeJS.Signals): Promise<Ended> {
  const environment = { ...process.env, NO_COLOR: "", FORCE_COLOR: "" };
  const child = spawn(process.execPath, ["--import", "tsx", path.join("host", "demo", "start.ts")], {
    cwd: projectRoot,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stderr.on("data", (data: Buffer) => (err += data.toString()));
  child.stdout.on("data", (data: Buffer) => {
    const wasThere = out.includes(text);
    out += data.toString();
    if (!wasThere && out.includes(text)) child.kill(signal);
  });
  return new Promise((resolve) => {
    child.on("close", (code, ending) => {
      resolve({ code, signal: ending, out, err });
    });
  });
}

describe("npm start", () => {
  it("ends with 130 when it is interrupted while it explores, and says where the files are", async () => {
    const { code, signal, out, err } = await startAndInterrupt("Every power cut", "SIGINT");
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    const folder = /What was made so far is in (.+)$/m.exec(err)?.[1] ?? "";
    expect(existsSync(path.join(folder, "sensor-updated.device"))).toBe(true);
    rmSync(folder, { recursive: true });
    expect(out).toContain("4  Updates that turn out bad");
    expect(out).not.toContain("✗");
  });

  it("writes neither colors nor progress into a pipe", async () => {
    const { out, err } = await startAndInterrupt("Every power cut", "SIGTERM");
    rmSync(/What was made so far is in (.+)$/m.exec(err)?.[1] ?? "", { recursive: true, force: true });
    expect(out + err).not.toContain("\u001b");
    expect(out + err).not.toContain("\r");
  });
});
