/**
 * How far long glitch campaigns have come, in a file: written whole or not at all, so that whatever
 * stops a run, the next one goes on from the last whole state. It says what it belongs to: another
 * bootloader, other inputs or other options are refused.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { z } from "zod";
import { readBounded } from "../device/bounded-file.ts";
import { writeFileWhole } from "../device/whole-file.ts";
import { UserError } from "../user-error.ts";
import type { GlitchStanding } from "./campaign-sum.ts";
import { VERDICTS } from "./judge.ts";
import type { GlitchRecipe } from "./runner.ts";

const FORMAT = "brownout-glitch-progress-1";
/** Far more than all scenarios with all their findings come to. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

const count = z.number().int().nonnegative();
const Effect = z.strictObject({ code: count, bit: count });
const Site = z.strictObject({
  functionIndex: count,
  offset: count,
  opcode: count,
  valueType: z.enum(["i32", "i64", "f32", "f64"]).optional(),
  keepsArgument: z.boolean(),
  text: z.string(),
});
const Finding = z.strictObject({
  verdict: z.enum(VERDICTS).exclude(["harmless"]),
  index: count,
  effect: Effect,
  site: Site,
  functionName: z.string(),
  cut: z
    .strictObject({ operation: count, torn: count.optional(), operations: count, what: z.string() })
    .optional(),
});
const Tally = z.strictObject({
  harmless: count,
  booted: count,
  accepted: count,
  "booted-later": count,
  bricked: count,
});
const Standing = z.strictObject({
  disturbed: count,
  faults: count,
  tally: Tally,
  findings: z.array(Finding),
});
const Campaign = z.strictObject({ digest: z.string(), isOver: z.boolean(), standing: Standing });
const Progress = z.strictObject({ format: z.literal(FORMAT), campaigns: z.record(z.string(), Campaign) });

/** A progress file. */
export class ProgressFile {
  readonly #file: string;
  readonly #name: string;
  readonly #campaigns: Record<string, z.infer<typeof Campaign>>;

  /**
   * Opens a file, or begins one where there is none.
   *
   * @param name what to call it in errors
   * @throws UserError `progress-syntax`
   */
  constructor(file: string, name: string) {
    this.#file = file;
    this.#name = name;
    this.#campaigns = existsSync(file) ? readProgress(file, name) : {};
  }

  /**
   * Where a campaign has come to; undefined: it has not begun.
   *
   * @throws UserError `progress-mismatch` if the file is about another one of the same scenario
   */
  standingOf(recipe: GlitchRecipe): GlitchStanding | undefined {
    const known = this.#campaigns[keyOf(recipe)];
    if (known === undefined) return undefined;
    if (known.digest !== digestOf(recipe)) {
      throw new UserError(
        "progress-mismatch",
        `${this.#name} is about another bootloader, other inputs or other options.`,
        "Give what it was begun with, or another --state file.",
      );
    }
    const { findings, ...rest } = known.standing;
    return {
      ...rest,
      findings: findings.map(({ cut, site, ...finding }) => ({
        ...finding,
        site: { ...site, valueType: site.valueType },
        ...(cut === undefined ? {} : { cut: withoutUndefined(cut) }),
      })),
    };
  }

  /**
   * Writes down how far a campaign has come.
   *
   * @throws UserError `unwritable-file`
   */
  write(recipe: GlitchRecipe, { disturbed, faults, tally, findings }: GlitchStanding, isOver: boolean): void {
    this.#campaigns[keyOf(recipe)] = {
      digest: digestOf(recipe),
      isOver,
      standing: {
        disturbed,
        faults,
        tally: { ...tally },
        findings: findings.map(({ verdict, index, effect, site, functionName, cut }) => ({
          verdict,
          index,
          effect,
          site,
          functionName,
          ...(cut === undefined ? {} : { cut }),
        })),
      },
    };
    const progress = { format: FORMAT, campaigns: this.#campaigns };
    writeFileWhole(this.#file, `${JSON.stringify(progress)}\n`, { name: this.#name });
  }
}

function withoutUndefined({ torn, ...cut }: NonNullable<z.infer<typeof Finding>["cut"]>) {
  return torn === undefined ? cut : { ...cut, torn };
}

function readProgress(file: string, name: string): Record<string, z.infer<typeof Campaign>> {
  const refuse = (): never => {
    throw new UserError(
      "progress-syntax",
      `${name} is no progress file of \`brownout glitch\`.`,
      "Give another name, or remove it to begin anew.",
    );
  };
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(readBounded(file, FILE_BYTES_MAX)));
  } catch {
    return refuse();
  }
  const parsed = Progress.safeParse(content);
  return parsed.success ? parsed.data.campaigns : refuse();
}

function keyOf({ scenario, window }: GlitchRecipe): string {
  return `${scenario.profile.name}/${scenario.name} ${window}`;
}

/** SHA-256 of everything that decides what is disturbed and what comes of it. */
function digestOf({ scenario, window, models, symbols, kernels, within, sample }: GlitchRecipe): string {
  const digest = createHash("sha256").update(scenario.inputsDigest).update(scenario.state.flash);
  const options = { window, models, kernels, within, sample, profile: scenario.profile.name };
  return digest.update(symbols).update(JSON.stringify(options)).digest("hex");
}
