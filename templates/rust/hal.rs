//! The hardware as this bootloader sees it: import module "hal", and the memory map of the device.
//! Every call returns a status, 0 for success. docs/hal.md of Brownout describes all of them.
#![allow(dead_code)]

mod import {
    #[link(wasm_import_module = "hal")]
    extern "C" {
        pub fn flash_erase(address: u32) -> i32;
        pub fn flash_program(address: u32, source: u32, length: u32) -> i32;
        pub fn boot(address: u32, length: u32) -> i32;
        pub fn reset() -> i32;
        pub fn log(text: *const u8, length: u32) -> i32;
        pub fn idle(milliseconds: u32) -> i32;
    }
}

// The numbers of layout.json and of the part.
pub const PAGE_BYTES: u32 = 1024;
pub const WRITE_UNIT_BYTES: u32 = 4;
pub const SLOT_A: u32 = 28672;
pub const SLOT_B: u32 = 63488;
pub const SLOT_BYTES: u32 = 34816;
pub const STATE: u32 = 98304;

/// Erases the page that holds the address.
pub fn flash_erase(address: u32) -> i32 {
    unsafe { import::flash_erase(address) }
}

/// Programs whole write units; `source` is an address in RAM or in flash.
pub fn flash_program(address: u32, source: u32, length: u32) -> i32 {
    unsafe { import::flash_program(address, source, length) }
}

/// Hands control to an image that lies in a slot; does not return unless it refuses.
pub fn boot(address: u32, length: u32) -> i32 {
    unsafe { import::boot(address, length) }
}

/// Resets; does not return.
pub fn reset() -> i32 {
    unsafe { import::reset() }
}

/// A line of text.
pub fn log(text: &str) {
    unsafe { import::log(text.as_ptr(), text.len() as u32) };
}

/// Sleeps; the power-on ends here when nothing more can happen.
pub fn idle(milliseconds: u32) -> i32 {
    unsafe { import::idle(milliseconds) }
}

/// The byte at a flash address.
pub fn flash_byte(address: u32) -> u8 {
    unsafe { (address as *const u8).read_volatile() }
}

/// The word at a flash address, a multiple of 4.
pub fn flash_word(address: u32) -> u32 {
    unsafe { (address as *const u32).read_volatile() }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
