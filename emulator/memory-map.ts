/**
 * The memory map: one address space, and the partitions of the flash in it.
 *
 * ```
 *      0 ┌────────────┐
 *        │ NOR flash  │ 100 KiB, partitions below
 * 102400 ├────────────┤
 *        │ hole       │ nothing that a load of the device can reach
 * 120832 ├────────────┤
 *        │ RAM        │ 10 KiB
 * 131072 └────────────┘
 * ```
 *
 * A radio has 4 KiB of flash of its own behind a wire. In persistent states and in the numbers of
 * operations it lies behind the device's flash; the device itself has no address for it.
 *
 * The geometry is the same on every part; where the partitions lie is data of the profile. Boot
 * holds the bootloader and, in its last KiB, the device page; the first two pages of state are the
 * boot journal.
 */

import { DevicePage, Memory, Radio, Slot } from "../assembly/layout.ts";

/** Flash of the device [bytes]; it begins at address 0. */
export const FLASH_BYTES: number = Memory.FlashBytes;
/** Address of the first byte of RAM. */
export const RAM_BASE: number = Memory.RamBase;
/** RAM of the device [bytes]; it ends where the address space does. */
export const RAM_BYTES: number = Memory.RamBytes;
/** Size of the address space in pages of WebAssembly, 64 KiB each. */
export const WASM_PAGES: number = Memory.WasmPages;
/** Where the device page lies in the boot partition, and its size [bytes]. */
export const DEVICE_PAGE: FlashRange = Object.freeze({
  address: DevicePage.Address,
  bytes: DevicePage.Bytes,
});

/** A stretch of flash. */
export interface FlashRange {
  /** Device address of its first byte. */
  readonly address: number;
  /** Its size [bytes]. */
  readonly bytes: number;
}

/** Names of the partitions. */
export type PartitionName = "boot" | "slotA" | "slotB" | "state";

/** Every partition, in the order in which they are usually laid out. */
export const PARTITION_NAMES: readonly PartitionName[] = Object.freeze([
  "boot",
  "slotA",
  "slotB",
  "state",
] as const);

/** Where the partitions lie. */
export type Layout = Readonly<Record<PartitionName, FlashRange>> & {
  /** The flash of the radio, behind that of the device; absent on a device without one. */
  readonly radio?: FlashRange;
};

/** Where the flash of a radio lies in a persistent state. */
export const RADIO_FLASH: FlashRange = Object.freeze({ address: FLASH_BYTES, bytes: Radio.FlashBytes });

/** Bytes of flash in a persistent state: the device's, and the radio's if there is one. */
export function stateBytesOf(layout: Pick<Layout, "radio">): number {
  return FLASH_BYTES + (layout.radio?.bytes ?? 0);
}

/** Whether `[address, address + bytes)` lies wholly in `range`. */
export function contains(range: FlashRange, address: number, bytes: number): boolean {
  return address >= range.address && address + bytes <= range.address + range.bytes;
}

/** The partition that holds `address`, the radio's flash, or undefined: unassigned flash, or no flash at all. */
export function partitionAt(layout: Layout, address: number): PartitionName | "radio" | undefined {
  if (layout.radio !== undefined && contains(layout.radio, address, 1)) return "radio";
  return PARTITION_NAMES.find((name) => contains(layout[name], address, 1));
}

/** The slot in which `[address, address + bytes)` lies wholly, or undefined. */
export function slotHolding(layout: Layout, address: number, bytes: number): Slot | undefined {
  if (contains(layout.slotA, address, bytes)) return Slot.A;
  if (contains(layout.slotB, address, bytes)) return Slot.B;
  return undefined;
}

/** The partition of a slot. */
export function slotRange(layout: Layout, slot: Slot): FlashRange {
  return slot === Slot.A ? layout.slotA : layout.slotB;
}

/** The slot that is not `slot`. */
export function otherSlot(slot: Slot): Slot {
  return slot === Slot.A ? Slot.B : Slot.A;
}

/** The two pages of the boot journal; less where a layout of somebody else has a smaller state partition. */
export function journalRange(layout: Layout, pageBytes: number): FlashRange {
  return { address: layout.state.address, bytes: Math.min(2 * pageBytes, layout.state.bytes) };
}
