/**
 * Replays a case: power-on by power-on, cut by cut, then with uninterrupted power until the device
 * is at rest, on the checked build, with every oracle looking on.
 */
import { flakyIn } from "../../emulator/defect.ts";
import { CutError, formatCut, type Cut } from "../../emulator/cut.ts";
import { Device, type PowerCycle, type RememberedState } from "../../emulator/device.ts";
import { encodeRegisters } from "../../emulator/device-bits.ts";
import { CaseIdError, parseCaseId, type CaseId } from "../../emulator/explore/case-id.ts";
import { ClaimReader } from "../../emulator/explore/claim.ts";
import { NEVER_AT_REST, restlessText, wearText } from "../../emulator/explore/finding.ts";
import { describeJournal } from "../../emulator/explore/journal.ts";
import { describeEnd, isUpdateConfirmed, type OracleId } from "../../emulator/explore/oracle.ts";
import type { PageWear } from "../../emulator/explore/wear.ts";
import { CountingPeer } from "../../emulator/explore/power-on.ts";
import { formatHash, hashState } from "../../emulator/explore/state-hash.ts";
import { bootedImage, StateReader, type StateFacts } from "../../emulator/explore/subject.ts";
import type { TraceSink } from "../../emulator/trace.ts";
import {
  CallSiteAtlas,
  CallSiteRecorder,
  withCallStacks,
  type CallPath,
  type CallSite,
} from "../report/call-site.ts";
import { UserError } from "../user-error.ts";
import { askedOracles } from "./asked.ts";
import { OperationRecorder, type OperationRun } from "./operation-run.ts";
import { UNCUT_BOOTS_MAX } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { deviceOf } from "./scenario-device.ts";

/** What an oracle said. */
export interface Objection {
  readonly oracle: OracleId;
  readonly sentence: string;
}

/** Operations that follow each other. */
export interface ReplayedRun extends OperationRun {
  /** The call that the first of them belongs to; undefined where it is not known. */
  readonly site: CallSite | undefined;
}

/** One power-on of a replay. */
export interface ReplayedPowerOn {
  /** From 1 upward. */
  readonly number: number;
  /** The cut as it stands in the case id; undefined once the plan is through. */
  readonly cut: string | undefined;
  /** What became of the cut: made, or the power-on ended by itself there, or before it came to it. */
  readonly fate: "cut" | "ended-there" | "ended-before" | "uncut";
  /** What the cut hit, in one sentence; undefined when there was none. */
  readonly cutSentence: string | undefined;
  readonly journalBefore: string;
  readonly journalAfter: string;
  readonly floorBefore: bigint;
  readonly floorAfter: bigint;
  /** The image that was booted, or undefined: none, or no known one. */
  readonly image: string | undefined;
  readonly end: string;
  readonly operations: number;
  /** The operations, equal neighbours taken together. */
  readonly operationRuns: readonly ReplayedRun[];
  /** The call that the cut hit, or the one before it, and the calls that led there. */
  readonly cutPath: CallPath | undefined;
  readonly log: readonly string[];
  readonly objections: readonly Objection[];
}

/** A whole replay. */
export interface Replay {
  readonly id: CaseId;
  readonly powerOns: readonly ReplayedPowerOn[];
  /** The device came to rest at the end. */
  readonly isAtRest: boolean;
  /** What the oracles said of the end, beside what they said of single power-ons. */
  readonly objections: readonly Objection[];
  /** Whether any oracle objected to anything. */
  readonly isFinding: boolean;
  /** Where it stopped before its end, if it was told to. */
  readonly stop: ReplayStop | undefined;
}

/** A device between two power-ons. */
export interface ReplayStop {
  /** Number of the power-on that did not take place. */
  readonly before: number;
  readonly state: Required<RememberedState>;
  readonly journal: string;
}

/** One power-on of a replay, with the device before and after it. */
export interface ReplayMoment {
  readonly powerOn: ReplayedPowerOn;
  readonly before: Required<RememberedState>;
  readonly after: Required<RememberedState>;
}

