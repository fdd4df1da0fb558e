/**
 * Files that nobody should give a command: huge, endless, deep, wide, a folder. Each is answered with one clear
 * sentence, in bounded memory: that of a process of its own, which Node itself takes 130 MiB of.
 */
import { spawnSync } from "node:child_process";
import { ftruncateSync, openSync, closeSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "./workshop.ts";

const ENTRY = fileURLToPath(new URL("../../build/host/cli/brownout.js", import.meta.url));
/**
 * Prints the largest memory that the process ever had: by the kernel's own account where there is one, as
 * resourceUsage() counts what its parent had when they parted.
 */
const WITNESS =
  'data:text/javascript,import{readFileSync}from"node:fs";' +
  'const peak=()=>{try{return/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status","utf8"))[1]}' +
  "catch{return process.resourceUsage().maxRSS}};" +
  'process.on("exit",()=>console.error("max-rss",peak()))';
const MEBIBYTE_KIBIBYTES = 1024;
const MEMORY_MAX_MIBIBYTES = 384;
const ITEMS = 1_000_000;

const workshop = new Workshop();
afterAll(() => workshop.remove());

/** The head of an array or map of a million items under tag 107. */
const million = (major: number): number[] => [0xd8, 107, (major << 5) | 26, 0x00, 0x0f, 0x42, 0x40];

beforeAll(async () => {
  await workshop.prepareUpdate();
  const huge = openSync(workshop.path("huge"), "w");
  ftruncateSync(huge, 200_000_000);
  closeSync(huge);
  workshop.write("deep", new Uint8Array(ITEMS).fill(0x81));
  workshop.write("array", Uint8Array.from([...million(4), ...new Uint8Array(ITEMS)]));
  const payload = Buffer.from("6630303030303040", "hex");
  const payloads = Buffer.alloc(ITEMS * payload.length);
  for (let index = 0; index < ITEMS; index += 1) {
    payload.write(String(index).padStart(6, "0"), 1);
    payload.copy(payloads, index * payload.length);
  }
  workshop.write("payloads", Buffer.concat([Buffer.from(million(5)), payloads]));
  writeFileSync(workshop.path("deep.json"), "[".repeat(ITEMS) + "]".repeat(ITEMS));
  workshop.write(
    "wide.json",
    JSON.stringify({ sequenceNumber: 1, components: Array<string>(ITEMS).fill("a") }),
  );
});

function run(line: string): { code: number | null; text: string; mebibytes: number } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", WITNESS, ENTRY, ...line.split(" ")],
    { cwd: workshop.folder, encoding: "utf8", maxBuffer: 1 << 28, timeout: 60_000 },
  );
  const kibibytes = Number(/max-rss (\d+)/.exec(stderr)?.[1]);
  return { code: status, text: stderr + stdout, mebibytes: kibibytes / MEBIBYTE_KIBIBYTES };
}

/** Command line, exit code, and a part of what is said. */
const CASES: readonly (readonly [string, number, string])[] = [
  ["manifest inspect huge", 2, "huge cannot be read: it has 200000000 bytes, and at most 8388608 are read"],
  ["manifest inspect /dev/zero", 2, "/dev/zero cannot be read: it has more than 8388608 bytes"],
  ["manifest verify /dev/zero --by host --key author.pub", 1, "it has more than 8388608 bytes"],
  ["manifest sign /dev/zero --key author.key --out x", 2, "it has more than 8388608 bytes"],
  ["manifest create /dev/zero --out x", 2, "it has more than 8388608 bytes"],
  ["keys public /dev/zero", 2, "it has more than 8388608 bytes"],
  ["device show /dev/zero", 2, "it has more than 16777216 bytes"],
  ["manifest inspect .", 2, "it is a folder"],
  ["manifest inspect deep --words", 1, "does not start with CBOR tag 107"],
  ["manifest verify deep --by host --key author.pub", 1, "envelope-tag"],
  ["manifest lint deep", 1, "not-readable"],
  ["manifest sign deep --key author.key --out x", 2, "does not start with CBOR tag 107"],
  ["keys public deep", 2, "not CBOR"],
  ["report inspect deep", 2, "deep is no SUIT report"],
  ["manifest inspect array --words", 1, "an array where a map should be"],
  ["manifest inspect payloads --words", 1, "Not signed"],
  ["manifest verify payloads --by host --key author.pub", 1, "authentication-missing"],
  ["manifest verify payloads --key author.pub", 1, "envelope-too-large"],
  ["manifest lint payloads", 1, "more than 100000 CBOR items"],
  ["manifest sever payloads --out x", 2, "more than 100000 CBOR items"],
  ["glitch --scenario unsigned --state /dev/zero", 2, "/dev/zero is no progress file"],
  ["manifest create deep.json --out x", 2, "nests deeper than 128 levels"],
  ["manifest create wide.json --out x", 2, "has more than 100000 values"],
];

describe("a hostile file", () => {
  it.each(CASES)("%s → %i in bounded memory", (line, code, part) => {
    const { text, mebibytes, ...ran } = run(line);
    expect(text.slice(0, 2000)).toContain(part);
    expect(ran.code).toBe(code);
    expect(mebibytes).toBeGreaterThan(0);
    expect(mebibytes).toBeLessThan(MEMORY_MAX_MIBIBYTES);
    if (process.env["SHOW_RSS"] !== undefined) console.log(`${Math.round(mebibytes)} MiB  ${line}`);
  });
});
