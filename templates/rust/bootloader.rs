//! A bootloader that survives power cuts.
//!
//! Slot A runs. An update is put into slot B by whoever receives it, and asked for by the record
//! STAGED in the state partition. At the next power-on the bootloader copies slot B over slot A page
//! by page, and only then writes the record DONE. Cut at any point, it finds STAGED without DONE and
//! goes on where it was: pages that are copied already are left alone.
//!
//! A slot begins with a header of four words: magic, length of the image, CRC-32 of the image, version.
//! The CRC finds damage; it does not stop an attacker. Check a signature before you ship this.
#![no_std]
#![no_main]

mod hal;
use hal::*;

const MAGIC: u32 = 0x3147_4d49; // "IMG1"
const HEADER_BYTES: u32 = 16;
const STAGED: u32 = 0x4741_5453; // "STAG"
const DONE: u32 = 0x454e_4f44; // "DONE"
// A record is a word and its complement.
const STAGED_RECORD: u32 = STATE;
const DONE_RECORD: u32 = STATE + 8;

fn image_length(slot: u32) -> u32 {
    flash_word(slot + 4)
}

fn image_version(slot: u32) -> u32 {
    flash_word(slot + 12)
}

fn crc32(address: u32, length: u32) -> u32 {
    let mut crc = 0xffff_ffffu32;
    let mut at = address;
    while at < address + length {
        crc ^= flash_byte(at) as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        at += 1;
    }
    !crc
}

fn is_valid(slot: u32) -> bool {
    let length = image_length(slot);
    if flash_word(slot) != MAGIC || length == 0 || length > SLOT_BYTES - HEADER_BYTES {
        return false;
    }
    crc32(slot + HEADER_BYTES, length) == flash_word(slot + 8)
}

/// A record counts only if it is whole: a torn one is not its own complement.
fn has_record(record: u32, word: u32) -> bool {
    flash_word(record) == word && flash_word(record + 4) == !word
}

fn write_record(record: u32, word: u32) {
    let words = [word, !word];
    flash_program(record, words.as_ptr() as u32, 8);
}

fn is_blank(record: u32) -> bool {
    flash_word(record) == 0xffff_ffff && flash_word(record + 4) == 0xffff_ffff
}

fn is_copied(to: u32, from: u32, length: u32) -> bool {
    let mut offset = 0;
    while offset < length {
        if flash_word(to + offset) != flash_word(from + offset) {
            return false;
        }
        offset += 4;
    }
    true
}

fn copy_update() {
    let length = HEADER_BYTES + image_length(SLOT_B);
    let length = (length + WRITE_UNIT_BYTES - 1) & !(WRITE_UNIT_BYTES - 1);
    let mut done = 0;
    while done < length {
        let bytes = if length - done < PAGE_BYTES { length - done } else { PAGE_BYTES };
        if !is_copied(SLOT_A + done, SLOT_B + done, bytes) {
            flash_erase(SLOT_A + done);
            flash_program(SLOT_A + done, SLOT_B + done, bytes);
        }
        done += PAGE_BYTES;
    }
}

fn mark_done() {
    // Half a record cannot be written again. Without any record nothing is staged, which is as good.
    if is_blank(DONE_RECORD) {
        write_record(DONE_RECORD, DONE);
    } else {
        flash_erase(STATE);
    }
}

fn install_update() {
    copy_update();
    mark_done(); // Try this line above the one before it, and run the campaign.
}

#[export_name = "reset"]
pub extern "C" fn start() {
    if has_record(STAGED_RECORD, STAGED)
        && !has_record(DONE_RECORD, DONE)
        && is_valid(SLOT_B)
        && !(is_valid(SLOT_A) && image_version(SLOT_A) > image_version(SLOT_B))
    {
        log("copying the update");
        install_update();
        reset();
    }
    if is_valid(SLOT_A) {
        boot(SLOT_A + HEADER_BYTES, image_length(SLOT_A));
    }
    log("nothing to boot");
    idle(1000);
}
