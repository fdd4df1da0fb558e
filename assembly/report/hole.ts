/**
 * What belongs in the holes of a report's templates, kept from when it is found to when it is written.
 *
 * RAM: eight numbers, and where six strings of bytes lie.
 */

/** The holes: numbers first, then bytes. */
export const enum Hole {
  Slot = 0,
  Sequence = 1,
  /** Bytes of a slot. */
  SlotBytes = 2,
  Code = 3,
  Section = 4,
  Offset = 5,
  Index = 6,
  Reason = 7,
  Components = 8,
  Component = 9,
  Identifier = 10,
  /** With the head of a text string in front. */
  Uri = 11,
  Digest = 12,
  /** A list of component indices, encoded. */
  Chain = 13,
}

/** The first hole for bytes. */
export const FIRST_PIECE: u32 = 8;

/** Bytes of what is kept for them. */
export const HOLES_BYTES: u32 = 14 * 8;

/** The numbers by hole, u64 each, and behind them the pieces: address and length. */
// @ts-ignore: decorator
@lazy
export const HOLES: usize = memory.data(HOLES_BYTES, 8);

/** Keeps a number. */
export function keepNumber(hole: Hole, value: u64): void {
  store<u64>(HOLES + (hole << 3), value);
}

/** Keeps where bytes lie. */
export function keepBytes(hole: Hole, address: u32, length: u32): void {
  store<u32>(HOLES + (hole << 3), address);
  store<u32>(HOLES + (hole << 3), length, 4);
}
