/*
 * What wasm2c's output needs of its environment on a core without an operating system: one memory
 * of as many bytes as the device has, not of 64 KiB pages, checked and inlined accesses, traps.
 *
 * WINDOW_BASE and WINDOW_BYTES come from the command line: the part of the module's address space
 * that there is. Every access is checked against it by one unsigned compare of 32 bits; where base
 * and offset are constants, and mostly they are, the compiler makes the check while it compiles.
 *
 * An access may be at any address (WebAssembly 1.0, 4.4.7): what lies in an envelope lies where it
 * lies. Cortex-M4 takes that as it is. Cortex-M0+ would fault, so it asks first, where the compiler
 * does not know, and goes byte by byte if it must; a module that is known to align (MODULE_ALIGNS),
 * as what comes from C is, needs no asking.
 */
#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef int16_t s16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;
typedef int64_t s64;
/* Named in the output's header; the device has no floating point. */
typedef float f32;
typedef double f64;
#define WASM_RT_CORE_TYPES_DEFINED

#define INLINE static inline __attribute__((always_inline))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/*
 * A module is stopped (WebAssembly 1.0, 4.4) by an undefined instruction, on which every core faults. A call would
 * cost each function four bytes more, and those that call nothing else a frame. Why it was stopped, the place says.
 */
#define TRAP(reason) (__builtin_trap(), 0)
#define UNREACHABLE __builtin_trap()

/* The stack is bounded before anything runs: stack-bound.ts. */
#define FUNC_PROLOGUE
#define FUNC_EPILOGUE

/* Types of functions matter to indirect calls only, and the device's code has none. */
#define wasm_rt_register_func_type(...) 0
#define wasm_rt_is_initialized() true
#define assert(condition)

/* The module's memory is `window`, whoever names it. */
typedef struct {
  u8 unused;
} wasm_rt_memory_t;

extern u8 window[WINDOW_BYTES] __attribute__((aligned(8)));

/* Where `address + offset` lies in the window; traps unless all `size` bytes do. */
INLINE u8 *place(u32 address, u32 offset, u32 size) {
  if (offset <= WINDOW_BASE) {
    u32 at = address - (WINDOW_BASE - offset);
    if (UNLIKELY(at > WINDOW_BYTES - size)) __builtin_trap();
    return window + at;
  }
  u32 beyond = offset - WINDOW_BASE;
  if (UNLIKELY(beyond > WINDOW_BYTES - size || address > WINDOW_BYTES - size - beyond)) {
    __builtin_trap();
  }
  return window + beyond + address;
}

/* The same for a length that only the run knows. */
INLINE u8 *stretch(u32 address, u32 length) {
  u32 at = address - WINDOW_BASE;
  if (UNLIKELY(at > WINDOW_BYTES || length > WINDOW_BYTES - at)) __builtin_trap();
  return window + at;
}

#if defined(__ARM_FEATURE_UNALIGNED)
/* The core does it. Pairs of words need words aligned, and gcc knows that of a packed structure. */
#define ACCESS(stored) __attribute__((packed, may_alias))
#define IS_ALIGNED(at, stored) true
#else
/* A pair of words is two words to this core. */
#define ACCESS(stored) __attribute__((packed, aligned(sizeof(stored) < 4 ? sizeof(stored) : 4), may_alias))
#if defined(MODULE_ALIGNS)
#define IS_ALIGNED(at, stored) true
#else
#define IS_ALIGNED(at, stored) LIKELY(((u32)(at) & (sizeof(stored) < 4 ? sizeof(stored) : 4) - 1) == 0)
#endif
#endif

/* Little-endian, byte by byte; not inlined, since it is rare. One function per size, so that a call is short. */
u16 load_unaligned_2(const u8 *at);
u32 load_unaligned_4(const u8 *at);
u64 load_unaligned_8(const u8 *at);
void store_unaligned_2(u8 *at, u32 value);
void store_unaligned_4(u8 *at, u32 value);
void store_unaligned_8(u8 *at, u64 value);

#define LOAD_UNALIGNED(at, size)       \
  ((size) == 8   ? load_unaligned_8(at) \
   : (size) == 4 ? load_unaligned_4(at) \
                 : load_unaligned_2(at))

#define DEFINE_LOAD(name, stored, wide, result)                                                  \
  INLINE result name(u32 address, u32 offset) {                                                  \
    typedef struct {                                                                             \
      stored value;                                                                              \
    } ACCESS(stored) cell;                                                                       \
    const u8 *at = place(address, offset, sizeof(stored));                                       \
    if (!IS_ALIGNED(at, stored)) return (result)(wide)(stored)LOAD_UNALIGNED(at, sizeof(stored)); \
    return (result)(wide)((const cell *)at)->value;                                              \
  }

