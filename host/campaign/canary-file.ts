/**
 * Canaries: bootloaders and firmware that are broken on purpose, each in one way. The files are in
 * `assembly/canary/`, one per canary; the module of each is built from patched sources.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { ORACLES, type OracleId } from "../../emulator/explore/oracle.ts";
import { PROFILE_NAMES } from "../../emulator/profile.ts";
import { Patch } from "../build/patch.ts";
import { projectRoot } from "../project.ts";

/** What a canary may replace, by the entry file that it is built from. */
export const CANARY_ENTRIES = [
  "assembly/bootloader.ts",
  "assembly/firmware/firmware-2.ts",
  "assembly/firmware/dispatching-2.ts",
] as const;

/** What a canary is let out in; canary-scenario.ts makes them. */
export const SITUATIONS = ["staged", "altered", "downgrade", "radio"] as const;
/** What a canary is let out in. */
export type Situation = (typeof SITUATIONS)[number];

/** The schema of a canary's file. */
export const CanaryFile = z.strictObject({
  /** What is wrong with it, in a few words. */
  title: z.string(),
  /** What it does and what becomes of that. */
  story: z.string(),
  /** The oracle that it violates, and no other; without one it serves glitch campaigns. */
  oracle: z.enum(ORACLES.map(({ id }) => id)).optional(),
  /** Where it is caught; goes with the oracle. */
  situation: z.enum(SITUATIONS).optional(),
  /** The part; `class1` unless stated. */
  profile: z
    .string()
    .refine((name) => PROFILE_NAMES.includes(name), "no such profile")
    .optional(),
  entry: z.enum(CANARY_ENTRIES),
  patches: z.array(Patch).min(1),
});

/** A canary that an oracle has to catch. */
export interface Canary extends Omit<z.infer<typeof CanaryFile>, "oracle" | "situation" | "profile"> {
  /** Its module is `canary-NAME`, and so is its scenario. */
  readonly name: string;
  readonly oracle: OracleId;
  readonly situation: Situation;
  readonly profile: string;
}

/** Where the files are. */
export const canaryDirectory: string = path.join(projectRoot, "assembly", "canary");

/** Every canary that an oracle has to catch, in the order of the oracles. */
export function readCanaries(): Canary[] {
  const canaries = readdirSync(canaryDirectory)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .flatMap((file): Canary[] => {
      const text = readFileSync(path.join(canaryDirectory, file), "utf8");
      const { oracle, situation, profile = "class1", ...rest } = CanaryFile.parse(JSON.parse(text));
      if (oracle === undefined || situation === undefined) return [];
      return [{ name: path.basename(file, ".json"), oracle, situation, profile, ...rest }];
    });
  const placeOf = ({ oracle }: Canary): number => ORACLES.findIndex(({ id }) => id === oracle);
  return canaries.sort((left, right) => placeOf(left) - placeOf(right));
}
