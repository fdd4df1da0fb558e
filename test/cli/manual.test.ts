/**
 * The manuals: their examples are run, and docs/cli.md is what the generator writes.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cliPage, manualOf } from "../../host/build/cli-page.ts";
import { COMMANDS } from "../../host/cli/program.ts";
import { readWasm } from "../wasm-file.ts";
import { MANIFEST, Workshop } from "./workshop.ts";

/** One command of a manual and what it prints there. */
interface Step {
  readonly line: string;
  readonly expected: string;
}

const workshop = new Workshop();
beforeAll(() => workshop.write("firmware-2.wasm", readWasm("firmware-2")));
afterAll(() => workshop.remove());

function stepsOf(manual: string): Step[] {
  const blocks = [...manual.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const end = step.indexOf("\n");
        return { line: step.slice(0, end), expected: step.slice(end + 1) };
      }),
  );
}

/** Figures change with every build of the device code; words do not. */
function withoutFigures(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}/g, "H")
    .replace(/0x[0-9a-f]+/g, "N")
    .replace(/(█|▒|▓|·)\1*/g, "$1")
    .replace(/[0-9][0-9,.]*/g, "N")
    .replace(/ +/g, " ")
    .replace(/(?<=N )[µnm](?=[Js]\b)/g, "")
    .trimEnd();
}

/** Whether the output is as expected, a line of three dots standing for any lines. */
function pattern(expected: string): RegExp {
  const lines = withoutFigures(expected).split("\n");
  const source = lines
    .map((line) => (line === "..." ? "[\\s\\S]*?" : `${line.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")} ?`))
    .join("\n")
    .replaceAll("[\\s\\S]*?\n", "(?:[\\s\\S]*?\n)?");
  return new RegExp(`^${source}$`);
}

/** The words of a command line, with single quotes as in a shell. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

/** Puts a device's report of an update where the manual of `report inspect` has it. */
async function makeReport(): Promise<void> {
  workshop.write("report.key", new Uint8Array(32).fill(7));
  workshop.write("reporting-2.wasm", readWasm("reporting-2"));
  workshop.write("r.json", JSON.stringify(MANIFEST));
  await workshop.succeed("keys generate --out r.key");
  await workshop.succeed("manifest create r.json --payload reporting-2.wasm --out r.unsigned");
  await workshop.succeed("manifest sign r.unsigned --key r.key --out r.suit");
  await workshop.succeed("device create r.device --sign-key r.key --report-key report.key");
  const update = "device update r.device --envelope r.suit --payload reporting-2.wasm";
  await workshop.succeed(`${update} --report update.report`);
}

describe("the manuals", () => {
  it("have an example of their command each", () => {
    for (const command of COMMANDS) {
      const steps = stepsOf(manualOf(command)).map(({ line }) => line);
      expect(steps.length).toBeGreaterThan(0);
      expect(steps.some((line) => line.startsWith(`brownout ${command.words}`))).toBe(true);
    }
  });

  it("show what the commands really print", async () => {
    await makeReport();
    for (const { line, expected } of COMMANDS.flatMap((command) => stepsOf(manualOf(command)))) {
      const [program, ...words] = wordsOf(line);
      if (program === "cat") {
        workshop.write(words[0] ?? "", expected);
        continue;
      }
      const { out, err } = await workshop.run(...words);
      expect(withoutFigures(out + err), line).toMatch(pattern(expected));
    }
  }, 300_000);
});

describe("docs/cli.md", () => {
  it("is fresh: `npm run docs` would not change it", async () => {
    const file = new URL("../../docs/cli.md", import.meta.url);
    expect(readFileSync(file, "utf8")).toBe(await cliPage());
  });
});
