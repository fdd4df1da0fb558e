/**
 * Update management (draft-ietf-suit-update-management-14): versions, waiting, permission. Nothing of
 * this file is in a build without it.
 */
import { Status } from "../status";

/** Checks the form of a version match at the cursor. */
export function checkVersionMatch(): i32 {
  return Status.ParameterUnsupported;
}

/** Checks the form of a wait-info map at the cursor. */
export function checkWaitInfo(): i32 {
  return Status.ParameterUnsupported;
}

/** Evaluates a condition of update management. */
export function evaluateManagement(command: i32, set: u32): i32 {
  return Status.CommandUnsupported;
}
