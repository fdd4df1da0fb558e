/*
 * Accesses at any address for cores that fault on them. They count as a part of the module's library.
 */
#include "wasm-rt.h"

u16 load_unaligned_2(const u8 *at) { return (u16)(at[0] | at[1] << 8); }

u32 load_unaligned_4(const u8 *at) { return load_unaligned_2(at) | (u32)load_unaligned_2(at + 2) << 16; }

u64 load_unaligned_8(const u8 *at) { return load_unaligned_4(at) | (u64)load_unaligned_4(at + 4) << 32; }

void store_unaligned_2(u8 *at, u32 value) {
  at[0] = (u8)value;
  at[1] = (u8)(value >> 8);
}

void store_unaligned_4(u8 *at, u32 value) {
  store_unaligned_2(at, value);
  store_unaligned_2(at + 2, value >> 16);
}

void store_unaligned_8(u8 *at, u64 value) {
  store_unaligned_4(at, (u32)value);
  store_unaligned_4(at + 4, (u32)(value >> 32));
}
