/**
 * The hardware abstraction layer: everything the device code may ask of its hardware.
 *
 * Addresses are device addresses. Every call returns a status (0 is success) and passes values
 * through an out-pointer. What a power cut during each call may leave is in docs/hal.md.
 */

/** Erases the page that holds `address`. */
// @ts-ignore: decorator
@external("hal", "flash_erase")
export declare function flashErase(address: u32): i32;

/** Programs `length` bytes from RAM or flash at `source`; address and length in whole write units. */
// @ts-ignore: decorator
@external("hal", "flash_program")
export declare function flashProgram(address: u32, source: usize, length: u32): i32;

/** Says whether these bytes can be read without a fault; always 0 on parts without ECC. */
// @ts-ignore: decorator
@external("hal", "flash_check")
export declare function flashCheck(address: u32, length: u32): i32;

/** Reads monotonic counter `id` as a u64 at `out`. */
// @ts-ignore: decorator
@external("hal", "counter_read")
export declare function counterRead(id: u32, out: usize): i32;

/** Raises monotonic counter `id` to `value`; a lower value is refused. */
// @ts-ignore: decorator
@external("hal", "counter_advance")
export declare function counterAdvance(id: u32, value: u64): i32;

/** Hands control to the image at `address`; does not return. */
// @ts-ignore: decorator
@external("hal", "boot")
export declare function boot(address: u32, length: u32): i32;

/**
 * The same, and leaves the image where it finds its arguments: `argumentBytes` bytes in its own slot, or 0 for
 * none. Only builds with arguments call it, and in place of `boot`.
 */
// @ts-ignore: decorator
@external("hal", "boot_with_arguments")
export declare function bootWithArguments(
  address: u32,
  length: u32,
  argumentAddress: u32,
  argumentBytes: u32,
): i32;

/** What the image was started with: address and length as two u32 at `out`, zeros for nothing. */
// @ts-ignore: decorator
@external("hal", "boot_arguments")
export declare function bootArguments(out: usize): i32;

/** Requests a reset; does not return. */
// @ts-ignore: decorator
@external("hal", "reset")
export declare function halReset(): i32;

/** Writes a line of text to the device's log. */
// @ts-ignore: decorator
@external("hal", "log")
export declare function log(pointer: usize, length: u32): i32;

/** Seconds since 1970 as a u64 at `out`; most parts do not know. */
// @ts-ignore: decorator
@external("hal", "time")
export declare function time(out: usize): i32;

/** The 16-byte device identity at `out`. */
// @ts-ignore: decorator
@external("hal", "unique_id")
export declare function uniqueId(out: usize): i32;

/** `length` random bytes at `out`. */
// @ts-ignore: decorator
@external("hal", "random")
export declare function random(out: usize, length: u32): i32;

/** Takes a waiting datagram into `out`; its length, 0 if none waits, as a u32 at `lengthOut`. */
// @ts-ignore: decorator
@external("hal", "link_receive")
export declare function linkReceive(out: usize, capacity: u32, lengthOut: usize): i32;

/** Sends a datagram. */
// @ts-ignore: decorator
@external("hal", "link_send")
export declare function linkSend(pointer: usize, length: u32): i32;

/** Sleeps until a datagram waits or the time has passed. */
// @ts-ignore: decorator
@external("hal", "idle")
export declare function idle(milliseconds: u32): i32;

/** Restarts the watchdog's period. */
// @ts-ignore: decorator
@external("hal", "watchdog_kick")
export declare function watchdogKick(): i32;

/** Energy left in the battery as a u32 at `out` [mWh]. Only builds with update management ask for it. */
// @ts-ignore: decorator
@external("hal", "battery")
export declare function battery(out: usize): i32;

/**
 * Asks the application whether an update of this priority may be made now; smaller is more urgent.
 * Status.UpdateUnauthorized says no. Only builds with update management ask for it.
 */
// @ts-ignore: decorator
@external("hal", "authorize")
export declare function authorize(priority: i32): i32;

/**
 * What the radio runs, as `RadioStatus` at `out`. Status.RadioImageMissing if it has nothing to boot,
 * Status.HalUnavailable if there is no radio. Only firmware for a device with a radio asks.
 */
// @ts-ignore: decorator
@external("hal", "radio_status")
export declare function radioStatus(out: usize): i32;

/** Erases the page of the radio's flash that holds its byte `address`. */
// @ts-ignore: decorator
@external("hal", "radio_erase")
export declare function radioErase(address: u32): i32;

/** Programs `length` bytes of the radio's flash from `source`; address and length in whole write units. */
// @ts-ignore: decorator
@external("hal", "radio_program")
export declare function radioProgram(address: u32, source: usize, length: u32): i32;
