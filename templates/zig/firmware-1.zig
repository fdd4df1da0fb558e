//! The firmware that the bootloader starts, version 1: it says so, and waits.

const hal = @import("hal.zig");

export fn reset() void {
    hal.log("firmware 1 runs");
    while (true) hal.idle(1000);
}
