/**
 * Comparisons of the same work done by several implementations, as tables.
 *
 * A machine's speed drifts by tens of percent while a benchmark runs, so implementations take turns
 * in one process, in several short rounds, and what counts is the median of the ratios within a round.
 * Time is CPU time of the process: other processes then slow nobody's long run more than a short one.
 */
import { Bench } from "tinybench";

/** One implementation. */
export interface BenchTask {
  readonly name: string;
  readonly run: () => void;
}

/** What was measured of one implementation. */
export interface BenchRow {
  readonly name: string;
  /** Median over the rounds of the median time of one run. */
  readonly micros: number;
  /** Time relative to the first row: above 1 is slower. Median over the rounds. */
  readonly ratio: number;
}

/** A finished comparison. */
export interface BenchTable {
  readonly title: string;
  readonly rows: readonly BenchRow[];
}

/** How long to measure: `rounds` rounds of `roundMillis` for each implementation. */
export interface BenchEffort {
  readonly rounds: number;
  readonly roundMillis: number;
}

/**
 * Compares implementations; the first is what the others are compared with.
 *
 * @throws whatever a run throws
 */
export async function compare(
  title: string,
  tasks: readonly BenchTask[],
  effort: BenchEffort = { rounds: 9, roundMillis: 150 },
): Promise<BenchTable> {
  const rounds: number[][] = [];
  for (let round = 0; round < effort.rounds; round++)
    rounds.push(await measureRound(tasks, effort.roundMillis));
  const rows = tasks.map(({ name }, index) => ({
    name,
    micros: median(rounds.map((micros) => micros[index] ?? NaN)),
    ratio: median(rounds.map((micros) => (micros[index] ?? NaN) / (micros[0] ?? NaN))),
  }));
  return { title, rows };
}

/** A table as lines of text. */
export function formatTable({ title, rows }: BenchTable): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(
    ({ name, micros, ratio }) =>
      `${name.padEnd(width)}  ${micros.toFixed(1).padStart(9)} µs  ${ratio.toFixed(2).padStart(6)} ×`,
  );
  return [title, ...lines].join("\n");
}

async function measureRound(tasks: readonly BenchTask[], millis: number): Promise<number[]> {
  const bench = new Bench({ now: cpuMillis, time: millis, warmupTime: millis / 3, throws: true });
  for (const { name, run } of tasks) bench.add(name, run);
  await bench.run();
  return bench.tasks.map(({ name, result }) => {
    if (result.state !== "completed") throw new Error(`${name} was not measured: ${result.state}`);
    return result.latency.p50 * 1000;
  });
}

function cpuMillis(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
