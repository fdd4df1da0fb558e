/**
 * What a run has come to, as text and as data.
 */
import type { FuzzResult, ShrunkFinding } from "./run.ts";

/** Bytes of an input that are shown. */
const SHOWN_BYTES = 64;

/** A finding with the file that its input was written to. */
export interface ReportedFinding extends ShrunkFinding {
  readonly file: string | undefined;
}

/** A run for people. @param hasCoverage also lists functions of which something was not reached */
export function fuzzReportLines(
  result: FuzzResult,
  findings: readonly ReportedFinding[],
  hasCoverage: boolean,
): string[] {
  const { target, executions, seconds, cpuSeconds, workers, seed, edges, kept, corpus, accepted } = result;
  return [
    `Target ${target}: ${executions} executions in ${seconds.toFixed(1)} s with seed ${seed}`,
    `  ${(executions / seconds).toFixed(0)} per second in ${workers} ${workers === 1 ? "thread" : "threads"}, ` +
      `${(executions / cpuSeconds).toFixed(0)} per second of CPU time`,
    `  ${edges.reached} of ${edges.total} edges reached; ${kept} inputs kept, of which ${corpus.length} reach it all`,
    `  ${accepted} inputs accepted`,
    ...(hasCoverage ? unreachedLines(result) : []),
    ...(findings.length === 0 ? ["  no findings"] : findings.flatMap(findingLines)),
  ];
}

/** A run as data. */
export function fuzzReportJson(result: FuzzResult, findings: readonly ReportedFinding[]): object {
  const { corpus, ...rest } = result;
  return {
    ...rest,
    corpus: corpus.length,
    findings: findings.map(({ input, ...finding }) => ({ ...finding, input: hexOf(input) })),
  };
}

function findingLines({ kind, sentence, input, firstBytes, file }: ReportedFinding): string[] {
  const shown = hexOf(input.subarray(0, SHOWN_BYTES)) + (input.length > SHOWN_BYTES ? "…" : "");
  return [
    `  FINDING ${kind}: ${sentence}`,
    `    ${input.length} bytes, shrunk from ${firstBytes}: ${shown}`,
    ...(file === undefined ? ["    add --out DIR to keep it"] : [`    brownout fuzz --replay ${file}`]),
  ];
}

function unreachedLines({ functions }: FuzzResult): string[] {
  return functions
    .filter(({ reached, total }) => reached < total)
    .map(
      ({ name, reached, total }) =>
        `    ${String(reached).padStart(4)} of ${String(total).padStart(4)}  ${name}`,
    );
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
