/**
 * Images of a given size: a module with a custom section behind it, which a device ignores.
 */

/**
 * The module with so much behind it that it has `bytes` bytes.
 *
 * @throws RangeError for a module that is larger already, or nearly so
 */
export function padded(module: Uint8Array, bytes: number): Uint8Array {
  const name = new TextEncoder().encode("padding");
  // Section id, size in three bytes, length of the name, name.
  const head = 1 + 3 + 1 + name.length;
  const content = bytes - module.length - head;
  if (content < 0) throw new RangeError(`A module of ${module.length} bytes cannot be padded to ${bytes}.`);
  const size = 1 + name.length + content;
  const filler = Uint8Array.from({ length: content }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 24);
  return Uint8Array.from([
    ...module,
    0,
    0x80 | (size & 0x7f),
    0x80 | ((size >>> 7) & 0x7f),
    size >>> 14,
    name.length,
    ...name,
    ...filler,
  ]);
}
