//! A bootloader that survives power cuts.
//!
//! Slot A runs. An update is put into slot B by whoever receives it, and asked for by the record
//! STAGED in the state partition. At the next power-on the bootloader copies slot B over slot A page
//! by page, and only then writes the record DONE. Cut at any point, it finds STAGED without DONE and
//! goes on where it was: pages that are copied already are left alone.
//!
//! A slot begins with a header of four words: magic, length of the image, CRC-32 of the image, version.
//! The CRC finds damage; it does not stop an attacker. Check a signature before you ship this.

const hal = @import("hal.zig");

const magic: u32 = 0x31474d49; // "IMG1"
const header_bytes: u32 = 16;
const staged: u32 = 0x47415453; // "STAG"
const done: u32 = 0x454e4f44; // "DONE"
// A record is a word and its complement.
const staged_record: u32 = hal.state;
const done_record: u32 = hal.state + 8;
const blank: u32 = 0xffffffff;

export fn reset() void {
    if (hasRecord(staged_record, staged) and !hasRecord(done_record, done) and isValid(hal.slot_b) and
        !(isValid(hal.slot_a) and imageVersion(hal.slot_a) > imageVersion(hal.slot_b)))
    {
        hal.log("copying the update");
        installUpdate();
        hal.resetDevice();
    }
    if (isValid(hal.slot_a)) hal.boot(hal.slot_a + header_bytes, imageLength(hal.slot_a));
    hal.log("nothing to boot");
    hal.idle(1000);
}

fn installUpdate() void {
    copyUpdate();
    markDone(); // Try this line above the one before it, and run the campaign.
}

fn copyUpdate() void {
    const unit = hal.write_unit_bytes;
    const length = (header_bytes + imageLength(hal.slot_b) + unit - 1) / unit * unit;
    var at: u32 = 0;
    while (at < length) : (at += hal.page_bytes) {
        const bytes: u32 = @min(length - at, hal.page_bytes);
        if (isCopied(hal.slot_a + at, hal.slot_b + at, bytes)) continue;
        hal.flashErase(hal.slot_a + at);
        hal.flashProgram(hal.slot_a + at, hal.slot_b + at, bytes);
    }
}

fn markDone() void {
    // Half a record cannot be written again. Without any record nothing is staged, which is as good.
    if (isBlank(done_record)) writeRecord(done_record, done) else hal.flashErase(hal.state);
}

fn isCopied(to: u32, from: u32, length: u32) bool {
    var offset: u32 = 0;
    while (offset < length) : (offset += 4) {
        if (hal.flashWord(to + offset) != hal.flashWord(from + offset)) return false;
    }
    return true;
}

/// A record counts only if it is whole: a torn one is not its own complement.
fn hasRecord(record: u32, word: u32) bool {
    return hal.flashWord(record) == word and hal.flashWord(record + 4) == ~word;
}

fn isBlank(record: u32) bool {
    return hal.flashWord(record) == blank and hal.flashWord(record + 4) == blank;
}

fn writeRecord(record: u32, word: u32) void {
    const words = [2]u32{ word, ~word };
    hal.flashProgram(record, @intFromPtr(&words), 8);
}

fn imageLength(slot: u32) u32 {
    return hal.flashWord(slot + 4);
}

fn imageVersion(slot: u32) u32 {
    return hal.flashWord(slot + 12);
}

fn isValid(slot: u32) bool {
    const length = imageLength(slot);
    if (hal.flashWord(slot) != magic or length == 0 or length > hal.slot_bytes - header_bytes) return false;
    return crc32(slot + header_bytes, length) == hal.flashWord(slot + 8);
}

fn crc32(address: u32, length: u32) u32 {
    var crc: u32 = 0xffffffff;
    var at = address;
    while (at < address + length) : (at += 1) {
        crc ^= hal.flashByte(at);
        var bit: u32 = 0;
        while (bit < 8) : (bit += 1) {
            crc = (crc >> 1) ^ (0xedb88320 & (0 -% (crc & 1)));
        }
    }
    return ~crc;
}
