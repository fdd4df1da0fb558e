/**
 * Numbers in configuration files: as JSON writes them, or as hexadecimal text.
 */
import { z } from "zod";

const EXPECTED = 'expected a whole number, or hexadecimal text such as "0x7000"';

/** A whole number from 0 to 2^32 - 1; text `0x…` becomes a number. */
export const AddressJson = z.union(
  [
    z.int().min(0).max(0xffff_ffff),
    z
      .string()
      .regex(/^0x[0-9a-fA-F]{1,8}$/)
      .transform(Number),
  ],
  { error: EXPECTED },
);

const UNSIGNED_EXPECTED = "expected an unsigned integer of 64 bits, beyond 2^53 as decimal text";

/** An unsigned integer of 64 bits; beyond 2^53 as decimal text. */
export const UnsignedJson = z
  .union(
    [
      z.int().min(0),
      z
        .string()
        .regex(/^[0-9]{1,20}$/, { abort: true })
        .refine((text) => BigInt(text) < 1n << 64n, { error: UNSIGNED_EXPECTED }),
    ],
    { error: UNSIGNED_EXPECTED },
  )
  .transform(BigInt);
