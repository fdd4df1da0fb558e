/* Products of 256-bit numbers, row by row; the halves of each are the factors of the next, for as many
 * rounds as `length` says. What is between public keys and time, more or less. */
typedef unsigned char u8;
typedef unsigned u32;
typedef unsigned long long u64;

enum { WORDS = 8 };

static void multiply(u32 *product, const u32 *a, const u32 *b) {
  for (int i = 0; i < 2 * WORDS; i++) product[i] = 0;
  for (int i = 0; i < WORDS; i++) {
    u64 carry = 0;
    for (int j = 0; j < WORDS; j++) {
      carry += (u64)a[i] * b[j] + product[i + j];
      product[i + j] = (u32)carry;
      carry >>= 32;
    }
    product[i + WORDS] = (u32)carry;
  }
}

void yardstick(const u8 *input, u32 length, u8 *output) {
  u32 factors[2 * WORDS];
  u32 product[2 * WORDS];
  for (int i = 0; i < 2 * WORDS; i++) factors[i] = ((const u32 *)input)[i];
  for (u32 round = 0; round < length; round++) {
    multiply(product, factors, factors + WORDS);
    for (int i = 0; i < 2 * WORDS; i++) factors[i] = product[i];
  }
  for (int i = 0; i < 2 * WORDS; i++) ((u32 *)output)[i] = factors[i];
}
