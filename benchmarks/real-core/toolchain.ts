/**
 * The programs that translate, compile and run: used where they are installed, named where not.
 */
import { spawnSync } from "node:child_process";

/** Each program with the Debian package that has it. */
const PROGRAMS = {
  clang: "clang",
  "wasm-ld": "lld",
  wasm2c: "wabt",
  "arm-none-eabi-gcc": "gcc-arm-none-eabi",
  "arm-none-eabi-size": "binutils-arm-none-eabi",
  "qemu-system-arm": "qemu-system-arm",
} as const;

/** One of the programs. */
export type Program = keyof typeof PROGRAMS;

/** The sentence that says which programs are missing; undefined if none is. */
export function missingPrograms(isInstalled = hasProgram): string | undefined {
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isInstalled(program));
  if (missing.length === 0) return undefined;
  const names = missing.map(([program]) => program).join(", ");
  const packages = [...new Set(missing.map(([, name]) => name)), "libnewlib-arm-none-eabi"].join(" ");
  return `real cores are not measured: ${names} ${missing.length === 1 ? "is" : "are"} not installed; Debian: apt install ${packages}`;
}

/** First lines of what the programs say of themselves. */
export function programVersions(): string[] {
  return (["arm-none-eabi-gcc", "qemu-system-arm"] as const)
    .map((program) => run(program, ["--version"]).split("\n")[0] ?? "")
    .concat(`wasm2c ${run("wasm2c", ["--version"]).trim()}`);
}

/**
 * Runs a program to its end.
 *
 * @returns what it has written to its output
 * @throws Error with what it has said if it fails or takes longer than a minute
 */
export function run(program: Program, parameters: readonly string[], folder?: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, parameters, {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    maxBuffer: 64 << 20,
  });
  if (status === 0) return stdout + stderr;
  const reason = error === undefined ? `ended with ${status}` : error.message;
  throw new Error(`${program} ${parameters.join(" ")}: ${reason}\n${stdout}${stderr}`);
}

function hasProgram(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}
