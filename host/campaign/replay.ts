/**
 * Replays a case: power-on by power-on, cut by cut, then with uninterrupted power until the device
 * is at rest, on the checked build, with every oracle looking on.
 */
import { CutError, formatCut, type Cut } from "../../emulator/cut.ts";
import { Device, type PowerCycle } from "../../emulator/device.ts";
import { CaseIdError, parseCaseId, type CaseId } from "../../emulator/explore/case-id.ts";
import { describeJournal } from "../../emulator/explore/journal.ts";
import { describeEnd, isUpdateConfirmed, ORACLES, type OracleId } from "../../emulator/explore/oracle.ts";
import { CountingPeer } from "../../emulator/explore/power-on.ts";
import { formatHash, hashState } from "../../emulator/explore/state-hash.ts";
import { bootedImage, StateReader, type StateFacts } from "../../emulator/explore/subject.ts";
import type { TraceSink } from "../../emulator/trace.ts";
import { UserError } from "../user-error.ts";
import { OperationRecorder, type OperationRun } from "./operation-run.ts";
import { UNCUT_BOOTS_MAX } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** What an oracle said. */
export interface Objection {
  readonly oracle: OracleId;
  readonly sentence: string;
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
  readonly operationRuns: readonly OperationRun[];
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
}

/** How to replay. */
export interface ReplayOptions {
  /** Replay although the bootloader or the inputs are others than those of the case. */
  readonly anyDigest?: boolean;
  /** Sees every event of every power-on. */
  readonly trace?: TraceSink;
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
 *   bootloader or other inputs, `case-impossible` for a torn variant that does not exist
 */
export function replayCase(scenario: Scenario, id: CaseId, options: ReplayOptions = {}): Replay {
  refuseOthers(scenario, id, options.anyDigest === true);
  const player = new Player(scenario, options.trace);
  const powerOns: ReplayedPowerOn[] = [];
  for (const cut of id.cuts) powerOns.push(player.powerOn(cut));
  const seen = new Set<string>();
  let isRunning = false;
  let isAtRest = false;
  while (powerOns.length < id.cuts.length + UNCUT_BOOTS_MAX && !seen.has(player.stateHash())) {
    seen.add(player.stateHash());
    const next = player.powerOn(undefined);
    powerOns.push(next);
    isRunning ||= player.isRunning;
    isAtRest = next.operations === 0;
  }
  const objections: Objection[] = [];
  if (!isRunning) {
    objections.push({
      oracle: "alive",
      sentence: "However long the power stays on, no image ever runs and waits.",
    });
  } else if (!isAtRest) {
    objections.push({ oracle: "quiet", sentence: "The device does not come to rest." });
  }
  const isFinding = objections.length > 0 || powerOns.some((powerOn) => powerOn.objections.length > 0);
  return { id, powerOns, isAtRest, objections, isFinding };
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
  readonly #peer: CountingPeer;
  readonly #device: Device;
  readonly #reader: StateReader;
  readonly #words: Uint32Array;
  #number = 0;
  #wasConfirmed: boolean;

  constructor(scenario: Scenario, trace: TraceSink | undefined) {
    const { profile, link, symbols, initial, subject } = scenario;
    this.#scenario = scenario;
    this.#trace = trace;
    this.#peer = new CountingPeer(link);
    this.#device = new Device({ profile, link: this.#peer, symbols, build: "checked" });
    this.#device.restore(initial);
    this.#reader = new StateReader(subject, profile);
    const { bytes } = this.#device.flash;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    this.#wasConfirmed = isUpdateConfirmed(this.#facts());
  }

  stateHash(): string {
    const erasedWord = this.#scenario.profile.erasedValue === 0 ? 0 : 0xffff_ffff;
    return formatHash(hashState(this.#words, erasedWord, this.#device.counters.values));
  }

  powerOn(cut: Cut | undefined): ReplayedPowerOn {
    const before = this.#facts();
    const fate = this.#fateOf(cut);
    const recorder = new OperationRecorder(fate === "cut" ? cut : undefined);
    this.#peer.count = 0;
    const cycle = this.#run(recorder);
    const after = this.#facts();
    this.#number += 1;
    this.isRunning = cycle.end === "idle" && cycle.booted !== undefined;
    this.#wasConfirmed ||= isUpdateConfirmed(after);
    const { subject } = this.#scenario;
    const image = bootedImage(subject, this.#device.flash.bytes, cycle.booted);
    return {
      number: this.#number,
      cut: cut === undefined ? undefined : formatCut(cut),
      fate,
      cutSentence: recorder.cutSentence(),
      journalBefore: describeJournal(before.journal),
      journalAfter: describeJournal(after.journal),
      floorBefore: before.floor,
      floorAfter: after.floor,
      image: image?.name,
      end: describeEnd(cycle),
      operations: cycle.operations,
      operationRuns: recorder.runs,
      log: cycle.log.map(({ text }) => text),
      objections: this.#judge(cycle, before, after, fate),
    };
  }

  /** A cut after the last operation of a power-on is the same as none: what ends there ends there. */
  #fateOf(cut: Cut | undefined): ReplayedPowerOn["fate"] {
    if (cut === undefined) return "uncut";
    const here = this.#device.snapshot();
    const { operations } = this.#device.powerOn();
    this.#device.restore(here);
    if (cut.operation >= operations) return "ended-before";
    return cut.phase === "after" && cut.operation === operations - 1 ? "ended-there" : "cut";
  }

  #run(observer: OperationRecorder): PowerCycle {
    try {
      return this.#device.powerOn({
        observer,
        ...(this.#trace === undefined ? {} : { trace: this.#trace }),
      });
    } catch (error) {
      if (!(error instanceof CutError)) throw error;
      throw new UserError("case-impossible", `Power-on ${this.#number + 1}: ${error.message}.`, undefined, {
        cause: error,
      });
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
      floor: after.floor,
      bootloaderDatagrams: cycle.booted === undefined ? this.#peer.count : 0,
    };
    const objections: Objection[] = [];
    for (const { id, cycle: checkCycle, step } of ORACLES) {
      const sentence = (fate === "cut" ? undefined : checkCycle?.(cycleView)) ?? step?.({ ...shared, after });
      if (sentence !== undefined) objections.push({ oracle: id, sentence });
    }
    return objections;
  }

  #facts(): StateFacts {
    return this.#reader.facts(this.#reader.read(this.#device.flash.bytes, this.#device.counters.values));
  }
}
