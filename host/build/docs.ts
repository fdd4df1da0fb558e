/**
 * Writes what is generated in docs: cli.md, oracles.md, known-bad.md, conformance.md, the tables of manifest.md and the JSON
 * Schemas in schema/. `npm run docs`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PUBLISHED_SCHEMAS, schemaText } from "../config/json-schema.ts";
import { projectRoot } from "../project.ts";
import { cliPage } from "./cli-page.ts";
import { conformancePage } from "./conformance-page.ts";
import { manifestPage } from "./manifest-page.ts";
import { knownBadPage } from "./known-bad-page.ts";
import { oraclesPage } from "./oracles-page.ts";

const docs = path.join(projectRoot, "docs");
writeFileSync(path.join(docs, "cli.md"), await cliPage());
writeFileSync(path.join(docs, "oracles.md"), await oraclesPage());
writeFileSync(path.join(docs, "known-bad.md"), await knownBadPage());
writeFileSync(path.join(docs, "conformance.md"), await conformancePage());
const manual = path.join(docs, "manifest.md");
writeFileSync(manual, await manifestPage(readFileSync(manual, "utf8")));
mkdirSync(path.join(docs, "schema"), { recursive: true });
for (const [name, schema] of PUBLISHED_SCHEMAS) {
  writeFileSync(path.join(docs, "schema", name), await schemaText(schema));
}
