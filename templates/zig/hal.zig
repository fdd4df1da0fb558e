//! The hardware as this bootloader sees it: import module "hal", and the memory map of the device.
//! Every call returns a status, 0 for success. docs/hal.md of Brownout describes all of them.

const import = struct {
    extern "hal" fn flash_erase(address: u32) i32;
    extern "hal" fn flash_program(address: u32, source: u32, length: u32) i32;
    extern "hal" fn boot(address: u32, length: u32) i32;
    extern "hal" fn reset() i32;
    extern "hal" fn log(text: [*]const u8, length: u32) i32;
    extern "hal" fn idle(milliseconds: u32) i32;
};

// The numbers of layout.json and of the part.
pub const page_bytes: u32 = 1024;
pub const write_unit_bytes: u32 = 4;
pub const slot_a: u32 = 28672;
pub const slot_b: u32 = 63488;
pub const slot_bytes: u32 = 34816;
pub const state: u32 = 98304;

/// Erases the page that holds the address.
pub fn flashErase(address: u32) void {
    _ = import.flash_erase(address);
}

/// Programs whole write units; `source` is an address in RAM or in flash.
pub fn flashProgram(address: u32, source: u32, length: u32) void {
    _ = import.flash_program(address, source, length);
}

/// Hands control to an image that lies in a slot; does not return unless it refuses.
pub fn boot(address: u32, length: u32) void {
    _ = import.boot(address, length);
}

/// Resets; does not return.
pub fn resetDevice() void {
    _ = import.reset();
}

/// A line of text.
pub fn log(text: []const u8) void {
    _ = import.log(text.ptr, text.len);
}

/// Sleeps; the power-on ends here when nothing more can happen.
pub fn idle(milliseconds: u32) void {
    _ = import.idle(milliseconds);
}

/// The byte at a flash address.
pub fn flashByte(address: u32) u8 {
    return @as(*const volatile u8, @ptrFromInt(address)).*;
}

/// The word at a flash address, a multiple of 4.
pub fn flashWord(address: u32) u32 {
    return @as(*const volatile u32, @ptrFromInt(address)).*;
}
