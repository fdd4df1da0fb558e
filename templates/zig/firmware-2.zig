//! The firmware that the bootloader starts, version 2: it says so, and waits.

const hal = @import("hal.zig");

export fn reset() void {
    hal.log("firmware 2 runs, and it is better");
    while (true) hal.idle(1000);
}
