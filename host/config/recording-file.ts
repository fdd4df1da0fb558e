/**
 * A recording of flash operations: JSON Lines, one operation each.
 *
 * ```
 * {"op":"erase","address":63488}
 * {"op":"program","address":"0xf800","data":"494d4731 c5000000"}
 * {"op":"counter","id":0,"value":2}
 * ```
 */
import { z } from "zod";
import { RECORDING_COUNTER, type RecordedOperation } from "../../emulator/recording.ts";
import { UserError } from "../user-error.ts";
import { checkedConfig } from "./config-error.ts";
import { AddressJson, UnsignedJson } from "./number-json.ts";

/** The schema of one line. */
export const OperationJson = z
  .discriminatedUnion("op", [
    z.strictObject({
      op: z.literal("erase"),
      address: AddressJson.describe("Any address in the page."),
    }),
    z.strictObject({
      op: z.literal("program"),
      address: AddressJson.describe("The first byte, at a write unit."),
      data: z
        .string()
        .regex(/^([0-9a-fA-F]{2}\s*)+$/, { error: "expected hexadecimal digits, two for each byte" })
        .describe("Whole write units, in hexadecimal."),
    }),
    z.strictObject({
      op: z.literal("counter"),
      id: z
        .int()
        .min(0)
        .max(RECORDING_COUNTER - 1)
        .describe("The monotonic counter that is raised."),
      value: UnsignedJson.describe("To this value."),
    }),
  ])
  .meta({
    title: "Brownout recorded operation",
    description: "One line of a recording of flash operations.",
  });

/**
 * Reads a recording.
 *
 * @param file its name, for errors
 * @throws UserError `recording-json`, naming the line, or for a file without operations
 */
export function parseRecording(text: string, file: string): RecordedOperation[] {
  const operations = text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const place = `line ${index + 1} of ${file}`;
    return [
      operationOf(checkedConfig(OperationJson, jsonOf(line, place), { code: "recording-json", file: place })),
    ];
  });
  if (operations.length > 0) return operations;
  throw new UserError("recording-json", `${file} holds no operation.`, "Record at least one.");
}

function jsonOf(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(
      "recording-json",
      `In ${place}, this is not JSON: ${reason}.`,
      "One object in each line.",
      {
        cause,
      },
    );
  }
}

function operationOf(json: z.output<typeof OperationJson>): RecordedOperation {
  switch (json.op) {
    case "erase":
      return { kind: "erase", address: json.address };
    case "program": {
      const data = Uint8Array.from(Buffer.from(json.data.replace(/\s/g, ""), "hex"));
      return { kind: "program", address: json.address, data };
    }
    case "counter":
      return { kind: "counter", id: json.id, value: json.value };
  }
}
