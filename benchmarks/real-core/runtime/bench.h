/*
 * What a bench has on the core: a clock of instructions, a painted stack, a way to say things.
 */
#ifndef BENCH_H_
#define BENCH_H_

#include "wasm-rt.h"

/* Ticks of SysTick since `ticks_start`; how many instructions one is, the host knows. */
void ticks_start(void);
u32 ticks(void);

/* Paints the unused stack, and says how much of it has lost its paint since. */
void stack_paint(void);
u32 stack_used(void);

/* Writes `name value\n` for the host. */
void say(const char *name, u32 value);
/* Writes `name` and bytes in hexadecimal. */
void say_bytes(const char *name, const u8 *bytes, u32 length);

/* Writes a file into the folder that qemu runs in. */
void save(const char *name, const u8 *bytes, u32 length);
/* Ends the program; 0 if all is well. */
__attribute__((noreturn)) void leave(u32 status);

/* What the bench does; returns when it is done. */
void bench(void);

#endif
