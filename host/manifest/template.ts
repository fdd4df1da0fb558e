/**
 * Manifests to begin with, one for each way of updating; they lie in templates/manifest.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { projectRoot } from "../project.ts";

/** The name of a template. */
export const TemplateName = z.enum([
  "secure-boot",
  "ab",
  "swap",
  "dependency",
  "encrypted",
  "delta",
  "multi-component",
]);

/** The name of a template. */
export type TemplateName = z.infer<typeof TemplateName>;

/** What each template is for. */
export const MANIFEST_TEMPLATES: Readonly<Record<TemplateName, string>> = {
  "secure-boot": "one component, checked when it is installed and on every boot",
  ab: "one component with an image for each of two slots",
  swap: "fetched into a staging area and exchanged with the running image",
  dependency: "a manifest that installs another one, which another author has signed",
  encrypted: "an image that only some devices can decrypt",
  delta: "a patch that makes the new image of the old one",
  "multi-component": "two components that belong together",
};

/** Where the JSON Schema of the form is, for editors. */
export const SCHEMA_FILE = path.join(projectRoot, "docs", "schema", "manifest.json");

/** The text of a template, its `$schema` being where the schema is on this machine. */
export function manifestTemplate(name: TemplateName): string {
  const text = readFileSync(path.join(projectRoot, "templates", "manifest", `${name}.json`), "utf8");
  return text.replace('"../../docs/schema/manifest.json"', JSON.stringify(pathToFileURL(SCHEMA_FILE).href));
}
