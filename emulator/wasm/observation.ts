/**
 * What an onlooker may learn of an execution: its branches, its addresses, and operands that take time.
 *
 * Each of these, as it happens, goes into a running hash that the module can neither read nor write:
 *
 * - the outcome of every `if`, `br_if` and `select`, the index of every `br_table` and indirect call;
 * - the address of every load and store, and the addresses and length of every `memory.copy`, `fill` and
 *   `init`;
 * - both operands of every division, and every count of a shift or rotation that is no constant.
 *
 * Two executions with the same hash after as many events took the same path over the same addresses.
 * Globals under reserved export names say so; the execution may be stopped at any event, which is then told:
 *
 * ```
 * bo:observed   i64  hash of the events so far
 * bo:events     i64  how many there were
 * bo:stop-at    i64  number of the event to stop at with a trap, from 1; 0 for none
 * bo:stopped    i64  that event: bits 31..0 what was observed, bits 63..32 1 + index of its site
 * ```
 */
import { ByteWriter } from "./byte-writer.ts";
import type { InstructionReader } from "./instruction.ts";
import { memoryAccessOf, Opcode, signatureOf, TypeCode } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

/** Export names that observation adds. */
export const observationExport = {
  hash: "bo:observed",
  events: "bo:events",
  stopAt: "bo:stop-at",
  stopped: "bo:stopped",
} as const;

/** What an event is. */
export type ObservedKind = "branch" | "select" | "call" | "load" | "store" | "range" | "division" | "shift";

/** An instruction that makes events. */
export interface ObservedSite {
  readonly kind: ObservedKind;
  readonly functionIndex: number;
  /** Byte offset of the instruction in the module before instrumentation. */
  readonly instructionOffset: number;
}

/** Gives a local for a role, the same one every time. */
type Local = (role: string, type: ValueType) => number;

/** Hands out sites while a module is rewritten. */
export class Observer {
  readonly sites: ObservedSite[] = [];

  /** What writes the observation into one function; `observe` is the index of the function that hashes. */
  writer(functionIndex: number, observe: number, local: Local): ObservationWriter {
    return new ObservationWriter(this.sites, functionIndex, observe, local);
  }
}

/** Writes the observation into one function, instruction by instruction. */
export class ObservationWriter {
  readonly #sites: ObservedSite[];
  readonly #functionIndex: number;
  readonly #observe: number;
  readonly #local: Local;
  #previous: number = Opcode.Nop;

  constructor(sites: ObservedSite[], functionIndex: number, observe: number, local: Local) {
    this.#sites = sites;
    this.#functionIndex = functionIndex;
    this.#observe = observe;
    this.#local = local;
  }

  /**
   * To be called right before an instruction is written, with its operands on the stack. Those of a
   * store and of the instructions on ranges must be in the locals of their checks as well.
   */
  before(code: ByteWriter, source: InstructionReader): void {
    const { opcode } = source;
    const isConstant = this.#previous === Opcode.I32Const || this.#previous === Opcode.I64Const;
    this.#previous = opcode;
    const kind = observedKind(opcode);
    if (kind === undefined || (kind === "shift" && isConstant)) return;
    this.#sites.push({ kind, functionIndex: this.#functionIndex, instructionOffset: source.offset });
    switch (kind) {
      case "branch":
      case "select":
        this.#observeTop(code, "i32", opcode !== Opcode.BrTable);
        break;
      case "call":
        this.#observeTop(code, "i32", false);
        break;
      case "load":
        this.#observeTop(code, "i32", false);
        break;
      case "store":
        this.#observeLocal(code, "address");
        break;
      case "range":
        for (const role of opcode === Opcode.MemoryFill ? FILLED_RANGE : COPIED_RANGE)
          this.#observeLocal(code, role);
        break;
      case "shift":
        this.#observeTop(code, operandType(opcode), false);
        break;
      case "division":
        this.#observeBoth(code, operandType(opcode));
        break;
    }
  }

