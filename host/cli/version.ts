/**
 * The version of Brownout: that of package.json.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { projectRoot } from "../project.ts";

const Package = z.looseObject({ version: z.string() });

/** As in "0.1.0". */
export const VERSION: string = Package.parse(
  JSON.parse(readFileSync(path.join(projectRoot, "package.json"), "utf8")),
).version;
