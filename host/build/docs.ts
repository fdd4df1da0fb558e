/**
 * Writes what is generated in docs: cli.md, the tables of manifest.md and the JSON
 * Schemas in schema/. `npm run docs`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PUBLISHED_SCHEMAS, schemaText } from "../config/json-schema.ts";
import { projectRoot } from "../project.ts";
import { cliPage } from "./cli-page.ts";
import { manifestPage } from "./manifest-page.ts";

const docs = path.join(projectRoot, "docs");
writeFileSync(path.join(docs, "cli.md"), await cliPage());
const manual = path.join(docs, "manifest.md");
writeFileSync(manual, await manifestPage(readFileSync(manual, "utf8")));
mkdirSync(path.join(docs, "schema"), { recursive: true });
for (const [name, schema] of PUBLISHED_SCHEMAS) {
  writeFileSync(path.join(docs, "schema", name), await schemaText(schema));
}
