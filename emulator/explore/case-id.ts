/**
 * The case id: one line that names a device, a bootloader, its inputs and a plan of power cuts.
 *
 * ```
 * bo1:class1/update#1f2e3d4c#0a1b2c3d@17a,2291t2~1
 *     profile/scenario#bootloader#inputs @cuts   ~seed
 * ```
 *
 * Digests are the first 8 hexadecimal digits of SHA-256. There is one cut per power-on, in the text
 * form of cut.ts; none at all stands for uninterrupted power. The seed is left out when nothing was
 * drawn by chance.
 */

import { formatCut, parseCut, type Cut } from "../cut.ts";

/** A case, taken apart. */
export interface CaseId {
  readonly profile: string;
  readonly scenario: string;
  /** First 8 hexadecimal digits of the bootloader's SHA-256. */
  readonly bootloaderDigest: string;
  /** First 8 hexadecimal digits of the inputs' SHA-256. */
  readonly inputsDigest: string;
  readonly cuts: readonly Cut[];
  readonly seed?: number;
}

/** A text that is not a case id, or a case that has no text. */
export class CaseIdError extends Error {
  override readonly name = "CaseIdError";
  readonly code: "case-id-syntax";
  /** Index of the first character that is not as expected. */
  readonly position: number;
  /** What should have stood there. */
  readonly expected: string;

  constructor(text: string, position: number, expected: string) {
    const found = position < text.length ? `"${text.slice(position, position + 12)}"` : "the end";
    super(`Character ${position + 1} of the case id: expected ${expected}, found ${found}.`);
    this.code = "case-id-syntax";
    this.position = position;
    this.expected = expected;
  }
}

const SEED_MAX = 0xffff_ffff;

/**
 * The text form of a case.
 *
 * @throws CaseIdError when a part cannot be written, for example a scenario name with a slash
 */
export function formatCaseId(id: CaseId): string {
  const cuts = id.cuts.map(formatCut).join(",");
  const seed = id.seed === undefined ? "" : `~${id.seed}`;
  const text = `bo1:${id.profile}/${id.scenario}#${id.bootloaderDigest}#${id.inputsDigest}@${cuts}${seed}`;
  parseCaseId(text);
  return text;
}

/**
 * Reads a case id.
 *
 * @throws CaseIdError with the position and what was expected there
 */
export function parseCaseId(text: string): CaseId {
  const scanner = new Scanner(text);
  scanner.literal("bo1:");
  const profile = scanner.match(
    /[a-z0-9][a-z0-9-]*/y,
    "a profile's name: lower case letters, digits, hyphens",
  );
  scanner.literal("/");
  const scenario = scanner.match(
    /[a-z0-9][a-z0-9-]*/y,
    "a scenario's name: lower case letters, digits, hyphens",
  );
  scanner.literal("#");
  const bootloaderDigest = scanner.match(/[0-9a-f]{8}/y, "8 hexadecimal digits, the bootloader's digest");
  scanner.literal("#");
  const inputsDigest = scanner.match(/[0-9a-f]{8}/y, "8 hexadecimal digits, the inputs' digest");
  scanner.literal("@");
  const cuts = readCuts(scanner);
  const id = { profile, scenario, bootloaderDigest, inputsDigest, cuts };
  if (!scanner.skip("~")) {
    scanner.end(
      cuts.length === 0 ? "a cut, as 17b, 17a or 17t2, a seed or the end" : "a comma, a seed or the end",
    );
    return id;
  }
  const start = scanner.position;
  const seed = Number(scanner.match(/0|[1-9][0-9]{0,9}/y, "a seed: a whole number"));
  if (seed > SEED_MAX) throw new CaseIdError(text, start, `a seed of at most ${SEED_MAX}`);
  scanner.end("the end");
  return { ...id, seed };
}

function readCuts(scanner: Scanner): Cut[] {
  const cuts: Cut[] = [];
  const pattern = /(?:0|[1-9][0-9]{0,8})(?:[ba]|t(?:0|[1-9][0-9]{0,8}))/y;
  if (scanner.isAtEnd || scanner.sees("~")) return cuts;
  do {
    cuts.push(parseCut(scanner.match(pattern, "a cut, as 17b, 17a or 17t2")));
  } while (scanner.skip(","));
  return cuts;
}

/** Reads a text from left to right. */
class Scanner {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.position >= this.#text.length;
  }

  sees(literal: string): boolean {
    return this.#text.startsWith(literal, this.position);
  }

  skip(literal: string): boolean {
    if (!this.sees(literal)) return false;
    this.position += literal.length;
    return true;
  }

  literal(literal: string): void {
    if (!this.skip(literal)) throw new CaseIdError(this.#text, this.position, `"${literal}"`);
  }

  /** @param pattern sticky */
  match(pattern: RegExp, expected: string): string {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new CaseIdError(this.#text, this.position, expected);
    this.position += found.length;
    return found;
  }

  end(expected: string): void {
    if (!this.isAtEnd) throw new CaseIdError(this.#text, this.position, expected);
  }
}
