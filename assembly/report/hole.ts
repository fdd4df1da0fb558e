/**
 * What belongs in the holes of a report's templates, kept from when it is found to when it is written.
 *
 * RAM: eight numbers, where six strings of bytes lie, and the chain of manifests.
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
const HOLES_BYTES: u32 = 14 * 8;

/** The numbers by hole, u64 each, and behind them the pieces: address and length. */
// @ts-ignore: decorator
@lazy
export const HOLES: usize = memory.data(HOLES_BYTES, 8);

/** Bytes of a SHA-256 digest. */
export const DIGEST_BYTES: u32 = 32;

/** In place of a digest that cannot be read. */
// @ts-ignore: decorator
@lazy
const NO_DIGEST: usize = memory.data(DIGEST_BYTES);

/** The manifest chain of a record: no index, or one and the index behind it. */
const ROOT: u16 = 0x80;
const DEPENDENCY: u16 = 0x81;
// @ts-ignore: decorator
@lazy
const CHAIN: usize = memory.data(2, 2);

/** Empties all holes. */
export function clearHoles(): void {
  memory.fill(HOLES, 0, HOLES_BYTES);
  keepBytes(Hole.Digest, <u32>NO_DIGEST, DIGEST_BYTES);
  keepRoot();
}

/** Keeps a number. */
export function keepNumber(hole: Hole, value: u64): void {
  store<u64>(HOLES + (hole << 3), value);
}

/** The number that was kept. */
export function numberKept(hole: Hole): u64 {
  return load<u64>(HOLES + (hole << 3));
}

/** Keeps where bytes lie. */
export function keepBytes(hole: Hole, address: u32, length: u32): void {
  store<u32>(HOLES + (hole << 3), address);
  store<u32>(HOLES + (hole << 3), length, 4);
}

/** Keeps that a record is about the root manifest. */
function keepRoot(): void {
  store<u16>(CHAIN, ROOT);
  keepBytes(Hole.Chain, <u32>CHAIN, 1);
}

/** Keeps that a record is about the dependency with this index, which is below 15. */
export function keepDependency(index: u32): void {
  store<u16>(CHAIN, DEPENDENCY | (index << 8));
  keepBytes(Hole.Chain, <u32>CHAIN, 2);
}

/**
 * Keeps the place of a command.
 *
 * @param section the key of its section in the manifest; common stands for the shared sequence
 * @param offset of the command in the section
 * @param index of the component that is selected there
 */
export function keepPlace(section: u32, offset: u32, index: u32): void {
  keepNumber(Hole.Section, section);
  keepNumber(Hole.Offset, offset);
  keepNumber(Hole.Index, index);
}