/** How to replay. */
export interface ReplayOptions {
  /** Replay although the bootloader or the inputs are others than those of the case. */
  readonly anyDigest?: boolean;
  /** Sees every event of every power-on. */
  readonly trace?: TraceSink;
  /** Stops before this power-on; they count from 1. */
  readonly at?: number;
  /** Told of each power-on, once it is over. */
  readonly onPowerOn?: (moment: ReplayMoment) => void;
}

/**
 * Reads a case id as a person typed it.
 *
 * @throws UserError `case-id-syntax`
 */
export function readCaseId(text: string): CaseId {
  try {
    return parseCaseId(text.trim());
  } catch (error) {
    if (!(error instanceof CaseIdError)) throw error;
    throw new UserError(error.code, error.message, "A case id is one line as `campaign` prints it.", {
      cause: error,
    });
  }
}

/**
 * Replays a case.
 *
 * @param scenario the scenario that the case names, made for the profile that it names
 * @throws UserError `case-mismatch` for another scenario or profile, `case-digest` for another
 *   bootloader or other inputs, `case-impossible` for a torn variant that does not exist,
 *   `replay-over` when it ends before the power-on to stop at
 */
export function replayCase(scenario: Scenario, id: CaseId, options: ReplayOptions = {}): Replay {
  refuseOthers(scenario, id, options.anyDigest === true);
  const { at = Infinity, onPowerOn } = options;
  const player = new Player(scenario, options.trace, onPowerOn);
  const powerOns: ReplayedPowerOn[] = [];
  const seen = new Set<string>();
  const end = new ReplayEnd();
  for (;;) {
    if (powerOns.length + 1 >= at) {
      const isFinding = powerOns.some((powerOn) => powerOn.objections.length > 0);
      return { id, powerOns, isAtRest: false, objections: [], isFinding, stop: player.stop() };
    }
    const cut = id.cuts[powerOns.length];
    const stateBefore = player.stateHash();
    if (cut === undefined) {
      if (powerOns.length >= id.cuts.length + UNCUT_BOOTS_MAX || seen.has(stateBefore)) break;
      if (seen.size === 0) player.countWear();
      seen.add(stateBefore);
      end.wear = player.mostWorn();
    }
    const next = player.powerOn(cut);
    powerOns.push(next);
    if (cut !== undefined) continue;
    end.isRunning ||= player.isRunning;
    end.isAtRest = player.stateHash() === stateBefore;
    end.operations = next.operations;
    end.image = next.image;
  }
  if (at !== Infinity) {
    throw new UserError(
      "replay-over",
      `The replay ends with power-on ${powerOns.length}, before power-on ${at}.`,
      `Give --at a number from 1 to ${powerOns.length}.`,
    );
  }
  const { isAtRest } = end;
  const objections = judgeEnd(scenario, end, player.facts());
  const isFinding = objections.length > 0 || powerOns.some((powerOn) => powerOn.objections.length > 0);
  return { id, powerOns, isAtRest, objections, isFinding, stop: undefined };
}

/** How a replay ended, once the power stayed on. */
class ReplayEnd {
  /** An image came to run and wait. */
  isRunning = false;
  /** The last power-on changed nothing. */
  isAtRest = false;
  /** Operations of the last power-on. */
  operations = 0;
  /** The image that it ran. */
  image: string | undefined;
  /** The page that was erased most before it, since the power stayed on. */
  wear: PageWear | undefined;
}

/** What the oracles say of the end; the exploration says the same of the closed graph. */
function judgeEnd(scenario: Scenario, end: ReplayEnd, facts: StateFacts): Objection[] {
  const { images, erasesPerPage = Infinity } = scenario.subject;
  const oracles = askedOracles(scenario);
  const objections: Objection[] = [];
  const object = (oracle: OracleId, sentence: string): void => {
    if (oracles.some(({ id }) => id === oracle)) objections.push({ oracle, sentence });
  };
  if (!end.isRunning) {
    object("alive", "However long the power stays on, no image ever runs and waits.");
  } else if (!end.isAtRest) {
    object("idempotent", NEVER_AT_REST);
  }
  if (!end.isAtRest) return objections;
  if (end.isRunning && end.operations > 0) object("quiet", restlessText(end.operations));
  if (end.wear !== undefined && end.wear.erases > erasesPerPage) {
    object("wear", wearText(end.wear, erasesPerPage));
  }
  const image = images.find(({ name }) => name === end.image);
  for (const { id, rest } of oracles) {
    const sentence = rest?.(image, facts);
    if (sentence !== undefined) object(id, sentence);
  }
  return objections;
}

