/**
 * AES with keys of 128, 192 and 256 bits (FIPS 197), in constant time.
 *
 * Four blocks are worked on at once, bitsliced (`aes-sbox.ts`): no table, no branch and no address
 * depends on key or data. Bit 16 r + 4 c + b of a word of the state belongs to row r and column c of
 * block b, so ShiftRows turns lanes of 16 bits and MixColumns is rotations by 16 and 32. There is one
 * key at a time: `aesSetKey`, any number of blocks, `aesForget`.
 *
 * RAM: state 64, round keys 240, their number 4 bytes.
 */
import { AES_STATE, substituteBytes, unsubstituteBytes } from "./aes-sbox";

/** Bytes of a block. */
export const AES_BLOCK_BYTES: u32 = 16;

/** Bytes that are encrypted at once: four blocks. */
export const AES_BATCH_BYTES: u32 = 64;

/**
 * The round keys, of 16 bytes each. As all four blocks have the same key, nibbles of the sliced key are
 * all ones or all zeros; four words are kept as one, bit j of each nibble being word j's.
 */
// @ts-ignore: decorator
@lazy const ROUND_KEYS = memory.data(240, 8);

/** Bytes of the round keys but the first, u32: 16 times the number of rounds. */
// @ts-ignore: decorator
@lazy const LAST_KEY = memory.data(4, 4);

// @ts-ignore: decorator
@inline const NIBBLES: u64 = 0x1111111111111111;

/** Rows 2 and 3, which ShiftRows turns by two columns and perhaps one, and rows 1 and 2 for its inverse. */
// @ts-ignore: decorator
@inline const ROWS_2_3: u64 = 0xffffffff00000000;

// @ts-ignore: decorator
@inline const ROWS_1_2: u64 = 0x0000ffffffff0000;

/**
 * Expands a key (FIPS 197 §5.2).
 *
 * @param keyBytes 16, 24 or 32
 */
export function aesSetKey(key: usize, keyBytes: u32): void {
  const lastKey = (keyBytes << 2) + 96; // 10, 12 or 14 rounds
  const end = ROUND_KEYS + lastKey + 16;
  store<u32>(LAST_KEY, lastKey);
  memory.copy(ROUND_KEYS, key, keyBytes);
  let constant: u32 = 1;
  let inKey: u32 = 0;
  for (let place: usize = ROUND_KEYS + keyBytes; place < end; place += 4) {
    let word = load<u32>(place - 4);
    if (inKey === 0) {
      word = substituteWord(rotr<u32>(word, 8)) ^ constant;
      // The next power of x; after x^7 comes 0x1b.
      constant = (constant << 1) ^ ((constant >> 7) * 0x11b);
    } else if (inKey === 16 && keyBytes === 32) {
      word = substituteWord(word);
    }
    store<u32>(place, word ^ load<u32>(place - keyBytes));
    inKey += 4;
    if (inKey === keyBytes) inKey = 0;
  }
  for (let place: usize = ROUND_KEYS; place < end; place += 16) {
    pack(place, 0);
    store<u64>(place, squeeze(AES_STATE));
    store<u64>(place, squeeze(AES_STATE + 32), 8);
  }
  memory.fill(AES_STATE, 0, 64);
}

/** Encrypts four blocks in place: 64 bytes. */
export function aesEncryptBatch(blocks: usize): void {
  pack(blocks, AES_BLOCK_BYTES);
  encryptState();
  unpack(blocks, AES_BATCH_BYTES);
}

/** Encrypts one block in place. */
export function aesEncryptBlock(block: usize): void {
  pack(block, 0);
  encryptState();
  unpack(block, AES_BLOCK_BYTES);
}

/** Decrypts one block in place (FIPS 197 §5.3). */
export function aesDecryptBlock(block: usize): void {
  pack(block, 0);
  let key: usize = ROUND_KEYS + load<u32>(LAST_KEY);
  addRoundKey(key);
  for (;;) {
    shiftRows(ROWS_1_2);
    unsubstituteBytes();
    key -= 16;
    addRoundKey(key);
    if (key === ROUND_KEYS) break;
    multiplyColumns();
    mixColumns();
  }
  unpack(block, AES_BLOCK_BYTES);
}

