/**
 * The project's own Wasm modules, as `npm run build` leaves them.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import {
  FLASH_BYTES,
  HAL_SIGNATURES,
  loadModule,
  ModuleError,
  RAM_BASE,
  RAM_BYTES,
} from "../../emulator/index.ts";
import { wasmDirectory } from "../project.ts";
import { UserError } from "../user-error.ts";

/** Modules whose unstripped twins give functions in faults their names. */
const NAMED_MODULES = [
  "bootloader",
  "bootloader-managed",
  "bootloader-encrypted",
  "firmware-1",
  "firmware-2",
  "reporting-1",
  "reporting-2",
  "decrypting-1",
  "decrypting-2",
  "dispatching-2",
  "firmware-failing",
  "firmware-hanging",
] as const;

/**
 * One of our modules as it goes into flash.
 *
 * @param name as in `bootloader` or `firmware-1`
 * @throws UserError `not-built`
 */
export function ownModule(name: string): Uint8Array {
  const file = path.join(wasmDirectory, `${name}.wasm`);
  if (existsSync(file)) return Uint8Array.from(readFileSync(file));
  throw new UserError("not-built", `${file} is missing.`, "Run `npm run build` first.");
}

/**
 * Checks that a device could run a module, as bootloader or as firmware.
 *
 * @param name what to call the module in errors
 * @returns the module
 * @throws UserError with a code that starts with `module-`
 */
export function checkModule(module: Uint8Array, name: string): Uint8Array {
  namingModule(name, () =>
    loadModule(module, {
      ramBase: RAM_BASE,
      ramBytes: RAM_BYTES,
      flashBytes: FLASH_BYTES,
      build: "checked",
      requiredExports: ["reset", "__heap_base"],
      allowedImports: HAL_SIGNATURES,
    }),
  );
  return module;
}

/**
 * What `act` gives; what it finds wrong with a module, as an error that names the file.
 *
 * @throws UserError with a code that starts with `module-`
 */
export function namingModule<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw new UserError(`module-${error.code}`, `${name}: ${error.message}`, error.hint, { cause: error });
  }
}

/** The unstripped twins of our modules, as far as they are built. */
export function ownSymbols(): Uint8Array[] {
  return NAMED_MODULES.map((name) => path.join(wasmDirectory, `${name}.symbols.wasm`))
    .filter((file) => existsSync(file))
    .map((file) => Uint8Array.from(readFileSync(file)));
}
