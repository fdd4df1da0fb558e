/**
 * Worst-case stack of a module, computed from its binary.
 *
 * Locals and operands live outside linear memory in WebAssembly, yet on a real part they take RAM.
 * A frame is 4 bytes per i32 and f32 and 8 per i64 and f64 over parameters, locals and the largest
 * operand stack, and 16 bytes besides: the memory of an interpreter on the part, so the figure errs
 * against the module. The stack is the most expensive path through the call graph.
 */
import { ModuleError } from "./module-error.ts";
import type { DecodedModule, FunctionEntry } from "./module.ts";
import { measureOperands, valueBytes } from "./operand.ts";
import type { OperandUse } from "./operand.ts";

/** Bytes of a frame besides its values: return address, caller's frame, function, program counter. */
export const frameOverheadBytes = 16;

/** One call on a path. */
export interface PathStep {
  readonly functionName: string;
  readonly frameBytes: number;
}

/** The deepest path of a module. */
export interface StackUse {
  readonly stackBytes: number;
  /** From the entry point to the innermost call; empty if there is no entry point. */
  readonly path: readonly PathStep[];
}

export interface StackOptions {
  /** Indices of the functions that are called from outside. */
  readonly roots: readonly number[];
  /** Names of all functions that indirect calls may reach; without them an indirect call is refused. */
  readonly indirectTargets?: readonly string[];
}

/**
 * Validates every body and finds the deepest path from the roots. Throws ModuleError "malformed"
 * for a body whose types do not fit, "recursion" and "unbounded-indirect-call" where no bound exists.
 */
export function computeStack(module: DecodedModule, options: StackOptions): StackUse {
  return new CallGraph(module, options.indirectTargets).deepest(options.roots);
}

interface Node {
  readonly entry: FunctionEntry;
  readonly frameBytes: number;
  readonly callees: readonly number[];
}

/** What is known of a function whose callees are all known. */
interface Depth {
  readonly bytes: number;
  readonly next: number | undefined;
}

class CallGraph {
  private readonly nodes: readonly Node[];
  private readonly depths = new Map<number, Depth>();

  constructor(module: DecodedModule, indirectTargets: readonly string[] | undefined) {
    this.nodes = module.functions.map((entry) => {
      if (entry.body === undefined) return { entry, frameBytes: frameBytes(entry, 0), callees: [] };
      const use = measureOperands(module, entry);
      const callees = [...use.calls, ...indirectCallees(module, entry, use, indirectTargets)];
      return { entry, frameBytes: frameBytes(entry, use.maximumBytes), callees };
    });
  }

  deepest(roots: readonly number[]): StackUse {
    let best: Depth = { bytes: 0, next: undefined };
    for (const root of roots) {
      const depth = this.depthOf(root);
      if (depth.bytes > best.bytes) best = { bytes: depth.bytes, next: root };
    }
    const path: PathStep[] = [];
    for (let index = best.next; index !== undefined; index = this.depths.get(index)?.next) {
      const node = this.node(index);
      path.push({ functionName: node.entry.name, frameBytes: node.frameBytes });
    }
    return { stackBytes: best.bytes, path };
  }

  /** Depth-first without recursion of our own: a hostile module may chain any number of calls. */
  private depthOf(root: number): Depth {
    const open = [{ index: root, position: 0 }];
    const onPath = new Set([root]);
    for (;;) {
      const top = open[open.length - 1];
      if (top === undefined) break;
      const callee = this.node(top.index).callees[top.position++];
      if (callee === undefined) {
        this.depths.set(top.index, this.combine(top.index));
        onPath.delete(top.index);
        open.pop();
      } else if (onPath.has(callee)) {
        throw this.recursion([...open.map((step) => step.index), callee]);
      } else if (!this.depths.has(callee)) {
        open.push({ index: callee, position: 0 });
        onPath.add(callee);
      }
    }
    return this.depths.get(root) ?? { bytes: 0, next: undefined };
  }

  private combine(index: number): Depth {
    const node = this.node(index);
    let deepest = 0;
    let next: number | undefined;
    for (const callee of node.callees) {
      const bytes = this.depths.get(callee)?.bytes ?? 0;
      if (bytes > deepest) {
        deepest = bytes;
        next = callee;
      }
    }
    return { bytes: node.frameBytes + deepest, next };
  }

  private recursion(path: readonly number[]): ModuleError {
    const cycle = path.slice(path.indexOf(path[path.length - 1] ?? 0));
    const names = cycle.map((index) => this.node(index).entry.name);
    return new ModuleError(
      "recursion",
      `The functions ${names.join(" → ")} call each other without a bound.`,
    );
  }

  private node(index: number): Node {
    const node = this.nodes[index];
    if (node === undefined) throw new RangeError(`There is no function ${index}.`);
    return node;
  }
}

function frameBytes(entry: FunctionEntry, operandBytes: number): number {
  const parameters = entry.type.parameters.reduce((sum, type) => sum + valueBytes(type), 0);
  const locals = (entry.body?.localGroups ?? []).reduce(
    (sum, group) => sum + group.count * valueBytes(group.type),
    0,
  );
  return parameters + locals + operandBytes + frameOverheadBytes;
}

/**
 * The functions that indirect calls of `entry` may reach: those of the right type in the table.
 * All of them must be declared, so a declaration that leaves one out is refused, not believed.
 */
function indirectCallees(
  module: DecodedModule,
  entry: FunctionEntry,
  use: OperandUse,
  declared: readonly string[] | undefined,
): number[] {
  const callees: number[] = [];
  if (use.indirectTypes.size === 0) return callees;
  if (declared === undefined) {
    throw new ModuleError(
      "unbounded-indirect-call",
      `Function ${entry.name} calls through the table, and no targets are declared.`,
    );
  }
  const wanted = new Set([...use.indirectTypes].map((index) => typeKey(module, index)));
  for (const index of new Set(module.elements.flatMap((segment) => segment.functions))) {
    const target = module.functions[index];
    if (target === undefined || !wanted.has(typeKey(module, target.typeIndex))) continue;
    if (!declared.includes(target.name)) {
      throw new ModuleError(
        "unbounded-indirect-call",
        `Function ${entry.name} may call ${target.name} through the table, which is not declared as a target.`,
      );
    }
    callees.push(index);
  }
  return callees;
}

/** Types are equal by structure, not by index. */
function typeKey(module: DecodedModule, typeIndex: number): string {
  const type = module.types[typeIndex];
  return type === undefined ? "" : `${type.parameters.join()}:${type.results.join()}`;
}
