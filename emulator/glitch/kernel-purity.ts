/**
 * Which functions can be kernels: those that only compute on memory. Their code says so.
 */
import { InstructionReader } from "../wasm/instruction.ts";
import type { DecodedModule } from "../wasm/module.ts";
import { Opcode } from "../wasm/opcode.ts";

/** A function that cannot be a kernel. */
export class KernelError extends Error {
  override readonly name = "KernelError";
  readonly code: "kernel-unknown" | "kernel-not-pure";

  constructor(code: KernelError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Indices of the functions called `names`. Throws KernelError "kernel-unknown". */
export function functionIndices(module: DecodedModule, names: readonly string[]): number[] {
  return names.map((name) => {
    const entry = module.functions.find(
      (candidate) => candidate.name === name && candidate.body !== undefined,
    );
    if (entry === undefined) throw new KernelError("kernel-unknown", `The module has no function ${name}.`);
    return entry.index;
  });
}

/** Indices of the functions called `names`. Throws KernelError if one is not there or is no kernel. */
export function kernelIndices(module: DecodedModule, names: readonly string[]): number[] {
  const indices = functionIndices(module, names);
  refuseImpure(module, indices);
  return indices;
}

/**
 * Kernels, and whatever they call, call nothing outside. A global that changes must be their own, and
 * is taken for scratch: set before it is read.
 */
function refuseImpure(module: DecodedModule, indices: readonly number[]): void {
  for (const index of indices) {
    const { name, type } = module.functions[index] ?? { name: "", type: { parameters: [], results: [] } };
    const isPlain = [...type.parameters, ...type.results].every((each) => each === "i32");
    if (isPlain && type.parameters.length <= 4 && type.results.length <= 1) continue;
    throw new KernelError("kernel-not-pure", `${name} takes or yields other than a few 32-bit numbers.`);
  }
  const own = closureOf(module, indices);
  const scratch = new Set<number>();
  for (const member of own) {
    const refuse = (why: string): never => {
      const name = module.functions[member]?.name ?? "a function";
      throw new KernelError("kernel-not-pure", `${name} cannot be in a kernel: it ${why}.`);
    };
    if (member < module.importedFunctionCount) refuse("is outside of the module");
    for (const use of usesOf(module, member)) {
      if (use.opcode === Opcode.CallIndirect) refuse("calls through a table");
      if (isGlobalUse(module, use)) scratch.add(use.index);
    }
  }
  for (const entry of module.functions) {
    const shared = usesOf(module, entry.index).some(
      (use) => isGlobalUse(module, use) && scratch.has(use.index),
    );
    if (!shared || own.has(entry.index)) continue;
    throw new KernelError("kernel-not-pure", `A kernel shares a global with ${entry.name}.`);
  }
}

interface Use {
  readonly opcode: number;
  readonly index: number;
}

function isGlobalUse(module: DecodedModule, { opcode, index }: Use): boolean {
  return (
    (opcode === Opcode.GlobalGet || opcode === Opcode.GlobalSet) && module.globals[index]?.mutable === true
  );
}

/** Functions and whatever they call. */
export function closureOf(module: DecodedModule, indices: readonly number[]): Set<number> {
  const closure = new Set(indices);
  // A set that grows while it is walked is walked to its end.
  for (const member of closure) {
    for (const use of usesOf(module, member)) if (use.opcode === Opcode.Call) closure.add(use.index);
  }
  return closure;
}

/** The calls and the uses of globals in a function. */
function usesOf(module: DecodedModule, index: number): Use[] {
  const body = module.functions[index]?.body;
  if (body === undefined) return [];
  const reader = new InstructionReader(module.bytes, body.codeStart, body.end);
  const uses: Use[] = [];
  while (reader.next()) {
    const { opcode } = reader;
    if (
      opcode === Opcode.Call ||
      opcode === Opcode.CallIndirect ||
      opcode === Opcode.GlobalGet ||
      opcode === Opcode.GlobalSet
    ) {
      uses.push({ opcode, index: reader.index });
    }
  }
  return uses;
}