/** Forgets the key and the last blocks. */
export function aesForget(): void {
  memory.fill(ROUND_KEYS, 0, 240);
  memory.fill(AES_STATE, 0, 64);
}

/** The cipher (FIPS 197 §5.1). */
function encryptState(): void {
  let key: usize = ROUND_KEYS;
  const last: usize = ROUND_KEYS + load<u32>(LAST_KEY);
  addRoundKey(key);
  for (;;) {
    substituteBytes();
    shiftRows(ROWS_2_3);
    key += 16;
    if (key === last) break;
    mixColumns();
    addRoundKey(key);
  }
  addRoundKey(key);
}

/** The S-box on the four bytes of a word. */
function substituteWord(word: u32): u32 {
  memory.fill(AES_STATE, 0, 64);
  store<u64>(AES_STATE, spread(word));
  transpose();
  substituteBytes();
  transpose();
  return gather(load<u64>(AES_STATE));
}

/** Slices four blocks that lie `stride` bytes apart; with 0, the same one four times. */
function pack(blocks: usize, stride: u32): void {
  for (let word: usize = AES_STATE; word < AES_STATE + 32; word += 8) {
    store<u64>(word, spread(load<u32>(blocks, 0, 1)) | (spread(load<u32>(blocks, 8, 1)) << 8));
    store<u64>(word, spread(load<u32>(blocks, 4, 1)) | (spread(load<u32>(blocks, 12, 1)) << 8), 32);
    blocks += stride;
  }
  transpose();
}

/** Writes the first `length` bytes of the sliced blocks, whole blocks; the state is not sliced afterwards. */
function unpack(blocks: usize, length: u32): void {
  transpose();
  let word: usize = AES_STATE;
  for (const end = blocks + length; blocks < end; blocks += AES_BLOCK_BYTES) {
    const even = load<u64>(word);
    const odd = load<u64>(word, 32);
    store<u32>(blocks, gather(even), 0, 1);
    store<u32>(blocks, gather(odd), 4, 1);
    store<u32>(blocks, gather(even >> 8), 8, 1);
    store<u32>(blocks, gather(odd >> 8), 12, 1);
    word += 8;
  }
}

/** Moves the bytes of a column to every other byte of a word. */
function spread(column: u32): u64 {
  let bytes: u64 = column;
  bytes = (bytes | (bytes << 16)) & 0x0000ffff0000ffff;
  return (bytes | (bytes << 8)) & 0x00ff00ff00ff00ff;
}

/** Undoes `spread`; the bytes between do not matter. */
function gather(bytes: u64): u32 {
  bytes &= 0x00ff00ff00ff00ff;
  bytes = (bytes | (bytes >> 8)) & 0x0000ffff0000ffff;
  return <u32>(bytes | (bytes >> 16));
}

/** Exchanges bit i of each byte of word j for bit j of the same byte of word i. */
function transpose(): void {
  let mask: u64 = 0x0f0f0f0f0f0f0f0f;
  for (let distance: u32 = 4; distance > 0; distance >>= 1) {
    for (let word: u32 = 0; word < 8; word++) {
      if (word & distance) continue;
      const low: usize = AES_STATE + (word << 3);
      const high: usize = low + (distance << 3);
      const swap = ((load<u64>(low) >> distance) ^ load<u64>(high)) & mask;
      store<u64>(high, load<u64>(high) ^ swap);
      store<u64>(low, load<u64>(low) ^ (swap << distance));
    }
    mask ^= mask << (distance >> 1);
  }
}

/** One bit of each nibble of four sliced words of a round key. */
function squeeze(words: usize): u64 {
  return (
    (load<u64>(words) & NIBBLES) |
    (load<u64>(words, 8) & (NIBBLES << 1)) |
    (load<u64>(words, 16) & (NIBBLES << 2)) |
    (load<u64>(words, 24) & (NIBBLES << 3))
  );
}

