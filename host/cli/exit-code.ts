/**
 * What the exit code of every command says.
 */

/** Exit codes; scripts and CI rely on them, so they never change. */
export const ExitCode = {
  Pass: 0,
  Findings: 1,
  Usage: 2,
  Defect: 3,
  /** A shard that recorded findings: do not run it again, `merge` reports them. */
  ShardFindings: 42,
  Interrupted: 130,
} as const;
/** One of ExitCode. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The line about {@link ExitCode.ShardFindings}. */
export const SHARD_FINDINGS_LINE =
  "42   a shard that recorded findings: do not run it again, merge reports them";

/**
 * The lines that help shows about exit codes.
 *
 * @param findings what counts as a finding in this command; undefined where nothing does
 * @param more lines that only this command needs
 */
export function exitCodeLines(findings: string | undefined, more: readonly string[] = []): string[] {
  return [
    "0    all is well",
    ...(findings === undefined ? [] : [`1    ${findings}`]),
    "2    wrong usage: an option, a file, a value",
    "3    a defect of Brownout; please report it",
    ...more,
    "130  interrupted",
  ];
}
