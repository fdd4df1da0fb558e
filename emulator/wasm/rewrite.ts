/**
 * Rewrites one function body: puts checks before its memory accesses and charges on its entry and
 * its loops. The operands of an access wait in locals of our own while its address is compared.
 *
 * A function with a loop that calls nothing keeps the fuel in a local, because a global costs such a
 * loop up to two thirds of its speed (measured). The local goes back to the global wherever control
 * may leave the function. Only a bad load and a trap of the engine (division by zero, for one) lose
 * what such a function has burnt since its entry or its last call, equally in both builds.
 */
import { ByteWriter } from "./byte-writer.ts";
import { planCharges } from "./charge.ts";
import type { ChargePlan, Segment } from "./charge.ts";
import type { EdgeWriter } from "./edge-coverage.ts";
import type { FaultSite } from "./fault.ts";
import type { Instrumentation } from "./instrumentation.ts";
import { InstructionReader } from "./instruction.ts";
import type { FunctionBody, FunctionEntry } from "./module.ts";
import type { ObservationWriter } from "./observation.ts";
import { memoryAccessOf, Opcode, typeCode, TypeCode } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";

export interface RewrittenBody {
  /** Locals and code, without the length before them. */
  readonly bytes: Uint8Array;
  /** Pairs of offsets of instructions that may trap: in `bytes`, in the original module. */
  readonly trapOffsets: readonly number[];
}

/** What is counted: in a local of the function, moved to the global of the same name. */
const counterRoles = ["instructions", "loaded", "stored"] as const;

/** Rewrites the body of a defined function; adds its sites to the instrumentation. */
export function rewriteBody(instrumentation: Instrumentation, entry: FunctionEntry): RewrittenBody {
  const body = entry.body;
  if (body === undefined) throw new TypeError(`Function ${entry.name} is imported.`);
  return new BodyRewriter(instrumentation, entry, body).rewrite();
}

class BodyRewriter {
  private readonly instrumentation: Instrumentation;
  private readonly entry: FunctionEntry;
  private readonly body: FunctionBody;
  private readonly plan: ChargePlan;
  private readonly source: InstructionReader;
  private readonly code = new ByteWriter(1024);
  private readonly trapOffsets: number[] = [];
  private readonly addedLocals: ValueType[] = [];
  private readonly localsByRole = new Map<string, number>();
  private readonly edges: EdgeWriter | undefined;
  private readonly observation: ObservationWriter | undefined;
  private loopCount = 0;
  private segmentCount = 0;
  private depth = 0;

  constructor(instrumentation: Instrumentation, entry: FunctionEntry, body: FunctionBody) {
    this.instrumentation = instrumentation;
    this.entry = entry;
    this.body = body;
    const bytes = instrumentation.module.bytes;
    this.plan = planCharges(bytes, body);
    this.source = new InstructionReader(bytes, body.codeStart, body.end);
    this.edges = instrumentation.edges?.writer(entry.index, (role) => this.local(role, "i32"));
    const { observer, functions } = instrumentation;
    this.observation = observer?.writer(entry.index, functions.observe, (role, type) =>
      this.local(role, type),
    );
  }

  rewrite(): RewrittenBody {
    this.reloadFuel();
    this.chargeFuel(this.plan.entryFuel, this.body.codeStart);
    this.edges?.enter(this.code, this.body.codeStart);
    while (this.source.next()) {
      if (this.instrumentation.counting) this.countSegment();
      this.rewriteInstruction(this.source.opcode);
    }
    const locals = this.locals();
    for (let index = 0; index < this.trapOffsets.length; index += 2) {
      this.trapOffsets[index] = (this.trapOffsets[index] ?? 0) + locals.length;
    }
    const bytes = new ByteWriter(locals.length + this.code.length)
      .copy(locals)
      .copy(this.code.finish())
      .finish();
    return { bytes, trapOffsets: this.trapOffsets };
  }

