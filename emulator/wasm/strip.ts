/**
 * Takes the custom sections out of a module: what is written into flash carries no names.
 */
import { ByteWriter } from "./byte-writer.ts";
import { readSections } from "./decode.ts";
import { SectionId } from "./module.ts";

/** A copy of the module without its custom sections. Throws ModuleError "malformed" if it is no module. */
export function stripCustomSections(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(bytes.length);
  writer.copy(bytes, 0, 8);
  for (const section of readSections(bytes)) {
    if (section.id !== SectionId.Custom) writer.copy(bytes, section.offset, section.end);
  }
  return writer.finish();
}
