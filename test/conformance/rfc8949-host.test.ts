/**
 * RFC 8949 Appendix A, read by the host's strict reader: it says of each example what the device says.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { CborReader } from "../../host/manifest/cbor-reader.ts";
import { Refusal } from "../../host/manifest/refusal.ts";
import { loadDeviceCborReader } from "../cbor-reader.ts";
import { fromHex, loadVectors } from "../vectors.ts";

const Vectors = z.object({ vectors: z.array(z.object({ hex: z.string() })) });
const vectors = loadVectors("rfc8949-cbor-appendix-a", Vectors)?.vectors ?? [];
const device = loadDeviceCborReader();

/** What the host says of one item with nothing behind it. */
function statusOf(bytes: Uint8Array): Status {
  const reader = new CborReader(bytes);
  try {
    reader.skip("the example");
    reader.finish("the example");
    return Status.Ok;
  } catch (error) {
    if (error instanceof Refusal) return error.status;
    throw error;
  }
}

describe.skipIf(vectors.length === 0)("the host's CBOR reader and RFC 8949 Appendix A", () => {
  it("accepts and refuses every example for the reason that the device gives", () => {
    for (const { hex } of vectors) {
      expect({ hex, status: statusOf(fromHex(hex)) }).toEqual({ hex, status: device.status(fromHex(hex)) });
    }
  });
});
