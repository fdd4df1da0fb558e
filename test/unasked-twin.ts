/**
 * Builds of the bootloader in which nobody asks the witnesses: what glitch campaigns have to find.
 */
import { readFileSync } from "node:fs";
import { ENCRYPTION_VARIANTS } from "../host/build/encryption-variant.ts";
import { SIGNATURE_VARIANTS } from "../host/build/signature-variant.ts";
import { buildPatched } from "../host/build/variant.ts";
import { CanaryFile } from "../host/campaign/canary-file.ts";
import { targetOf, type GlitchTarget } from "../host/glitch/target.ts";

/**
 * The twin of a bootloader that verifies other signatures, or takes encrypted payloads.
 *
 * @param name as in `bootloader-ed25519`
 */
export async function unaskedTwin(name: string): Promise<GlitchTarget> {
  const variant = [...SIGNATURE_VARIANTS, ...ENCRYPTION_VARIANTS].find(({ entry }) => entry.name === name);
  if (variant === undefined) throw new Error(`There is no variant ${name}.`);
  const canary = new URL("../assembly/canary/witnesses-unasked.json", import.meta.url);
  const { patches } = CanaryFile.parse(JSON.parse(readFileSync(canary, "utf8")));
  const { module, symbols } = await buildPatched([...variant.patches, ...patches]);
  return targetOf(Uint8Array.from(module), symbols);
}
