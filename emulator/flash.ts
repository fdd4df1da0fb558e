/**
 * NOR flash, strict about the rules of the part.
 *
 * Flash is a view on the low end of the device's linear memory, so that device code reads it with
 * plain loads. An erase sets every bit of a page to the erased value; programming moves bits away
 * from it, one write unit at a time, each page or unit one operation. What a unit that was
 * programmed already still allows is the part's unit rule:
 *
 * - `and`: more bits may be programmed; none may become erased.
 * - `once`: nothing, until the page is erased.
 * - `once-or-zero`: only the value zero.
 *
 * Whether a unit was programmed is read off its content: a unit that was programmed with the
 * erased value counts as erased. (Parts with ECC would know the difference; none is modelled.)
 *
 * A broken rule is recorded as a {@link Violation}; the offending unit and everything after it
 * stays as it is, and the caller gets a failing status.
 */

import { Status } from "../assembly/status.ts";
import type { Clock } from "./clock.ts";
import { contains, FLASH_BYTES, type FlashRange } from "./memory-map.ts";
import { powerLoss, type FlashOperation, type Power } from "./power.ts";
import type { Profile, UnitRule } from "./profile.ts";
import type { ViolationLog, ViolationRule } from "./violation.ts";

/** The flash of one device. */
export class Flash {
  /** The content; writing here is what provisioning and restoring do, and is not an operation. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How often each page was erased in the life of the device, torn erases included. */
  readonly wear: Uint32Array<ArrayBuffer>;
  /** Where the running stage may write. The boot partition is refused in any case. */
  window: readonly FlashRange[] = [];

  readonly #pageBytes: number;
  readonly #unitBytes: number;
  readonly #erasedValue: number;
  readonly #unitRule: UnitRule;
  readonly #boot: FlashRange;
  readonly #power: Power;
  readonly #clock: Clock;
  readonly #violations: ViolationLog;
  readonly #erase: WorkingOperation;
  readonly #program: WorkingOperation;

