/**
 * The sample application for a device with a radio: what `application.ts` does, and once it is confirmed it
 * sends the radio the image that its own manifest states.
 */
import { Phase } from "../layout";
import { Status } from "../status";
import { journalRead, phaseOf, runningSlotOf } from "../flash/journal";
import { appendHexadecimal, appendText, endLine } from "../log-line";
import { attendUpdate, beginApplication, startLine } from "./application";
import { dispatchRadioImage } from "../dispatch/radio";
import { Defect } from "./self-test";

/** ": radio image sent" */
const SENT: usize = memory.data<u8>([
  0x3a, 0x20, 0x72, 0x61, 0x64, 0x69, 0x6f, 0x20, 0x69, 0x6d, 0x61, 0x67, 0x65, 0x20, 0x73, 0x65, 0x6e, 0x74,
]);
/** ": radio not served, status 0x" */
const UNSERVED: usize = memory.data<u8>([
  0x3a, 0x20, 0x72, 0x61, 0x64, 0x69, 0x6f, 0x20, 0x6e, 0x6f, 0x74, 0x20, 0x73, 0x65, 0x72, 0x76, 0x65, 0x64,
  0x2c, 0x20, 0x73, 0x74, 0x61, 0x74, 0x75, 0x73, 0x20, 0x30, 0x78,
]);

/**
 * Runs the application from reset; does not return.
 *
 * @param version the number it gives itself in the log
 * @param defect what is wrong with this build, a constant
 */
// @ts-ignore: decorator
@inline
export function runDispatchingApplication(version: u32, defect: Defect): void {
  const word = journalRead();
  const slot = runningSlotOf(word);
  beginApplication(version, defect, word, slot);
  // Not on trial: the manifest that a reversion goes back to knows nothing of what the radio would run then.
  if (phaseOf(journalRead()) == Phase.Confirmed) serveRadio(version, slot);
  attendUpdate(version, word, slot);
}

function serveRadio(version: u32, slot: u32): void {
  const status = dispatchRadioImage(slot);
  if (status == Status.UpToDate || status == Status.NoUpdate) return;
  startLine(version);
  if (status == Status.Ok) {
    appendText(SENT, 18);
  } else {
    appendText(UNSERVED, 29);
    appendHexadecimal(status);
  }
  endLine();
}
