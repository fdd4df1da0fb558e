/**
 * Division modulo an odd 256-bit number, for the field and for the scalars of P-256.
 *
 * Bernstein and Yang's "safegcd" (Fast constant-time gcd computation and modular inversion, 2019) in
 * its variable-time form with delta starting at 1/2 (P. Wuille, 2021): steps on the low 29 bits of f and
 * g are gathered in a 2 x 2 matrix, which is then applied to whole numbers. That takes 45 thousand
 * instructions where a binary Euclidean algorithm took 112 thousand; public data allows the variable
 * time.
 *
 * Numbers are nine limbs of 29 bits as in `p256-field.ts`: limbs 0 to 7 in [0, 2^29), limb 8 signed.
 */

/** Where a division keeps its numbers, from a pointer that the caller gives. */
export const enum Division {
  /** In: the odd modulus M. */
  Modulus = 0,
  /** In: the denominator, within M / 1000 of [0, M], not a multiple of M. */
  Denominator = 36,
  /** In: the numerator, in [0, M). */
  Numerator = 72,
  /** Out: the quotient, in [0, M). */
  Quotient = 108,
  /** Begins as the modulus, ends as 1 or -1. */
  Remainder = 144,
  /** The matrix u, v, q, r: one step takes (f, g) to (u f + v g, q f + r g). */
  Matrix = 180,
  Bytes = 196,
}

/** Bits of a limb, and steps gathered in one matrix. */
// @ts-ignore: decorator
@inline const LIMB_BITS: i32 = 29;

// @ts-ignore: decorator
@inline const LIMB_MASK: i64 = 0x1fffffff;

/**
 * Divides; the denominator must be prime to the modulus.
 *
 * @param work `Division.Bytes` with modulus, denominator and numerator set; all but the modulus change
 * @param inverse 1 / M modulo 2^29
 */
export function divide(work: usize, inverse: u32): void {
  const f = work + Division.Remainder;
  const g = work + Division.Denominator;
  const d = work + Division.Quotient;
  const matrix = work + Division.Matrix;
  memory.copy(f, work + Division.Modulus, 36);
  memory.fill(d, 0, 36);
  // Throughout, f = d * denominator / numerator and g = e * denominator / numerator modulo M.
  let eta: i32 = -1;
  do {
    eta = gatherSteps(eta, load<u32>(f), load<u32>(g), matrix);
    applyMatrix(work, d, work + Division.Numerator, inverse);
    applyMatrix(work, f, g, 0);
  } while (!isZero(g));

  // f is 1 or -1 now, d in (-2M, M); its quotient is d * f.
  if (load<i32>(d, 32) < 0) scaleAndAdd(d, 1, 1, work);
  const sign: i32 = load<i32>(f, 32) < 0 ? -1 : 1;
  scaleAndAdd(d, sign, (load<i32>(d, 32) ^ sign) < 0 ? 1 : 0, work);
}

/**
 * Takes 29 division steps on the low bits of f (odd) and g, and writes their matrix.
 *
 * While g is even it is halved, which the matrix remembers as a doubled first row. Then f and g change
 * places if eta, minus delta, is negative, and the multiple w of f is added to g that clears as many
 * of its low bits as the sign of eta allows, at most six: modulo 64, f (f^2 - 2) is -1 / f.
 *
 * @returns eta after the steps
 */
function gatherSteps(eta: i32, f: u32, g: u32, matrix: usize): i32 {
  let u: i32 = 1;
  let v: i32 = 0;
  let q: i32 = 0;
  let r: i32 = 1;
  let left = LIMB_BITS;
  for (;;) {
    const zeros = ctz<i32>(g | (-1 << left));
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    eta -= zeros;
    left -= zeros;
    if (left === 0) break;
    if (eta < 0) {
      eta = -eta;
      const oldF = f;
      f = g;
      g = 0 - oldF;
      const oldU = u;
      u = q;
      q = -oldU;
      const oldV = v;
      v = r;
      r = -oldV;
    }
    const clear = min(eta + 1, left);
    const w = (f * g * (f * f - 2)) & (((<u32>-1) >> (32 - clear)) & 63);
    g += f * w;
    q += u * w;
    r += v * w;
  }
  store<i32>(matrix, u);
  store<i32>(matrix, v, 4);
  store<i32>(matrix, q, 8);
  store<i32>(matrix, r, 12);
  return eta;
}

/**
 * Applies the matrix: (a, b) becomes (u a + v b, q a + r b) / 2^29.
 *
 * With an inverse of 0, to f and g, which the matrix was made for: the division is exact. Else to d
 * and e, modulo M: multiples of M make the sums divisible. With d and e in (-2M, M), and |u| + |v| and
 * |q| + |r| at most 2^29, results are in (-2M, M) again: a negative operand first gets M added, which
 * puts the sum in (-2^29 M, 2^29 M), and the multiple that clears the low limb is then subtracted, at
 * most 2^29 - 1 times M.
 */
function applyMatrix(work: usize, a: usize, b: usize, inverse: u32): void {
  const u: i64 = load<i32>(work, Division.Matrix);
  const v: i64 = load<i32>(work, Division.Matrix + 4);
  const q: i64 = load<i32>(work, Division.Matrix + 8);
  const r: i64 = load<i32>(work, Division.Matrix + 12);
  let multipleA: i64 = 0;
  let multipleB: i64 = 0;
  let limbA: i64 = load<i32>(a);
  let limbB: i64 = load<i32>(b);
  if (inverse !== 0) {
    const signA = <i64>(load<i32>(a, 32) >> 31);
    const signB = <i64>(load<i32>(b, 32) >> 31);
    multipleA = (u & signA) + (v & signB);
    multipleB = (q & signA) + (r & signB);
    multipleA -= (<i64>inverse * (u * limbA + v * limbB) + multipleA) & LIMB_MASK;
    multipleB -= (<i64>inverse * (q * limbA + r * limbB) + multipleB) & LIMB_MASK;
  }
  let sumA: i64 = 0;
  let sumB: i64 = 0;
  for (let offset: usize = 0; offset < 36; offset += 4) {
    const limbM: i64 = load<i32>(work + offset, Division.Modulus);
    limbA = load<i32>(a + offset);
    limbB = load<i32>(b + offset);
    sumA += u * limbA + v * limbB + multipleA * limbM;
    sumB += q * limbA + r * limbB + multipleB * limbM;
    if (offset !== 0) {
      store<u32>(a + offset - 4, <u32>(sumA & LIMB_MASK));
      store<u32>(b + offset - 4, <u32>(sumB & LIMB_MASK));
    }
    sumA >>= LIMB_BITS;
    sumB >>= LIMB_BITS;
  }
  store<i32>(a, <i32>sumA, 32);
  store<i32>(b, <i32>sumB, 32);
}

/** a = sign * a + multiple * modulus, carried. */
function scaleAndAdd(a: usize, sign: i32, multiple: i32, modulus: usize): void {
  let sum: i32 = 0;
  for (let offset: usize = 0; offset < 36; offset += 4) {
    sum += sign * load<i32>(a + offset) + multiple * load<i32>(modulus + offset);
    store<i32>(a + offset, offset === 32 ? sum : sum & (<i32>LIMB_MASK));
    sum >>= LIMB_BITS;
  }
}

function isZero(a: usize): bool {
  for (let offset: usize = 0; offset < 36; offset += 4) {
    if (load<i32>(a + offset) !== 0) return false;
  }
  return true;
}
