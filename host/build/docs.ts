/**
 * Writes docs/cli.md: `npm run docs`.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { cliPage } from "./cli-page.ts";
import { projectRoot } from "../project.ts";

writeFileSync(path.join(projectRoot, "docs", "cli.md"), await cliPage());
