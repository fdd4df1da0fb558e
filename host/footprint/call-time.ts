/**
 * How long a call takes: the median of many samples, with its confidence interval.
 *
 * Time is CPU time of the process. The interval is that of the median by order statistics: of
 * `n` independent samples, the 95 % between the ranks `n/2 ± 0.98 √n`. It says how well these
 * samples agree; another run on another day may differ by more, since machines drift.
 */
import type { Interval } from "./footprint-row.ts";

/** How much is measured. */
export interface TimeEffort {
  readonly samples: number;
  /** How long one sample is at least. */
  readonly sampleMillis: number;
}

/** Unless said otherwise. */
export const USUAL_EFFORT: TimeEffort = { samples: 41, sampleMillis: 4 };

const WARM_UP_SAMPLES = 3;

/** Measures a call. @throws whatever the call throws */
export function timeOf(call: () => void, { samples, sampleMillis }: TimeEffort = USUAL_EFFORT): Interval {
  const calls = callsPerSample(call, sampleMillis);
  for (let index = 0; index < WARM_UP_SAMPLES; index++) microsPerCall(call, calls);
  const times = Array.from({ length: samples }, () => microsPerCall(call, calls));
  return intervalOf(times);
}

/** The median of samples and its 95 % confidence interval. */
export function intervalOf(samples: readonly number[]): Interval {
  const sorted = samples.toSorted((left, right) => left - right);
  const { length } = sorted;
  const reach = 0.98 * Math.sqrt(length);
  const ranked = (rank: number): number => sorted[Math.min(Math.max(rank, 1), length) - 1] ?? 0;
  return {
    median: (ranked(Math.floor((length + 1) / 2)) + ranked(Math.ceil((length + 1) / 2))) / 2,
    low: ranked(Math.floor(length / 2 - reach)),
    high: ranked(Math.ceil(length / 2 + reach)),
    samples: length,
  };
}

/** So many calls that they take as long as a sample. */
function callsPerSample(call: () => void, sampleMillis: number): number {
  let calls = 1;
  while (microsPerCall(call, calls) * calls < sampleMillis * 1000) calls *= 2;
  return calls;
}

function microsPerCall(call: () => void, calls: number): number {
  const before = process.cpuUsage();
  for (let index = 0; index < calls; index++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
