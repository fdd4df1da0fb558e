/**
 * One CBOR item with its place in the bytes and its name: what trees of envelopes are made of.
 */

/** One CBOR item. */
export interface Item {
  readonly start: number;
  /** Where the head ends and content begins. */
  readonly headEnd: number;
  /** First byte after the item. */
  end: number;
  /** Major type; undefined for bytes that could not be read. */
  readonly major: number | undefined;
  /** Value, length, count, tag or simple value. */
  readonly argument: bigint;
  readonly information: number;
  /** Elements of an array; keys and values of a map in turn; content of a tag. */
  readonly items: Item[];
  /** What the item is, in the drafts' words. */
  name?: string | undefined;
  /** What the value means, in plain words. */
  note?: string | undefined;
  /** The CBOR inside a byte string. */
  embedded?: Item[];
  /** Whether it is an array of commands and arguments in turn. */
  isSequence?: boolean;
}
