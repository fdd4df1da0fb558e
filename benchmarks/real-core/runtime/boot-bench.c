/*
 * One power-on of the bootloader: from reset until it hands control to an image, asks for a reset or
 * has nothing more to do. The state is put at STATE_ADDRESS by qemu and written to a file at the end, for
 * the host to compare with the emulator's. case.h is written by ../boot-measure.ts.
 *
 * The HAL is that of emulator/hal.ts for a part that programs by clearing bits. There is no link.
 */
#include "bench.h"
#include "module.h"

#include "case.h"

enum end { END_BOOT = 1, END_RESET, END_IDLE };

static u64 *const stored_counters = (u64 *)STATE_ADDRESS;
static u8 *const stored_flash = (u8 *)(STATE_ADDRESS + 8 * COUNTERS);

__attribute__((section(".globals"))) static Z_module_instance_t instance;

/* Ends the power-on. */
__attribute__((noreturn)) static void finish(enum end end, u32 address, u32 length) {
  u32 taken = ticks();
  say("stack", stack_used());
  say("ticks", taken);
  say("end", end);
  say("address", address);
  say("length", length);
  memcpy(stored_flash, window, FLASH_BYTES);
  save("after.bin", (const u8 *)STATE_ADDRESS, 8 * COUNTERS + FLASH_BYTES);
  leave(0);
}

u32 Z_halZ_flash_erase(struct Z_hal_instance_t *hal, u32 address) {
  (void)hal;
  if (address < BOOT_BYTES || address >= FLASH_BYTES) return HAL_ARGUMENT;
  memset(window + address - address % PAGE_BYTES, 0xff, PAGE_BYTES);
  return 0;
}

u32 Z_halZ_flash_program(struct Z_hal_instance_t *hal, u32 address, u32 source, u32 length) {
  (void)hal;
  if (address < BOOT_BYTES || address > FLASH_BYTES || length > FLASH_BYTES - address) return HAL_ARGUMENT;
  if ((address | length) % UNIT_BYTES != 0) return HAL_ARGUMENT;
  const u8 *from = stretch(source, length);
  for (u32 index = 0; index < length; index++) window[address + index] &= from[index];
  return 0;
}

u32 Z_halZ_flash_check(struct Z_hal_instance_t *hal, u32 address, u32 length) {
  (void)hal;
  return address > FLASH_BYTES || length > FLASH_BYTES - address ? HAL_ARGUMENT : 0;
}

u32 Z_halZ_counter_read(struct Z_hal_instance_t *hal, u32 id, u32 out) {
  (void)hal;
  if (id >= COUNTERS) return HAL_ARGUMENT;
  memcpy(stretch(out, 8), &stored_counters[id], 8);
  return 0;
}

u32 Z_halZ_counter_advance(struct Z_hal_instance_t *hal, u32 id, u64 value) {
  (void)hal;
  if (id >= COUNTERS || value < stored_counters[id]) return HAL_ARGUMENT;
  stored_counters[id] = value;
  return 0;
}

u32 Z_halZ_unique_id(struct Z_hal_instance_t *hal, u32 out) {
  (void)hal;
  memcpy(stretch(out, 16), window + DEVICE_ID_ADDRESS, 16);
  return 0;
}

u32 Z_halZ_boot(struct Z_hal_instance_t *hal, u32 address, u32 length) {
  (void)hal;
  finish(END_BOOT, address, length);
}

u32 Z_halZ_reset(struct Z_hal_instance_t *hal) {
  (void)hal;
  finish(END_RESET, 0, 0);
}

u32 Z_halZ_idle(struct Z_hal_instance_t *hal, u32 milliseconds) {
  (void)hal, (void)milliseconds;
  finish(END_IDLE, 0, 0);
}

u32 Z_halZ_log(struct Z_hal_instance_t *hal, u32 pointer, u32 length) {
  (void)hal, (void)stretch(pointer, length);
  return 0;
}

u32 Z_halZ_watchdog_kick(struct Z_hal_instance_t *hal) {
  (void)hal;
  return 0;
}

u32 Z_halZ_link_receive(struct Z_hal_instance_t *hal, u32 out, u32 capacity, u32 length_out) {
  (void)hal, (void)out, (void)capacity, (void)length_out;
  return HAL_UNAVAILABLE;
}

u32 Z_halZ_link_send(struct Z_hal_instance_t *hal, u32 pointer, u32 length) {
  (void)hal, (void)pointer, (void)length;
  return HAL_UNAVAILABLE;
}

u32 Z_halZ_random(struct Z_hal_instance_t *hal, u32 out, u32 length) {
  (void)hal, (void)out, (void)length;
  return HAL_UNAVAILABLE;
}

void bench(void) {
  memcpy(window, stored_flash, FLASH_BYTES);
  stack_paint();
  ticks_start();
  Z_module_instantiate(&instance, NULL, NULL);
  Z_moduleZ_reset(&instance);
  UNREACHABLE;
}
