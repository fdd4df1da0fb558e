/**
 * What is known of each component while a manifest runs: its parameters, its content, its checks.
 *
 * Parameters are references into the envelope, never copies (SUIT §8.4.8 wraps structured values in
 * byte strings for that). One set per component:
 *
 * ```
 *  0 vendor-identifier   u32 address of 16 bytes      24 slot               u32
 *  4 class-identifier    u32 address of 16 bytes      28 image-size         u32
 *  8 device-identifier   u32 address of 16 bytes      32 flags              u32
 * 12 image-digest        u32 address of 32 bytes      36 content            u32 address
 * 16 uri                 u32 address                  40 content bytes      u32, 0 when not known
 * 20 uri bytes           u32                          44 checked bytes      u32, 0 until image-match
 * 48 vendor witness      u32                          56 image witness      u32
 * 52 class witness       u32
 * ```
 */
import { Limit } from "../limits";

/** Offsets in a component's set. */
export const enum Field {
  VendorIdentifier = 0,
  ClassIdentifier = 4,
  DeviceIdentifier = 8,
  ImageDigest = 12,
  Uri = 16,
  UriBytes = 20,
  Slot = 24,
  ImageSize = 28,
  Flags = 32,
  Content = 36,
  ContentBytes = 40,
  CheckedBytes = 44,
  VendorWitness = 48,
  ClassWitness = 52,
  ImageWitness = 56,
  SetBytes = 60,
}

/** Bits of the flags. */
export const enum Flag {
  SlotSet = 1,
  ImageSizeSet = 2,
  VendorChecked = 4,
  ClassChecked = 8,
  IdentityChecked = VendorChecked | ClassChecked,
}

const SETS: usize = memory.data(Limit.Components * Field.SetBytes);

/** Forgets all parameters and checks. */
export function clearComponents(): void {
  memory.fill(SETS, 0, Limit.Components * Field.SetBytes);
}

/** Address of a component's set. */
// @ts-ignore: decorator
@inline
export function componentSet(component: u32): usize {
  return SETS + component * Field.SetBytes;
}

/** A field of a component. */
// @ts-ignore: decorator
@inline
export function field(component: u32, offset: usize): u32 {
  return load<u32>(componentSet(component) + offset);
}

/** Sets a field of a component. */
// @ts-ignore: decorator
@inline
export function setField(component: u32, offset: usize, value: u32): void {
  store<u32>(componentSet(component) + offset, value);
}

/** Whether a component has all of these flags. */
export function hasFlags(component: u32, flags: u32): bool {
  return (field(component, Field.Flags) & flags) == flags;
}

/** Raises flags of a component. */
export function raiseFlags(component: u32, flags: u32): void {
  setField(component, Field.Flags, field(component, Field.Flags) | flags);
}
