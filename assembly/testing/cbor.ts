/**
 * Testing entry: the CBOR reader on bytes that a test placed anywhere.
 */
import {
  cborArgument,
  cborEnd,
  cborHead,
  cborInteger,
  cborKeyFollows,
  cborMajor,
  cborOpen,
  cborPosition,
  cborSkip,
  cborValue,
} from "../cbor/reader";
import { Status } from "../status";

export { __heap_base };

/** Skips one item and expects nothing behind it. */
export function readWhole(address: u32, length: u32): i32 {
  cborOpen(address, length);
  const status = cborSkip();
  return status != Status.Ok ? status : cborEnd();
}

/** Where the cursor is. */
export function position(): u32 {
  return cborPosition;
}

/** Reads one integer; its value is in `integer`. */
export function readInteger(address: u32, length: u32): i32 {
  cborOpen(address, length);
  return cborInteger();
}

/** The integer that `readInteger` read. */
export function integer(): i64 {
  return cborValue;
}

/** Reads one head; what it says is in `major` and `argument`. */
export function readHead(address: u32, length: u32): i32 {
  cborOpen(address, length);
  return cborHead();
}

/** Major type of the head that `readHead` read. */
export function major(): i32 {
  return cborMajor;
}

/** Argument of the head that `readHead` read. */
export function argument(): u64 {
  return cborArgument;
}

/** Says whether the key that ends at `end` may follow the one that ends where it starts. */
export function keyFollows(first: u32, second: u32, end: u32): i32 {
  cborOpen(second, end - second);
  cborSkip();
  return cborKeyFollows(first, second);
}
