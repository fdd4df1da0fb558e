/*
 * A bootloader that survives power cuts.
 *
 * Slot A runs. An update is put into slot B by whoever receives it, and asked for by the record
 * STAGED in the state partition. At the next power-on the bootloader copies slot B over slot A page
 * by page, and only then writes the record DONE. Cut at any point, it finds STAGED without DONE and
 * goes on where it was: pages that are copied already are left alone.
 *
 * A slot begins with a header of four words: magic, length of the image, CRC-32 of the image, version.
 * The CRC finds damage; it does not stop an attacker. Check a signature before you ship this.
 */
#include "hal.h"

enum { MAGIC = 0x31474d49, HEADER_BYTES = 16 };          /* "IMG1" */
enum { STAGED = 0x47415453, DONE = 0x454e4f44 };         /* "STAG", "DONE" */
enum { STAGED_RECORD = STATE, DONE_RECORD = STATE + 8 }; /* a word and its complement each */

static u32 image_length(u32 slot) { return flash_word(slot + 4); }
static u32 image_version(u32 slot) { return flash_word(slot + 12); }

static u32 crc32(u32 address, u32 length) {
  u32 crc = 0xffffffff;
  for (u32 i = 0; i < length; i++) {
    crc ^= flash(address)[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc;
}

static int is_valid(u32 slot) {
  u32 length = image_length(slot);
  if (flash_word(slot) != MAGIC || length == 0 || length > SLOT_BYTES - HEADER_BYTES) return 0;
  return crc32(slot + HEADER_BYTES, length) == flash_word(slot + 8);
}

/* A record counts only if it is whole: a torn one is not its own complement. */
static int has_record(u32 record, u32 word) {
  return flash_word(record) == word && flash_word(record + 4) == ~word;
}

static void write_record(u32 record, u32 word) {
  u32 words[2] = {word, ~word};
  hal_flash_program(record, words, sizeof words);
}

static int is_blank(u32 record) {
  return flash_word(record) == 0xffffffff && flash_word(record + 4) == 0xffffffff;
}

static int is_copied(u32 to, u32 from, u32 length) {
  for (u32 i = 0; i < length; i += 4)
    if (flash_word(to + i) != flash_word(from + i)) return 0;
  return 1;
}

static void copy_update(void) {
  u32 length = HEADER_BYTES + image_length(SLOT_B);
  length = (length + WRITE_UNIT_BYTES - 1) & ~(u32)(WRITE_UNIT_BYTES - 1);
  for (u32 done = 0; done < length; done += PAGE_BYTES) {
    u32 bytes = length - done < PAGE_BYTES ? length - done : PAGE_BYTES;
    if (is_copied(SLOT_A + done, SLOT_B + done, bytes)) continue;
    hal_flash_erase(SLOT_A + done);
    hal_flash_program(SLOT_A + done, flash(SLOT_B + done), bytes);
  }
}

static void mark_done(void) {
  /* Half a record cannot be written again. Without any record nothing is staged, which is as good. */
  if (is_blank(DONE_RECORD)) write_record(DONE_RECORD, DONE);
  else hal_flash_erase(STATE);
}

static void install_update(void) {
  copy_update();
  mark_done(); /* Try this line above the one before it, and run the campaign. */
}

__attribute__((export_name("reset"))) void reset(void) {
  if (has_record(STAGED_RECORD, STAGED) && !has_record(DONE_RECORD, DONE) && is_valid(SLOT_B) &&
      !(is_valid(SLOT_A) && image_version(SLOT_A) > image_version(SLOT_B))) {
    LOG("copying the update");
    install_update();
    hal_reset();
  }
  if (is_valid(SLOT_A)) hal_boot(SLOT_A + HEADER_BYTES, image_length(SLOT_A));
  LOG("nothing to boot");
  hal_idle(1000);
}
