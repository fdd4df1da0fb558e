/**
 * RFC 8949 Appendix A, read by the device: what is deterministic is accepted, the rest is refused.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Status } from "../../assembly/status.ts";
import { loadDeviceCborReader } from "../cbor-reader.ts";
import { fromHex, loadVectors } from "../vectors.ts";

const Vectors = z.object({ vectors: z.array(z.object({ hex: z.string() })) });
const vectors = loadVectors("rfc8949-cbor-appendix-a", Vectors)?.vectors ?? [];
const reader = loadDeviceCborReader();

/** simple(24) in two bytes stood in RFC 7049; RFC 8949 §3.3 made it malformed. */
const NO_LONGER_WELL_FORMED = "f818";

describe.skipIf(vectors.length === 0)("the device's CBOR reader and RFC 8949 Appendix A", () => {
  it("accepts every example of definite length and refuses every indefinite one", () => {
    for (const { hex } of vectors) {
      const isIndefinite =
        /^(?:5f|7f|9f|bf)|^(?:82|83|84|a2)(?:[0-9a-f]{2})*(?:9f|bf)(?:[0-9a-f]{2})*ff/.test(hex);
      expect({ hex, status: reader.status(fromHex(hex)) }).toEqual({
        hex,
        status:
          hex === NO_LONGER_WELL_FORMED
            ? Status.CborReserved
            : isIndefinite
              ? Status.CborIndefinite
              : Status.Ok,
      });
    }
  });
});