  private rewriteInstruction(opcode: number): void {
    const access = memoryAccessOf(opcode);
    if (access !== undefined) {
      if (opcode >= Opcode.FirstStore) this.guardStore(access.type, access.bytes);
      else if (this.instrumentation.build !== "fast") this.guardLoad(access.bytes);
    }
    switch (opcode) {
      case Opcode.MemoryInit:
      case Opcode.MemoryCopy:
      case Opcode.MemoryFill:
        this.guardRange(opcode);
        break;
      case Opcode.Block:
      case Opcode.Loop:
      case Opcode.If:
        this.depth++;
        break;
      case Opcode.End:
        if (this.depth-- === 0) this.flush();
        break;
      case Opcode.Br:
      case Opcode.BrIf:
        if (this.source.index === this.depth) this.flush();
        break;
      case Opcode.BrTable:
        if (this.source.labels.includes(this.depth)) this.flush();
        break;
      case Opcode.Return:
      case Opcode.Call:
      case Opcode.CallIndirect:
      case Opcode.Unreachable:
        this.flush();
        break;
      default:
        break;
    }
    this.edges?.before(this.code, this.source);
    this.observation?.before(this.code, this.source);
    if (mayTrap(opcode)) this.trapOffsets.push(this.code.length, this.source.offset);
    this.code.copy(this.instrumentation.module.bytes, this.source.offset, this.source.nextOffset);
    if (opcode === Opcode.Loop) {
      this.chargeFuel(this.plan.loopFuel[this.loopCount++] ?? 0, this.source.offset);
    } else if (opcode === Opcode.Call || opcode === Opcode.CallIndirect) {
      this.reloadFuel();
    }
    this.edges?.after(this.code, this.source);
  }

  private guardStore(type: ValueType, bytes: number): void {
    const { ramStart, ramEnd } = this.instrumentation.bounds;
    const value = this.local(`value ${type}`, type);
    const address = this.local("address", "i32");
    const site = this.addSite("store", bytes, this.source.memoryOffset);
    this.code.byte(Opcode.LocalSet).u32(value).byte(Opcode.LocalSet).u32(address);
    this.pushOutside(address, bytes, ramStart, ramEnd);
    this.code.raw(Opcode.If, TypeCode.Empty);
    this.flush();
    this.callFault(address, site);
    this.code.byte(Opcode.End);
    this.code.byte(Opcode.LocalGet).u32(address).byte(Opcode.LocalGet).u32(value);
  }

  private guardLoad(bytes: number): void {
    const { ramStart, ramEnd, flashBytes } = this.instrumentation.bounds;
    const address = this.local("address", "i32");
    const site = this.addSite("load", bytes, this.source.memoryOffset);
    this.code.byte(Opcode.LocalSet).u32(address);
    this.pushOutside(address, bytes, ramStart, ramEnd);
    this.code.raw(Opcode.If, TypeCode.Empty);
    this.pushOutside(address, bytes, 0, flashBytes);
    this.code.raw(Opcode.If, TypeCode.Empty);
    this.callFault(address, site);
    this.code.byte(Opcode.End);
    if (this.instrumentation.build === "probed") this.probe(address, bytes);
    this.code.byte(Opcode.End);
    this.code.byte(Opcode.LocalGet).u32(address);
  }

  /** A load from flash of `bytes` at local `address` plus its static offset meets what the hazard map says. */
  private probe(address: number, bytes: number): void {
    const site = this.addSite("ecc", bytes, 0);
    this.code.byte(Opcode.LocalGet).u32(address);
    this.code.byte(Opcode.I32Const).signed(this.source.memoryOffset | 0);
    this.code.raw(Opcode.I32Add, Opcode.I32Const).signed(bytes);
    this.code.byte(Opcode.I32Const).signed(site);
    this.code.byte(Opcode.Call).u32(this.instrumentation.functions.probe);
  }

