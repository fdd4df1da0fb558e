/**
 * Which first glitches are worth a second one.
 *
 * A disturbed boot is compared with the undisturbed one, from the glitch on: which straight runs of code
 * it goes through, and at every call of the device or of a kernel, the arguments, all of RAM and every
 * global. A glitch after which all of that is the same until the end has had no effect; every other one
 * that did not get through by itself is a survivor. Two survivors are alike if they first differ from
 * the undisturbed boot at the same step and go on in the same way to the end, RAM included; the one that
 * comes first stands for both.
 *
 * Locals and operands are not compared where they change neither path nor memory: what a second glitch
 * could make of a stale local that nobody reads, pairs around survivors do not show.
 */
import type { GlitchBench, GlitchObserver, GlitchRunOutcome } from "../../emulator/glitch/bench.ts";
import type { Effect, GlitchSite } from "../../emulator/wasm/glitch-model.ts";

/** A first glitch that changed something and did not get through. */
export interface Survivor {
  /** Equal for survivors that are alike. */
  readonly key: string;
  /** Dynamic index. */
  readonly index: number;
  readonly effect: Effect;
  /** Dynamic index at which the boot is first seen to differ. */
  readonly divergence: number;
  /** It makes the boot execute code that the undisturbed one does not, or end or write otherwise. */
  readonly goesElsewhere: boolean;
  /** How many glitches it stands for, itself included. */
  readonly likes: number;
  /** How many second glitches there are around it. */
  readonly pairs: number;
}

/** One disturbed boot beside the undisturbed one; valid until the next one. */
export interface Observation {
  readonly outcome: GlitchRunOutcome;
  /** Equal for boots that differ from the undisturbed one in the same way; undefined: no effect. */
  readonly key: string | undefined;
  readonly divergence: number;
  /** It executed code that the undisturbed boot does not, or ended or wrote otherwise. */
  readonly goesElsewhere: boolean;
  /** The instruction at each dynamic index of the disturbed boot. */
  readonly sites: readonly GlitchSite[];
}

/** A disturbed boot that goes on for long is listed up to so many undisturbed ones. */
const LISTED_BOOTS = 2;

/** Steps of a boot: number of the run, or −1 − number of the call; then two halves of a digest, or 0. */
const STEP_NUMBERS = 3;

/** Compares disturbed boots with the undisturbed one. */
export class Witnesser {
  readonly #bench: GlitchBench;
  readonly #golden: Golden;
  readonly #goldenEnd: string;
  readonly #listedMax: number;

  constructor(bench: GlitchBench) {
    this.#bench = bench;
    const steps: number[] = [];
    const runs = new Set<number>();
    const outcome = bench.observeUndisturbed({
      run: (run) => {
        runs.add(run);
        steps.push(run, 0, 0);
      },
      checkpoint: (call, digest) => steps.push(-1 - call, ...digest()),
    });
    this.#golden = { steps, runs };
    this.#goldenEnd = endOf(outcome, bench);
    this.#listedMax = LISTED_BOOTS * bench.golden().instructions;
    bench.rewind();
  }

  /** Disturbs one instruction. What the boot wrote is still there. */
  observe(index: number, effect: Effect): Observation {
    const comparison = new Comparison(this.#golden, index, this.#listedMax);
    const outcome = this.#bench.observe(comparison, index, effect);
    const end = endOf(outcome, this.#bench);
    const isSame = comparison.isSame && end === this.#goldenEnd;
    return {
      outcome,
      key: isSame ? undefined : `${comparison.key} ${end}`,
      divergence: Math.max(index, comparison.divergence),
      goesElsewhere: comparison.goesElsewhere || end !== this.#goldenEnd,
      sites: comparison.sites,
    };
  }
}

/** Survivors of which no two are alike, in the order in which they came. */
export function survivorsIn(all: readonly Survivor[]): Survivor[] {
  const first = new Map<string, Survivor>();
  for (const survivor of all) {
    const known = first.get(survivor.key);
    first.set(
      survivor.key,
      known === undefined ? survivor : { ...known, likes: known.likes + survivor.likes },
    );
  }
  return [...first.values()];
}

/** The undisturbed boot. */
interface Golden {
  /** Per step its number and two halves of a digest. */
  readonly steps: readonly number[];
  /** Straight runs of code that it goes through. */
  readonly runs: ReadonlySet<number>;
}

class Comparison implements GlitchObserver {
  readonly sites: GlitchSite[] = [];
  /** Instructions before the first difference. */
  divergence = 0;
  /** It executes code that the undisturbed boot does not. */
  goesElsewhere = false;

  readonly #golden: readonly number[];
  readonly #goldenRuns: ReadonlySet<number>;
  readonly #glitch: number;
  readonly #listedMax: number;
  /** How far both boots are the same, in numbers of the golden one; then where they differ. */
  #position = 0;
  #differs = false;
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;

  constructor(golden: Golden, glitch: number, listedMax: number) {
    this.#golden = golden.steps;
    this.#goldenRuns = golden.runs;
    this.#glitch = glitch;
    this.#listedMax = listedMax;
  }

  get isSame(): boolean {
    return !this.#differs && this.#position === this.#golden.length;
  }

  get key(): string {
    return `${this.#position} ${this.#low >>> 0} ${this.#high >>> 0}`;
  }

  run(run: number, sites: readonly GlitchSite[]): void {
    this.#step(run, 0, 0);
    if (this.#differs && !this.#goldenRuns.has(run)) this.goesElsewhere = true;
    if (this.sites.length < this.#listedMax) for (const site of sites) this.sites.push(site);
  }

  checkpoint(call: number, digest: () => readonly [number, number]): void {
    if (this.sites.length <= this.#glitch) {
      // What comes before the glitch is as it is without one.
      this.#position += STEP_NUMBERS;
      return;
    }
    const [low, high] = digest();
    this.#step(-1 - call, low, high);
  }

  #step(what: number, low: number, high: number): void {
    const golden = this.#golden;
    const at = this.#position;
    if (!this.#differs) {
      if (golden[at] === what && golden[at + 1] === low && golden[at + 2] === high) {
        this.#position += STEP_NUMBERS;
        return;
      }
      this.#differs = true;
      this.divergence = this.sites.length;
    }
    this.#low = mix(mix(mix(this.#low, what), low), high);
    this.#high = mix(mix(mix(this.#high, high), low), what);
  }
}

function endOf({ end, bootAddress, bootLength }: GlitchRunOutcome, bench: GlitchBench): string {
  return end === "boot"
    ? `boot ${bootAddress} ${bootLength} ${bench.written()}`
    : `${end} ${bench.written()}`;
}

/** FNV-1a, a word at a time, rotated so that high bits reach the low ones. */
function mix(sum: number, value: number): number {
  const mixed = Math.imul(sum ^ value, 16777619);
  return (mixed << 13) | (mixed >>> 19);
}
