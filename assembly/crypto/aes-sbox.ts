/**
 * The S-box of AES on 64 bytes at once, without a table (FIPS 197 §5.1.1, §5.3.2).
 *
 * The state is bitsliced: word i of eight holds bit i of every byte, so each gate is one operation
 * on all 64 bytes, and nothing is looked up. The circuit is that of J. Boyar and R. Peralta, A
 * depth-16 circuit for the AES S-box (2011): a linear layer, an inversion in GF(2^4)^2, a linear layer.
 */

/** The bits of the state: eight 64-bit words, the lowest bit of each byte first. */
// @ts-ignore: decorator
@lazy export const AES_STATE = memory.data(64, 8);

/** Substitutes every byte of the state. */
export function substituteBytes(): void {
  const u0 = load<u64>(AES_STATE, 56);
  const u1 = load<u64>(AES_STATE, 48);
  const u2 = load<u64>(AES_STATE, 40);
  const u3 = load<u64>(AES_STATE, 32);
  const u4 = load<u64>(AES_STATE, 24);
  const u5 = load<u64>(AES_STATE, 16);
  const u6 = load<u64>(AES_STATE, 8);
  const u7 = load<u64>(AES_STATE);

  // The upper linear layer.
  const y14 = u3 ^ u5;
  const y13 = u0 ^ u6;
  const y9 = u0 ^ u3;
  const y8 = u0 ^ u5;
  const t0 = u1 ^ u2;
  const y1 = t0 ^ u7;
  const y4 = y1 ^ u3;
  const y12 = y13 ^ y14;
  const y2 = y1 ^ u0;
  const y5 = y1 ^ u6;
  const y3 = y5 ^ y8;
  const t1 = u4 ^ y12;
  const y15 = t1 ^ u5;
  const y20 = t1 ^ u1;
  const y6 = y15 ^ u7;
  const y10 = y15 ^ t0;
  const y11 = y20 ^ y9;
  const y7 = u7 ^ y11;
  const y17 = y10 ^ y11;
  const y19 = y10 ^ y8;
  const y16 = t0 ^ y11;
  const y21 = y13 ^ y16;
  const y18 = u0 ^ y16;

  // The inversion.
  const t2 = y12 & y15;
  const t4 = (y3 & y6) ^ t2;
  const t6 = (y4 & u7) ^ t2;
  const t7 = y13 & y16;
  const t9 = (y5 & y1) ^ t7;
  const t11 = (y2 & y7) ^ t7;
  const t12 = y9 & y11;
  const t14 = (y14 & y17) ^ t12;
  const t16 = (y8 & y10) ^ t12;
  const t21 = t4 ^ t14 ^ y20;
  const t22 = t6 ^ t16 ^ y19;
  const t23 = t9 ^ t14 ^ y21;
  const t24 = t11 ^ t16 ^ y18;
  const t25 = t21 ^ t22;
  const t26 = t21 & t23;
  const t27 = t24 ^ t26;
  const t29 = (t25 & t27) ^ t22;
  const t33 = ((t22 ^ t26) & (t23 ^ t24)) ^ t24;
  const t36 = t24 & (t27 ^ t33);
  const t37 = t36 ^ t23 ^ t33;
  const t40 = t25 ^ (t29 & (t27 ^ t36));
  const t41 = t40 ^ t37;
  const t42 = t29 ^ t33;
  const t43 = t29 ^ t40;
  const t44 = t33 ^ t37;
  const t45 = t42 ^ t41;
  const z0 = t44 & y15;
  const z1 = t37 & y6;
  const z2 = t33 & u7;
  const z3 = t43 & y16;
  const z4 = t40 & y1;
  const z5 = t29 & y7;
  const z6 = t42 & y11;
  const z7 = t45 & y17;
  const z8 = t41 & y10;
  const z9 = t44 & y12;
  const z10 = t37 & y3;
  const z11 = t33 & y4;
  const z12 = t43 & y13;
  const z13 = t40 & y5;
  const z14 = t29 & y2;
  const z15 = t42 & y9;
  const z16 = t45 & y14;
  const z17 = t41 & y8;

  // The lower linear layer; the constant 0x63 is the complements.
  const t46 = z15 ^ z16;
  const t48 = z5 ^ z13;
  const t52 = z7 ^ z8;
  const t53 = z0 ^ z3;
  const t57 = z2 ^ z12 ^ t53;
  const t58 = z4 ^ t46;
  const t59 = z3 ^ z6 ^ z7;
  const t60 = t46 ^ t57;
  const t62 = t52 ^ t58;
  const t63 = z9 ^ z10 ^ t58;
  const t64 = z4 ^ t59;
  const t65 = z14 ^ t57 ^ t62;
  const t66 = z1 ^ t63;
  const s3 = t53 ^ t66;
  store<u64>(AES_STATE, t59 ^ t63, 56);
  store<u64>(AES_STATE, ~(t64 ^ s3), 48);
  store<u64>(AES_STATE, ~(z16 ^ z17 ^ t64 ^ t65), 40);
  store<u64>(AES_STATE, s3, 32);
  store<u64>(AES_STATE, z2 ^ z5 ^ t66, 24);
  store<u64>(AES_STATE, z10 ^ z11 ^ t65, 16);
  store<u64>(AES_STATE, ~(z12 ^ t48 ^ t62), 8);
  store<u64>(AES_STATE, ~(t48 ^ t60));
}

/**
 * Undoes the substitution of every byte of the state.
 *
 * With I the inversion and B the inverse of the affine map, the S-box is the inverse of B after I,
 * so I is B after the S-box, and the inverse S-box, I after B, is B, the S-box, B.
 */
export function unsubstituteBytes(): void {
  unmapAffine();
  substituteBytes();
  unmapAffine();
}

/** The inverse of the affine map of the S-box: bit i is the sum of bits i + 2, i + 5, i + 7 and of 0x05's. */
function unmapAffine(): void {
  const q0 = load<u64>(AES_STATE);
  const q1 = load<u64>(AES_STATE, 8);
  const q2 = load<u64>(AES_STATE, 16);
  const q3 = load<u64>(AES_STATE, 24);
  const q4 = load<u64>(AES_STATE, 32);
  const q5 = load<u64>(AES_STATE, 40);
  const q6 = load<u64>(AES_STATE, 48);
  const q7 = load<u64>(AES_STATE, 56);
  store<u64>(AES_STATE, ~(q2 ^ q5 ^ q7));
  store<u64>(AES_STATE, q3 ^ q6 ^ q0, 8);
  store<u64>(AES_STATE, ~(q4 ^ q7 ^ q1), 16);
  store<u64>(AES_STATE, q5 ^ q0 ^ q2, 24);
  store<u64>(AES_STATE, q6 ^ q1 ^ q3, 32);
  store<u64>(AES_STATE, q7 ^ q2 ^ q4, 40);
  store<u64>(AES_STATE, q0 ^ q3 ^ q5, 48);
  store<u64>(AES_STATE, q1 ^ q4 ^ q6, 56);
}
