/**
 * Conditions (SUIT §8.4.9): each looks at one component and changes nothing but what was checked.
 */
import { equalConstantTime } from "../crypto/compare";
import { flashCheck, uniqueId } from "../hal";
import { testify, Witness } from "../hardening";
import { DevicePage } from "../layout";
import { slotAddress, slotBytes } from "../flash/device-page";
import { Status } from "../status";
import { Field, field, Flag, hasFlags, raiseFlags, setField } from "./component";
import { hasDigest, testifyDigest } from "./digest";
import { Command } from "./label";

const enum Identifier {
  Bytes = 16,
}

const DEVICE_ID: usize = memory.data(Identifier.Bytes);

/**
 * Evaluates a condition on one component.
 *
 * @param slot the slot in which the envelope lies
 * @returns Status.Ok; a status of group 0x02 if the condition fails; another one if it cannot be evaluated
 */
export function evaluateCondition(command: i32, component: u32, slot: u32): i32 {
  if (command == Command.VendorIdentifier) return checkVendor(component);
  if (command == Command.ClassIdentifier) return checkClass(component);
  if (command == Command.DeviceIdentifier) return checkDevice(component);
  if (command == Command.ImageMatch) return checkImage(component, slot);
  if (command == Command.ComponentSlot) return checkSlot(component, slot);
  return Status.ManifestAborted;
}

function checkVendor(component: u32): i32 {
  const expected = field(component, Field.VendorIdentifier);
  if (expected == 0) return Status.ConditionParameterMissing;
  const own = DevicePage.Address + DevicePage.VendorId;
  if (!equalConstantTime(expected, own, Identifier.Bytes)) return Status.VendorMismatch;
  raiseFlags(component, Flag.VendorChecked);
  setField(component, Field.VendorWitness, testify(Witness.Vendor, own, expected, Identifier.Bytes));
  return Status.Ok;
}

function checkClass(component: u32): i32 {
  const expected = field(component, Field.ClassIdentifier);
  if (expected == 0) return Status.ConditionParameterMissing;
  const own = DevicePage.Address + DevicePage.ClassId;
  if (!equalConstantTime(expected, own, Identifier.Bytes)) return Status.ClassMismatch;
  raiseFlags(component, Flag.ClassChecked);
  setField(component, Field.ClassWitness, testify(Witness.Class, own, expected, Identifier.Bytes));
  return Status.Ok;
}

function checkDevice(component: u32): i32 {
  const expected = field(component, Field.DeviceIdentifier);
  if (expected == 0) return Status.ConditionParameterMissing;
  if (uniqueId(DEVICE_ID) != Status.Ok) return Status.HalUnavailable;
  return equalConstantTime(expected, DEVICE_ID, Identifier.Bytes) ? Status.Ok : Status.DeviceMismatch;
}

function checkSlot(component: u32, slot: u32): i32 {
  if (!hasFlags(component, Flag.SlotSet)) return Status.ConditionParameterMissing;
  return field(component, Field.Slot) == slot ? Status.Ok : Status.ComponentSlotMismatch;
}

/**
 * Compares the digest of the component's content. The content is cut to image-size; for a delivered
 * payload, whose length nothing else states, the parameter is required.
 */
function checkImage(component: u32, slot: u32): i32 {
  const expected = field(component, Field.ImageDigest);
  if (expected == 0) return Status.ConditionParameterMissing;
  const content = field(component, Field.Content);
  let length = field(component, Field.ContentBytes);
  if (hasFlags(component, Flag.ImageSizeSet)) {
    const size = field(component, Field.ImageSize);
    if (length != 0 && length != size) return Status.PayloadSizeMismatch;
    length = size;
  }
  if (length == 0) return Status.ConditionParameterMissing;
  const end = slotAddress(slot) + slotBytes(slot);
  if (content > end || length > end - content) return Status.ImageTooLarge;
  if (flashCheck(content, length) != Status.Ok) return Status.FlashUnreadable;
  if (!hasDigest(content, length, expected)) return Status.ImageMismatch;
  setField(component, Field.CheckedBytes, length);
  setField(component, Field.ImageWitness, testifyDigest(Witness.Image, field(component, Field.ImageDigest)));
  return Status.Ok;
}
