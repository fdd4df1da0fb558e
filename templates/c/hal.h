/*
 * The hardware as this bootloader sees it: import module "hal", and the memory map of the device.
 * Every call returns a status, 0 for success. docs/hal.md of Brownout describes all of them.
 */
#ifndef HAL_H
#define HAL_H

typedef unsigned char u8;
typedef unsigned int u32;

#define HAL(name) __attribute__((import_module("hal"), import_name(#name)))

/* Erases the page that holds the address. */
HAL(flash_erase) int hal_flash_erase(u32 address);
/* Programs whole write units from RAM or from flash. */
HAL(flash_program) int hal_flash_program(u32 address, const void *source, u32 length);
/* Hands control to an image that lies in a slot; does not return unless it refuses. */
HAL(boot) int hal_boot(u32 address, u32 length);
/* Resets; does not return. */
HAL(reset) int hal_reset(void);
/* A line of text. */
HAL(log) int hal_log(const char *text, u32 length);
/* Sleeps; the power-on ends here when nothing more can happen. */
HAL(idle) int hal_idle(u32 milliseconds);

/* The numbers of layout.json and of the part. */
enum {
  PAGE_BYTES = 1024,
  WRITE_UNIT_BYTES = 4,
  SLOT_A = 28672,
  SLOT_B = 63488,
  SLOT_BYTES = 34816,
  STATE = 98304,
};

/* What lies at a flash address. */
static inline const u8 *flash(u32 address) { return (const u8 *)address; }
static inline u32 flash_word(u32 address) { return *(const volatile u32 *)address; }

#define LOG(text) hal_log(text, sizeof(text) - 1)

#endif
