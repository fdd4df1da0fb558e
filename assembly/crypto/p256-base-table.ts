/**
 * The odd multiples G, 3G, … 15G of the base point of P-256 (SP 800-186 §3.2.1.3), affine.
 *
 * Limbs of the Montgomery form of `p256-field.ts`, two to a 64-bit word. They are operands of code,
 * not data: on the device constants in code cost flash only, a table would cost 576 bytes of RAM.
 * `test/property/crypto-p256.property.test.ts` derives every one of them again.
 */
import { fieldSet } from "./p256-field";

/** Writes the affine coordinates of `multiple` times G; `multiple` is odd, 1 to 15, in a size build 1 or 3. */
export function baseMultiple(x: usize, y: usize, multiple: i32): void {
  switch (multiple) {
    case 1:
      fieldSet(x, 0x0730d41815228783, 0x057f11fb0db00bcf, 0x12b776220a20eb75, 0x1af4dd570330fdb9, 0x120bee);
      fieldSet(y, 0x125357ce12aac150, 0x0e390e860f22e6ef, 0x088dd21f064b1695, 0x0296217602a97443, 0xae3fe3);
      break;
    case 3:
      fieldSet(x, 0x0c3f904e1d7824e4, 0x1e127a1f0c0fdffd, 0x1dd87cbb1931604f, 0x1f5bfdd11f2356bb, 0xd26d47);
      fieldSet(y, 0x0c5c1fc91074fd7a, 0x11eb0e180ff0d582, 0x0311a2ee131cb07c, 0x0ad61f3003544104, 0xbe0d45);
      break;
  }
  if (isDefined(SMALL_P256)) return;
  switch (multiple) {
    case 5:
      fieldSet(x, 0x1b8aaec40b8c3eb9, 0x1926732e0a9bedf0, 0x1aad076c041921d8, 0x1944148f03e60e5a, 0x20f2c0);
      fieldSet(y, 0x109b4ae71749e20e, 0x1a3bdd7a1c415f59, 0x1877e7a11ed0e78a, 0x0e7747a40ae2a054, 0x740ed7);
      break;
    case 7:
      fieldSet(x, 0x06354ea002e769e2, 0x0084f08f0007b83a, 0x0b50c23b161057a4, 0x074c48f801f21f55, 0x774a23);
      fieldSet(y, 0x07d0303f0b73a9bd, 0x1cbc5d6913dee942, 0x1dc77c94032ace85, 0x195890211383c99d, 0x5dbb22);
      break;
    case 9:
      fieldSet(x, 0x096e8f2609c41d1c, 0x0ffb1e691d420bae, 0x00444c8e160157cd, 0x074313851526604e, 0x0b6610);
      fieldSet(y, 0x17777aa40be66281, 0x1efb71970a2f18f5, 0x19a88b121e34ad5e, 0x18160d7e0d91b700, 0x0ccb39);
      break;
    case 11:
      fieldSet(x, 0x1d260a6208bc8087, 0x01e54d9f1eff0753, 0x0158dac1156b3bc8, 0x067272411973f9d2, 0xce121e);
      fieldSet(y, 0x1685612b1289d10d, 0x04e79f5f1b0e40d3, 0x0891ead6087a4a1f, 0x112496e206d206d5, 0x126004);
      break;
    case 13:
      fieldSet(x, 0x0425634b05dae12e, 0x19da455b1e986e66, 0x03f559e910221c6a, 0x130e56dd0ca65e6a, 0x708ef5);
      fieldSet(y, 0x152b90c001dc2fff, 0x00e3df0b169719ab, 0x022bd1f51782d0e9, 0x0b079ede0b426832, 0x7810ed);
      break;
    case 15:
      fieldSet(x, 0x1cd8b7bc0c00ab7c, 0x08fb5db813f25b95, 0x024e481906e00798, 0x0fab4f68048719ba, 0x5541c8);
      fieldSet(y, 0x18524f6310788ba4, 0x0d5508a900d92a05, 0x0de778a40f2faecc, 0x0a41e6b71a2277d3, 0x0842e1);
      break;
  }
}
