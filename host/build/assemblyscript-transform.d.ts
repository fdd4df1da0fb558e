/**
 * The types of assemblyscript/transform, which the package states in a way that module resolution
 * with extensions does not find.
 */
declare module "assemblyscript/transform" {
  import type asc from "assemblyscript/asc";

  type Options = NonNullable<Parameters<typeof asc.main>[1]>;

  /** What looks at a program while it is compiled; the compiler fills its properties in. */
  export const Transform: new () => NonNullable<Options["transforms"]>[number];
}