  /** Observes the value on top of the stack, which stays there, or only whether it is 0. */
  #observeTop(code: ByteWriter, type: ValueType, isCondition: boolean): void {
    const top = this.#local(`observed ${type}`, type);
    code.byte(Opcode.LocalTee).u32(top);
    this.#observeValue(code, top, type, isCondition);
  }

  /** Observes the two values on top of the stack, which stay there. */
  #observeBoth(code: ByteWriter, type: ValueType): void {
    const divisor = this.#local(`observed ${type}`, type);
    const dividend = this.#local(`observed second ${type}`, type);
    code.byte(Opcode.LocalSet).u32(divisor).byte(Opcode.LocalTee).u32(dividend);
    this.#observeValue(code, dividend, type, false);
    this.#observeValue(code, divisor, type, false);
    code.byte(Opcode.LocalGet).u32(divisor);
  }

  #observeLocal(code: ByteWriter, role: string): void {
    this.#observeValue(code, this.#local(role, "i32"), "i32", false);
  }

  #observeValue(code: ByteWriter, local: number, type: ValueType, isCondition: boolean): void {
    for (const shift of type === "i64" ? [0, 32] : [0]) {
      code.byte(Opcode.LocalGet).u32(local);
      if (type === "i64") code.byte(Opcode.I64Const).signed(shift).raw(I64_SHR_U, I32_WRAP_I64);
      if (isCondition) code.byte(Opcode.I32Eqz);
      code.byte(Opcode.I32Const).signed(this.#sites.length).byte(Opcode.Call).u32(this.#observe);
    }
  }
}

/** Indices of the globals under {@link observationExport}. */
export interface ObservationGlobals {
  observed: number;
  events: number;
  stopAt: number;
  stopped: number;
}

/** The body of observe(value, site), which adds an event to the hash. */
export function observeBody(globals: ObservationGlobals): Uint8Array {
  const code = new ByteWriter().raw(1, 1, TypeCode.I64);
  const [value, site, event] = [0, 1, 2] as const;
  code.byte(Opcode.LocalGet).u32(value).byte(Opcode.I64ExtendI32U);
  code.byte(Opcode.LocalGet).u32(site).raw(Opcode.I64ExtendI32U, Opcode.I64Const, 32, Opcode.I64Shl);
  code.raw(I64_OR, Opcode.LocalTee, event);
  code.byte(Opcode.GlobalGet).u32(globals.observed).byte(Opcode.I64Xor);
  code.byte(Opcode.I64Const).signed(HASH_FACTOR).byte(I64_MUL);
  code.raw(Opcode.I64Const, HASH_ROTATION, I64_ROTL).byte(Opcode.GlobalSet).u32(globals.observed);
  code.byte(Opcode.GlobalGet).u32(globals.events).raw(Opcode.I64Const, 1, Opcode.I64Add);
  code.byte(Opcode.GlobalSet).u32(globals.events);
  code.byte(Opcode.GlobalGet).u32(globals.events).byte(Opcode.GlobalGet).u32(globals.stopAt);
  code.raw(I64_EQ, Opcode.If, TypeCode.Empty, Opcode.LocalGet, event);
  code.byte(Opcode.GlobalSet).u32(globals.stopped);
  return code.raw(Opcode.Unreachable, Opcode.End, Opcode.End).finish();
}

/** What an instruction shows, if anything. */
function observedKind(opcode: number): ObservedKind | undefined {
  if (memoryAccessOf(opcode) !== undefined) return opcode >= Opcode.FirstStore ? "store" : "load";
  if ((opcode >= I32_DIV_S && opcode <= I32_REM_U) || (opcode >= I64_DIV_S && opcode <= I64_REM_U))
    return "division";
  if ((opcode >= Opcode.I32Shl && opcode <= I32_ROTR) || (opcode >= Opcode.I64Shl && opcode <= I64_ROTR))
    return "shift";
  switch (opcode) {
    case Opcode.If:
    case Opcode.BrIf:
    case Opcode.BrTable:
      return "branch";
    case Opcode.Select:
    case Opcode.SelectTyped:
      return "select";
    case Opcode.CallIndirect:
      return "call";
    case Opcode.MemoryInit:
    case Opcode.MemoryCopy:
    case Opcode.MemoryFill:
      return "range";
    default:
      return undefined;
  }
}

function operandType(opcode: number): ValueType {
  return signatureOf(opcode)?.parameters[0] ?? "i32";
}

/** Locals of the checks that show: what a range is filled with does not. */
const FILLED_RANGE = ["address", "length"] as const;
const COPIED_RANGE = ["address", "source", "length"] as const;

const I64_EQ = 0x51;
const I32_DIV_S = 0x6d;
const I32_REM_U = 0x70;
const I32_ROTR = 0x78;
const I64_MUL = 0x7e;
const I64_DIV_S = 0x7f;
const I64_REM_U = 0x82;
const I64_OR = 0x84;
const I64_SHR_U = 0x88;
const I64_ROTL = 0x89;
const I64_ROTR = 0x8a;
const I32_WRAP_I64 = 0xa7;

/** Any odd number of about 31 bits, and any rotation: each step is a bijection, so no event is lost at once. */
const HASH_FACTOR = 0x2545f491;
const HASH_ROTATION = 23;
