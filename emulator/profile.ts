/**
 * Device profiles: the part as data.
 *
 * A profile is JSON. Every figure states its source and a grade of how well that source was
 * checked; a figure of grade D is from memory, is marked "unverified", and must not be presented as
 * fact. {@link parseProfile} checks a document and yields the plain numbers the emulator works
 * with, keeping the sources beside them.
 */

import class1 from "./profiles/class1.json" with { type: "json" };
import nrf52 from "./profiles/nrf52.json" with { type: "json" };
import samd21 from "./profiles/samd21.json" with { type: "json" };
import stm32f103 from "./profiles/stm32f103.json" with { type: "json" };
import stm32g0 from "./profiles/stm32g0.json" with { type: "json" };
import stm32l0 from "./profiles/stm32l0.json" with { type: "json" };
import { formatDefect, parseDefect, type Defect } from "./defect.ts";
import { DEVICE_PAGE, FLASH_BYTES, PARTITION_NAMES, type FlashRange, type Layout } from "./memory-map.ts";
import { TEAR_CLASSES, type TearClass } from "./tear.ts";

/** What a programmed write unit still allows before an erase; see flash.ts. */
export type UnitRule = "and" | "once" | "once-or-zero" | "count";

/** How often flash may be written between two erases. */
export interface WriteLimit {
  /** So many writes … */
  readonly writes: number;
  /** … of each stretch of so many bytes, at a multiple of them. */
  readonly scopeBytes: number;
  /**
   * What one write command can program [bytes]: the units of one call that lie in the same such
   * stretch are one write.
   */
  readonly burstBytes: number;
}

/**
 * How well a figure is known. A: vendor text or table. B: constant in a maintained driver,
 * devicetree or operating system. C: secondary page. D: from memory, unverified. X: our own
 * choice, no part is claimed to have it.
 */
export type Grade = "A" | "B" | "C" | "D" | "X";

/** One figure of a profile with its origin. */
export interface Figure {
  /** Where it stands in the document, as in `flash.pageBytes`. */
  readonly path: string;
  readonly value: number | string;
  readonly source: string;
  readonly grade: Grade;
}

/** A figure that the part states twice [µs]. */
export interface Micros {
  readonly typical: number;
  readonly max: number;
}

/** A checked profile. */
export interface Profile {
  readonly name: string;
  readonly title: string;
  /** What a reader has to know, one sentence or more each. */
  readonly notes: readonly string[];
  /** Erase unit [bytes]. */
  readonly pageBytes: number;
  /** Write unit [bytes]. */
  readonly unitBytes: number;
  /** What every byte of an erased page reads: 0x00 or 0xFF. */
  readonly erasedValue: number;
  readonly unitRule: UnitRule;
  /** Where the unit rule is `count`: how often. */
  readonly writeLimit?: WriteLimit;
  /** Bytes that one error-correcting code covers; 0 where the part has none. */
  readonly eccUnitBytes: number;
  /** Torn classes that this part's documents give reason to expect. */
  readonly tearClasses: readonly TearClass[];
  readonly eraseMicros: Micros;
  readonly programMicros: Micros;
  /** Erases per page that the part is specified for. */
  readonly enduranceCycles: number;
  /** Current drawn while programming, on top of the run current [µA]. */
  readonly programExtraMicroamps: number;
  /** Current drawn while erasing, on top of the run current [µA]. */
  readonly eraseExtraMicroamps: number;
  readonly supplyMillivolts: number;
  readonly cpuHertz: number;
  /** Processor cycles that one unit of fuel stands for. */
  readonly cyclesPerFuel: number;
  readonly runMicroamps: number;
  /** Current while asleep in `idle` [µA]. */
  readonly idleMicroamps: number;
  /** Fuel from one watchdog kick to the reset. */
  readonly watchdogFuel: number;
  /** Fuel of a whole power-on, kicks or not. */
  readonly capFuel: number;
  readonly layout: Layout;
  /** What is wrong with this copy of the part; nothing where absent. */
  readonly defects?: readonly Defect[];
  /** Every figure with its source, in the order of the document. */
  readonly figures: readonly Figure[];
}

/** A profile document that cannot be used. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
  readonly code: "profile-shape" | "profile-range" | "profile-layout" | "profile-unknown" | "profile-radio";
  /** Where in the document, as in `flash.pageBytes.value`. */
  readonly path: string;

  constructor(code: ProfileError["code"], path: string, message: string) {
    super(`${path}: ${message}`);
    this.code = code;
    this.path = path;
  }
}

