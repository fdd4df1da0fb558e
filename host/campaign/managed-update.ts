/**
 * Updates under conditions: on time, battery, permission and the installed version
 * (draft-ietf-suit-update-management-14). Only a bootloader with update management processes them.
 */
import type { Surroundings } from "../../emulator/hal.ts";
import type { SlotContent } from "../../emulator/provision.ts";
import { createEnvelope } from "../manifest/create.ts";
import { signEnvelope } from "../manifest/sign.ts";
import { identityParameters, type DependentUpdate } from "./dependent-update.ts";
import { PAYLOAD_URI } from "./maker.ts";

/** What an update under conditions is made of. */
export type ManagedUpdate = Omit<DependentUpdate, "dependencyKey" | "forged" | "statesHonest">;

/** The time from which and before which the update may be made [s since 1970]. */
export const OPENS_SECONDS = 1_800_000_000;
/** See {@link OPENS_SECONDS}. */
export const CLOSES_SECONDS = 1_800_003_600;
/** The least energy in the battery with which it may be made [mWh]. */
export const LEAST_MILLIWATT_HOURS = 400;
const PRIORITY = 0;
const VERSION = "2.0.0";
/** The version that it replaces. */
export const REPLACED_VERSION = "1.4";

/** Surroundings in which the update may be made, by a hair. */
export const FAVOURABLE: Required<Surroundings> = {
  timeSeconds: BigInt(OPENS_SECONDS),
  batteryMilliwattHours: LEAST_MILLIWATT_HOURS,
  authorizedPriority: PRIORITY,
};

/** The envelope, signed, and its payload. */
export function managedUpdate(parts: ManagedUpdate): Required<SlotContent> {
  const { sequenceNumber, payload, component, key } = parts;
  const set = (parameters: object): object => ({ "override-parameters": parameters });
  const json = {
    sequenceNumber,
    setVersion: VERSION,
    components: [[component]],
    shared: [
      set({
        ...identityParameters(parts),
        "image-digest": { from: "payload" },
        "image-size": { from: "payload" },
      }),
      "vendor-identifier",
      "class-identifier",
    ],
    install: [
      set({
        "use-before": CLOSES_SECONDS,
        "minimum-battery": LEAST_MILLIWATT_HOURS,
        "update-priority": PRIORITY,
        version: { equal: REPLACED_VERSION },
        "wait-info": { time: OPENS_SECONDS },
      }),
      "wait",
      "use-before",
      "minimum-battery",
      "update-authorized",
      "version",
      set({ uri: PAYLOAD_URI }),
      "fetch",
      "image-match",
    ],
    validate: ["image-match", set({ version: { equal: VERSION } }), "version"],
    invoke: ["invoke"],
  };
  return { envelope: signEnvelope(createEnvelope(json, { payload }), key), payload };
}
