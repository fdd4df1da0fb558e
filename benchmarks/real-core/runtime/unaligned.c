/*
 * Accesses at any address for cores that fault on them. They count as a part of the module's library.
 */
#include "wasm-rt.h"

u64 load_unaligned(const u8 *at, u32 size) {
  u64 value = 0;
  for (u32 index = size; index-- > 0;) value = value << 8 | at[index];
  return value;
}

void store_unaligned(u8 *at, u64 value, u32 size) {
  for (u32 index = 0; index < size; index++, value >>= 8) at[index] = (u8)value;
}