const GRADES: readonly Grade[] = ["A", "B", "C", "D", "X"];
const UNIT_RULES: readonly UnitRule[] = ["and", "once", "once-or-zero", "count"];
const WRITE_SCOPES = ["unit", "row", "page"] as const;

/**
 * Checks a profile document.
 *
 * @param document the parsed JSON
 * @throws ProfileError `profile-shape` (a member missing, unknown or of the wrong type),
 *   `profile-range` (a number that no part can have) or `profile-layout` (partitions that overlap,
 *   are not whole pages, or do not fit)
 */
export function parseProfile(document: unknown): Profile {
  const root = new Reader(document, "");
  const figures: Figure[] = [];
  const flash = root.object("flash");
  const cpu = root.object("cpu");
  const watchdog = root.object("watchdog");
  const integer = (at: Reader, key: string, minimum: number, maximum: number): number =>
    at.figure(key, figures).integer(minimum, maximum);
  const number = (at: Reader, key: string, minimum: number, maximum: number): number =>
    at.figure(key, figures).number(minimum, maximum);

  const pageBytes = integer(flash, "pageBytes", 64, 8192);
  if (FLASH_BYTES % pageBytes !== 0) {
    throw new ProfileError("profile-range", "flash.pageBytes", `${FLASH_BYTES} bytes are not whole pages`);
  }
  const unitBytes = integer(flash, "unitBytes", 1, 32);
  const erasedValue = integer(flash, "erasedValue", 0, 255);
  const unitRule = flash.figure("unitRule", figures).oneOf(UNIT_RULES);
  const writeLimit =
    unitRule === "count" ? parseWriteLimit(flash, figures, { pageBytes, unitBytes }) : undefined;
  const profile: Profile = {
    name: root.text("profile"),
    title: root.text("title"),
    notes: root.texts("notes"),
    pageBytes,
    unitBytes,
    erasedValue,
    unitRule,
    ...(writeLimit === undefined ? {} : { writeLimit }),
    eccUnitBytes: integer(flash, "eccUnitBytes", 0, 32),
    tearClasses: parseTearClasses(flash.figure("tearClasses", figures)),
    eraseMicros: {
      typical: number(flash, "eraseMicrosTypical", 0, 1e8),
      max: number(flash, "eraseMicrosMax", 0, 1e8),
    },
    programMicros: {
      typical: number(flash, "programMicrosTypical", 0, 1e8),
      max: number(flash, "programMicrosMax", 0, 1e8),
    },
    enduranceCycles: integer(flash, "enduranceCycles", 1, 1e9),
    eraseExtraMicroamps: number(flash, "eraseExtraMicroamps", 0, 1e7),
    programExtraMicroamps: number(flash, "programExtraMicroamps", 0, 1e7),
    cpuHertz: integer(cpu, "hertz", 1, 1e10),
    cyclesPerFuel: number(cpu, "cyclesPerFuel", 0, 1e6),
    runMicroamps: number(cpu, "runMicroamps", 0, 1e7),
    idleMicroamps: number(cpu, "idleMicroamps", 0, 1e7),
    supplyMillivolts: number(root, "supplyMillivolts", 1, 1e5),
    watchdogFuel: integer(watchdog, "periodFuel", 1, 1e12),
    capFuel: integer(watchdog, "capFuel", 1, 1e12),
    layout: parseLayout(root.object("layout"), pageBytes),
    figures,
  };
  for (const reader of [root, flash, cpu, watchdog]) reader.expectNothingElse();
  checkRelations(profile);
  return deepFreeze(profile);
}

/** The profiles that ship, by name. */
export const PROFILE_NAMES: readonly string[] = Object.freeze([
  "class1",
  "stm32l0",
  "stm32f103",
  "samd21",
  "stm32g0",
  "nrf52",
]);

const DOCUMENTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["class1", class1],
  ["stm32l0", stm32l0],
  ["stm32f103", stm32f103],
  ["samd21", samd21],
  ["stm32g0", stm32g0],
  ["nrf52", nrf52],
]);
const parsed = new Map<string, Profile>();

const DEFECT = "-with-";

/**
 * A profile that ships, or one with defects: `class1-with-worn-98304` (see defect.ts).
 *
 * @throws ProfileError `profile-unknown`
 */
