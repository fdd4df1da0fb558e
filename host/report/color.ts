/**
 * Colors for text that is drawn for the terminal.
 */
import { createColors } from "picocolors";

/** Functions that color a text, or leave it alone. */
export type Colors = ReturnType<typeof createColors>;

/** Texts stay as they are. */
export const PLAIN: Colors = createColors(false);