function refuseOthers(scenario: Scenario, id: CaseId, anyDigest: boolean): void {
  if (id.profile !== scenario.profile.name || id.scenario !== scenario.name) {
    throw new UserError(
      "case-mismatch",
      `The case is of ${id.profile}/${id.scenario}, not of ${scenario.profile.name}/${scenario.name}.`,
      "Replay it with the scenario and the profile that it names.",
    );
  }
  if (anyDigest) return;
  const found = {
    bootloader: scenario.bootloaderDigest.slice(0, 8),
    inputs: scenario.inputsDigest.slice(0, 8),
  };
  const wrong =
    found.bootloader !== id.bootloaderDigest
      ? `The case was found with bootloader ${id.bootloaderDigest}; this one is ${found.bootloader}.`
      : found.inputs !== id.inputsDigest
        ? `The case was found with inputs ${id.inputsDigest}; these are ${found.inputs}.`
        : undefined;
  if (wrong === undefined) return;
  throw new UserError(
    "case-digest",
    wrong,
    "Operation numbers may mean something else here; replay all the same with --any-digest.",
  );
}

/** The device of a replay. */
class Player {
  /** The last power-on ended with an image that runs and waits. */
  isRunning = false;

  readonly #scenario: Scenario;
  readonly #trace: TraceSink | undefined;
  readonly #onPowerOn: ((moment: ReplayMoment) => void) | undefined;
  readonly #sites: CallSiteRecorder;
  readonly #peer: CountingPeer;
  readonly #device: Device;
  readonly #reader: StateReader;
  readonly #words: Uint32Array;
  readonly #claims = new ClaimReader();
  #wornBefore = new Uint32Array();
  #number = 0;
  #wasConfirmed: boolean;