export function profileNamed(name: string): Profile {
  let profile = parsed.get(name);
  if (profile === undefined && name.includes(DEFECT)) {
    const [part = "", ...texts] = name.split(DEFECT);
    const defects = texts.map((text) => {
      const defect = parseDefect(text);
      if (defect !== undefined) return defect;
      throw new ProfileError(
        "profile-unknown",
        name,
        `${text} is no defect, as worn-98304 or rot-98304-3 is`,
      );
    });
    return defectiveProfile(profileNamed(part), defects);
  }
  if (profile === undefined) {
    const document = DOCUMENTS.get(name);
    if (document === undefined) {
      throw new ProfileError(
        "profile-unknown",
        name,
        `no such profile; there are ${PROFILE_NAMES.join(", ")}`,
      );
    }
    profile = parseProfile(document);
    parsed.set(name, profile);
  }
  return profile;
}

/** A copy of a part with defects. */
export function defectiveProfile(profile: Profile, defects: readonly Defect[]): Profile {
  const name = [profile.name, ...defects.map(formatDefect)].join(DEFECT);
  return deepFreeze({ ...profile, name, defects: [...(profile.defects ?? []), ...defects] });
}

/** Reads `writesMax`, `writeScope`, `burstBytes` and, where the scope is a row, `rowBytes`. */
function parseWriteLimit(
  flash: Reader,
  figures: Figure[],
  { pageBytes, unitBytes }: { readonly pageBytes: number; readonly unitBytes: number },
): WriteLimit {
  const writes = flash.figure("writesMax", figures).integer(1, 255);
  const scope = flash.figure("writeScope", figures).oneOf(WRITE_SCOPES);
  const row = scope === "row" ? flash.figure("rowBytes", figures).integer(unitBytes, pageBytes) : unitBytes;
  const scopeBytes = scope === "page" ? pageBytes : row;
  const burstBytes = flash.figure("burstBytes", figures).integer(unitBytes, scopeBytes);
  if (pageBytes % scopeBytes !== 0 || scopeBytes % burstBytes !== 0 || burstBytes % unitBytes !== 0) {
    throw new ProfileError("profile-range", "flash.burstBytes", "units, bursts, rows and pages do not nest");
  }
  return { writes, scopeBytes, burstBytes };
}

function parseTearClasses(at: Reader): TearClass[] {
  return at.words().map((name) => {
    const known = TEAR_CLASSES.find((tearClass) => tearClass === name);
    if (known === undefined) throw at.shape(`names ${name}, which is not one of ${TEAR_CLASSES.join(", ")}`);
    return known;
  });
}

function parseLayout(at: Reader, pageBytes: number): Layout {
  const ranges = PARTITION_NAMES.map((name): [string, FlashRange] => {
    const partition = at.object(name);
    const range = {
      address: partition.member("address").integer(0, FLASH_BYTES),
      bytes: partition.member("bytes").integer(1, FLASH_BYTES),
    };
    partition.expectNothingElse();
    if (range.address % pageBytes !== 0 || range.bytes % pageBytes !== 0) {
      throw new ProfileError("profile-layout", partition.path, `is not whole pages of ${pageBytes} bytes`);
    }
    if (range.address + range.bytes > FLASH_BYTES) {
      throw new ProfileError("profile-layout", partition.path, "reaches beyond the end of flash");
    }
    return [partition.path, range];
  });
  at.expectNothingElse();
  const sorted = [...ranges].sort((left, right) => left[1].address - right[1].address);
  let end = 0;
  for (const [path, range] of sorted) {
    if (range.address < end) throw new ProfileError("profile-layout", path, "overlaps another partition");
    end = range.address + range.bytes;
  }
  const [boot, slotA, slotB, state] = ranges.map(([, range]) => range);
  if (boot === undefined || slotA === undefined || slotB === undefined || state === undefined) {
    throw new ProfileError("profile-layout", at.path, "is incomplete");
  }
  if (boot.address !== 0 || boot.bytes !== DEVICE_PAGE.address + DEVICE_PAGE.bytes) {
    throw new ProfileError(
      "profile-layout",
      `${at.path}.boot`,
      "must begin at 0 and end with the device page",
    );
  }
  if (state.bytes < 2 * pageBytes) {
    throw new ProfileError("profile-layout", `${at.path}.state`, "must hold the two pages of the journal");
  }
  return { boot, slotA, slotB, state };
}

