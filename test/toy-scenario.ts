/**
 * The toy update as a scenario of a campaign, and as files for the command line.
 */
import { createHash } from "node:crypto";
import { CoapServer } from "../emulator/coap-server.ts";
import type { Scenario } from "../host/campaign/scenario.ts";
import { toyBootloader, toyDevice, TOY_SUBJECT, type ToyOrder } from "./toy-bootloader.ts";

/** The toy update, explored in a moment. */
export function toyScenario(order: ToyOrder): Scenario {
  const { options, initial } = toyDevice(order);
  const bootloader = toyBootloader(order);
  return {
    name: "toy",
    title: "A toy.",
    profile: options.profile,
    bootloader,
    initial,
    link: new CoapServer(new Map()),
    subject: TOY_SUBJECT,
    symbols: [],
    bootloaderDigest: createHash("sha256").update(bootloader).digest("hex"),
    inputsDigest: createHash("sha256").update(initial.flash.subarray(bootloader.length)).digest("hex"),
  };
}

/** The toy update as files for `campaign --scenario toy.json`. */
export function toyFiles(order: ToyOrder): ReadonlyMap<string, string | Uint8Array> {
  const [old, fresh] = TOY_SUBJECT.images.map(({ bytes }) => bytes);
  const json = {
    name: "toy",
    title: "A toy.",
    bootloader: "toy.wasm",
    images: [
      { name: "old", file: "old.wasm", version: 1, role: "old" },
      { name: "new", file: "new.wasm", version: 2, role: "new" },
    ],
    flash: [
      { at: "slotA", image: "old" },
      { at: "slotB", image: "new" },
    ],
  };
  return new Map([
    ["toy.json", JSON.stringify(json)],
    ["toy.wasm", toyBootloader(order)],
    ["old.wasm", old ?? ""],
    ["new.wasm", fresh ?? ""],
  ]);
}