  constructor(
    scenario: Scenario,
    trace: TraceSink | undefined,
    onPowerOn: ((moment: ReplayMoment) => void) | undefined,
  ) {
    const { profile, link, symbols, initial, subject } = scenario;
    this.#scenario = scenario;
    this.#trace = trace;
    this.#onPowerOn = onPowerOn;
    this.#peer = new CountingPeer(link);
    this.#device = new Device({
      ...deviceOf(scenario),
      link: this.#peer,
      symbols,
      build: "checked",
    });
    this.#device.restore(initial);
    this.#sites = new CallSiteRecorder(new CallSiteAtlas(scenario), this.#device);
    this.#reader = new StateReader(subject, profile);
    const { bytes } = this.#device.flash;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.#wasConfirmed = isUpdateConfirmed(this.facts());
  }

  /** What can be read off the state. */
  facts(): StateFacts {
    return this.#reader.facts(this.#reader.read(this.#device.held));
  }

  stateHash(): string {
    const erasedWord = this.#scenario.profile.erasedValue === 0 ? 0 : 0xffff_ffff;
    const registers = encodeRegisters(this.#device.counters.values, this.#device.flash.bits);
    return formatHash(hashState(this.#words, erasedWord, registers));
  }

  /** The device as it is, for whoever stops here. */
  stop(): ReplayStop {
    return {
      before: this.#number + 1,
      state: this.#device.snapshot(),
      journal: this.#journalText(this.facts()),
    };
  }

  /** From now on erases count. */
  countWear(): void {
    this.#wornBefore = this.#device.flash.wear.slice();
  }

  /** The page that was erased most since then, if any was. */
  mostWorn(): PageWear | undefined {
    let worst: PageWear | undefined;
    for (const [page, total] of this.#device.flash.wear.entries()) {
      const erases = total - (this.#wornBefore[page] ?? 0);
      if (erases <= (worst?.erases ?? 0)) continue;
      worst = { address: page * this.#scenario.profile.pageBytes, erases };
    }
    return worst;
  }

  powerOn(cut: Cut | undefined): ReplayedPowerOn {
    const stateBefore = this.#onPowerOn === undefined ? undefined : this.#device.snapshot();
    const fate = this.#fateOf(cut);
    let before = this.facts();
    const recorder = new OperationRecorder(fate === "cut" ? cut : undefined);
    this.#peer.count = 0;
    const cycle = this.#run(recorder, () => {
      before = this.facts();
    });
    const after = this.facts();
    this.#number += 1;
    this.isRunning = cycle.end === "idle" && cycle.booted !== undefined;
    this.#wasConfirmed ||= isUpdateConfirmed(after);
    const { subject } = this.#scenario;
    const image = bootedImage(subject, this.#device.flash.bytes, cycle.booted);
    const { paths } = this.#sites;
    const powerOn: ReplayedPowerOn = {
      number: this.#number,
      cut: cut === undefined ? undefined : formatCut(cut),
      fate,
      cutSentence: recorder.cutSentence(),
      journalBefore: this.#journalText(before),
      journalAfter: this.#journalText(after),
      floorBefore: before.floor,
      floorAfter: after.floor,
      image: image?.name,
      end: describeEnd(cycle),
      operations: cycle.operations,
      operationRuns: recorder.runs.map((run) => ({ ...run, site: paths[run.first]?.[0] })),
      cutPath: fate === "cut" && cut !== undefined ? paths[cut.operation] : undefined,
      log: cycle.log.map(({ text }) => text),
      objections: this.#judge(cycle, before, after, fate),
    };
    if (stateBefore !== undefined) {
      this.#onPowerOn?.({ powerOn, before: stateBefore, after: this.#device.snapshot() });
    }
    return powerOn;
  }

  #journalText({ journal }: StateFacts): string {
    return this.#scenario.subject.hasJournal === false ? "not one of ours" : describeJournal(journal);
  }

  /** A cut after the last operation of a power-on is the same as none: what ends there ends there. */
  #fateOf(cut: Cut | undefined): ReplayedPowerOn["fate"] {
    if (cut === undefined) return "uncut";
    const here = this.#device.snapshot();
    this.#armFlaky();
    const { operations } = this.#device.powerOn();
    this.#device.restore(here);
    if (cut.operation >= operations) return "ended-before";
    return cut.phase === "after" && cut.operation === operations - 1 ? "ended-there" : "cut";
  }

  /** The next power-on may be the one in which an operation fails. */
  #armFlaky(): void {
    this.#device.flash.flaky = flakyIn(this.#scenario.profile.defects, this.#number + 1);
  }

  /** Powers on; `onAged` is called when flash comes up otherwise than it was left, before anything runs. */
  #run(recorder: OperationRecorder, onAged: () => void): PowerCycle {
    const sites = this.#sites;
    const trace = this.#trace;
    this.#armFlaky();
    try {
      return withCallStacks(() =>
        this.#device.powerOn({
          observer: {
            aged: onAged,
            before: (operation) => {
              sites.before(operation);
              recorder.before(operation);
            },
            after: (operation) => {
              recorder.after(operation);
            },
          },
          trace: {
            event: (event) => {
              sites.event(event);
              trace?.event(event);
            },
          },
        }),
      );
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      throw new UserError(
        "case-impossible",
        `Power-on ${this.#number + 1}: ${error.message}.`,
        "Give a case id that a campaign printed for this scenario.",
        {
          cause: error,
        },
      );
    }
  }

  #judge(
    cycle: PowerCycle,
    before: StateFacts,
    after: StateFacts,
    fate: ReplayedPowerOn["fate"],
  ): Objection[] {
    const { subject } = this.#scenario;
    const shared = { subject, before, wasConfirmed: this.#wasConfirmed };
    const cycleView = {
      ...shared,
      cycle,
      image: bootedImage(subject, this.#device.flash.bytes, cycle.booted),
      after,
      claims: this.#claims.read(cycle.log),
      bootloaderDatagrams: cycle.booted === undefined ? this.#peer.count : 0,
    };
    const objections: Objection[] = [];
    for (const { id, cycle: checkCycle, step } of askedOracles(this.#scenario)) {
      const sentence = (fate === "cut" ? undefined : checkCycle?.(cycleView)) ?? step?.({ ...shared, after });
      if (sentence !== undefined) objections.push({ oracle: id, sentence });
    }
    return objections;
  }
}