/** Adds a round key (FIPS 197 §5.1.4). */
function addRoundKey(key: usize): void {
  for (let words: usize = AES_STATE; words < AES_STATE + 64; words += 32) {
    const four = load<u64>(key);
    addNibbles(words, four);
    addNibbles(words + 8, four >> 1);
    addNibbles(words + 16, four >> 2);
    addNibbles(words + 24, four >> 3);
    key += 8;
  }
}

// @ts-ignore: decorator
@inline
function addNibbles(word: usize, bits: u64): void {
  bits &= NIBBLES;
  store<u64>(word, load<u64>(word) ^ ((bits << 4) - bits));
}

/**
 * Turns row r by r columns (FIPS 197 §5.1.2), or back (§5.3.1): rows 1 and 3 by one column, then `rows` by
 * two. Backwards, row 1 has three columns to go and row 3 one.
 */
function shiftRows(rows: u64): void {
  for (let word: usize = AES_STATE; word < AES_STATE + 64; word += 8) {
    let bits = load<u64>(word);
    let turned = ((bits >> 4) & 0x0fff0fff0fff0fff) | ((bits << 12) & 0xf000f000f000f000);
    bits ^= (bits ^ turned) & 0xffff0000ffff0000;
    turned = ((bits >> 8) & 0x00ff00ff00ff00ff) | ((bits << 8) & 0xff00ff00ff00ff00);
    store<u64>(word, bits ^ ((bits ^ turned) & rows));
  }
}

/**
 * Mixes the columns (FIPS 197 §5.1.3): each byte a becomes x (a + b) + b + c + d, where b, c, d are those
 * below it. Times x, bit i comes from bit i - 1, and the top bit is added to bits 0, 1, 3 and 4.
 */
function mixColumns(): void {
  const last = load<u64>(AES_STATE, 56);
  const top = last ^ rotr<u64>(last, 16);
  let below = top;
  let carry: u32 = 0b00011010;
  for (let word: usize = AES_STATE; word < AES_STATE + 64; word += 8) {
    const next = rotr<u64>(load<u64>(word), 16);
    const sum = load<u64>(word) ^ next;
    store<u64>(word, below ^ next ^ rotr<u64>(sum, 32) ^ (top & (0 - <u64>(carry & 1))));
    below = sum;
    carry >>= 1;
  }
}

/**
 * Multiplies the columns by (5, 0, 4, 0), after which `mixColumns` is its own inverse (FIPS 197 §5.3.3):
 * (14, 11, 13, 9) = (2, 3, 1, 1) (5, 0, 4, 0). Each byte a becomes a + x^2 (a + c). Times x^2, bit i comes
 * from bit i - 2, bit 6 is added to bits 0, 1, 3, 4, and bit 7 to bits 1, 2, 4, 5.
 */
function multiplyColumns(): void {
  const bit6 = addOpposite(AES_STATE + 48);
  const bit7 = addOpposite(AES_STATE + 56);
  let below1: u64 = 0;
  let below2: u64 = 0;
  let carry6: u32 = 0b00011011;
  let carry7: u32 = 0b00110110;
  for (let word: usize = AES_STATE; word < AES_STATE + 64; word += 8) {
    const sum = addOpposite(word);
    const carried = (bit6 & (0 - <u64>(carry6 & 1))) ^ (bit7 & (0 - <u64>(carry7 & 1)));
    store<u64>(word, load<u64>(word) ^ below2 ^ carried);
    below2 = below1;
    below1 = sum;
    carry6 >>= 1;
    carry7 >>= 1;
  }
}

/** The sum of a word and what is two rows below. */
// @ts-ignore: decorator
@inline
function addOpposite(word: usize): u64 {
  return load<u64>(word) ^ rotr<u64>(load<u64>(word), 32);
}
