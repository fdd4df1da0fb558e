/**
 * The JSON Schemas that are published under docs/schema, so that an editor completes and checks
 * layout.json, scenario.json and manifests.
 */
import { z } from "zod";
import { format } from "prettier";
import { ManifestJson } from "../manifest/manifest-json.ts";
import { LayoutJson } from "./layout-json.ts";
import { OperationJson } from "./recording-file.ts";
import { ScenarioJson } from "./scenario-json.ts";

/** The schemas by the name of their file in docs/schema. */
export const PUBLISHED_SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ["layout.json", LayoutJson],
  ["manifest.json", ManifestJson],
  ["operation.json", OperationJson],
  ["scenario.json", ScenarioJson],
]);

/** A schema as the text of its file, formatted by prettier like every other file. */
export function schemaText(schema: z.ZodType): Promise<string> {
  const json = z.toJSONSchema(schema, { io: "input", target: "draft-2020-12" });
  return format(JSON.stringify(json), { parser: "json", printWidth: 110 });
}
