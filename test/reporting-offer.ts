/**
 * Updates of firmware that reports, and the device that is offered them, for tests.
 */
import { createHash } from "node:crypto";
import { TRUSTED_TEST_KEY } from "../host/campaign/scenario.ts";
import { createEnvelope } from "../host/manifest/create.ts";
import { signEnvelope } from "../host/manifest/sign.ts";
import { readWasm } from "./wasm-file.ts";

/** The key that reports are authenticated with. */
export const REPORT_KEY = createHash("sha256").update("the report key of these tests").digest();

/** What the device is. */
export const IDENTITY = {
  vendor: "brownout.example",
  class: "class1",
  device: "6d9f1d2c-52d7-4e0b-8c1a-0d2a5b7e9f10",
} as const;

/** An update as the far end offers it. */
export interface Offer {
  readonly envelope: Uint8Array;
  readonly payload: Uint8Array;
}

/** An offer of a module of ours for that device; `more` stands in the manifest in place of the usual. */
export function offerOf(
  firmware: string,
  sequenceNumber: number,
  more: object = {},
  key = TRUSTED_TEST_KEY,
): Offer {
  const payload = readWasm(firmware);
  const json = {
    sequenceNumber,
    component: ["app"],
    vendor: { domain: "brownout.example" },
    class: { name: "class1" },
    uri: "coap://update.example/app",
    ...more,
  };
  return { envelope: signEnvelope(createEnvelope(json, { payload }), key), payload };
}
