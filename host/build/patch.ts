/**
 * A patch: a change to a source that is applied while it is compiled, and nowhere else.
 */
import { z } from "zod";

/** Text that stands in a file exactly once, and what is to stand in its place. */
export const Patch = z.strictObject({ file: z.string(), find: z.string(), replace: z.string() });
/** Text that stands in a file exactly once, and what is to stand in its place. */
export type Patch = z.infer<typeof Patch>;

/**
 * Applies those patches that name a file.
 *
 * @param name of the file, relative to the project's root
 * @param applied takes in the patches that were applied
 * @returns the text with the patches
 * @throws Error for a patch whose text is not in the file exactly once
 */
export function applyPatches(
  text: string,
  name: string,
  patches: readonly Patch[],
  applied: Set<Patch>,
): string {
  let patched = text;
  for (const patch of patches) {
    if (patch.file !== name) continue;
    if (patched.split(patch.find).length !== 2)
      throw new Error(`${name}: not exactly once in it: ${patch.find}`);
    patched = patched.replace(patch.find, () => patch.replace);
    applied.add(patch);
  }
  return patched;
}
