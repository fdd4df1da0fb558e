/**
 * The device page: what this part is and whom it trusts, read in place from mapped flash.
 *
 * Written once at provisioning and write-protected with the rest of the boot partition. The layout
 * is drawn in `layout.ts`.
 */
import { Feature } from "../feature";
import { flashCheck } from "../hal";
import { DevicePage, Memory, Policy, Slot } from "../layout";
import { Status } from "../status";

/** Bytes of one erase page. */
export function pageBytes(): u32 {
  return load<u32>(DevicePage.Address + DevicePage.PageBytes);
}

/** Bytes of one write unit. */
export function writeUnitBytes(): u32 {
  return load<u32>(DevicePage.Address + DevicePage.WriteUnitBytes);
}

/** The value of an erased byte, repeated over 32 bits. */
export function erasedWord(): u32 {
  return load<u8>(DevicePage.Address + DevicePage.ErasedValue) == 0 ? 0 : u32.MAX_VALUE;
}

/** Device address of a slot. */
export function slotAddress(slot: u32): u32 {
  return load<u32>(DevicePage.Address + DevicePage.SlotAAddress + slot * 8);
}

/** Size of a slot in bytes. */
export function slotBytes(slot: u32): u32 {
  return load<u32>(DevicePage.Address + DevicePage.SlotABytes + slot * 8);
}

/** Device address of the state partition. */
export function stateAddress(): u32 {
  return load<u32>(DevicePage.Address + DevicePage.StateAddress);
}

/** Address of the trust anchors: a CBOR array of COSE_Key. */
export function anchorsAddress(): u32 {
  return DevicePage.Address + load<u16>(DevicePage.Address + DevicePage.AnchorsOffset);
}

/** Bytes of the trust anchors. */
export function anchorsBytes(): u32 {
  return load<u16>(DevicePage.Address + DevicePage.AnchorsBytes);
}

/** Address of the component identifiers this device has: a CBOR array of SUIT component identifiers. */
export function componentsAddress(): u32 {
  return DevicePage.Address + load<u16>(DevicePage.Address + DevicePage.ComponentsOffset);
}

/** Bytes of the component identifiers. */
export function componentsBytes(): u32 {
  return load<u16>(DevicePage.Address + DevicePage.ComponentsBytes);
}

/** Trust anchors that have to sign every envelope, as bits; none for any one of them. */
export function requiredAnchors(): u32 {
  return (load<u16>(DevicePage.Address + DevicePage.Policy) >> Policy.RequiredAnchorsShift) & 15;
}

/** Whether the policy accepts a manifest that never checks vendor and class. */
export function allowsUncheckedIdentity(): bool {
  return (load<u16>(DevicePage.Address + DevicePage.Policy) & Policy.AllowUncheckedIdentity) != 0;
}

/** Address of the report key, or 0 if none was provisioned. Secret: it is only ever fed to the HMAC. */
export function reportKeyAddress(): u32 {
  const policy = load<u16>(DevicePage.Address + DevicePage.Policy);
  return (policy & Policy.HasReportKey) != 0 ? DevicePage.Address + DevicePage.ReportKey : 0;
}

/** What the key is that payloads are encrypted for: a `PayloadKey`. */
export function payloadKeyKind(): u32 {
  return (load<u16>(DevicePage.Address + DevicePage.Policy) >> Policy.PayloadKeyShift) & 3;
}

/** Address of that key, if there is one. Secret: it is only ever given to what unwraps content keys. */
export function payloadKeyAddress(): u32 {
  return DevicePage.Address + DevicePage.PayloadKey;
}

/**
 * Checks that the device page can be relied upon.
 *
 * @returns Status.Ok, or Status.DevicePageInvalid
 */
export function devicePageStatus(): i32 {
  if (flashCheck(DevicePage.Address, DevicePage.Bytes) != Status.Ok) return Status.DevicePageInvalid;
  if (load<u32>(DevicePage.Address + DevicePage.Magic) != DevicePage.MagicValue)
    return Status.DevicePageInvalid;
  if (load<u16>(DevicePage.Address + DevicePage.Version) != DevicePage.FormatVersion)
    return Status.DevicePageInvalid;
  const page = pageBytes();
  const unit = writeUnitBytes();
  if (page < 64 || page > 8192 || (page & (page - 1)) != 0) return Status.DevicePageInvalid;
  if (unit == 0 || unit > 16 || (unit & (unit - 1)) != 0) return Status.DevicePageInvalid;
  if (!isPartition(slotAddress(Slot.A), slotBytes(Slot.A), page)) return Status.DevicePageInvalid;
  if (!isPartition(slotAddress(Slot.B), slotBytes(Slot.B), page)) return Status.DevicePageInvalid;
  const stateBytes = load<u32>(DevicePage.Address + DevicePage.StateBytes);
  if (!isPartition(stateAddress(), stateBytes, page) || stateBytes < 2 * page)
    return Status.DevicePageInvalid;
  const end: u32 = DevicePage.Address + DevicePage.Bytes;
  if (anchorsAddress() + anchorsBytes() > end) return Status.DevicePageInvalid;
  if (componentsAddress() + componentsBytes() > end) return Status.DevicePageInvalid;
  // A build that cannot ask for several signatures must not make do with one.
  if (!Feature.TrustDomains && requiredAnchors() != 0) return Status.DevicePageInvalid;
  return Status.Ok;
}

function isPartition(address: u32, bytes: u32, page: u32): bool {
  const flashBytes: u32 = Memory.FlashBytes;
  if (address > flashBytes || bytes > flashBytes - address || bytes == 0) return false;
  return ((address | bytes) & (page - 1)) == 0;
}