function checkRelations(profile: Profile): void {
  const range = (path: string, message: string): ProfileError =>
    new ProfileError("profile-range", path, message);
  if (profile.pageBytes % profile.unitBytes !== 0 || DEVICE_PAGE.bytes % profile.unitBytes !== 0) {
    throw range("flash.unitBytes", "a page is not whole write units");
  }
  if (profile.erasedValue !== 0 && profile.erasedValue !== 0xff) {
    throw range("flash.erasedValue", "must be 0 or 255");
  }
  if (profile.eraseMicros.typical > profile.eraseMicros.max) {
    throw range("flash.eraseMicrosTypical", "is more than the maximum");
  }
  if (profile.programMicros.typical > profile.programMicros.max) {
    throw range("flash.programMicrosTypical", "is more than the maximum");
  }
  if (profile.eccUnitBytes === 0 && profile.tearClasses.includes("ecc")) {
    throw range("flash.tearClasses", "names ecc, but the part has no error-correcting code");
  }
  if (profile.watchdogFuel > profile.capFuel) {
    throw range("watchdog.periodFuel", "is more than the cap of a power-on");
  }
}

/** Reads one object of the document and remembers which members were asked for. */
class Reader {
  readonly path: string;
  readonly #value: unknown;
  readonly #members: ReadonlyMap<string, unknown>;
  readonly #read = new Set<string>();

  constructor(value: unknown, path: string) {
    this.path = path;
    this.#value = value;
    this.#members =
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? new Map<string, unknown>(Object.entries(value))
        : new Map<string, unknown>();
  }

  member(key: string): Reader {
    this.#read.add(key);
    const path = this.path === "" ? key : `${this.path}.${key}`;
    if (!this.#members.has(key)) throw new ProfileError("profile-shape", path, "is missing");
    return new Reader(this.#members.get(key), path);
  }

  object(key: string): Reader {
    const reader = this.member(key);
    if (reader.#members.size === 0) throw reader.shape("is not an object with members");
    return reader;
  }

  /** A member `{ value, source, grade }`: notes its origin and yields its value. */
  figure(key: string, figures: Figure[]): Reader {
    const at = this.object(key);
    const value = at.member("value");
    const source = at.text("source");
    const grade = at.member("grade").oneOf(GRADES);
    at.expectNothingElse();
    if (grade === "D" && !source.includes("unverified")) {
      throw at.shape('is of grade D, so its source must say "unverified"');
    }
    const plain = value.#value;
    if (typeof plain !== "number" && typeof plain !== "string") throw value.shape("is not a number or text");
    figures.push({ path: at.path, value: plain, source, grade });
    return value;
  }

  text(key: string): string {
    const reader = this.member(key);
    if (typeof reader.#value !== "string" || reader.#value === "") throw reader.shape("is not a text");
    return reader.#value;
  }

  texts(key: string): string[] {
    const reader = this.member(key);
    if (!Array.isArray(reader.#value)) throw reader.shape("is not a list of texts");
    return reader.#value.map((entry: unknown) => {
      if (typeof entry !== "string") throw reader.shape("is not a list of texts");
      return entry;
    });
  }

  /** The words of a text, blanks between them. */
  words(): string[] {
    if (typeof this.#value !== "string") throw this.shape("is not a text");
    return this.#value.split(" ");
  }

  number(minimum: number, maximum: number): number {
    if (typeof this.#value !== "number") throw this.shape("is not a number");
    if (!(this.#value >= minimum && this.#value <= maximum)) {
      throw new ProfileError("profile-range", this.path, `is not between ${minimum} and ${maximum}`);
    }
    return this.#value;
  }

  integer(minimum: number, maximum: number): number {
    const value = this.number(minimum, maximum);
    if (!Number.isInteger(value)) throw new ProfileError("profile-range", this.path, "is not a whole number");
    return value;
  }

  oneOf<T extends string>(choices: readonly T[]): T {
    const choice = choices.find((candidate) => candidate === this.#value);
    if (choice === undefined) throw this.shape(`is not one of ${choices.join(", ")}`);
    return choice;
  }

  expectNothingElse(): void {
    for (const key of this.#members.keys()) {
      if (!this.#read.has(key)) {
        throw new ProfileError(
          "profile-shape",
          this.path === "" ? key : `${this.path}.${key}`,
          "is not known",
        );
      }
    }
  }

  shape(message: string): ProfileError {
    return new ProfileError("profile-shape", this.path, message);
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze<unknown>(member);
  }
  return value;
}
