/**
 * Coverage of crash sites: which calls of flash operations power was cut at, torn at, and cut at
 * again while the device recovered from an earlier cut.
 *
 * Every operation of every power-on that a campaign explored was cut, so what has to be found out is
 * which call made it. That takes a second look at power-ons: at all of them, or at a sample that has
 * one of each kind (equal ends after equally many operations) and otherwise is spread evenly. A site
 * counts only for what was seen there, so a sample can miss a site but never invent one.
 */
import { Device } from "../../emulator/device.ts";
import type { ExploredGraph } from "../../emulator/explore/explore.ts";
import type { Operation } from "../../emulator/power.ts";
import type { TraceEvent } from "../../emulator/trace.ts";
import {
  CallSiteAtlas,
  CallSiteRecorder,
  shortName,
  sourceOf,
  withCallStacks,
  type CallPath,
  type CallSite,
  type SourceLine,
} from "../report/call-site.ts";
import { CutFollower, type CutFate } from "../report/cut-strip.ts";
import type { Scenario } from "./scenario.ts";
import { deviceOf } from "./scenario-device.ts";
import { whyUnreached } from "./unreached.ts";

/** Operations seen at one place, by what became of them. */
export interface CutCounts {
  /** Done in a power-on in which power was cut before and after each. */
  cut: number;
  /** Of these: torn as well. */
  torn: number;
  /** Of these: in a power-on that a cut had led to. */
  recut: number;
  /** Both: torn in a power-on that a cut had led to. */
  retorn: number;
}

/** One call of a HAL function that does operations. */
export interface SiteCoverage extends Readonly<CutCounts>, CallSite {
  readonly kinds: readonly Operation["kind"][];
  /** Where its function is declared, if that is known. */
  readonly source: SourceLine | undefined;
  /** Operations that changed nothing, as an erase of a blank page: torn, they leave the same. */
  readonly unchanging: number;
  /** Why it was never reached, if it was not and that is known. */
  readonly unreached: string | undefined;
  /** What became of the cuts here: how often each fate of {@link CrashCoverage.fates}. */
  readonly fates: readonly number[];
  /** The ways on which control came here: functions, the outermost first. */
  readonly ways: readonly (Readonly<CutCounts> & { readonly functions: readonly string[] })[];
}

/** What a campaign has covered. */
export interface CrashCoverage {
  /** Power-ons that were looked at again. */
  readonly watched: number;
  /** Power-ons that the campaign explored. */
  readonly explored: number;
  /** Sites in the order of their modules and offsets; those never reached have only zeros. */
  readonly sites: readonly SiteCoverage[];
  /** What uninterrupted power makes of a cut in the end. */
  readonly fates: readonly CutFate[];
  /** Operations whose call the engine did not tell. */
  readonly unplaced: number;
}

/** What of each explored state the sample is chosen by. */
interface Candidate {
  readonly state: number;
  readonly isRecovery: boolean;
}

/** Power-ons that are looked at again unless stated otherwise. */
export const WATCHED_MAX = 2000;

/**
 * Measures what an exploration has covered.
 *
 * @param graph as {@link ExploreOptions.onGraph} gave it
 */
export function measureCoverage(
  scenario: Scenario,
  graph: ExploredGraph,
  watchedMax: number = WATCHED_MAX,
): CrashCoverage {
  const { bootloader, subject, symbols, sourceMaps } = scenario;
  const { candidates, explored } = chooseSample(graph, watchedMax);
  const device = new Device({ ...deviceOf(scenario), build: "fast" });
  const atlas = new CallSiteAtlas({ bootloader, subject, symbols, sourceMaps });
  const recorder = new CallSiteRecorder(atlas, device);
  const follower = new CutFollower(graph, subject.images);
  const tally = new SiteTally();
  withCallStacks(() => {
    for (const { state, isRecovery } of candidates) {
      device.restore(graph.remembered(state));
      const kinds: Operation["kind"][] = [];
      const unchanging: boolean[] = [];
      device.powerOn({
        observer: {
          before: (operation) => {
            kinds[operation.index] = operation.kind;
            unchanging[operation.index] = changesNothing(operation);
            recorder.before(operation);
          },
        },
        trace: { event: (event: TraceEvent) => recorder.event(event) },
      });
      const torn = tornOperations(graph.edgesOf(state), kinds.length);
      const { after } = follower.strip(state);
      kinds.forEach((kind, index) => {
        tally.see(recorder.paths[index], kind, {
          isTorn: torn[index] === 1,
          changesNothing: unchanging[index] === true,
          isRecovery,
          fate: after[index],
        });
      });
    }
  });
  for (const site of atlas.operationSites()) tally.know(site);
  return {
    watched: candidates.length,
    explored,
    sites: tally.sites(follower.fates.length).map((site) => ({
      ...site,
      unreached: site.cut > 0 ? undefined : whyUnreached(scenario, site),
    })),
    fates: follower.fates,
    unplaced: tally.unplaced,
  };
}

