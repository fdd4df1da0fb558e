/**
 * One line of log, put together from pieces of static text and numbers.
 *
 * RAM: the line.
 */
import { log } from "./hal";

const LINE_BYTES: u32 = 80;
const LINE: usize = memory.data(LINE_BYTES);

let lineLength: u32 = 0;

/** Appends text; what does not fit the line is left out. */
export function appendText(text: usize, length: u32): void {
  for (let index: u32 = 0; index < length; index++) appendCharacter(load<u8>(text + index));
}

/** Appends a number in decimal, without leading zeros. */
export function appendDecimal(value: u32): void {
  let divisor: u32 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor != 0; divisor /= 10) appendCharacter(0x30 + ((value / divisor) % 10));
}

/** Appends the low 16 bits of a number as four hexadecimal digits. */
export function appendHexadecimal(value: u32): void {
  for (let shift: i32 = 12; shift >= 0; shift -= 4) {
    const digit = (value >> shift) & 15;
    appendCharacter(digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
}

/** Appends one ASCII character. */
export function appendCharacter(character: u32): void {
  if (lineLength < LINE_BYTES) store<u8>(LINE + lineLength++, character);
}

/** Writes the line to the log and starts the next one. */
export function endLine(): void {
  log(LINE, lineLength);
  lineLength = 0;
}
