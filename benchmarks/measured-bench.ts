/**
 * Comparisons of a measured module, built for speed and for size, with others that do the same.
 */
import { type Cost, formatCosts } from "./cost.ts";
import { type BenchEffort, type BenchTable, compare, formatTable } from "./table.ts";

/** Time beside others, and what a call costs the device. */
export interface MeasuredBench {
  readonly table: BenchTable;
  readonly costs: readonly Cost[];
}

/** Somebody who verifies the signature at hand. */
export interface Verifier {
  readonly name: string;
  readonly verify: () => boolean;
}

/**
 * Compares how long verifying one genuine signature takes.
 *
 * @param present lays out the message for everybody, as it was signed or as it was not
 * @throws Error if somebody gives a wrong verdict: what verifies nothing is fast
 */
export async function compareVerifiers(
  title: string,
  verifiers: readonly Verifier[],
  present: (message: "genuine" | "forged") => void,
  effort?: BenchEffort,
): Promise<BenchTable> {
  present("forged");
  for (const { name, verify } of verifiers) {
    if (verify()) throw new Error(`${name} accepted a forged signature`);
  }
  present("genuine");
  return compare(
    title,
    verifiers.map(({ name, verify }) => ({
      name,
      run: () => {
        if (!verify()) throw new Error(`${name} rejected a genuine signature`);
      },
    })),
    effort,
  );
}

/** What a build of ours is called in a table. */
export function buildName({ target }: { readonly target: string }): string {
  return `Brownout (Wasm), built for ${target}`;
}

/** The figures as lines of text. */
export function formatMeasuredBench({ table, costs }: MeasuredBench): string {
  return `${formatTable(table)}\n${formatCosts(costs)}`;
}
