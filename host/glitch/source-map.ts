/**
 * From a byte of a Wasm module to the source line it comes from: source maps, revision 3, in which
 * the "column" of a one-line file is the byte offset in the module.
 */
import { z } from "zod";

const Shape = z.object({ version: z.literal(3), sources: z.array(z.string()), mappings: z.string() });

/** A place in a source file; lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The mappings of one module, in ascending order of offsets. */
export class SourceMap {
  readonly #offsets: number[] = [];
  readonly #places: (SourcePlace | undefined)[] = [];

  /** @param json the parsed source map; throws ZodError for anything else */
  constructor(json: unknown) {
    const { sources, mappings } = Shape.parse(json);
    let [offset, source, line, column] = [0, 0, 0, 0];
    for (const segment of mappings.split(",")) {
      const [offsetStep = 0, sourceStep, lineStep = 0, columnStep = 0] = decodeVlq(segment);
      offset += offsetStep;
      this.#offsets.push(offset);
      if (sourceStep === undefined) {
        this.#places.push(undefined);
        continue;
      }
      source += sourceStep;
      line += lineStep;
      column += columnStep;
      this.#places.push({ file: sources[source] ?? "", line: line + 1, column: column + 1 });
    }
  }

  /** Where the instruction at `offset` comes from: the last mapping that does not lie behind it. */
  placeOf(offset: number): SourcePlace | undefined {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#offsets[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    // What the compiler made up has no place of its own; what stands before it is the next best.
    while (low > 0 && this.#places[low - 1] === undefined) low -= 1;
    return this.#places[low - 1];
  }
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 digits of 5 bits each, the lowest first, bit 5 says that more follow; bit 0 is the sign. */
function decodeVlq(text: string): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    value += (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    values.push((value & 1) === 0 ? value >> 1 : -(value >> 1));
    value = 0;
    shift = 0;
  }
  return values;
}
