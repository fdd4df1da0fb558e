/**
 * Decides what a function body pays: fuel per entry and per turn of each loop, and, for exact
 * counts, the instructions and the memory traffic of each straight run of code.
 *
 * `block`, `loop`, `else` and `end` are marks in the code and cost nothing; every other instruction
 * costs one. Fuel does not look at branches: a body pays for both arms of an if, so fuel is an upper
 * bound that needs no more than one charge per entry and per turn.
 */
import { InstructionReader } from "./instruction.ts";
import type { FunctionBody } from "./module.ts";
import { memoryAccessOf, Opcode } from "./opcode.ts";

/** A run of code that is executed as a whole, unless an instruction in it faults. */
export interface Segment {
  /** Byte offset of its first instruction. */
  readonly start: number;
  instructions: number;
  /** Bytes loaded and stored by instructions of static width. */
  loadedBytes: number;
  storedBytes: number;
}

export interface ChargePlan {
  /** Instructions of the body that are in no loop. */
  readonly entryFuel: number;
  /** Instructions of each loop that are in no inner loop, in the order of the loop instructions. */
  readonly loopFuel: readonly number[];
  /** Some loop calls nothing: it is worth keeping the fuel in a local of the function. */
  readonly hasLeafLoop: boolean;
  /** Runs of code in order; those that cost nothing are left out. */
  readonly segments: readonly Segment[];
}

/** Walks a decoded body. */
export function planCharges(bytes: Uint8Array, body: FunctionBody): ChargePlan {
  const instructions = new InstructionReader(bytes, body.codeStart, body.end);
  const fuel = [0];
  /** Which entry of `fuel` the instructions of each open block are charged to. */
  const open: { opcode: number; account: number }[] = [{ opcode: Opcode.Block, account: 0 }];
  /** Which loops have a call in their own code or in an inner loop. */
  const calling = new Set<number>();
  const segments: Segment[] = [];
  let segment = emptySegment(body.codeStart);
  while (instructions.next()) {
    const { opcode } = instructions;
    const account = open[open.length - 1]?.account ?? 0;
    if (!isMark(opcode)) {
      fuel[account] = (fuel[account] ?? 0) + 1;
      addTo(segment, opcode);
    }
    if (opcode === Opcode.Call || opcode === Opcode.CallIndirect) {
      for (const block of open) calling.add(block.account);
    }
    let boundary = endsSegment(opcode);
    if (opcode === Opcode.Loop) open.push({ opcode, account: fuel.push(0) - 1 });
    else if (opcode === Opcode.Block || opcode === Opcode.If) open.push({ opcode, account });
    else if (opcode === Opcode.End) boundary = open.pop()?.opcode !== Opcode.Loop;
    if (!boundary) continue;
    if (segment.instructions > 0) segments.push(segment);
    segment = emptySegment(instructions.nextOffset);
  }
  const [entryFuel = 0, ...loopFuel] = fuel;
  const hasLeafLoop = loopFuel.some((_, index) => !calling.has(index + 1));
  return { entryFuel, loopFuel, hasLeafLoop, segments };
}

function isMark(opcode: number): boolean {
  return opcode === Opcode.Block || opcode === Opcode.Loop || opcode === Opcode.Else || opcode === Opcode.End;
}

/** Control may leave after the instruction, or arrive from elsewhere. Ends of blocks are judged by the caller. */
function endsSegment(opcode: number): boolean {
  return (
    (opcode >= Opcode.Br && opcode <= Opcode.CallIndirect) ||
    opcode === Opcode.Unreachable ||
    opcode === Opcode.Loop ||
    opcode === Opcode.If ||
    opcode === Opcode.Else
  );
}

function emptySegment(start: number): Segment {
  return { start, instructions: 0, loadedBytes: 0, storedBytes: 0 };
}

function addTo(segment: Segment, opcode: number): void {
  segment.instructions++;
  const bytes = memoryAccessOf(opcode)?.bytes ?? 0;
  if (opcode <= Opcode.LastLoad) segment.loadedBytes += bytes;
  else segment.storedBytes += bytes;
}