  /** memory.init, copy and fill: the length is checked by a function, in both builds with the same fuel. */
  private guardRange(opcode: number): void {
    const { build, counting, functions, globals } = this.instrumentation;
    const [length, source, address] = ["length", "source", "address"].map((role) => this.local(role, "i32"));
    if (length === undefined || source === undefined || address === undefined) return;
    for (const local of [length, source, address]) this.code.byte(Opcode.LocalSet).u32(local);
    const store = this.addSite("store", undefined, 0);
    this.addSite("fuel", undefined, 0);
    this.flush();
    this.callRange(functions.storeRange, address, length, store);
    if (build !== "fast" && opcode === Opcode.MemoryCopy) {
      this.callRange(functions.loadRange, source, length, this.addSite("load", undefined, 0));
      if (build === "probed") {
        this.callRange(functions.probe, source, length, this.addSite("ecc", undefined, 0));
      }
    }
    this.reloadFuel();
    if (counting) {
      this.addLength(globals.stored, length);
      if (opcode === Opcode.MemoryCopy) this.addLength(globals.loaded, length);
    }
    for (const local of [address, source, length]) this.code.byte(Opcode.LocalGet).u32(local);
  }

  /**
   * Pushes whether an access of `bytes` at local `address` plus its static offset leaves
   * `[start, end)`: one unsigned compare. The sum has 33 bits, so it is never formed; the bounds are
   * moved by the offset instead.
   */
  private pushOutside(address: number, bytes: number, start: number, end: number): void {
    const offset = this.source.memoryOffset;
    const lowest = Math.max(start - offset, 0);
    const highest = end - bytes - offset;
    if (highest < lowest) {
      this.code.raw(Opcode.I32Const, 1);
      return;
    }
    this.code.byte(Opcode.LocalGet).u32(address);
    if (lowest > 0)
      this.code
        .byte(Opcode.I32Const)
        .signed(lowest | 0)
        .byte(Opcode.I32Sub);
    this.code
      .byte(Opcode.I32Const)
      .signed((highest - lowest) | 0)
      .byte(Opcode.I32GtU);
  }

  /** A bad load does not flush first: in the fast build the engine stops it, and both burn the same fuel. */
  private callFault(address: number, site: number): void {
    this.code.byte(Opcode.LocalGet).u32(address).byte(Opcode.I32Const).signed(site);
    this.code.byte(Opcode.Call).u32(this.instrumentation.functions.fault).byte(Opcode.Unreachable);
  }

  private callRange(callee: number, address: number, length: number, site: number): void {
    this.code.byte(Opcode.LocalGet).u32(address).byte(Opcode.LocalGet).u32(length);
    this.code.byte(Opcode.I32Const).signed(site).byte(Opcode.Call).u32(callee);
  }

  private chargeFuel(amount: number, instructionOffset: number): void {
    if (amount === 0) return;
    const { globals, functions, sites } = this.instrumentation;
    const fuel = this.local("fuel", "i64");
    sites.push({
      kind: "fuel",
      functionIndex: this.entry.index,
      instructionOffset,
      memoryOffset: 0,
      accessBytes: undefined,
    });
    const code = this.code;
    if (this.plan.hasLeafLoop) code.byte(Opcode.LocalGet).u32(fuel);
    else code.byte(Opcode.GlobalGet).u32(globals.fuel);
    code.byte(Opcode.I64Const).signed(amount).byte(Opcode.I64Sub).byte(Opcode.LocalTee).u32(fuel);
    code.raw(Opcode.I64Const, 0, Opcode.I64LtS, Opcode.If, TypeCode.Empty);
    this.flush();
    code.byte(Opcode.I32Const).signed(sites.length);
    code.byte(Opcode.Call).u32(functions.fuelFault).raw(Opcode.Unreachable, Opcode.End);
    if (!this.plan.hasLeafLoop) code.byte(Opcode.LocalGet).u32(fuel).byte(Opcode.GlobalSet).u32(globals.fuel);
  }

