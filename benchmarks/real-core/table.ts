/**
 * The figures of real cores as a table.
 */
import type { KernelCost } from "./kernel-measure.ts";

const COLUMNS: readonly (readonly [title: string, value: (cost: KernelCost) => number])[] = [
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

/** Costs as lines of text; sizes are in bytes. */
export function formatKernels(costs: readonly KernelCost[]): string {
  const names = costs.map(({ name, target, core }) => `${name}, built for ${target}, ${core}`);
  const width = Math.max(...names.map(({ length }) => length));
  const columnWidth = (title: string): number => Math.max(title.length, 9) + 2;
  const cells = (values: readonly string[]): string =>
    values.map((value, index) => value.padStart(columnWidth(COLUMNS[index]?.[0] ?? ""))).join("");
  return [
    `${"kernel".padEnd(width)}${cells(COLUMNS.map(([title]) => title))}`,
    ...costs.map(
      (cost, index) =>
        `${(names[index] ?? "").padEnd(width)}${cells(COLUMNS.map(([, value]) => value(cost).toLocaleString("en")))}`,
    ),
  ].join("\n");
}
