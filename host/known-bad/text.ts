/**
 * What a run of the corpus found, as text and as data.
 */
import { things } from "../report/quantity.ts";
import { isRight, type ShownGood, type VariantResult } from "./run.ts";
import { cutsIn, type Trial, type Variant } from "./variant.ts";

/** Where a published thread is. */
export function threadAddress(bug: string): string {
  const [repository, number] = bug.split("#");
  return `https://github.com/${repository}/issues/${number}`;
}

/** "1 cut", "without a cut". */
export function cutsText(plan: string): string {
  const cuts = cutsIn(plan);
  return cuts === 0 ? "without a cut" : things(cuts, "cut");
}

/** The plan, or that it has no cut. */
export function planText(plan: string): string {
  return plan === "" ? "none, uninterrupted power" : plan;
}

/** "update on class1, clean cuts". */
export function trialText({ scenario, profile, tear }: Trial): string {
  return `${scenario} on ${profile}, ${tear.length === 0 ? "clean cuts" : `torn by ${tear.join(", ")}`}`;
}

/** One line per variant: its name, its bugs, its title. */
export function listLines(variants: readonly Variant[]): string[] {
  return variants.flatMap(({ name, bugs, title }) => [name, `  ${title}`, `  ${bugs.join(", ")}`]);
}

/** One variant's result. */
export function resultLines(result: VariantResult): string[] {
  const { variant, found, boots, seconds, fixed, repaired } = result;
  const cost = `${things(boots, "boot")} in ${seconds.toFixed(1)} s`;
  const verdict =
    found === undefined
      ? [`  NOT FOUND by ${variant.oracle}, ${cost}`]
      : [
          `  FOUND by ${found.oracle}, ${cutsText(found.plan)}, ${cost}`,
          `    ${found.sentence}`,
          `    ${found.caseId}`,
          ...(result.isAsStated
            ? []
            : [
                `    Its file states another plan: ${planText(variant.plan)}; this is ${planText(found.plan)}.`,
              ]),
        ];
  return [
    variant.name,
    `  ${variant.title} (${variant.bugs.join(", ")})`,
    `  ${trialText(variant.trial)}`,
    ...verdict,
    `  fixed: ${goodText(fixed)}`,
    ...(repaired === undefined ? [] : [`  repaired: ${goodText(repaired)}`]),
  ];
}

/** The last line of all. */
export function summaryText(results: readonly VariantResult[], seconds: number): string {
  const found = results.filter((result) => result.found !== undefined).length;
  const right = results.filter(isRight).length;
  return (
    `${found} of ${things(results.length, "known-bad variant")} found; what is right passes ` +
    `for ${right} of ${results.length}; ${seconds.toFixed(0)} s.`
  );
}

/** A result as data that JSON can hold. */
export function resultJson(result: VariantResult): Record<string, unknown> {
  const { variant, found, isAsStated, boots, seconds, fixed, repaired } = result;
  return {
    ...variantJson(variant),
    found: found ?? null,
    isAsStated,
    boots,
    seconds,
    fixed: { ...fixed, objection: fixed.objection ?? null },
    repaired: repaired === undefined ? null : { ...repaired, objection: repaired.objection ?? null },
  };
}

/** A variant as data that JSON can hold. */
export function variantJson({ name, title, bugs, trial, oracle, plan }: Variant): Record<string, unknown> {
  return { name, title, bugs, threads: bugs.map(threadAddress), trial, oracle, plan };
}

function goodText({ passes, states, seconds, objection }: ShownGood): string {
  const what = passes ? "passes" : `FAILS, ${objection ?? ""}`;
  return `${what}, ${things(states, "state")} in ${seconds.toFixed(1)} s`;
}
