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
 * - `count`: more bits, as `and`, but only so many writes of a unit, a row or a page between erases.
 *
 * Whether a unit was programmed is read off its content; where the part knows better (it counts
 * writes, or has an error-correcting code that a unit programmed with the erased value has too),
 * the difference is a device bit. What else flash remembers beside its content is described in
 * device-bits.ts, how reads of it fault or waver in hazard.ts.
 *
 * The flash of a radio, if the device has one, is kept here as well, behind the device's own: the same
 * kind of part, which only {@link Radio} writes to (radio.ts).
 *
 * A broken rule is recorded as a {@link Violation}; the offending unit and everything after it
 * stays as it is, and the caller gets a failing status.
 */

import { Status } from "../assembly/status.ts";
import type { Clock } from "./clock.ts";
import { applyDefects, applyFlaky, type Defect, type FlakyOperation } from "./defect.ts";
import { bitAt, NO_BITS, withBit, without, type DeviceBits } from "./device-bits.ts";
import { Hazards } from "./hazard.ts";
import { contains, stateBytesOf, type FlashRange } from "./memory-map.ts";
import {
  powerLoss,
  type AgedContent,
  type FlashOperation,
  type FlashPart,
  type Power,
  type TornOutcome,
} from "./power.ts";
import type { Profile, UnitRule, WriteLimit } from "./profile.ts";
import type { ViolationLog, ViolationRule } from "./violation.ts";

/** The flash of one device. */
export class Flash {
  /** The content; writing here is what provisioning and restoring do, and is not an operation. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How often each page was erased in the life of the device, torn erases included. */
  readonly wear: Uint32Array<ArrayBuffer>;
  /** Where the running stage may write. The boot partition is refused in any case. */
  window: readonly FlashRange[] = [];
  /** What flash remembers beside its content. */
  bits: DeviceBits = NO_BITS;
  /** The operation that fails in the next power-on, where the profile has a flaky defect. */
  flaky: FlakyOperation | undefined;

  readonly #pageBytes: number;
  readonly #unitBytes: number;
  readonly #erasedValue: number;
  readonly #unitRule: UnitRule;
  /** Where the part tells writes from content; undefined where content says it all. */
  readonly #writeLimit: WriteLimit | undefined;
  readonly #hazards: Hazards;
  readonly #defects: readonly Defect[];
  readonly #boot: FlashRange;
  readonly #power: Power;
  readonly #clock: Clock;
  readonly #violations: ViolationLog;
  readonly #erase: WorkingOperation;
  readonly #program: WorkingOperation;
  /** The unit under way begins a write as the part counts them. */
  #isNewWrite = false;