function chooseSample(
  graph: ExploredGraph,
  watchedMax: number,
): { readonly candidates: readonly Candidate[]; readonly explored: number } {
  const first: Candidate[] = [];
  const rest: Candidate[] = [];
  const seen = new Set<string>();
  let state = -1;
  for (const { outcome, operations, cuts, tornBudget } of graph.states) {
    state += 1;
    if (outcome === 0) continue;
    const isRecovery = cuts > 0;
    const key = `${outcome}/${operations}/${isRecovery}/${tornBudget > 0}`;
    (seen.has(key) ? rest : first).push({ state, isRecovery });
    seen.add(key);
  }
  const explored = first.length + rest.length;
  return { explored, candidates: [...spread(first, watchedMax), ...spread(rest, watchedMax - first.length)] };
}

/** At most `count` of the items, evenly spread, the first among them. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  return Array.from({ length: Math.max(0, count) }, (_unused, index) => {
    return items.slice(Math.floor((index * items.length) / count))[0];
  }).filter((item) => item !== undefined);
}

/** For each operation 1 if it was torn. Edges stand in order: torn ones of an operation, then the whole one. */
function tornOperations(edges: ArrayLike<number>, operations: number): Uint8Array {
  const torn = new Uint8Array(operations);
  let whole = 0;
  for (let at = 0; at < edges.length; at += 1) if ((edges[at] ?? 0) % 2 === 0) whole += 1;
  // Flash that came up otherwise than it was left is an edge before the first operation.
  let operation = operations - whole;
  for (let at = 0; at < edges.length; at += 1) {
    if ((edges[at] ?? 0) % 2 === 0) operation += 1;
    else if (operation >= 0) torn[operation] = 1;
  }
  return torn;
}

interface OpenSite extends CutCounts {
  readonly site: CallSite;
  readonly kinds: Set<Operation["kind"]>;
  unchanging: number;
  readonly fates: number[];
  readonly ways: Map<string, CutCounts & { functions: readonly string[] }>;
}

class SiteTally {
  unplaced = 0;
  readonly #sites = new Map<string, OpenSite>();

  see(
    path: CallPath | undefined,
    kind: Operation["kind"],
    how: {
      readonly isTorn: boolean;
      readonly changesNothing: boolean;
      readonly isRecovery: boolean;
      readonly fate: number | undefined;
    },
  ): void {
    const innermost = path?.[0];
    if (path === undefined || innermost === undefined) {
      this.unplaced += 1;
      return;
    }
    const open = this.know(innermost);
    open.kinds.add(kind);
    if (how.changesNothing) open.unchanging += 1;
    if (how.fate !== undefined) open.fates[how.fate] = (open.fates[how.fate] ?? 0) + 1;
    const key = path.map(({ offset }) => offset).join();
    let way = open.ways.get(key);
    if (way === undefined) {
      way = { functions: path.map(({ functionName }) => shortName(functionName)).reverse(), ...noCounts() };
      open.ways.set(key, way);
    }
    for (const counts of [open, way]) {
      counts.cut += 1;
      if (how.isTorn) counts.torn += 1;
      if (how.isRecovery) counts.recut += 1;
      if (how.isTorn && how.isRecovery) counts.retorn += 1;
    }
  }

  /** The entry of a site, made if it is new. */
  know(site: CallSite): OpenSite {
    const key = `${site.module}/${site.offset}`;
    let open = this.#sites.get(key);
    if (open === undefined) {
      open = { site, kinds: new Set(), unchanging: 0, fates: [], ways: new Map(), ...noCounts() };
      this.#sites.set(key, open);
    }
    return open;
  }

  sites(fateCount: number): Omit<SiteCoverage, "unreached">[] {
    return [...this.#sites.values()]
      .sort(
        ({ site: left }, { site: right }) =>
          rankOf(left) - rankOf(right) ||
          left.module.localeCompare(right.module, "en") ||
          left.offset - right.offset,
      )
      .map(({ site, kinds, unchanging, fates, ways, cut, torn, recut, retorn }) => ({
        ...site,
        kinds: [...kinds],
        unchanging,
        fates: Array.from({ length: fateCount }, (_unused, fate) => fates[fate] ?? 0),
        source: sourceOf(site),
        cut,
        torn,
        recut,
        retorn,
        ways: [...ways.values()],
      }));
  }
}

function changesNothing(operation: Operation): boolean {
  if (operation.kind === "counter") return operation.before === operation.after;
  const { before, after, length } = operation;
  for (let offset = 0; offset < length; offset += 1) if (before[offset] !== after[offset]) return false;
  return true;
}

function rankOf({ module }: CallSite): number {
  return module === "bootloader" ? 0 : 1;
}

function noCounts(): CutCounts {
  return { cut: 0, torn: 0, recut: 0, retorn: 0 };
}
