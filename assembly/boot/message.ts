/**
 * What the bootloader says in the log: one line for each decision.
 *
 * RAM: the texts below.
 */
import { appendCharacter, appendDecimal, appendHexadecimal, appendText, endLine } from "../log-line";

/** "boot: " */
const BOOT: usize = memory.data<u8>([0x62, 0x6f, 0x6f, 0x74, 0x3a, 0x20]);
/** "slot " */
const SLOT: usize = memory.data<u8>([0x73, 0x6c, 0x6f, 0x74, 0x20]);
/** " on trial, boot " */
const TRIAL: usize = memory.data<u8>([
  0x20, 0x6f, 0x6e, 0x20, 0x74, 0x72, 0x69, 0x61, 0x6c, 0x2c, 0x20, 0x62, 0x6f, 0x6f, 0x74, 0x20,
]);
/** "candidate accepted" */
const ACCEPTED: usize = memory.data<u8>([
  0x63, 0x61, 0x6e, 0x64, 0x69, 0x64, 0x61, 0x74, 0x65, 0x20, 0x61, 0x63, 0x63, 0x65, 0x70, 0x74, 0x65, 0x64,
]);
/** "candidate refused" */
const REFUSED: usize = memory.data<u8>([
  0x63, 0x61, 0x6e, 0x64, 0x69, 0x64, 0x61, 0x74, 0x65, 0x20, 0x72, 0x65, 0x66, 0x75, 0x73, 0x65, 0x64,
]);
/** "candidate reverted" */
const REVERTED: usize = memory.data<u8>([
  0x63, 0x61, 0x6e, 0x64, 0x69, 0x64, 0x61, 0x74, 0x65, 0x20, 0x72, 0x65, 0x76, 0x65, 0x72, 0x74, 0x65, 0x64,
]);
/** " does not boot" */
const UNBOOTABLE: usize = memory.data<u8>([
  0x20, 0x64, 0x6f, 0x65, 0x73, 0x20, 0x6e, 0x6f, 0x74, 0x20, 0x62, 0x6f, 0x6f, 0x74,
]);
/** "anti-rollback floor raised" */
const FLOOR: usize = memory.data<u8>([
  0x61, 0x6e, 0x74, 0x69, 0x2d, 0x72, 0x6f, 0x6c, 0x6c, 0x62, 0x61, 0x63, 0x6b, 0x20, 0x66, 0x6c, 0x6f, 0x6f,
  0x72, 0x20, 0x72, 0x61, 0x69, 0x73, 0x65, 0x64,
]);
/** "recovery" */
const RECOVERY: usize = memory.data<u8>([0x72, 0x65, 0x63, 0x6f, 0x76, 0x65, 0x72, 0x79]);
/** ", status 0x" */
const STATUS: usize = memory.data<u8>([0x2c, 0x20, 0x73, 0x74, 0x61, 0x74, 0x75, 0x73, 0x20, 0x30, 0x78]);

/** "boot: slot A" */
export function sayBoot(slot: u32): void {
  startWithSlot(slot);
  endLine();
}

/** "boot: slot B on trial, boot 1" */
export function sayTrial(slot: u32, boots: u32): void {
  startWithSlot(slot);
  appendText(TRIAL, 16);
  appendDecimal(boots);
  endLine();
}

/** "boot: slot A does not boot, status 0x0212" */
export function sayUnbootable(slot: u32, status: i32): void {
  startWithSlot(slot);
  endWithStatus(UNBOOTABLE, 14, status);
}

/** "boot: candidate accepted" */
export function sayAccepted(): void {
  start();
  appendText(ACCEPTED, 18);
  endLine();
}

/** "boot: candidate refused, status 0x0202" */
export function sayRefused(status: i32): void {
  start();
  endWithStatus(REFUSED, 17, status);
}

/** "boot: candidate reverted, status 0x0603" */
export function sayReverted(status: i32): void {
  start();
  endWithStatus(REVERTED, 18, status);
}

/** "boot: anti-rollback floor raised" */
export function sayFloorRaised(): void {
  start();
  appendText(FLOOR, 26);
  endLine();
}

/** "boot: recovery, status 0x0604" */
export function sayRecovery(status: i32): void {
  start();
  endWithStatus(RECOVERY, 8, status);
}

function start(): void {
  appendText(BOOT, 6);
}

function startWithSlot(slot: u32): void {
  start();
  appendText(SLOT, 5);
  appendCharacter(0x41 + slot);
}

function endWithStatus(text: usize, length: u32, status: i32): void {
  appendText(text, length);
  appendText(STATUS, 11);
  appendHexadecimal(status);
  endLine();
}
