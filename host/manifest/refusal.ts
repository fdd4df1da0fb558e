/**
 * Why an envelope is refused: a status of the device, said for a place in the bytes.
 *
 * It is thrown and caught inside `host/manifest`; callers of the package see verdicts and inspections.
 */
import type { Status } from "../../assembly/status.ts";
import { visibleText } from "./visible-text.ts";

/** A rule that the bytes break. */
export class Refusal extends Error {
  readonly status: Status;
  /** Byte offset into the envelope where the offending item starts. */
  readonly offset: number;

  /** @param message one sentence without the offset, which `said` adds */
  constructor(status: Status, offset: number, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.offset = offset;
  }

  /** The message with the place, as one sentence. */
  said(): string {
    return visibleText(`${this.message} (byte ${this.offset}).`);
  }
}
