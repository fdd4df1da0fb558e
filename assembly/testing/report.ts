/**
 * Testing entry: the parts of the report writer on their own. A caller writes bytes into `INPUT`, or into
 * the mapped flash below RAM, and reads what was found from `HOLES`.
 */
import { writerPosition } from "../cbor/writer";

export { writeHead, writeRaw, writerOpen } from "../cbor/writer";
export { clearHoles, HOLES } from "../report/hole";
export { commandOf, reasonFor } from "../report/reason";
export { findCommand, readSubject } from "../report/subject";
export { __heap_base };

/** Room to write to: 64 bytes, and more behind it that must stay as it is. */
export const INPUT = memory.data(128, 8);

/** Where the writer stands. */
export function position(): u32 {
  return writerPosition;
}
