/**
 * Why a WebAssembly module was refused: one typed error with a stable code.
 */

/** Stable codes of {@link ModuleError}; reports and tests match on them. */
export type ModuleErrorCode =
  | "malformed"
  | "unsupported-feature"
  | "limit-exceeded"
  | "grows-memory"
  | "own-memory"
  | "memory-size"
  | "start-function"
  | "data-outside-ram"
  | "foreign-import"
  | "import-signature"
  | "missing-export"
  | "export-signature"
  | "reserved-export"
  | "ram-exceeded"
  | "recursion"
  | "unbounded-indirect-call"
  | "symbols-mismatch";

const hints: Readonly<Record<ModuleErrorCode, string>> = {
  malformed: "Check that the file is a complete WebAssembly binary of version 1, with nothing after its end.",
  "unsupported-feature":
    "Build for WebAssembly 1.0 with at most sign-extension, mutable-globals, bulk-memory, multi-value and nontrapping-fptoint.",
  "limit-exceeded": "Split the function, or reduce its locals and parameters.",
  "grows-memory": "The device has a fixed memory: allocate statically, and remove every memory.grow.",
  "own-memory":
    "Import the one memory of the device as env.memory (asc: --importMemory; wasm-ld: --import-memory).",
  "memory-size": "Link for the pages of the device (asc: --initialMemory and --maximumMemory).",
  "start-function":
    "Do the work in the exported function reset (asc: no top-level statements, no --exportStart).",
  "data-outside-ram": "Link static data to the base of RAM (asc: --memoryBase; wasm-ld: --global-base).",
  "foreign-import": "Import only env.memory and the functions of module hal (asc: --use abort=).",
  "import-signature": "Declare the HAL function with the parameter and result types of the HAL page.",
  "missing-export":
    "Export it from the entry file (asc: export { __heap_base }; wasm-ld: --export=__heap_base).",
  "export-signature": "Declare the export as the HAL page asks for it.",
  "reserved-export": "Rename the export: names that begin with bo: belong to the emulator.",
  "ram-exceeded": "Shrink the static data, or the functions on the deepest path.",
  recursion: "Write the recursion as a loop with an explicit, bounded stack.",
  "unbounded-indirect-call":
    "Call the function directly, or declare every possible target of indirect calls.",
  "symbols-mismatch": "Give the unstripped twin of the very module that is loaded.",
};

/** A module that cannot run on the device; `message` says what and where, `hint` what to do. */
export class ModuleError extends Error {
  override readonly name = "ModuleError";
  readonly code: ModuleErrorCode;
  readonly hint: string;

  constructor(code: ModuleErrorCode, message: string) {
    super(message);
    this.code = code;
    this.hint = hints[code];
  }
}

/** The error of bytes that are not a WebAssembly module; `offset` is where in the file. */
export function malformed(what: string, offset: number): ModuleError {
  return new ModuleError("malformed", `The module is malformed at byte ${offset}: ${what}.`);
}

/** The error of a module that uses a WebAssembly feature which the device does not have. */
export function unsupported(feature: string, offset: number): ModuleError {
  return new ModuleError(
    "unsupported-feature",
    `The module uses ${feature} at byte ${offset}, which the device does not have.`,
  );
}
