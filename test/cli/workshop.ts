/**
 * A folder of its own with a command line in it: commands run in this process, on captured output.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createColors } from "picocolors";
import type { ExitCode } from "../../host/cli/exit-code.ts";
import type { Output } from "../../host/cli/io.ts";
import { main } from "../../host/cli/main.ts";
import { readWasm } from "../wasm-file.ts";

/** What a command did. */
export interface Ran {
  readonly exitCode: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** The manifest that most tests begin with; `sequenceNumber` and more may be added. */
export const MANIFEST = {
  sequenceNumber: 2,
  component: ["app"],
  uri: "coap://update.example/app",
  vendor: { domain: "brownout.example" },
  class: { name: "class1" },
};

/** A temporary folder to run commands in. */
export class Workshop {
  readonly folder = mkdtempSync(path.join(tmpdir(), "brownout-cli-"));

  /** Runs `brownout` with these arguments; an argument may hold several words without spaces in them. */
  async run(...commandLine: readonly string[]): Promise<Ran> {
    const words = commandLine.flatMap((part) => part.split(" "));
    let out = "";
    let err = "";
    const collect = (write: (text: string) => void): Output => ({
      isTerminal: false,
      colors: createColors(false),
      write,
    });
    const exitCode = await main(words, {
      out: collect((text) => (out += text)),
      err: collect((text) => (err += text)),
      directory: this.folder,
    });
    return { exitCode, out, err };
  }

  /** Runs a command that must succeed and returns its output. */
  async succeed(...commandLine: readonly string[]): Promise<string> {
    const { exitCode, out, err } = await this.run(...commandLine);
    if (exitCode !== 0) throw new Error(`${commandLine.join(" ")} ended with ${exitCode}: ${err}${out}`);
    return out;
  }

  /** Puts files where an author would have them: keys, an unsigned and a signed update, firmware. */
  async prepareUpdate(json: object = MANIFEST): Promise<void> {
    this.write("update.json", JSON.stringify(json));
    this.write("firmware-2.wasm", readWasm("firmware-2"));
    await this.succeed("keys generate --out author.key");
    await this.succeed("keys public author.key --out author.pub");
    await this.succeed("manifest create update.json --payload firmware-2.wasm --out update.unsigned");
    await this.succeed("manifest sign update.unsigned --key author.key --out update.suit");
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  read(name: string): Uint8Array {
    return Uint8Array.from(readFileSync(this.path(name)));
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.path(name), content);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
