//! The firmware that the bootloader starts: it says which version it is, and waits. Built twice.
#![no_std]
#![no_main]

mod hal;

/// What the Makefile says.
const GREETING: &str = env!("GREETING");

#[export_name = "reset"]
pub extern "C" fn start() {
    hal::log(GREETING);
    loop {
        hal::idle(1000);
    }
}
