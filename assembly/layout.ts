/**
 * Where everything lies: address space, device page, boot journal.
 *
 * One linear memory is the whole address space, as on a microcontroller: NOR flash at the bottom,
 * mapped for reading, RAM at the very top, a hole between them. The geometry is fixed; partitions,
 * page size and write unit are data in the device page, so one binary runs on every part.
 *
 * This file is plain enough for both compilers, so the emulator and the host read it as well.
 */
export const enum Memory {
  FlashBytes = 102400,
  RamBase = 120832,
  RamBytes = 10240,
  WasmPages = 2,
}

/**
 * The device page: the last KiB of the boot partition, written once at provisioning.
 *
 * ```
 *  0  magic "BODP"          u32    24  slot A address   u32    48  vendor id   16 B
 *  4  format version        u16    28  slot A bytes     u32    64  class id    16 B
 *  6  policy switches       u16    32  slot B address   u32    80  device id   16 B
 *  8  bootloader bytes      u32    36  slot B bytes     u32    96  trust anchors offset, bytes  u16, u16
 * 12  erase page bytes      u32    40  state address    u32   100  component ids offset, bytes  u16, u16
 * 16  write unit bytes      u32    44  state bytes      u32   104  CBOR: [* COSE_Key], [* component-id]
 * 20  erased value          u32
 * ```
 *
 * All numbers are little-endian. Offsets count from the start of the page. The last 32 bytes are the
 * report key if the policy says that there is one, and the 32 bytes before them the key that payloads are
 * encrypted for.
 */
export const enum DevicePage {
  Address = 27648,
  Bytes = 1024,
  MagicValue = 0x50444f42,
  FormatVersion = 1,

  Magic = 0,
  Version = 4,
  Policy = 6,
  BootloaderBytes = 8,
  PageBytes = 12,
  WriteUnitBytes = 16,
  ErasedValue = 20,
  SlotAAddress = 24,
  SlotABytes = 28,
  SlotBAddress = 32,
  SlotBBytes = 36,
  StateAddress = 40,
  StateBytes = 44,
  VendorId = 48,
  ClassId = 64,
  DeviceId = 80,
  AnchorsOffset = 96,
  AnchorsBytes = 98,
  ComponentsOffset = 100,
  ComponentsBytes = 102,
  Data = 104,
  PayloadKey = 960,
  PayloadKeyBytes = 32,
  ReportKey = 992,
  ReportKeyBytes = 32,
}

/** Bits of the device page's policy field. */
export const enum Policy {
  /** Accept a manifest that never checks vendor and class. */
  AllowUncheckedIdentity = 1,
  /**
   * Where four bits begin, one for each trust anchor in the order of the device page: those that are
   * set must all have signed an envelope. With none set, any one anchor is enough.
   */
  RequiredAnchorsShift = 8,
  /** Where two bits begin: what the key is that payloads are encrypted for, a `PayloadKey`. */
  PayloadKeyShift = 13,
  /** The page ends with a key for HMAC-SHA-256, under which the firmware authenticates its reports. */
  HasReportKey = 0x8000,
}

/** What the secret is that a device decrypts payloads with; a key encryption key of 16 bytes comes first. */
export const enum PayloadKey {
  None = 0,
  /** A key encryption key for AES-128. */
  Kek128 = 1,
  /** A key encryption key for AES-256. */
  Kek256 = 2,
  /** A private key on P-256, big-endian. */
  P256 = 3,
}

/** The two image slots, as `component-slot` counts them. */
export const enum Slot {
  A = 0,
  B = 1,
}

/**
 * The boot journal: the first two pages of the state partition, used alternately.
 *
 * A record is a 32-bit word and its complement, so every record has exactly 32 ones: bits that
 * failed to move, whichever they are, never turn one record into another. Each record states the
 * whole boot state; the last valid one of the newer page counts. Records stand in a row, at most
 * eight in a page; a blank one ends it, one that is not valid is passed over.
 *
 * ```
 *  bits 31..27 place   26..16 reason (a Status)   15..12 trial boots   11 0   10 active slot   9..8 generation
 *  7..4 0   3..0 phase
 * ```
 *
 * In Rejected and Reverted, bits 15..12 belong to the place as well: where the bootloader stood in the
 * candidate's envelope when it gave it up, the lowest nine bits of the address. Bits 0 to 4 of it are in
 * bits 31..27, bits 5 to 8 in bits 15..12. It only helps to say what happened; nothing is decided by it.
 *
 * The generation is the page's, modulo 4: with two pages, the newer is one ahead.
 */
export const enum Journal {
  RecordBytes = 8,
  RecordsPerPage = 8,
  PhaseMask = 15,
  GenerationShift = 8,
  GenerationMask = 3,
  ActiveShift = 10,
  TrialShift = 12,
  TrialMask = 15,
  ReasonShift = 16,
  ReasonMask = 0x7ff,
  PlaceMask = 0x1ff,
  PlaceShift = 27,
  PlaceHighMask = 0x1e0,
  PlaceHighShift = 7,
}

/**
 * A radio: a second processor with flash of its own, which this one reaches over a wire and cannot map.
 *
 * Two sub-slots of equal size, each a header and then an image. Of the images that have the digest that
 * their header states, the radio runs the newer one: its generation is ahead, modulo 2^32.
 *
 * ```
 *  0  magic "BORA"   u32     8  complement of the generation  u32    16  SHA-256 of the image  32 B
 *  4  generation     u32    12  bytes of the image            u32    48  image
 * ```
 *
 * Offsets count from the start of the sub-slot, numbers are little-endian.
 */
export const enum Radio {
  FlashBytes = 4096,
  SubSlotBytes = 2048,
  MagicValue = 0x41524f42,

  Magic = 0,
  Generation = 4,
  Complement = 8,
  ImageBytes = 12,
  Digest = 16,
  DigestBytes = 32,
  Image = 48,

  /** Which component of the device page is the radio's image. */
  Component = 1,
}

/** What a radio says of itself: which sub-slot it runs from, its generation, the digest of its image. */
export const enum RadioStatus {
  SubSlot = 0,
  Generation = 4,
  Digest = 8,
  Bytes = 40,
}

/**
 * What the journal says of the update: the boot state machine's states. They are the numbers of four bits of
 * which two are set, so no single bit that is read wrongly turns one into another.
 */
export const enum Phase {
  /** The active slot is confirmed and nothing is pending. */
  Confirmed = 0x09,
  /** The other slot holds a complete candidate that nobody has judged yet. */
  Staged = 0x03,
  /** The candidate was accepted; so many trial boots have begun. */
  Trial = 0x05,
  /** The candidate was refused before it ever ran. */
  Rejected = 0x06,
  /** The candidate ran and was not confirmed, or no longer validated. */
  Reverted = 0x0a,
  /** As good as Confirmed, which is the next record. Nothing rests on this one alone. */
  Passed = 0x0c,
}

/** Monotonic counters. */
export const enum Counter {
  /** No manifest with a lower sequence number is ever run again. */
  SequenceFloor = 0,
}
