/**
 * What a Wasm module is made of.
 */
import { z } from "zod";
import { Patch } from "./patch.ts";

/** One module: an entry file and the asconfig.json target it is built with. */
export const Entry = z.object({
  name: z.string(),
  source: z.string(),
  /** `quick` optimises once instead of until nothing changes: half the time, for 3 % more bytes. */
  target: z.enum(["release", "bootloader", "small", "quick", "testing"]),
});
/** One module: an entry file and the asconfig.json target it is built with. */
export type Entry = Readonly<z.infer<typeof Entry>>;

/** One module, of the sources as they are or patched. */
export const Recipe = z.object({ entry: Entry, patches: z.array(Patch).readonly() });
/** One module, of the sources as they are or patched. */
export type Recipe = Readonly<z.infer<typeof Recipe>>;
