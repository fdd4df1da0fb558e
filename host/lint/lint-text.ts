/**
 * What the lint of a module found, for people.
 */
import { PLAIN, type Colors } from "../report/color.ts";
import { count, things } from "../report/quantity.ts";
import type { LintFit, LintLink, ModuleLint } from "./module-lint.ts";

/** Functions that are listed by size. */
const LARGEST_FUNCTIONS = 5;

/** The lint as lines; the first is the verdict. */
export function lintLines(file: string, lint: ModuleLint, colors: Colors = PLAIN): string[] {
  const { mayRun, reasons, footprint, moduleBytes } = lint;
  const verdict = mayRun
    ? colors.green("may run on the device")
    : colors.red(`may not run on the device, for ${things(reasons.length, "reason")}`);
  return [
    colors.bold(`${file} ${verdict}`),
    ...reasons.flatMap(({ code, message, hint }) => [
      `  ${colors.red(code)}: ${message}`,
      `    ${colors.cyan("hint:")} ${hint}`,
    ]),
    ...(lint.sections.length === 0 ? [] : flashLines(lint)),
    ...(footprint === undefined ? [] : ramLines(lint)),
    ...linkLines("imports", lint.imports),
    ...linkLines("exports", lint.exports),
    ...(lint.sections.length === 0 ? [] : [strippedLine(lint, moduleBytes)]),
  ];
}

function flashLines({ moduleBytes, sections, footprint, boot, slot }: ModuleLint): string[] {
  const parts = sections.map(({ name, bytes }) => `${name} ${count(bytes)}`);
  const functions = [...(footprint?.functions ?? [])]
    .sort((left, right) => right.bytes - left.bytes)
    .slice(0, LARGEST_FUNCTIONS)
    .map(({ name, bytes }) => `${name} ${count(bytes)}`);
  return [
    `flash    ${count(moduleBytes)} B: ${parts.join(", ")}, header 8`,
    ...(functions.length === 0 ? [] : [`         largest functions: ${functions.join(", ")}`]),
    `         ${fitWords("the boot partition", boot, moduleBytes)}; ${fitWords("a slot", slot, moduleBytes)}`,
  ];
}

function fitWords(place: string, { bytes, fits }: LintFit, moduleBytes: number): string {
  const share = `${count(moduleBytes)} of ${count(bytes)} B`;
  return `${fits ? "fits" : "DOES NOT FIT"} ${place} (${share})`;
}

function ramLines({ footprint }: ModuleLint): string[] {
  if (footprint === undefined) return [];
  const { staticBytes, globalBytes, heapBytes, stackBytes, totalBytes, ramBytes } = footprint;
  const path = footprint.deepestPath.map(
    (name, index) => `${name} ${footprint.deepestPathBytes[index] ?? 0}`,
  );
  return [
    `RAM      ${count(totalBytes)} of ${count(ramBytes)} B: static ${count(staticBytes)}, ` +
      `globals ${count(globalBytes)}, heap ${count(heapBytes)}, stack ${count(stackBytes)}`,
    `         deepest path: ${path.join(" → ") || "none"}`,
  ];
}

function linkLines(title: string, links: readonly LintLink[]): string[] {
  return links.map(({ name, type }, index) => `${(index === 0 ? title : "").padEnd(9)}${name}: ${type}`);
}

function strippedLine({ customBytes }: ModuleLint, moduleBytes: number): string {
  if (customBytes === 0) return "names    stripped: no custom section takes up flash";
  const share = Math.round((100 * customBytes) / moduleBytes);
  return `names    not stripped: custom sections take ${count(customBytes)} B, ${share} % of the module`;
}
