/**
 * Footprints as a file: what `--json` prints, what a comparison has for a base, and what a long run
 * goes on from.
 */
import { cpus } from "node:os";
import { z } from "zod";
import { UserError } from "../user-error.ts";
import { FootprintRow } from "./footprint-row.ts";
import type { Feature } from "./feature.ts";
import type { RowStore } from "./matrix.ts";

const FORMAT = "brownout-footprint-1";

const FootprintFile = z.object({
  format: z.literal(FORMAT),
  rows: z.array(FootprintRow),
});

/** The document of a file. */
export function footprintDocument(rows: readonly FootprintRow[]): object {
  const machine = { processor: cpus()[0]?.model ?? "unknown", node: process.version };
  return { format: FORMAT, machine, rows };
}

/**
 * The rows of a document.
 *
 * @param name of the file
 * @throws UserError `footprint-file`
 */
export function readFootprints(document: unknown, name: string): FootprintRow[] {
  const { success, data, error } = FootprintFile.safeParse(document);
  if (success) return data.rows;
  const [issue] = error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw new UserError(
    "footprint-file",
    `${name} holds no footprints: ${issue?.message ?? "it has another form"}${place}.`,
    "Write it with `brownout footprint --json`.",
  );
}

const StateFile = z.object({
  format: z.literal(`${FORMAT}-state`),
  options: z.string(),
  rows: z.record(z.string(), FootprintRow),
});

/** Rows of a run that may be interrupted: written down one by one, each under what it was made from. */
export class StateRows implements RowStore {
  readonly #options: string;
  readonly #rows: Record<string, FootprintRow>;
  readonly #write: (document: object) => void;

  /**
   * @param document what the file holds; undefined if there is none yet
   * @param name of the file
   * @param options what was asked for, in words: rows of another run do not count
   * @param write replaces what the file holds
   * @throws UserError `footprint-state`
   */
  constructor(document: unknown, name: string, options: string, write: (document: object) => void) {
    this.#options = options;
    this.#write = write;
    if (document === undefined) {
      this.#rows = {};
      return;
    }
    const { success, data } = StateFile.safeParse(document);
    if (!success || data.options !== options) {
      throw new UserError(
        "footprint-state",
        `${name} is not the state of this run: ${success ? `that one was asked for ${data.options}` : "it has another form"}.`,
        "Give the options of the run that wrote it, or another file.",
      );
    }
    this.#rows = data.rows;
  }

  find(feature: Feature): FootprintRow | undefined {
    return this.#rows[keyOf(feature)];
  }

  keep(feature: Feature, row: FootprintRow): void {
    this.#rows[keyOf(feature)] = row;
    this.#write({ format: `${FORMAT}-state`, options: this.#options, rows: this.#rows });
  }
}

function keyOf({ feature, build, inputs }: Feature): string {
  return `${feature}/${build}/${inputs}`;
}
