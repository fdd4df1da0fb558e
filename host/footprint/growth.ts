/**
 * Whether footprints have grown since a base, beyond what is allowed.
 */
import { UserError } from "../user-error.ts";
import { count } from "../report/quantity.ts";
import { rowName, type FootprintRow } from "./footprint-row.ts";

/** What can grow, by the name that the command line has for it. */
const MEASURES = {
  flash: { words: "flash", unit: "bytes", values: (row: FootprintRow) => single(row.moduleBytes) },
  code: { words: "code", unit: "bytes", values: (row: FootprintRow) => single(row.codeBytes) },
  static: { words: "static RAM", unit: "bytes", values: (row: FootprintRow) => single(row.staticBytes) },
  stack: { words: "worst-case stack", unit: "bytes", values: (row: FootprintRow) => single(row.stackBytes) },
  ram: { words: "RAM", unit: "bytes", values: (row: FootprintRow) => single(row.ramBytes) },
  instructions: {
    words: "executed instructions",
    unit: "",
    values: (row: FootprintRow) => new Map(row.works.map(({ title, instructions }) => [title, instructions])),
  },
  time: {
    words: "time",
    unit: "µs",
    values: (row: FootprintRow) =>
      new Map(row.works.flatMap(({ title, time }) => (time === undefined ? [] : [[title, time.median]]))),
  },
} as const;

/** One of the names. */
export type Measure = keyof typeof MEASURES;

/** All of them. */
export const MEASURE_NAMES = Object.keys(MEASURES).filter(isMeasure);

/** How much a measure may grow: by so much, or by so many hundredths of what it was. */
export interface Allowance {
  readonly amount: number;
  readonly isPercent: boolean;
}

/** Allowances by measure; what is not named may grow as it likes. */
export type Allowances = ReadonlyMap<Measure, Allowance>;

/** Nothing that is the same on every machine may grow at all. */
export const USUAL_ALLOWANCES = "flash=0,code=0,ram=0,instructions=0";

/** What a comparison found. */
export interface Growth {
  /** A sentence each. */
  readonly violations: readonly string[];
  /** What could not be compared, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads allowances as they stand on a command line: `code=2%,ram=0,instructions=5%`.
 *
 * @throws UserError `usage`
 */
export function parseAllowances(text: string): Allowances {
  const allowances = new Map<Measure, Allowance>();
  for (const part of text.split(",")) {
    const [, name = "", amount = "", percent] = /^([a-z]+)=(\d+(?:\.\d+)?)(%?)$/.exec(part) ?? [];
    if (!isMeasure(name)) {
      throw new UserError(
        "usage",
        `"${part}" does not say how much something may grow.`,
        `It is a name and a number of ${MEASURE_NAMES.join(", ")}: code=2%,ram=0 for example.`,
      );
    }
    allowances.set(name, { amount: Number(amount), isPercent: percent === "%" });
  }
  return allowances;
}

/** Compares rows with those of the same name in a base. */
export function compareGrowth(
  base: readonly FootprintRow[],
  rows: readonly FootprintRow[],
  allowances: Allowances,
): Growth {
  const before = new Map(base.map((row) => [rowName(row), row]));
  const now = new Set(rows.map(rowName));
  const violations: string[] = [];
  const notes = base
    .filter((row) => !now.has(rowName(row)))
    .map((row) => `${rowName(row)} is in the base and was not measured now.`);
  for (const row of rows) {
    const old = before.get(rowName(row));
    if (old === undefined) notes.push(`${rowName(row)} is not in the base.`);
    else
      for (const [name, allowance] of allowances)
        compareMeasure(name, allowance, [old, row], { violations, notes });
  }
  return { violations, notes };
}

function compareMeasure(
  name: Measure,
  { amount, isPercent }: Allowance,
  [old, row]: readonly [old: FootprintRow, row: FootprintRow],
  { violations, notes }: { readonly violations: string[]; readonly notes: string[] },
): void {
  const { words, unit, values } = MEASURES[name];
  const before = values(old);
  for (const [work, value] of values(row)) {
    const was = before.get(work);
    const what = `${rowName(row)}${work === "" ? "" : `, ${work}`}`;
    if (was === undefined) {
      notes.push(`${what}: the base has no ${words}.`);
      continue;
    }
    const allowed = isPercent ? (was * amount) / 100 : amount;
    if (value <= was + allowed) continue;
    const numbers = `from ${number(was)} to ${number(value)}${unit === "" ? "" : ` ${unit}`}`;
    const share = was === 0 ? "" : `, by ${number((100 * (value - was)) / was)} %`;
    const limit = isPercent ? `${amount} %` : number(amount);
    violations.push(`${what}: ${words} grew ${numbers}${share}; ${limit} is allowed.`);
  }
}

/** A value that does not depend on what the module is made to do. */
function single(value: number): Map<string, number> {
  return new Map([["", value]]);
}

function isMeasure(name: string): name is Measure {
  return Object.hasOwn(MEASURES, name);
}

function number(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toFixed(value < 10 ? 2 : 1);
}
