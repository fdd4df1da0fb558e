/**
 * Disturbs a boot that must refuse: every executed instruction, one at a time, is skipped, or its
 * condition is inverted, or a call returns the wrong value, or one bit that it reads is flipped. No
 * image but the allowed one may get control, and the device must still boot afterwards.
 *
 * Before anything counts, the campaign has to find what is wrong with two bootloaders that are wrong on
 * purpose. Hash and signature have windows of their own; of the signature, so many instructions are
 * drawn at random. A finding names the source line, what was done, and what would prevent it, and
 * comes with a case id, which `--case` plays again. docs/glitches.md says what each model does.
 *
 * ```console
 * $ brownout glitch --scenario unsigned
 * Control: canary digest-uncompared is found: it boots a tampered image even without a glitch.
 * ...
 * ```
 */
import path from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { profileNamed } from "../../../emulator/index.ts";
import { describeEffect, GLITCH_MODELS, type GlitchModel } from "../../../emulator/wasm/glitch-model.ts";
import { GLITCH_WINDOWS, playGlitch, runGlitchCampaign, type GlitchCampaign } from "../../glitch/campaign.ts";
import { bootloaderDigest, parseGlitchCase } from "../../glitch/case-id.ts";
import { runControl } from "../../glitch/control.ts";
import { glitchReportJson, glitchReportText, VERDICT_SENTENCES } from "../../glitch/report.ts";
import { REFUSAL_NAMES, refusalNamed } from "../../glitch/scenario.ts";
import { loadTarget, ownTarget, type GlitchTarget } from "../../glitch/target.ts";
import { SIGNATURE_SAMPLE, windowOptions } from "../../glitch/window.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { ProgressLine, type Io } from "../io.ts";
import { profileOption } from "../option.ts";

const Options = z.object({
  scenario: z.string(),
  models: z.array(z.enum(GLITCH_MODELS)),
  window: z.enum(GLITCH_WINDOWS),
  sample: z.number().optional(),
  seed: z.number(),
  bootloader: z.string().optional(),
  profile: z.string(),
  case: z.string().optional(),
  anyDigest: z.boolean().optional(),
  json: z.boolean().optional(),
});
type Options = z.infer<typeof Options>;

/** `brownout glitch`. */
export const glitch: CliCommand = {
  words: "glitch",
  summary: "disturb every instruction of a boot that must refuse",
  examples: ["glitch", "glitch --scenario tampered-active --models skip,invert,return,load,local"],
  findings: "a glitch gets through or bricks the device, or the control failed",
  declare: (command) => {
    command
      .option("--scenario <name>", `what is wrong: all, or one of ${REFUSAL_NAMES.join(", ")}`, "all")
      .addOption(
        new Option("--models <list>", `what is done: ${GLITCH_MODELS.join(", ")}`)
          .argParser(parseModels)
          .default(["skip", "invert"], "skip,invert"),
      )
      .addOption(
        new Option("--window <name>", "which part of the boot").choices(GLITCH_WINDOWS).default("boot"),
      )
      .option(
        "--sample <number>",
        `so many instructions at random (signature: ${SIGNATURE_SAMPLE})`,
        parseCount,
      )
      .option("--seed <number>", "where chance starts", parseCount, 1)
      .option("--bootloader <wasm>", "a bootloader instead of ours")
      .option("--case <id>", "play one glitch again")
      .option("--any-digest", "play it although bootloader or inputs are others than the case's")
      .addOption(profileOption());
  },
  run: ({ io, options: given }) => {
    const options = Options.parse(given);
    const target = targetOf(io, options);
    return options.case === undefined
      ? campaign(io, options, target)
      : replay(io, options.case, options, target);
  },
};

function campaign(io: Io, options: Options, target: GlitchTarget): ExitCode {
  const { models, window, seed, json } = options;
  const profile = profileNamed(options.profile);
  const controls = runControl(profile);
  const names = options.scenario === "all" ? REFUSAL_NAMES : [options.scenario];
  const count = options.sample ?? (window === "signature" ? SIGNATURE_SAMPLE : undefined);
  const progress = new ProgressLine(io);
  const campaigns: GlitchCampaign[] = [];
  if (json !== true) {
    for (const { name, isFound, sentence } of controls) {
      const said = isFound === undefined ? "could not be tried" : isFound ? "is found" : "IS NOT FOUND";
      io.out.write(`Control: canary ${name} ${said}: ${sentence}.\n`);
    }
    if (count !== undefined) io.out.write(`A sample: ${count} instructions each, seed ${seed}.\n`);
  }
  for (const name of names) {
    const scenario = refusalNamed(name, profile, target.bootloader);
    const result = runGlitchCampaign(scenario, {
      models,
      ...windowOptions(window, target),
      ...(count === undefined ? {} : { sample: { count, seed } }),
      onProgress: (faults, index) => {
        progress.show(`${name}: ${faults} glitches, instruction ${index}`);
      },
    });
    progress.clear();
    campaigns.push(result);
    if (json !== true) io.out.write(`\n${glitchReportText(result, target)}`);
  }
  if (json === true) {
    writeJson(io, { controls, campaigns: campaigns.map((result) => glitchReportJson(result, target)) });
  }
  const isClean = campaigns.every(
    ({ failsUndisturbed, findings }) => !failsUndisturbed && findings.length === 0,
  );
  return isClean && controls.every(({ isFound }) => isFound !== false) ? ExitCode.Pass : ExitCode.Findings;
}

function replay(io: Io, text: string, options: Options, target: GlitchTarget): ExitCode {
  const id = parseGlitchCase(text);
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
  const { site, functionName, run, verdict } = playGlitch(
    scenario,
    windowOptions(id.window, target),
    id.index,
    id.effect,
  );
  const place = site && target.sourceMap?.placeOf(site.offset);
  const sentence = verdict === "harmless" ? "Nothing got through." : VERDICT_SENTENCES[verdict];
  if (options.json === true) {
    writeJson(io, { case: text, site, functionName, place, run, verdict, sentence });
  } else {
    writeLines(io, [
      `${scenario.name}: ${scenario.title}`,
      site === undefined
        ? `  dynamic index ${id.index}: the boot executes fewer instructions`
        : `  dynamic index ${id.index}: "${site.text}" ${describeEffect(id.effect)}`,
      ...(place === undefined ? [] : [`  from ${place.file}:${place.line}:${place.column}`]),
      ...(site === undefined ? [] : [`  in ${functionName}, byte ${site.offset}`]),
      `  the boot ends with: ${run.end}`,
      `  ${verdict}: ${sentence}`,
    ]);
  }
  return verdict === "harmless" ? ExitCode.Pass : ExitCode.Findings;
}

function targetOf(io: Io, { bootloader }: Options): GlitchTarget {
  if (bootloader !== undefined) return loadTarget(path.resolve(io.directory, bootloader));
  const own = ownTarget("bootloader");
  if (own !== undefined) return own;
  throw new UserError("not-built", "Our bootloader is not built.", "Run `npm run build` first.");
}

function parseModels(text: string): GlitchModel[] {
  return text.split(",").map((name) => {
    const model = GLITCH_MODELS.find((known) => known === name);
    if (model !== undefined) return model;
    throw new InvalidArgumentError(`There is no model "${name}": there are ${GLITCH_MODELS.join(", ")}.`);
  });
}

function parseCount(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number above 0.");
}
