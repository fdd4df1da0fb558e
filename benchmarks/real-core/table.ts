/**
 * The figures of real cores as a table.
 */
import type { BootloaderCost, CoreBoot } from "./boot-measure.ts";
import type { KernelCost } from "./kernel-measure.ts";
import type { YardstickCost } from "./yardstick.ts";

type Column<Row> = readonly [title: string, value: (row: Row) => number];

const KERNEL_COLUMNS: readonly Column<KernelCost>[] = [
  ["instructions", (cost) => cost.instructions],
  ["of Wasm", (cost) => cost.wasm.instructions],
  ["text", (cost) => cost.textBytes],
  ["rodata", (cost) => cost.rodataBytes],
  ["library", (cost) => cost.libraryBytes],
  ["Wasm code", (cost) => cost.wasm.codeBytes],
  ["data+bss", (cost) => cost.staticBytes + cost.globalBytes],
  ["stack", (cost) => cost.stackBytes],
  ["at most", (cost) => cost.stackBoundBytes],
];

const BOOTLOADER_COLUMNS: readonly Column<BootloaderCost>[] = [
  ["text", (cost) => cost.textBytes],
  ["rodata", (cost) => cost.rodataBytes],
  ["library", (cost) => cost.libraryBytes],
  ["Wasm code", (cost) => cost.wasm.codeBytes],
  ["data+bss", (cost) => cost.staticBytes + cost.globalBytes],
  ["stack", (cost) => Math.max(...cost.boots.map(({ stackBytes }) => stackBytes))],
  ["at most", (cost) => cost.stackBoundBytes],
  ["as Wasm", (cost) => cost.wasm.stackBytes],
];

const BOOT_COLUMNS: readonly Column<CoreBoot>[] = [
  ["instructions", (boot) => boot.instructions],
  ["of Wasm", (boot) => boot.wasmInstructions],
];

const YARDSTICK_COLUMNS: readonly Column<YardstickCost>[] = [
  ["instructions", ({ native }) => native.instructions],
  ["of Wasm", ({ throughWasm }) => throughWasm.instructions],
  ["ratio", ({ native, throughWasm }) => ratio(throughWasm.instructions, native.instructions)],
  ["code", ({ native }) => native.codeBytes],
  ["of Wasm", ({ throughWasm }) => throughWasm.codeBytes],
  ["ratio", ({ native, throughWasm }) => ratio(throughWasm.codeBytes, native.codeBytes)],
];

/** Yardsticks as lines of text: compiled as they are, and through WebAssembly. */
export function formatYardsticks(costs: readonly YardstickCost[]): string {
  return format(
    "C, as it is and through Wasm",
    YARDSTICK_COLUMNS,
    costs.map((cost) => [`${cost.name}, ${cost.core}`, cost]),
  );
}

function ratio(part: number, whole: number): number {
  return Math.round((100 * part) / whole) / 100;
}

/** Kernels as lines of text; sizes are in bytes. */
export function formatKernels(costs: readonly KernelCost[]): string {
  return format(
    "kernel",
    KERNEL_COLUMNS,
    costs.map((cost) => [`${cost.name}, built for ${cost.target}, ${cost.core}`, cost]),
  );
}

/** Bootloaders as lines of text: what they take, then their power-ons. */
export function formatBootloaders(costs: readonly BootloaderCost[]): string {
  const nameOf = ({ name, core }: BootloaderCost): string => `${name}, ${core}`;
  const sizes = format(
    "bootloader",
    BOOTLOADER_COLUMNS,
    costs.map((cost) => [nameOf(cost), cost]),
  );
  const boots = format(
    "power-on of an update",
    BOOT_COLUMNS,
    costs.flatMap((cost) =>
      cost.boots.map((boot, index): [string, CoreBoot] => [
        `${nameOf(cost)}: ${index + 1}, ${boot.title}`,
        boot,
      ]),
    ),
  );
  return `${sizes}\n\n${boots}`;
}

function format<Row>(
  title: string,
  columns: readonly Column<Row>[],
  rows: readonly (readonly [name: string, row: Row])[],
): string {
  const width = Math.max(title.length, ...rows.map(([name]) => name.length));
  const cells = (values: readonly string[]): string =>
    values.map((value, index) => value.padStart(Math.max(columns[index]?.[0].length ?? 0, 9) + 2)).join("");
  return [
    `${title.padEnd(width)}${cells(columns.map(([name]) => name))}`,
    ...rows.map(
      ([name, row]) =>
        `${name.padEnd(width)}${cells(columns.map(([, value]) => value(row).toLocaleString("en")))}`,
    ),
  ].join("\n");
}
