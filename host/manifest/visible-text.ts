/**
 * Text from an envelope on its way to a terminal.
 */

/**
 * Writes control and format characters as `\\u{…}`, line ends aside.
 *
 * An envelope is anyone's input: what it holds must not move the cursor, change colours or turn the
 * direction of the text around it.
 */
export function visibleText(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
