/**
 * Writes what is generated in docs: cli.md and the JSON Schemas in schema/. `npm run docs`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PUBLISHED_SCHEMAS, schemaText } from "../config/json-schema.ts";
import { projectRoot } from "../project.ts";
import { cliPage } from "./cli-page.ts";

const docs = path.join(projectRoot, "docs");
writeFileSync(path.join(docs, "cli.md"), await cliPage());
mkdirSync(path.join(docs, "schema"), { recursive: true });
for (const [name, schema] of PUBLISHED_SCHEMAS) {
  writeFileSync(path.join(docs, "schema", name), await schemaText(schema));
}
