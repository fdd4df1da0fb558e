/**
 * What does SUIT cost, and each of its extensions? `npx tsx benchmarks/suit-size.ts`
 *
 * Builds the bootloader with every combination of the switches in assembly/feature.ts. Code is told apart
 * by the names of its functions. RAM has no names: what SUIT, CBOR and COSE take of it is what a module
 * with everything else takes less. Computed from the binaries; nothing is timed.
 */
import { fileURLToPath } from "node:url";
import { DevicePage } from "../assembly/layout.ts";
import { stripCustomSections } from "../emulator/wasm/strip.ts";
import { compileModule } from "../host/build/compile.ts";
import type { Patch } from "../host/build/patch.ts";
import { buildVariant, isDefault, VARIANTS, variantName, type VariantModule } from "../host/build/variant.ts";
import { FLASH_BYTES, RAM_BASE, RAM_BYTES } from "../emulator/memory-map.ts";
import { HAL_SIGNATURES } from "../emulator/hal.ts";
import type { Footprint } from "../emulator/wasm/footprint.ts";
import { loadModule } from "../emulator/wasm/load.ts";

/** What one build costs. */
export interface SuitSize {
  readonly name: string;
  readonly isDefault: boolean;
  /** The whole bootloader as it lies in flash. */
  readonly moduleBytes: number;
  /** Functions of SUIT, CBOR and COSE, without cryptography. */
  readonly codeBytes: number;
  /** Static RAM and globals of SUIT, CBOR and COSE. */
  readonly ramBytes: number;
  /** All RAM of the bootloader with its worst-case stack. */
  readonly totalRamBytes: number;
  /** Whether flash and RAM suffice. */
  readonly fits: boolean;
}

/** Bytes of the boot partition before the device page. */
const CAPACITY_BYTES = DevicePage.Address;

/** The bootloader without SUIT, CBOR and COSE: what is left stays because it is exported. */
const REMAINDER: readonly Patch[] = [
  {
    file: "assembly/bootloader.ts",
    find: 'import { bootDevice } from "./boot/boot";\nimport { examine } from "./suit/procedure";\n',
    replace: [
      'import { runAgent } from "./link/agent";',
      'import { devicePageStatus } from "./flash/device-page";',
      'export { journalReopen, journalConfirm, journalRead } from "./flash/journal";',
      'export { sha256 } from "./crypto/sha256";',
      'export * from "./boot/message";',
      "",
    ].join("\n"),
  },
  { file: "assembly/bootloader.ts", find: "  bootDevice();\n", replace: "  devicePageStatus();\n" },
  {
    file: "assembly/bootloader.ts",
    find: "  return examine(address, length);\n",
    replace: "  return runAgent(address, length);\n",
  },
];

/** Builds and measures every combination; takes some seconds for each. */
export async function measureSuitSizes(): Promise<SuitSize[]> {
  const entry = { name: "remainder", source: "assembly/bootloader.ts", target: "bootloader" } as const;
  const { module: symbols } = await compileModule(entry, REMAINDER, false);
  const remainder = measure({ module: stripCustomSections(symbols), symbols });
  const sizes: SuitSize[] = [];
  for (const variant of VARIANTS) {
    const { moduleBytes, totalBytes } = measure(await buildVariant(variant));
    // The report writer is not SUIT's code, but some of it lies in the same folders.
    const silent = measure(await buildVariant({ ...variant, recoveryReports: false }));
    sizes.push({
      name: variantName(variant),
      isDefault: isDefault(variant),
      moduleBytes,
      codeBytes: silent.functions
        .filter(({ name }) => /^assembly\/(suit|cbor|cose)\//.test(name))
        .reduce((sum, { bytes }) => sum + bytes, 0),
      ramBytes: silent.staticBytes + silent.globalBytes - remainder.staticBytes - remainder.globalBytes,
      totalRamBytes: totalBytes,
      fits: moduleBytes <= CAPACITY_BYTES && totalBytes <= RAM_BYTES,
    });
  }
  return sizes;
}

/** The figures as a table. */
export function formatSuitSizes(sizes: readonly SuitSize[]): string {
  const lines = sizes.map((size) =>
    [
      `${size.name}${size.isDefault ? " (default)" : ""}`.padEnd(72),
      String(size.moduleBytes).padStart(11),
      String(size.codeBytes).padStart(11),
      String(size.ramBytes).padStart(11),
      String(size.totalRamBytes).padStart(11),
      size.fits ? "yes".padStart(6) : "no".padStart(6),
    ].join(""),
  );
  const columns = ["module", "SUIT code", "SUIT RAM", "all RAM"].map((title) => title.padStart(11)).join("");
  return [
    `SUIT, CBOR and COSE [bytes]; a module may have ${CAPACITY_BYTES}, all RAM ${RAM_BYTES}`,
    `${"build".padEnd(72)}${columns}${"fits".padStart(6)}`,
    ...lines,
  ].join("\n");
}

function measure({ module, symbols }: VariantModule): Footprint {
  return loadModule(module, {
    ramBase: RAM_BASE,
    ramBytes: RAM_BYTES,
    flashBytes: FLASH_BYTES,
    build: "fast",
    requiredExports: ["reset", "__heap_base"],
    allowedImports: HAL_SIGNATURES,
    symbols,
  }).footprint;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(formatSuitSizes(await measureSuitSizes()));
}
