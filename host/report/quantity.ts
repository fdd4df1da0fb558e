/**
 * Numbers with their units, as people read them.
 */

/** A whole number with thousands separated: "23,418". */
export function count(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

/** A number of things: "1 page", "1,264 words". */
export function things(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Simulated time: "84 µs", "431 ms", "6.35 s". */
export function duration(micros: number): string {
  if (micros < 1000) return `${Math.round(micros)} µs`;
  if (micros < 999_500) return `${significant(micros / 1000)} ms`;
  return `${significant(micros / 1e6)} s`;
}

/** Energy: "910 nJ", "34.1 µJ", "1.63 mJ". */
export function energy(nanojoules: number): string {
  if (nanojoules < 1000) return `${Math.round(nanojoules)} nJ`;
  if (nanojoules < 999_500) return `${significant(nanojoules / 1000)} µJ`;
  return `${significant(nanojoules / 1e6)} mJ`;
}

/** An address: "0x0f800". */
export function address(value: number): string {
  return `0x${value.toString(16).padStart(5, "0")}`;
}

/** Three significant digits, and no exponent. */
function significant(value: number): string {
  if (value >= 100) return count(Math.round(value));
  return value.toFixed(value >= 10 ? 1 : 2);
}
