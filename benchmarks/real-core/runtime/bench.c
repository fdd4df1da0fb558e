/*
 * Start-up and the means of measuring, for any Cortex-M under qemu with semihosting.
 *
 * Under `-icount` the virtual clock advances by a fixed time with each instruction, so SysTick
 * counts instructions. The loop of `calibrate` is known: two instructions a turn.
 */
#include "bench.h"

#define REGISTER(address) (*(volatile u32 *)(address))
#define SYSTICK_CONTROL REGISTER(0xe000e010)
#define SYSTICK_RELOAD REGISTER(0xe000e014)
#define SYSTICK_VALUE REGISTER(0xe000e018)
#define CONFIGURATION_CONTROL REGISTER(0xe000ed14)
#define UNALIGNED_TRAP (1u << 3)
#define SYSTICK_MAX 0xffffffu

#define CALIBRATION_TURNS 1000000u

enum semihosting { SYS_OPEN = 1, SYS_CLOSE = 2, SYS_WRITE0 = 4, SYS_WRITE = 5, SYS_EXIT_EXTENDED = 0x20 };
#define OPEN_TO_WRITE_BYTES 5u

extern u8 stack_bottom, stack_top;
__attribute__((section(".window"), aligned(8))) u8 window[WINDOW_BYTES];

static u32 host(u32 operation, const void *argument) {
  register u32 r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void leave(u32 status) {
  const u32 stopped[2] = {0x20026, status};
  for (;;) host(SYS_EXIT_EXTENDED, stopped);
}

static void write_hex(u32 value, int digits) {
  char text[9];
  for (int digit = 0; digit < digits; digit++) {
    text[digit] = "0123456789abcdef"[value >> (4 * (digits - 1 - digit)) & 15];
  }
  text[digits] = 0;
  host(SYS_WRITE0, text);
}

void say(const char *name, u32 value) {
  host(SYS_WRITE0, name);
  host(SYS_WRITE0, " ");
  write_hex(value, 8);
  host(SYS_WRITE0, "\n");
}

void say_bytes(const char *name, const u8 *bytes, u32 length) {
  host(SYS_WRITE0, name);
  host(SYS_WRITE0, " ");
  for (u32 index = 0; index < length; index++) write_hex(bytes[index], 2);
  host(SYS_WRITE0, "\n");
}

void save(const char *name, const u8 *bytes, u32 length) {
  const u32 file[3] = {(u32)name, OPEN_TO_WRITE_BYTES, strlen(name)};
  const u32 handle = host(SYS_OPEN, file);
  const u32 content[3] = {handle, (u32)bytes, length};
  u32 left = host(SYS_WRITE, content);
  host(SYS_CLOSE, &handle);
  if (left != 0) {
    say("unsaved", left);
    leave(1);
  }
}

void ticks_start(void) {
  SYSTICK_CONTROL = 0;
  SYSTICK_RELOAD = SYSTICK_MAX;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL = 5;
}

u32 ticks(void) { return (SYSTICK_MAX - SYSTICK_VALUE) & SYSTICK_MAX; }

#define PAINT 0xa5a5a5a5u
/* Bytes below the caller's frame that painting leaves alone: its own frame. */
#define PAINTER_BYTES 64u

__attribute__((noinline)) void stack_paint(void) {
  u32 *end = (u32 *)__builtin_frame_address(0) - PAINTER_BYTES / 4;
  for (u32 *at = (u32 *)&stack_bottom; at < end; at++) *(volatile u32 *)at = PAINT;
}

__attribute__((noinline)) u32 stack_used(void) {
  const u32 *at = (const u32 *)&stack_bottom;
  const u32 *frame = (const u32 *)__builtin_frame_address(0);
  while (at < frame && *(const volatile u32 *)at == PAINT) at++;
  return (u32)((const u8 *)frame - (const u8 *)at);
}

__attribute__((noinline)) static void turn(u32 turns) {
  __asm__ volatile("1: subs %0, #1\n\tbne 1b" : "+l"(turns) : : "cc");
}

static void calibrate(void) {
  ticks_start();
  turn(CALIBRATION_TURNS);
  say("calibration", ticks());
  ticks_start();
  turn(1);
  say("overhead", ticks());
}

__attribute__((noreturn)) void start(void) {
  for (u32 *at = (u32 *)0x20000000; at < (u32 *)&stack_bottom; at++) *(volatile u32 *)at = 0;
#if !defined(__ARM_FEATURE_UNALIGNED)
  /* A core that has unaligned accesses faults on them as well, so that it stands for one that has none. */
  CONFIGURATION_CONTROL |= UNALIGNED_TRAP;
#endif
  calibrate();
  bench();
  leave(0);
}

/* Ends the program, in which a module has trapped or the core has faulted. */
__attribute__((noreturn)) static void fault(void) {
  say("fault", REGISTER(0xe000ed28));
  leave(1);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, (const void *)start, (const void *)fault, (const void *)fault,
    (const void *)fault, (const void *)fault, (const void *)fault,
};