  /** @param memory the device's whole linear memory, with flash from address 0 on */
  constructor(
    profile: Profile,
    memory: Uint8Array<ArrayBuffer>,
    parts: { readonly power: Power; readonly clock: Clock; readonly violations: ViolationLog },
  ) {
    this.bytes = memory.subarray(0, stateBytesOf(profile.layout));
    this.wear = new Uint32Array(this.bytes.length / profile.pageBytes);
    this.#pageBytes = profile.pageBytes;
    this.#unitBytes = profile.unitBytes;
    this.#erasedValue = profile.erasedValue;
    this.#unitRule = profile.unitRule;
    this.#writeLimit = writeLimitOf(profile);
    this.#hazards = new Hazards(memory);
    this.#defects = profile.defects ?? [];
    this.#boot = profile.layout.boot;
    this.#power = parts.power;
    this.#clock = parts.clock;
    this.#violations = parts.violations;
    const { pageBytes, erasedValue, eccUnitBytes } = profile;
    const part = { content: this.bytes, pageBytes, erasedValue, eccUnitBytes };
    this.#erase = new WorkingOperation("erase", pageBytes, part, (bytes, outcome) =>
      this.#tear(this.#erase, bytes, outcome),
    );
    this.#erase.after.fill(erasedValue);
    this.#program = new WorkingOperation("program", profile.unitBytes, part, (bytes, outcome) =>
      this.#tear(this.#program, bytes, outcome),
    );
  }

  /**
   * Starts a power cycle: what was written too weakly and has lasted long enough is lost now, and
   * what faults or wavers when it is read is set up.
   */
  powerOn(): void {
    if (this.bits.length === 0) return;
    const areas: AgedContent[] = [];
    let bits = this.bits;
    for (const bit of this.bits) {
      const { kind, address, length, value, other } = bit;
      if ((kind !== "weak" && kind !== "fading") || other === undefined) continue;
      if (value > 0) {
        bits = withBit(bits, { ...bit, value: value - 1 });
        continue;
      }
      // A unit of a page that is lost as a whole is in that area already.
      if (!areas.some((area) => address >= area.address && address < area.address + area.before.length)) {
        areas.push({ address, before: this.bytes.slice(address, address + length) });
      }
      this.bytes.set(other, address);
      bits = without(bits, address, length, kind);
    }
    if (bits !== this.bits) {
      this.bits = bits;
      this.#power.observer?.aged?.(areas);
    }
    this.#hazards.arm(bits);
  }

  /** Ends a power cycle: memory shows the content that counts. */
  powerOff(): void {
    this.flaky = undefined;
    this.#hazards.disarm();
  }

  /** Whether reading `[address, address + bytes)` would be a bus fault. */
  isPoisoned(address: number, bytes: number): boolean {
    return this.bits.length > 0 && bitAt(this.bits, "poisoned", address, bytes) !== undefined;
  }

  /** Whether a load may fault or waver, so that loads have to be looked at. */
  get hasHazards(): boolean {
    return this.bits.length > 0 && Hazards.areIn(this.bits);
  }

  /** What flash would remember if the operation under way were torn with this outcome. */
  bitsAfterTear({ kind, address, length }: FlashOperation, outcome: TornOutcome): DeviceBits {
    let bits =
      kind === "program"
        ? this.#bitsAfterProgram(address, outcome.bytes)
        : without(this.bits, address, length, "writes");
    for (const bit of outcome.bits ?? []) bits = withBit(bits, bit);
    return bits;
  }

  /**
   * Erases the page that holds `address`: one operation.
   *
   * @returns Status.Ok; Status.HalArgument outside of flash; Status.FlashFailed where writing is
   *   not allowed. Everything but Ok is a recorded violation and leaves the flash as it was.
   * @throws PowerLoss when the observer says so
   */
  erase(address: number): Status {
    if (!(address >= 0 && address < this.bytes.length)) {
      return this.#refuse("flash-range", address, "The page to erase is not in flash.");
    }
    const page = Math.floor(address / this.#pageBytes) * this.#pageBytes;
    const forbidden = this.#forbidden(page, this.#pageBytes, "erase");
    if (forbidden !== Status.Ok) return forbidden;

    const operation = this.#erase;
    const power = this.#power;
    this.#hazards.disarm();
    operation.index = power.operationCount;
    operation.address = page;
    let outcome: "ok" | "failed" = "ok";
    if (power.observer !== undefined || this.#defects.length > 0) {
      operation.keepBefore(this.bytes);
      if (this.#defects.length > 0) {
        operation.after.fill(this.#erasedValue);
        outcome = this.#spoil(operation);
      }
      power.observer?.before?.(operation);
    }
    if (this.#defects.length > 0) this.bytes.set(operation.after, page);
    else this.bytes.fill(this.#erasedValue, page, page + this.#pageBytes);
    if (this.bits.length > 0) this.bits = without(this.bits, page, this.#pageBytes);
    this.#account(operation, false);
    power.observer?.after?.(operation);
    if (this.bits.length > 0) this.#hazards.arm(this.bits);
    return outcome === "ok" ? Status.Ok : Status.FlashFailed;
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
    if (!(address >= 0 && address + data.length <= this.bytes.length)) {
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
    this.#hazards.disarm();
    let status: Status = Status.Ok;
    for (let offset = 0; offset < data.length && status === Status.Ok; offset += unitBytes) {
      this.#isNewWrite = offset === 0 || (address + offset) % (this.#writeLimit?.burstBytes ?? 1) === 0;
      const broken = this.#brokenRule(address + offset, data, offset);
      if (broken === undefined) status = this.#programUnit(address + offset, data, offset);
      else status = this.#refuse(broken, address + offset, this.#describe(broken), Status.FlashFailed);
    }
    if (this.bits.length > 0) this.#hazards.arm(this.bits);
    return status;
  }

  /** Whether every byte of `[address, address + bytes)` has the erased value. */
  isErased(address: number, bytes: number): boolean {
    for (let offset = address; offset < address + bytes; offset += 1) {
      if (this.bytes[offset] !== this.#erasedValue) return false;
    }
    return true;
  }

  #programUnit(address: number, data: Uint8Array, offset: number): Status {
    const operation = this.#program;
    const power = this.#power;
    const unitBytes = this.#unitBytes;
    let source = data;
    let start = offset;
    let outcome: "ok" | "failed" = "ok";
    operation.index = power.operationCount;
    operation.address = address;
    if (power.observer !== undefined || this.#defects.length > 0) {
      operation.keepBefore(this.bytes);
      for (let index = 0; index < unitBytes; index += 1) operation.after[index] = data[offset + index] ?? 0;
      if (this.#defects.length > 0) {
        outcome = this.#spoil(operation);
        source = operation.after;
        start = 0;
      }
      power.observer?.before?.(operation);
    }
    if (this.bits.length > 0 || this.#writeLimit !== undefined) {
      this.bits = this.#bitsAfterProgram(address, source.subarray(start, start + unitBytes));
    }
    for (let index = 0; index < unitBytes; index += 1)
      this.bytes[address + index] = source[start + index] ?? 0;
    this.#account(operation, false);
    power.observer?.after?.(operation);
    return outcome === "ok" ? Status.Ok : Status.FlashFailed;
  }

  /** What the defects of this copy make of an operation. */
  #spoil(operation: WorkingOperation): "ok" | "failed" {
    const outcome = applyDefects(this.#defects, operation, this.#erasedValue);
    const { flaky } = this;
    if (flaky?.operation !== operation.index) return outcome;
    this.flaky = undefined;
    return applyFlaky(flaky, operation);
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
    if (this.#unitRule === "count" && this.#isNewWrite && this.#isWrittenOut(address)) {
      return "written-too-often";
    }
    if (programmed === 0 && !this.#isSecretlyProgrammed(address)) return undefined;
    if (this.#unitRule === "and" || this.#unitRule === "count") {
      return undone === 0 ? undefined : "bit-needs-erase";
    }
    if (this.#unitRule === "once-or-zero" && wanted === 0) return undefined;
    return "unit-programmed-again";
  }

  #describe(rule: ViolationRule): string {
    if (rule === "bit-needs-erase") return "A programmed bit would have to become erased.";
    if (rule === "written-too-often" && this.#writeLimit !== undefined) {
      const { writes, scopeBytes } = this.#writeLimit;
      return `The part allows ${writes} writes of ${scopeBytes} bytes between two erases, and this would be one more.`;
    }
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

  #tear(operation: WorkingOperation, bytes: Uint8Array, outcome: TornOutcome = { bytes }): never {
    this.bits = this.bitsAfterTear(operation, outcome);
    this.bytes.set(bytes.subarray(0, operation.length), operation.address);
    const { damage } = outcome;
    if (damage !== undefined) this.bytes.set(damage.bytes, damage.address);
    this.#account(operation, true);
    throw powerLoss;
  }

  /** What flash remembers once the unit at `address`, which still reads as before, holds `data`. */
  #bitsAfterProgram(address: number, data: Uint8Array): DeviceBits {
    const unitBytes = this.#unitBytes;
    let bits = this.bits;
    if (bits.length > 0) {
      bits = without(bits, address, unitBytes, "fading");
      bits = without(bits, address, unitBytes, "wavering");
      const weak = bitAt(bits, "weak", address, unitBytes);
      if (weak?.other !== undefined) {
        const other = weak.other.slice();
        for (let index = 0; index < unitBytes; index += 1) {
          const at = address - weak.address + index;
          const [old = 0, fresh = 0] = [other[at], data[index]];
          other[at] = this.#erasedValue === 0 ? old | fresh : old & fresh;
        }
        bits = withBit(bits, { ...weak, other });
      }
    }
    return this.#writeLimit === undefined ? bits : this.#countWrite(bits, this.#writeLimit, address, data);
  }

  /** Notes a write wherever content does not show it. */
  #countWrite(bits: DeviceBits, limit: WriteLimit, address: number, data: Uint8Array): DeviceBits {
    const { scopeBytes, burstBytes } = limit;
    const burst = address - (address % burstBytes);
    const wasShown = !this.isErased(burst, burstBytes);
    const isShown = wasShown || data.some((byte) => byte !== this.#erasedValue);
    const hidden = (this.#isNewWrite ? 1 : 0) - (isShown && !wasShown ? 1 : 0);
    if (hidden === 0) return bits;
    const scope = address - (address % scopeBytes);
    const value = (bitAt(bits, "writes", scope, scopeBytes)?.value ?? 0) + hidden;
    if (value === 0) return without(bits, scope, scopeBytes, "writes");
    return withBit(bits, { kind: "writes", address: scope, length: scopeBytes, value, other: undefined });
  }

  /** Whether the writes that the part allows are used up where this unit lies. */
  #isWrittenOut(address: number): boolean {
    if (this.#writeLimit === undefined) return false;
    const { writes, scopeBytes, burstBytes } = this.#writeLimit;
    const scope = address - (address % scopeBytes);
    let count = this.bits.length === 0 ? 0 : (bitAt(this.bits, "writes", scope, scopeBytes)?.value ?? 0);
    for (let burst = scope; burst < scope + scopeBytes; burst += burstBytes) {
      if (!this.isErased(burst, burstBytes)) count += 1;
    }
    return count >= writes;
  }

  /** Whether the part knows of a write that the content of this unit does not show. */
  #isSecretlyProgrammed(address: number): boolean {
    if (this.bits.length === 0) return false;
    if (this.isPoisoned(address, this.#unitBytes)) return true;
    return this.#unitRule !== "count" && bitAt(this.bits, "writes", address, this.#unitBytes) !== undefined;
  }
}

/**
 * A part with an error-correcting code knows of every unit whether it was programmed, unless erased
 * bits are zeros, of which the code is no doubt zeros as well.
 */
function writeLimitOf(profile: Profile): WriteLimit | undefined {
  const { writeLimit, eccUnitBytes, unitBytes, unitRule, erasedValue } = profile;
  if (writeLimit !== undefined || eccUnitBytes === 0 || unitRule === "and" || erasedValue === 0) {
    return writeLimit;
  }
  return { writes: 1, scopeBytes: unitBytes, burstBytes: unitBytes };
}

/** Up to here a loop is faster than a view and a call. */
const FEW_BYTES = 32;

/** The operation under way; one object per kind serves them all. */
class WorkingOperation implements FlashOperation {
  readonly kind: "erase" | "program";
  readonly length: number;
  readonly before: Uint8Array<ArrayBuffer>;
  readonly after: Uint8Array<ArrayBuffer>;
  readonly part: FlashPart;
  readonly tear: FlashOperation["tear"];
  index = 0;
  address = 0;

  constructor(
    kind: "erase" | "program",
    length: number,
    part: FlashPart,
    tear: (bytes: Uint8Array, outcome?: TornOutcome) => never,
  ) {
    this.kind = kind;
    this.length = length;
    this.part = part;
    this.before = new Uint8Array(length);
    this.after = new Uint8Array(length);
    this.tear = tear;
  }

  keepBefore(flash: Uint8Array): void {
    if (this.length > FEW_BYTES) {
      this.before.set(flash.subarray(this.address, this.address + this.length));
      return;
    }
    for (let index = 0; index < this.length; index += 1)
      this.before[index] = flash[this.address + index] ?? 0;
  }
}
