/**
 * The manual says what the code does.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { manifestPage } from "../../host/build/manifest-page.ts";
import { generateKey } from "../../host/keys/key.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { COMMANDS, MANIFEST_MEMBERS, PARAMETERS } from "../../host/manifest/labels.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";

const manual = readFileSync(new URL("../../docs/manifest.md", import.meta.url), "utf8");
const examples = [...manual.matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => text);
const key = generateKey();

describe("docs/manifest.md", () => {
  it("has examples", () => {
    expect(examples).toHaveLength(2);
  });

  it("is fresh: `npm run docs` would not change it", async () => {
    expect(await manifestPage(manual)).toBe(manual);
  });

  it.each(examples)("has an example that becomes an accepted envelope: %#", (text) => {
    const json: unknown = JSON.parse(text);
    const envelope = createEnvelope(json, { payload: new Uint8Array(8) });
    expect(verifyEnvelope(signEnvelope(envelope, key), [key])).toMatchObject({ reason: "ok" });
  });

  it("lists every member, command and parameter that the bootloader processes", () => {
    const rows = manual.split("\n").filter((line) => line.startsWith("|"));
    const listed = (row: string): string =>
      rows.find((line) => line.startsWith(`| ${row}`))?.split("|")[2] ?? "";
    const names = (table: readonly { readonly name: string; readonly supported: boolean }[]): string[] =>
      table.filter(({ supported }) => supported).map(({ name }) => name);
    for (const name of names(MANIFEST_MEMBERS)) expect(listed("manifest ")).toContain(name);
    for (const name of names(PARAMETERS)) expect(listed("parameters ")).toContain(name);
    for (const name of names(COMMANDS.filter(({ directive }) => directive)))
      expect(listed("directives ")).toContain(name);
    for (const name of names(COMMANDS.filter(({ directive }) => !directive)))
      expect(listed("conditions ")).toContain(name);
  });
});
