/**
 * Faults: why a running module was stopped, told in the terms of the module as it was before
 * instrumentation.
 */

/** A bad store, a bad load, a load of flash that faults when it is read, fuel used up, or a trap of the engine. */
export type FaultKind = "store" | "load" | "ecc" | "fuel" | "trap";

/** A place in the module where instrumentation may stop it. */
export interface FaultSite {
  readonly kind: "store" | "load" | "ecc" | "fuel";
  readonly functionIndex: number;
  /** Byte offset of the instruction in the module before instrumentation. */
  readonly instructionOffset: number;
  /** Static offset that the instruction adds to its address. */
  readonly memoryOffset: number;
  /** Width of the access; undefined if it is decided at run time (memory.copy, fill, init). */
  readonly accessBytes: number | undefined;
}

/** One fault. Fields that its kind does not have, or the engine does not tell, are undefined. */
export interface Fault {
  readonly kind: FaultKind;
  readonly functionName: string | undefined;
  readonly functionIndex: number | undefined;
  /** First byte of the access; beyond 32 bits if address and static offset overflow them. */
  readonly address: number | undefined;
  readonly accessBytes: number | undefined;
  /** Byte offset of the instruction in the module that was given to the loader. */
  readonly instructionOffset: number | undefined;
  /** One sentence for people. */
  readonly message: string;
}

/** Where the engine says that it stopped: function index and byte offset in the instrumented module. */
export interface EnginePosition {
  readonly functionIndex: number;
  readonly offset: number;
}

/** A running module, as far as faults are concerned. */
export interface FaultSource {
  /** The fault that a check has stopped it with, if one has. */
  fault(): Fault | undefined;
  /** The fault that a trap of the engine is. */
  trapFault(error: Error): Fault;
}

/**
 * The fault behind a value that was thrown out of `running`: the module's own, or the engine's trap.
 * Undefined for anything else, such as a signal that an import threw; that value is the caller's to
 * throw on.
 */
export function faultOf(error: unknown, running: FaultSource): Fault | undefined {
  if (error instanceof WebAssembly.RuntimeError) return running.fault() ?? running.trapFault(error);
  if (error instanceof Error && isStackExhaustion(error)) return running.trapFault(error);
  return undefined;
}

/** The fault of a site that instrumentation has stopped at. `access` is address and length as they were found. */
export function faultAt(
  site: FaultSite,
  access: { readonly address: number; readonly length: number },
  functionName: string,
): Fault {
  const { kind, functionIndex, instructionOffset } = site;
  const place = `in ${functionName} at byte ${instructionOffset}`;
  if (kind === "fuel") {
    const message = `The fuel is used up ${place}.`;
    return {
      kind,
      functionName,
      functionIndex,
      instructionOffset,
      address: undefined,
      accessBytes: undefined,
      message,
    };
  }
  const address = access.address + site.memoryOffset;
  const accessBytes = site.accessBytes ?? access.length;
  const where =
    kind === "store"
      ? "is outside RAM"
      : kind === "ecc"
        ? "meets flash whose error-correcting code does not fit"
        : "is outside flash and RAM";
  const verb = kind === "ecc" ? "load" : kind;
  const message = `A ${verb} of ${accessBytes} bytes at 0x${address.toString(16)} ${place} ${where}.`;
  return { kind, functionName, functionIndex, instructionOffset, address, accessBytes, message };
}

/** What the engine calls the exhaustion of its own call stack; engines differ in class and text. */
function isStackExhaustion(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof RangeError) return /call stack/i.test(error.message);
  return error.name === "InternalError" && /recursion/i.test(error.message);
}

/**
 * The innermost WebAssembly frame of an error's stack trace, as every engine writes it
 * (WebAssembly Web API §"Conventions": `wasm-function[index]:0xoffset`).
 */
export function enginePosition(error: Error): EnginePosition | undefined {
  const match = /wasm-function\[(\d+)\]:0x([0-9a-f]+)/i.exec(error.stack ?? "");
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { functionIndex: Number(match[1]), offset: Number.parseInt(match[2], 16) };
}