#define DEFINE_STORE(name, stored, given)                            \
  INLINE void name(u32 address, u32 offset, given value) {           \
    typedef struct {                                                 \
      stored value;                                                  \
    } ACCESS(stored) cell;                                           \
    u8 *at = place(address, offset, sizeof(stored));                 \
    if (IS_ALIGNED(at, stored)) ((cell *)at)->value = (stored)value; \
    else if (sizeof(stored) == 8) store_unaligned_8(at, value);      \
    else if (sizeof(stored) == 4) store_unaligned_4(at, (u32)value); \
    else store_unaligned_2(at, (u32)value);                          \
  }

DEFINE_LOAD(i32_load, u32, u32, u32)
DEFINE_LOAD(i64_load, u64, u64, u64)
DEFINE_LOAD(i32_load8_s, s8, s32, u32)
DEFINE_LOAD(i64_load8_s, s8, s64, u64)
DEFINE_LOAD(i32_load8_u, u8, u32, u32)
DEFINE_LOAD(i64_load8_u, u8, u64, u64)
DEFINE_LOAD(i32_load16_s, s16, s32, u32)
DEFINE_LOAD(i64_load16_s, s16, s64, u64)
DEFINE_LOAD(i32_load16_u, u16, u32, u32)
DEFINE_LOAD(i64_load16_u, u16, u64, u64)
DEFINE_LOAD(i64_load32_s, s32, s64, u64)
DEFINE_LOAD(i64_load32_u, u32, u64, u64)
DEFINE_STORE(i32_store, u32, u32)
DEFINE_STORE(i64_store, u64, u64)
DEFINE_STORE(i32_store8, u8, u32)
DEFINE_STORE(i32_store16, u16, u32)
DEFINE_STORE(i64_store8, u8, u64)
DEFINE_STORE(i64_store16, u16, u64)
DEFINE_STORE(i64_store32, u32, u64)

#define LOAD_DATA(memory, address, bytes, length) memcpy(stretch(address, length), bytes, length)

INLINE void memory_fill(wasm_rt_memory_t *memory, u32 address, u32 value, u32 length) {
  (void)memory;
  memset(stretch(address, length), (int)value, length);
}

INLINE void memory_copy(wasm_rt_memory_t *target, const wasm_rt_memory_t *source, u32 to, u32 from,
                        u32 length) {
  (void)target, (void)source;
  memmove(stretch(to, length), stretch(from, length), length);
}

#define I32_CLZ(x) ((x) ? __builtin_clz(x) : 32)
#define I64_CLZ(x) ((x) ? __builtin_clzll(x) : 64)
#define I32_CTZ(x) ((x) ? __builtin_ctz(x) : 32)
#define I64_CTZ(x) ((x) ? __builtin_ctzll(x) : 64)
#define I32_POPCNT(x) ((u32)__builtin_popcount(x))
#define I64_POPCNT(x) ((u64)__builtin_popcountll(x))

#define ROTATE(x, left, bits) ((x) << ((left) & ((bits)-1)) | (x) >> (-(left) & ((bits)-1)))
#define I32_ROTL(x, y) ROTATE(x, y, 32)
#define I64_ROTL(x, y) ROTATE(x, y, 64)
#define I32_ROTR(x, y) ROTATE(x, -(y), 32)
#define I64_ROTR(x, y) ROTATE(x, -(y), 64)

#define DIVIDE(x, operator, y) (UNLIKELY((y) == 0) ? TRAP(DIV_BY_ZERO) : (x) operator(y))
#define DIV_U(x, y) DIVIDE(x, /, y)
#define REM_U(x, y) DIVIDE(x, %, y)
#define OVERFLOWS(x, y, minimum) UNLIKELY((x) == (minimum) && (y) == -1)
#define I32_DIV_S(x, y) \
  ((u32)(OVERFLOWS((s32)(x), (s32)(y), INT32_MIN) ? TRAP(INT_OVERFLOW) : DIVIDE((s32)(x), /, (s32)(y))))
#define I64_DIV_S(x, y) \
  ((u64)(OVERFLOWS((s64)(x), (s64)(y), INT64_MIN) ? TRAP(INT_OVERFLOW) : DIVIDE((s64)(x), /, (s64)(y))))
#define I32_REM_S(x, y) \
  ((u32)(OVERFLOWS((s32)(x), (s32)(y), INT32_MIN) ? 0 : DIVIDE((s32)(x), %, (s32)(y))))
#define I64_REM_S(x, y) \
  ((u64)(OVERFLOWS((s64)(x), (s64)(y), INT64_MIN) ? 0 : DIVIDE((s64)(x), %, (s64)(y))))

#endif
