/**
 * Plays one case of `brownout glitch` again.
 */
import { profileNamed } from "../../emulator/index.ts";
import { describeEffect } from "../../emulator/wasm/glitch-model.ts";
import { playGlitch } from "../glitch/campaign.ts";
import { bootloaderDigest, parseGlitchCase } from "../glitch/case-id.ts";
import { describeCut, VERDICT_SENTENCES } from "../glitch/report.ts";
import { refusalNamed } from "../glitch/scenario.ts";
import type { GlitchTarget } from "../glitch/target.ts";
import { windowOptions } from "../glitch/window.ts";
import { UserError } from "../user-error.ts";
import { writeJson, writeLines } from "./command.ts";
import { ExitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";

/** What the command line says. */
interface ReplayOptions {
  readonly anyDigest?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/**
 * Plays a case.
 *
 * @throws UserError `case-id-syntax`, `scenario-unknown` or `digest-mismatch`
 */
export function replayGlitch(
  io: Io,
  text: string,
  options: ReplayOptions,
  targetFor: (scenario: string) => GlitchTarget,
): ExitCode {
  const id = parseGlitchCase(text);
  const target = targetFor(id.scenario);
  const scenario = refusalNamed(id.scenario, profileNamed(id.profile), target.bootloader);
  const isSame =
    bootloaderDigest(target.bootloader) === id.bootloaderDigest &&
    scenario.inputsDigest.startsWith(id.inputsDigest);
  if (!isSame && options.anyDigest !== true) {
    throw new UserError(
      "digest-mismatch",
      "Bootloader or inputs are others than the case's, so its index may mean another instruction.",
      "Give the same --bootloader, or add --any-digest.",
    );
  }
  const played = playGlitch(scenario, windowOptions(id.window, target), id.index, id.effect, id.second);
  const { site, functionName, second, run, verdict, cut } = played;
  const place = site && target.sourceMap?.placeOf(site.offset);
  const sentence = verdict === "harmless" ? "Nothing got through." : VERDICT_SENTENCES[verdict];
  if (options.json === true) {
    const secondPlace = second?.site && target.sourceMap?.placeOf(second.site.offset);
    const more = second === undefined ? {} : { second: { ...second, place: secondPlace } };
    writeJson(io, { case: text, site, functionName, place, ...more, run, verdict, cut, sentence });
  } else {
    const line = (index: number, effect: typeof id.effect, played: Instruction): string[] =>
      instructionLines(index, describeEffect(effect), played, target);
    writeLines(io, [
      `${scenario.name}: ${scenario.title}`,
      ...line(id.index, id.effect, { site, functionName }),
      ...(id.second === undefined || second === undefined
        ? []
        : line(id.second.index, id.second.effect, second)),
      `  the boot ends with: ${run.end}`,
      ...(cut === undefined ? [] : [`  ${describeCut(cut)}`]),
      `  ${verdict}: ${sentence}`,
    ]);
  }
  return verdict === "harmless" ? ExitCode.Pass : ExitCode.Findings;
}

type Instruction = Pick<ReturnType<typeof playGlitch>, "site" | "functionName">;

function instructionLines(
  index: number,
  effect: string,
  { site, functionName }: Instruction,
  target: GlitchTarget,
): string[] {
  if (site === undefined) return [`  dynamic index ${index}: the boot executes fewer instructions`];
  const place = target.sourceMap?.placeOf(site.offset);
  return [
    `  dynamic index ${index}: "${site.text}" ${effect}`,
    ...(place === undefined ? [] : [`  from ${place.file}:${place.line}:${place.column}`]),
    `  in ${functionName}, byte ${site.offset}`,
  ];
}
