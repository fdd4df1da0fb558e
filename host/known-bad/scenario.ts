/**
 * The scenarios that known-bad variants are tried in: those that ship, and one more.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { profileNamed } from "../../emulator/profile.ts";
import { padded } from "../campaign/padded-image.ts";
import {
  buildUpdateScenario,
  scenarioNamed,
  type Scenario,
  type ScenarioModules,
} from "../campaign/scenario.ts";
import { ownModule, ownSymbols } from "../device/wasm-file.ts";
import { wasmDirectory } from "../project.ts";
import { UserError } from "../user-error.ts";
import type { Trial, Variant, VariantModule } from "./variant.ts";

/** Which build of a variant: with its fault, or repaired by the idea of the published fix. */
export type VariantBuild = "broken" | "repaired";

/**
 * So many bytes less than a slot has the payload of `oversized-update`: it would fit, were it not for
 * the page that the envelope takes.
 */
const SPARE_BYTES = 512;

/**
 * What a variant is tried in, with our own modules where it has none of its own.
 *
 * @param build which build of the variant; undefined: none, all modules are ours
 * @throws UserError `not-built`
 */
export function scenarioOf(trial: Trial, variant?: Variant, build: VariantBuild = "broken"): Scenario {
  const scenario = buildScenario(trial, variant, build);
  const { erasesPerPage } = trial;
  return erasesPerPage === undefined
    ? scenario
    : { ...scenario, subject: { ...scenario.subject, erasesPerPage } };
}

function buildScenario(trial: Trial, variant: Variant | undefined, build: VariantBuild): Scenario {
  const symbols: Uint8Array[] = [];
  const module = (name: VariantModule): Uint8Array => {
    if (variant?.modules.includes(name) !== true) return ownModule(name);
    const directory = path.join(variant.name, build === "broken" ? "" : build);
    symbols.push(readModule(path.join(directory, `${name}.symbols.wasm`)));
    return readModule(path.join(directory, `${name}.wasm`));
  };
  const modules: ScenarioModules = {
    bootloader: module("bootloader"),
    firmware1: module("firmware-1"),
    firmware2: module("firmware-2"),
    firmwareFailing: module("firmware-failing"),
    firmwareHanging: ownModule("firmware-hanging"),
    symbols: [...symbols, ...ownSymbols()],
  };
  const profile = profileNamed(trial.profile);
  if (trial.scenario !== "oversized-update") return scenarioNamed(trial.scenario, profile, modules);
  return buildUpdateScenario({
    ...modules,
    name: trial.scenario,
    title: "Slot A runs confirmed firmware; a payload is offered that does not fit beside its envelope.",
    profile,
    installed: modules.firmware1,
    offered: padded(modules.firmware2, profile.layout.slotB.bytes - SPARE_BYTES),
    expectation: "refused",
  });
}

function readModule(name: string): Uint8Array {
  const file = path.join(wasmDirectory, "known-bad", name);
  try {
    return Uint8Array.from(readFileSync(file));
  } catch (error) {
    throw new UserError("not-built", `${file} is missing.`, "Run `npm run build:known-bad` first.", {
      cause: error,
    });
  }
}
