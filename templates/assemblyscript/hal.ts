/**
 * The hardware as this bootloader sees it: import module "hal", and the memory map of the device.
 * Every call returns a status, 0 for success. docs/hal.md of Brownout describes all of them.
 */

/** Erases the page that holds the address. */
// @ts-ignore: decorator
@external("hal", "flash_erase")
export declare function flashErase(address: usize): i32;

/** Programs whole write units from RAM or from flash. */
// @ts-ignore: decorator
@external("hal", "flash_program")
export declare function flashProgram(address: usize, source: usize, length: u32): i32;

/** Hands control to an image that lies in a slot; does not return unless it refuses. */
// @ts-ignore: decorator
@external("hal", "boot")
export declare function boot(address: usize, length: u32): i32;

/** Resets; does not return. */
// @ts-ignore: decorator
@external("hal", "reset")
export declare function resetDevice(): i32;

/** Sleeps; the power-on ends here when nothing more can happen. */
// @ts-ignore: decorator
@external("hal", "idle")
export declare function idle(milliseconds: u32): i32;

// @ts-ignore: decorator
@external("hal", "log")
declare function logBytes(text: usize, length: u32): i32;

// The numbers of layout.json and of the part.
export const PAGE_BYTES: u32 = 1024;
export const WRITE_UNIT_BYTES: u32 = 4;
export const SLOT_A: usize = 28672;
export const SLOT_B: usize = 63488;
export const SLOT_BYTES: u32 = 34816;
export const STATE: usize = 98304;

const LINE_BYTES: i32 = 64;
const line = memory.data(LINE_BYTES);

/** A line of text, up to 64 letters. */
export function log(text: string): void {
  const length = min(text.length, LINE_BYTES);
  for (let i = 0; i < length; i++) store<u8>(line + i, <u8>text.charCodeAt(i));
  logBytes(line, length);
}