  /** Takes the fuel into the local of the function, if it keeps one. */
  private reloadFuel(): void {
    if (!this.plan.hasLeafLoop) return;
    this.code.byte(Opcode.GlobalGet).u32(this.instrumentation.globals.fuel);
    this.code.byte(Opcode.LocalSet).u32(this.local("fuel", "i64"));
  }

  /** Adds a site at the current instruction and returns the number that stands for it. */
  private addSite(kind: FaultSite["kind"], accessBytes: number | undefined, memoryOffset: number): number {
    return this.instrumentation.sites.push({
      kind,
      functionIndex: this.entry.index,
      instructionOffset: this.source.offset,
      memoryOffset,
      accessBytes,
    });
  }

  /** Adds the counts of the segment that begins here, if one does, to the counters of the function. */
  private countSegment(): void {
    const segment: Segment | undefined = this.plan.segments[this.segmentCount];
    if (segment?.start !== this.source.offset) return;
    this.segmentCount++;
    this.addToCounter("instructions", segment.instructions);
    this.addToCounter("loaded", segment.loadedBytes);
    this.addToCounter("stored", segment.storedBytes);
  }

  private addToCounter(role: (typeof counterRoles)[number], amount: number): void {
    if (amount === 0) return;
    const counter = this.local(role, "i64");
    this.code.byte(Opcode.LocalGet).u32(counter).byte(Opcode.I64Const).signed(amount);
    this.code.byte(Opcode.I64Add).byte(Opcode.LocalSet).u32(counter);
  }

  /** Moves fuel and counters of the function to the globals, wherever it may be left or may call. */
  private flush(): void {
    const { counting, globals } = this.instrumentation;
    if (this.plan.hasLeafLoop) {
      this.code.byte(Opcode.LocalGet).u32(this.local("fuel", "i64")).byte(Opcode.GlobalSet).u32(globals.fuel);
    }
    if (!counting) return;
    for (const role of counterRoles) {
      const counter = this.local(role, "i64");
      this.code.byte(Opcode.GlobalGet).u32(globals[role]).byte(Opcode.LocalGet).u32(counter);
      this.code.byte(Opcode.I64Add).byte(Opcode.GlobalSet).u32(globals[role]);
      this.code.raw(Opcode.I64Const, 0).byte(Opcode.LocalSet).u32(counter);
    }
  }

  private addLength(global: number, length: number): void {
    this.code.byte(Opcode.GlobalGet).u32(global).byte(Opcode.LocalGet).u32(length);
    this.code.raw(Opcode.I64ExtendI32U, Opcode.I64Add).byte(Opcode.GlobalSet).u32(global);
  }

  /** A local of our own behind those of the function, one per role. */
  private local(role: string, type: ValueType): number {
    const known = this.localsByRole.get(role);
    if (known !== undefined) return known;
    const own = this.entry.type.parameters.length + this.body.localCount;
    const index = own + this.addedLocals.push(type) - 1;
    this.localsByRole.set(role, index);
    return index;
  }

  private locals(): Uint8Array {
    const writer = new ByteWriter();
    writer.u32(this.body.localGroups.length + this.addedLocals.length);
    for (const group of this.body.localGroups) writer.u32(group.count).byte(typeCode(group.type));
    for (const type of this.addedLocals) writer.u32(1).byte(typeCode(type));
    return writer.finish();
  }
}

/** The engine may stop at the instruction: an explicit trap, memory, the table, division, float to int. */
function mayTrap(opcode: number): boolean {
  return (
    opcode === Opcode.Unreachable ||
    opcode === Opcode.CallIndirect ||
    memoryAccessOf(opcode) !== undefined ||
    (opcode >= 0x6d && opcode <= 0x70) ||
    (opcode >= 0x7f && opcode <= 0x82) ||
    (opcode >= 0xa8 && opcode <= 0xab) ||
    (opcode >= 0xae && opcode <= 0xb1) ||
    (opcode >= Opcode.MemoryInit && opcode <= Opcode.MemoryFill)
  );
}
