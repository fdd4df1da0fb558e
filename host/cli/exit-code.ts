/**
 * What the exit code of every command says.
 */

/** Exit codes; scripts and CI rely on them, so they never change. */
export const ExitCode = {
  Pass: 0,
  Findings: 1,
  Usage: 2,
  Defect: 3,
  Interrupted: 130,
} as const;
/** One of ExitCode. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * The lines that help shows about exit codes.
 *
 * @param findings what counts as a finding in this command; undefined where nothing does
 */
export function exitCodeLines(findings: string | undefined): string[] {
  return [
    "0    all is well",
    ...(findings === undefined ? [] : [`1    ${findings}`]),
    "2    wrong usage: an option, a file, a value",
    "3    a defect of Brownout; please report it",
    "130  interrupted",
  ];
}
