/**
 * A known-bad variant: our bootloader or firmware, patched so that it has the mechanism of a bug that
 * somebody published. The files are in `assembly/known-bad/`, one per variant.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { ORACLES } from "../../emulator/explore/oracle.ts";
import { PROFILE_NAMES } from "../../emulator/profile.ts";
import { TEAR_CLASSES } from "../../emulator/tear.ts";
import { Patch } from "../build/patch.ts";
import { nearest } from "../nearest.ts";
import { projectRoot } from "../project.ts";
import { UserError } from "../user-error.ts";

/** The modules that a variant may replace. */
export const VARIANT_MODULES = ["bootloader", "firmware-1", "firmware-2", "firmware-failing"] as const;
/** A module that a variant may replace. */
export type VariantModule = (typeof VARIANT_MODULES)[number];

/** Names of the scenarios that variants are tried in; see scenario.ts. */
export const TRIAL_SCENARIOS = ["update", "failing-update", "recovery", "oversized-update"] as const;

/** What a variant is tried in. */
const Trial = z.strictObject({
  scenario: z.enum(TRIAL_SCENARIOS),
  profile: z.string().refine((name) => PROFILE_NAMES.includes(name), "no such profile"),
  /** Torn classes; with none, cuts are clean. */
  tear: z.array(z.enum(TEAR_CLASSES)),
  /** How often a page may be erased before rest, for what erases more often than ours and is right otherwise. */
  erasesPerPage: z.int().positive().optional(),
});
/** What a variant is tried in: scenario, part, and torn classes, at most one torn operation per plan. */
export type Trial = z.infer<typeof Trial>;

const VariantFile = z.strictObject({
  title: z.string(),
  /** Threads as `owner/repository#number`. */
  bugs: z.array(z.string().regex(/^[\w.-]+\/[\w.-]+#[0-9]+$/)).min(1),
  /** What was published. */
  happened: z.string(),
  /** How that is re-created here. */
  recreated: z.string(),
  /** What makes it right: how it was fixed there, and what ours does. */
  remedy: z.string(),
  modules: z.array(z.enum(VARIANT_MODULES)).min(1),
  patches: z.array(Patch).min(1),
  /** The published fix's idea, as patches of the unpatched sources. */
  repaired: z.array(Patch).optional(),
  trial: Trial,
  /** The oracle that objects. */
  oracle: z.enum(ORACLES.map(({ id }) => id)),
  /**
   * The shortest plan, one entry per power-on: a cut as it stands in a case id, or `end` where the
   * power-on ends by itself; empty: without any cut.
   */
  plan: z.string().regex(/^(|(end|[0-9]+([ab]|t[0-9]+))(,(end|[0-9]+([ab]|t[0-9]+)))*)$/),
});

/** A variant. */
export interface Variant extends z.infer<typeof VariantFile> {
  readonly name: string;
}

/** Where the variants are. */
export const variantDirectory: string = path.join(projectRoot, "assembly", "known-bad");

/** Every variant, by name. */
export function readVariants(): Variant[] {
  return readdirSync(variantDirectory)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => {
      const text = readFileSync(path.join(variantDirectory, file), "utf8");
      const parsed = VariantFile.safeParse(JSON.parse(text));
      if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
      return { name: path.basename(file, ".json"), ...parsed.data };
    });
}

/**
 * The variants of these names, or all of them when there are none.
 *
 * @throws UserError `known-bad-unknown`
 */
export function chooseVariants(names: readonly string[]): Variant[] {
  const variants = readVariants();
  if (names.length === 0) return variants;
  return names.map((name) => {
    const found = variants.find((variant) => variant.name === name);
    if (found !== undefined) return found;
    const close = nearest(
      name,
      variants.map((variant) => variant.name),
    );
    throw new UserError(
      "known-bad-unknown",
      `There is no known-bad variant "${name}".`,
      close === undefined ? "`brownout known-bad --list` names them all." : `Did you mean "${close}"?`,
    );
  });
}

/** How many entries of a plan are cuts. */
export function cutsIn(plan: string): number {
  return plan.split(",").filter((entry) => entry !== "" && entry !== "end").length;
}
