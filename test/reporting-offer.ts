/**
 * Updates of firmware that reports, and the device that is offered them, for tests.
 */
import { createHash } from "node:crypto";
import { TRUSTED_TEST_KEY } from "../host/campaign/scenario.ts";
import { createEnvelope } from "../host/manifest/create.ts";
import { readEnvelope, withHead } from "../host/manifest/envelope.ts";
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

/** Sets the class of another device. */
export const OTHER_CLASS = { "class-identifier": { domain: "brownout.example", name: "other" } };

/** An update whose dependency, in its envelope, is for another class: an offer, and the dependency's envelope. */
export function offerWithDependency(): Offer & { readonly dependency: Uint8Array } {
  const dependency = signEnvelope(
    createEnvelope({
      sequenceNumber: 1,
      components: [["app"]],
      shared: [
        { "override-parameters": { "vendor-identifier": { domain: "brownout.example" }, ...OTHER_CLASS } },
        "vendor-identifier",
        "class-identifier",
      ],
      validate: ["class-identifier"],
    }),
    TRUSTED_TEST_KEY,
  );
  const select = (index: number): object => ({ "set-component-index": index });
  const { manifest, bytes } = readEnvelope(dependency);
  const digest = createHash("sha256").update(withHead(bytes, manifest)).digest("hex");
  const payload = readWasm("reporting-2");
  const json = {
    sequenceNumber: 2,
    components: [["app"]],
    dependencies: { "1": {} },
    shared: [
      select(0),
      {
        "override-parameters": {
          "vendor-identifier": { domain: "brownout.example" },
          "class-identifier": { domain: "brownout.example", name: "class1" },
        },
      },
      "vendor-identifier",
      "class-identifier",
      select(1),
      { "override-parameters": { "image-digest": { "sha-256": digest }, uri: "#source" } },
    ],
    install: [select(1), "fetch", "dependency-integrity", "process-dependency"],
    validate: [select(0), "image-match"],
    invoke: [select(0), "invoke"],
    integrated: { "#source": { hex: Buffer.from(dependency).toString("hex") } },
  };
  return { envelope: signEnvelope(createEnvelope(json), TRUSTED_TEST_KEY), payload, dependency };
}
