/**
 * One row of the matrix: a feature in one build, with what it takes and what it does. It is also what
 * files hold, for a comparison or to go on from, so a schema says what it looks like.
 */
import { z } from "zod";

const bytes = z.number().int().nonnegative();

const Named = z.strictObject({ name: z.string(), bytes });

/** A time with its 95 % confidence interval [µs]. */
const Interval = z.strictObject({
  median: z.number().nonnegative(),
  low: z.number().nonnegative(),
  high: z.number().nonnegative(),
  samples: bytes,
});
/** A time with its 95 % confidence interval [µs]. */
export type Interval = z.infer<typeof Interval>;

/** What something takes on one part, by the emulator's clock and ledger of energy. */
const PartCost = z.strictObject({
  profile: z.string(),
  /** Simulated time. */
  micros: z.number().nonnegative(),
  nanojoules: z.number().nonnegative(),
});
/** What something takes on one part. */
export type PartCost = z.infer<typeof PartCost>;

/** Something that the module was made to do. */
const Work = z.strictObject({
  title: z.string(),
  /** Executed instructions of the module itself. */
  instructions: bytes,
  /** Time on the machine that measured; undefined where it was not. */
  time: Interval.optional(),
  parts: z.array(PartCost),
});
/** Something that the module was made to do. */
export type Work = z.infer<typeof Work>;

/** One row. */
export const FootprintRow = z.strictObject({
  /** As in `p256`. */
  feature: z.string(),
  /** As in `speed`; of a module that somebody brings, empty. */
  build: z.string(),
  /** SHA-256 of the module as it goes into flash. */
  digest: z.string(),
  moduleBytes: bytes,
  codeBytes: bytes,
  sections: z.array(Named),
  /** Largest first. */
  functions: z.array(Named),
  staticBytes: bytes,
  globalBytes: bytes,
  stackBytes: bytes,
  /** Static data, globals and worst-case stack. */
  ramBytes: bytes,
  /** From the entry to the innermost call of the deepest path, each with its frame. */
  stackPath: z.array(Named),
  /** Static RAM by what is in it, in the order of addresses. */
  staticRam: z.array(z.strictObject({ name: z.string(), address: bytes, bytes })),
  /** Not linked for a device: static RAM is what the module's linker laid out. */
  isLinkedElsewhere: z.literal(true).optional(),
  works: z.array(Work),
});
/** One row. */
export type FootprintRow = z.infer<typeof FootprintRow>;

/** What a row is called: "p256 (size)". */
export function rowName({ feature, build }: Pick<FootprintRow, "feature" | "build">): string {
  return build === "" ? feature : `${feature} (${build})`;
}
