/**
 * The ring of ML-DSA: polynomials of 256 coefficients modulo q = 8380417 (FIPS 204 §2.3), and the
 * number-theoretic transform in which they are multiplied (§7.5).
 *
 * A coefficient is a signed 32-bit word. `reduceProduct` is Montgomery's reduction with R = 2^32: of
 * a product below 2^31 q in absolute value it gives one in (-q, q), over R. Sums are not reduced:
 * the transform adds less than q in each of its eight layers, so its output stays below 9 q, and its
 * inverse at most doubles 2^8 times, from less than q to less than 2^31.
 */

/** Shape of a polynomial in memory. */
export const enum Polynomial {
  Coefficients = 256,
  /** 256 words. */
  Bytes = 1024,
}

/** The modulus q (FIPS 204 table 1). */
// @ts-ignore: decorator
@inline export const MODULUS: i32 = 8380417;

/** 1 / q modulo 2^32. */
// @ts-ignore: decorator
@inline const MODULUS_INVERSE: i32 = 58728449;

/** R mod q, and R times the root of unity ζ = 1753 (§2.3), both centred. */
// @ts-ignore: decorator
@inline const ONE: i32 = -4186625;
// @ts-ignore: decorator
@inline const ROOT: i32 = 2091667;

/** R^2 / 256 mod q: what the inverse transform owes, and a factor R for the reduction of products. */
// @ts-ignore: decorator
@inline const SCALE: i32 = 41978;

/** R ζ^brv(k) at index k, brv being k's eight bits reversed (§7.5, appendix B); filled by `ringInit`. */
const ROOTS = memory.data(Polynomial.Bytes, 4);

/** Computes the powers of ζ: a table in flash would be in RAM as well. */
export function ringInit(): void {
  let power = ONE;
  for (let exponent: u32 = 0; exponent < <u32>Polynomial.Coefficients; exponent++) {
    store<i32>(ROOTS + (reverseBits(exponent) << 2), power);
    power = reduceProduct(<i64>power * <i64>ROOT);
  }
}

/** The eight bits of an index in reverse (§7.5, algorithm 43). */
function reverseBits(index: u32): usize {
  let reversed: usize = 0;
  for (let bit = 0; bit < 8; bit++) {
    reversed = (reversed << 1) | (index & 1);
    index >>= 1;
  }
  return reversed;
}

/** Montgomery's reduction: `product` / R modulo q, in (-q, q). */
// @ts-ignore: decorator
@inline
export function reduceProduct(product: i64): i32 {
  const multiple: i64 = <i32>product * MODULUS_INVERSE;
  return <i32>((product - multiple * <i64>MODULUS) >> 32);
}

/** Transforms in place (algorithm 41); coefficients below q in absolute value become below 9 q. */
export function transform(polynomial: usize): void {
  let root = ROOTS;
  for (let half: usize = Polynomial.Bytes >> 1; half >= 4; half >>= 1) {
    for (let start: usize = 0; start < <usize>Polynomial.Bytes; start += half << 1) {
      root += 4;
      const factor: i64 = load<i32>(root);
      const end = polynomial + start + half;
      for (let low = polynomial + start; low < end; low += 4) {
        const turned = reduceProduct(factor * <i64>load<i32>(low + half));
        const kept = load<i32>(low);
        store<i32>(low + half, kept - turned);
        store<i32>(low, kept + turned);
      }
    }
  }
}

/** Transforms back in place (algorithm 42) what `addProduct` has summed; the result is in [0, q). */
export function transformBack(polynomial: usize): void {
  for (let at = polynomial; at < polynomial + Polynomial.Bytes; at += 4) {
    store<i32>(at, load<i32>(at) % MODULUS);
  }
  let root = ROOTS + Polynomial.Bytes;
  for (let half: usize = 4; half < <usize>Polynomial.Bytes; half <<= 1) {
    for (let start: usize = 0; start < <usize>Polynomial.Bytes; start += half << 1) {
      root -= 4;
      const factor: i64 = -load<i32>(root);
      const end = polynomial + start + half;
      for (let low = polynomial + start; low < end; low += 4) {
        const first = load<i32>(low);
        const second = load<i32>(low + half);
        store<i32>(low, first + second);
        store<i32>(low + half, reduceProduct(factor * <i64>(first - second)));
      }
    }
  }
  for (let at = polynomial; at < polynomial + Polynomial.Bytes; at += 4) {
    const value = reduceProduct(<i64>SCALE * <i64>load<i32>(at));
    store<i32>(at, value + ((value >> 31) & MODULUS));
  }
}