  /** @param memory the device's whole linear memory; flash is `[0, FLASH_BYTES)` of it */
  constructor(
    profile: Profile,
    memory: Uint8Array<ArrayBuffer>,
    parts: { readonly power: Power; readonly clock: Clock; readonly violations: ViolationLog },
  ) {
    this.bytes = memory.subarray(0, FLASH_BYTES);
    this.wear = new Uint32Array(FLASH_BYTES / profile.pageBytes);
    this.#pageBytes = profile.pageBytes;
    this.#unitBytes = profile.unitBytes;
    this.#erasedValue = profile.erasedValue;
    this.#unitRule = profile.unitRule;
    this.#boot = profile.layout.boot;
    this.#power = parts.power;
    this.#clock = parts.clock;
    this.#violations = parts.violations;
    this.#erase = new WorkingOperation("erase", profile.pageBytes, (bytes) => this.#tear(this.#erase, bytes));
    this.#erase.after.fill(profile.erasedValue);
    this.#program = new WorkingOperation("program", profile.unitBytes, (bytes) =>
      this.#tear(this.#program, bytes),
    );
  }

  /**
   * Erases the page that holds `address`: one operation.
   *
   * @returns Status.Ok; Status.HalArgument outside of flash; Status.FlashFailed where writing is
   *   not allowed. Everything but Ok is a recorded violation and leaves the flash as it was.
   * @throws PowerLoss when the observer says so
   */
  erase(address: number): Status {
    if (!(address >= 0 && address < FLASH_BYTES)) {
      return this.#refuse("flash-range", address, "The page to erase is not in flash.");
    }
    const page = Math.floor(address / this.#pageBytes) * this.#pageBytes;
    const forbidden = this.#forbidden(page, this.#pageBytes, "erase");
    if (forbidden !== Status.Ok) return forbidden;

    const operation = this.#erase;
    const power = this.#power;
    operation.index = power.operationCount;
    operation.address = page;
    if (power.observer !== undefined) {
      operation.keepBefore(this.bytes);
      power.observer.before?.(operation);
    }
    this.bytes.fill(this.#erasedValue, page, page + this.#pageBytes);
    this.#account(operation, false);
    power.observer?.after?.(operation);
    return Status.Ok;
  }

  /**
   * Programs `data`, whole write units at a unit boundary: one operation each, in ascending order.
   *
   * @param data may lie in flash itself
   * @returns Status.Ok; Status.HalArgument for a range or alignment that makes no sense;
   *   Status.FlashFailed where writing is not allowed, or at the first unit that the part's rule
   *   refuses, the units before it being programmed. Everything but Ok is a recorded violation.
   * @throws PowerLoss when the observer says so
   */
  program(address: number, data: Uint8Array): Status {
    const unitBytes = this.#unitBytes;
    if (!(address >= 0 && address + data.length <= FLASH_BYTES)) {
      return this.#refuse(
        "flash-range",
        address,
        `The ${data.length} bytes to program are not all in flash.`,
      );
    }
    if (address % unitBytes !== 0 || data.length % unitBytes !== 0) {
      return this.#refuse(
        "flash-alignment",
        address,
        `${data.length} bytes at ${address} are not whole write units of ${unitBytes} bytes.`,
      );
    }
    if (data.length === 0) return Status.Ok;
    const forbidden = this.#forbidden(address, data.length, "program");
    if (forbidden !== Status.Ok) return forbidden;
    for (let offset = 0; offset < data.length; offset += unitBytes) {
      const broken = this.#brokenRule(address + offset, data, offset);
      if (broken !== undefined) {
        return this.#refuse(broken, address + offset, this.#describe(broken), Status.FlashFailed);
      }
      this.#programUnit(address + offset, data, offset);
    }
    return Status.Ok;
  }

  /** Whether every byte of `[address, address + bytes)` has the erased value. */
  isErased(address: number, bytes: number): boolean {
    for (let offset = address; offset < address + bytes; offset += 1) {
      if (this.bytes[offset] !== this.#erasedValue) return false;
    }
    return true;
  }

  #programUnit(address: number, data: Uint8Array, offset: number): void {
    const operation = this.#program;
    const power = this.#power;
    const bytes = this.bytes;
    operation.index = power.operationCount;
    operation.address = address;
    if (power.observer !== undefined) {
      operation.keepBefore(bytes);
      for (let index = 0; index < this.#unitBytes; index += 1) {
        operation.after[index] = data[offset + index] ?? 0;
      }
      power.observer.before?.(operation);
    }
    for (let index = 0; index < this.#unitBytes; index += 1) {
      bytes[address + index] = data[offset + index] ?? 0;
    }
    this.#account(operation, false);
    power.observer?.after?.(operation);
  }

  #brokenRule(address: number, data: Uint8Array, offset: number): ViolationRule | undefined {
    const erased = this.#erasedValue;
    let programmed = 0;
    let undone = 0;
    let wanted = 0;
    for (let index = 0; index < this.#unitBytes; index += 1) {
      const before = this.bytes[address + index] ?? 0;
      const after = data[offset + index] ?? 0;
      programmed |= before ^ erased;
      undone |= (before ^ erased) & ~(after ^ erased);
      wanted |= after;
    }
    if (programmed === 0) return undefined;
    if (this.#unitRule === "and") return undone === 0 ? undefined : "bit-needs-erase";
    if (this.#unitRule === "once-or-zero" && wanted === 0) return undefined;
    return "unit-programmed-again";
  }

  #describe(rule: ViolationRule): string {
    if (rule === "bit-needs-erase") return "A programmed bit would have to become erased.";
    const exception = this.#unitRule === "once-or-zero" ? ", except with zeros" : "";
    return `A programmed unit may not be programmed again before an erase${exception}.`;
  }

  #forbidden(address: number, bytes: number, verb: "erase" | "program"): Status {
    const { address: bootStart, bytes: bootBytes } = this.#boot;
    if (address < bootStart + bootBytes && address + bytes > bootStart) {
      const sentence = `The boot partition is write-protected, ${verb} refused.`;
      return this.#refuse("write-protected", address, sentence, Status.FlashFailed);
    }
    if (!this.window.some((range) => contains(range, address, bytes))) {
      const sentence = `The running stage may not ${verb} ${bytes} bytes here.`;
      return this.#refuse("outside-window", address, sentence, Status.FlashFailed);
    }
    return Status.Ok;
  }

  #refuse(rule: ViolationRule, address: number, sentence: string, status = Status.HalArgument): Status {
    this.#violations.add(rule, address, this.#power.operationCount, sentence);
    return status;
  }

  #account(operation: WorkingOperation, torn: boolean): void {
    const { kind, address, length } = operation;
    const power = this.#power;
    power.operationCount += 1;
    if (kind === "erase") {
      this.#clock.eraseCount += 1;
      const page = address / length;
      this.wear[page] = (this.wear[page] ?? 0) + 1;
    } else {
      this.#clock.programCount += 1;
    }
    power.trace?.event({
      kind,
      micros: this.#clock.now(),
      operation: operation.index,
      address,
      bytes: length,
      torn,
    });
  }

  #tear(operation: WorkingOperation, bytes: Uint8Array): never {
    this.bytes.set(bytes.subarray(0, operation.length), operation.address);
    this.#account(operation, true);
    throw powerLoss;
  }
}

/** The operation under way; one object per kind serves them all. */
class WorkingOperation implements FlashOperation {
  readonly kind: "erase" | "program";
  readonly length: number;
  readonly before: Uint8Array<ArrayBuffer>;
  readonly after: Uint8Array<ArrayBuffer>;
  readonly tear: (bytes: Uint8Array) => never;
  index = 0;
  address = 0;

  constructor(kind: "erase" | "program", length: number, tear: (bytes: Uint8Array) => never) {
    this.kind = kind;
    this.length = length;
    this.before = new Uint8Array(length);
    this.after = new Uint8Array(length);
    this.tear = tear;
  }

  keepBefore(flash: Uint8Array): void {
    for (let index = 0; index < this.length; index += 1)
      this.before[index] = flash[this.address + index] ?? 0;
  }
}
