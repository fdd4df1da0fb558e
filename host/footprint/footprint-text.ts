/**
 * Footprints as text, as Markdown and as CSV.
 */
import { PLAIN, type Colors } from "../report/color.ts";
import { count, duration, energy } from "../report/quantity.ts";
import { rowName, type FootprintRow, type Interval, type PartCost } from "./footprint-row.ts";

const LINKED_ELSEWHERE =
  "not linked for a device: static data is what its linker laid out, with a stack of its own if it has one";

/** Functions, and stretches of static RAM, that the details of one module list. */
const LISTED = 12;

interface Table {
  readonly header: readonly string[];
  /** The first cell is text, the others are numbers. */
  readonly lines: readonly (readonly string[])[];
}

/** The matrix: what each row takes, and what its work takes on each part. */
export function matrixLines(rows: readonly FootprintRow[], colors: Colors = PLAIN): string[] {
  const sizes = sizeTable(rows);
  const parts = partTable(rows);
  return [
    colors.bold("Flash and RAM [bytes], executed Wasm instructions, and time on this machine"),
    ...plain(sizes, colors),
    ...(parts.lines.length === 0
      ? []
      : ["", colors.bold("Simulated time and energy on each part"), ...plain(parts, colors)]),
  ];
}

/** The matrix as Markdown. */
export function matrixMarkdown(rows: readonly FootprintRow[]): string[] {
  const parts = partTable(rows);
  return [...markdown(sizeTable(rows)), ...(parts.lines.length === 0 ? [] : ["", ...markdown(parts)])];
}

/** One line per row and piece of work, for a spreadsheet (RFC 4180). */
export function matrixCsv(rows: readonly FootprintRow[]): string[] {
  const profiles = profilesOf(rows);
  const header = [
    ...[
      "feature",
      "build",
      "module_bytes",
      "code_bytes",
      "static_bytes",
      "global_bytes",
      "stack_bytes",
      "ram_bytes",
    ],
    ...["work", "instructions", "time_micros", "time_low_micros", "time_high_micros"],
    ...profiles.flatMap((name) => [`${name}_micros`, `${name}_nanojoules`]),
  ];
  const lines = rows.flatMap((row) => {
    const sizes = [
      row.moduleBytes,
      row.codeBytes,
      row.staticBytes,
      row.globalBytes,
      row.stackBytes,
      row.ramBytes,
    ];
    const works = row.works.length === 0 ? [undefined] : row.works;
    return works.map((work) => [
      ...[row.feature, row.build, ...sizes],
      ...[work?.title, work?.instructions, work?.time?.median, work?.time?.low, work?.time?.high],
      ...profiles.flatMap((name) => {
        const part = work?.parts.find(({ profile }) => profile === name);
        return [part?.micros, part?.nanojoules];
      }),
    ]);
  });
  return [header, ...lines].map((cells) => cells.map(csvCell).join(","));
}

/** What there is to know of one module beyond its row. */
export function detailLines(row: FootprintRow, colors: Colors = PLAIN): string[] {
  const { moduleBytes, sections, functions, staticBytes, globalBytes, stackBytes, ramBytes, stackPath } = row;
  const list = (
    title: string,
    parts: readonly { readonly name: string; readonly bytes: number }[],
    listed = LISTED,
  ): string[] => {
    const rest = parts.slice(listed);
    const restBytes = rest.reduce((sum, { bytes }) => sum + bytes, 0);
    return [
      colors.bold(title),
      ...parts.slice(0, listed).map(({ name, bytes }) => `  ${count(bytes).padStart(9)}  ${name}`),
      ...(rest.length === 0 ? [] : [`  ${count(restBytes).padStart(9)}  ${rest.length} more`]),
    ];
  };
  return [
    ...list(`Flash by section: ${count(moduleBytes)} bytes`, sections),
    ...list(`Code by function`, functions),
    colors.bold(`RAM: ${count(ramBytes)} bytes`),
    `  ${count(staticBytes).padStart(9)}  static data`,
    `  ${count(globalBytes).padStart(9)}  globals`,
    `  ${count(stackBytes).padStart(9)}  worst-case stack`,
    ...(row.isLinkedElsewhere === true ? [`  ${LINKED_ELSEWHERE}`] : []),
    ...list(
      "Static data by address",
      row.staticRam.map(({ name, address, bytes }) => ({ bytes, name: `0x${address.toString(16)} ${name}` })),
      Infinity,
    ),
    ...list("Stack of the deepest path, outermost first", stackPath, Infinity),
  ];
}

function sizeTable(rows: readonly FootprintRow[]): Table {
  return {
    header: ["", "flash", "code", "static", "globals", "stack", "RAM", "work", "instructions", "time (95 %)"],
    lines: rows.flatMap((row) => {
      const { moduleBytes, codeBytes, staticBytes, globalBytes, stackBytes, ramBytes } = row;
      const sizes = [moduleBytes, codeBytes, staticBytes, globalBytes, stackBytes, ramBytes].map(count);
      const [first, ...more] = row.works.map((work) => [
        work.title,
        count(work.instructions),
        work.time === undefined ? "" : intervalText(work.time),
      ]);
      return [
        [rowName(row), ...sizes, ...(first ?? ["", "", ""])],
        ...more.map((cells) => ["", ...sizes.map(() => ""), ...cells]),
      ];
    }),
  };
}

function partTable(rows: readonly FootprintRow[]): Table {
  const profiles = profilesOf(rows);
  const text = (part: PartCost | undefined): string =>
    part === undefined ? "" : `${duration(part.micros)}, ${energy(part.nanojoules)}`;
  return {
    header: ["", "work", ...profiles],
    lines: rows.flatMap((row) =>
      row.works.map((work) => [
        rowName(row),
        work.title,
        ...profiles.map((name) => text(work.parts.find(({ profile }) => profile === name))),
      ]),
    ),
  };
}

function profilesOf(rows: readonly FootprintRow[]): string[] {
  return [
    ...new Set(
      rows.flatMap(({ works }) => works.flatMap(({ parts }) => parts.map(({ profile }) => profile))),
    ),
  ];
}

function intervalText({ median, low, high }: Interval): string {
  const digits = median < 100 ? 1 : 0;
  return `${median.toFixed(digits)} µs (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

function plain({ header, lines }: Table, colors: Colors): string[] {
  const all = [header, ...lines];
  const widths = header.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all.map((cells, index) => {
    const padded = widths.map((width, column) => {
      const cell = cells[column] ?? "";
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    const line = padded.join("  ").trimEnd();
    return index === 0 ? colors.dim(line) : line;
  });
}

function markdown({ header, lines }: Table): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [row(header), row(header.map((_, column) => (column === 0 ? "---" : "--:"))), ...lines.map(row)];
}

function csvCell(value: string | number | undefined): string {
  const text = value === undefined ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
