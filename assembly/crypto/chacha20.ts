/**
 * ChaCha20 (RFC 8439 §2.3, §2.4), streaming: additions, exclusive sums and rotations by constants only.
 *
 * RAM: the initial state 64, a block of key stream 64, the place in the stream 4 bytes.
 */

/** The initial state: constants, key, block counter, nonce; sixteen words. */
const STATE = memory.data(64, 8);

/** One block of key stream. */
const BLOCK = memory.data(64, 8);

/** How much of `BLOCK` is used up, u32. */
const USED = memory.data(4, 4);

const BLOCK_BYTES: u32 = 64;

/** Begins a stream. @param key 32 bytes @param nonce 12 bytes @param counter number of the first block */
export function chacha20Init(key: usize, nonce: usize, counter: u32): void {
  store<u64>(STATE, 0x3320646e61707865); // "expand 3"
  store<u64>(STATE, 0x6b20657479622d32, 8); // "2-byte k"
  memory.copy(STATE + 16, key, 32);
  store<u32>(STATE, counter, 48);
  memory.copy(STATE + 52, nonce, 12);
  store<u32>(USED, BLOCK_BYTES);
}

/** Encrypts or decrypts `length` bytes from `input` to `output`, which may be the same. */
export function chacha20Update(input: usize, length: u32, output: usize): void {
  let used = load<u32>(USED);
  for (let index: usize = 0; index < <usize>length; index++) {
    if (used === BLOCK_BYTES) {
      makeBlock();
      used = 0;
    }
    store<u8>(output + index, load<u8>(input + index) ^ load<u8>(BLOCK + used));
    used++;
  }
  store<u32>(USED, used);
}

/** Forgets key and key stream. */
export function chacha20Forget(): void {
  memory.fill(STATE, 0, 64);
  memory.fill(BLOCK, 0, 64);
}

/** Makes the next block of key stream (RFC 8439 §2.3). */
function makeBlock(): void {
  memory.copy(BLOCK, STATE, 64);
  for (let round = 0; round < 10; round++) {
    quarterRound(0, 16, 32, 48);
    quarterRound(4, 20, 36, 52);
    quarterRound(8, 24, 40, 56);
    quarterRound(12, 28, 44, 60);
    quarterRound(0, 20, 40, 60);
    quarterRound(4, 24, 44, 48);
    quarterRound(8, 28, 32, 52);
    quarterRound(12, 16, 36, 56);
  }
  for (let offset: usize = 0; offset < 64; offset += 4) {
    store<u32>(BLOCK + offset, load<u32>(BLOCK + offset) + load<u32>(STATE + offset));
  }
  store<u32>(STATE, load<u32>(STATE, 48) + 1, 48);
}

/** A quarter round (RFC 8439 §2.1) on four words of the block, by their offsets. */
function quarterRound(offsetA: usize, offsetB: usize, offsetC: usize, offsetD: usize): void {
  let a = load<u32>(BLOCK + offsetA);
  let b = load<u32>(BLOCK + offsetB);
  let c = load<u32>(BLOCK + offsetC);
  let d = load<u32>(BLOCK + offsetD);
  a += b;
  d = rotl<u32>(d ^ a, 16);
  c += d;
  b = rotl<u32>(b ^ c, 12);
  a += b;
  d = rotl<u32>(d ^ a, 8);
  c += d;
  b = rotl<u32>(b ^ c, 7);
  store<u32>(BLOCK + offsetA, a);
  store<u32>(BLOCK + offsetB, b);
  store<u32>(BLOCK + offsetC, c);
  store<u32>(BLOCK + offsetD, d);
}
