/**
 * The template projects, built in folders of their own with whatever compilers this machine has.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import asc from "assemblyscript/asc";
import { z } from "zod";
import { writeTemplate, type Language } from "../host/init/template.ts";

/** Why the template of a language cannot be built here, or undefined: it can. */
export function missingTool(language: Language): string | undefined {
  switch (language) {
    case "assemblyscript":
      return undefined;
    case "c":
      return missing("clang", "--version") ?? missing("wasm-ld", "--version") ?? missing("make", "--version");
    case "rust":
      return wasmRustc() === undefined ? "rustc with its wasm32 library" : missing("wasm-ld", "--version");
    case "zig":
      return missing("zig", "version");
  }
}

/** Writes the project of a language into `folder` and builds it. */
export async function buildTemplate(language: Language, folder: string): Promise<void> {
  writeTemplate(language, folder, folder);
  await rebuildTemplate(language, folder);
}

/** Builds what is in the folder, as its own script does. */
export async function rebuildTemplate(language: Language, folder: string): Promise<void> {
  if (language !== "assemblyscript") {
    const rustc = language === "rust" ? [`RUSTC=${wasmRustc() ?? "rustc"}`] : [];
    execFileSync("make", rustc, { cwd: folder, stdio: "pipe" });
    return;
  }
  const { scripts } = Package.parse(JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")));
  for (const script of Object.values(scripts)) {
    const [program, ...words] = script.split(" ");
    if (program !== "asc") continue;
    const stderr = asc.createMemoryStream();
    const { error } = await asc.main([...words, "--baseDir", folder], { stderr });
    if (error !== null) throw new Error(`${script}: ${error.message}\n${stderr.toString()}`);
  }
}

const Package = z.object({ scripts: z.record(z.string(), z.string()) });

/** Replaces a text that is in a file exactly once. */
export function editFile(file: string, find: string, replacement: string): void {
  const text = readFileSync(file, "utf8");
  if (text.split(find).length !== 2) throw new Error(`Not exactly once in ${file}: ${find}`);
  writeFileSync(
    file,
    text.replace(find, () => replacement),
  );
}

function missing(tool: string, flag: string): string | undefined {
  try {
    execFileSync(tool, [flag], { stdio: "pipe" });
    return undefined;
  } catch {
    return tool;
  }
}

/** A rustc that has the library for wasm32: of rustup, or of the system. */
function wasmRustc(): string | undefined {
  return ["rustc", "/usr/bin/rustc"].find((rustc) => {
    try {
      const words = ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"];
      const folder = execFileSync(rustc, words, { stdio: "pipe", encoding: "utf8" }).trim();
      return existsSync(folder);
    } catch {
      return false;
    }
  });
}
