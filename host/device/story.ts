/**
 * A power cycle told in words.
 */
import { slotName } from "../../emulator/explore/journal.ts";
import {
  partitionAt,
  type PowerCycle,
  type PowerCycleEnd,
  type Profile,
  type TraceEvent,
} from "../../emulator/index.ts";
import type { BootRecord } from "../report/boot-record.ts";
import { bootStory } from "../report/boot-story.ts";
import type { Colors } from "../report/color.ts";
import { address } from "../report/quantity.ts";

/** How each end of a power cycle is said. */
const END_WORDS: Readonly<Record<PowerCycleEnd, string>> = {
  idle: "sleeps",
  reset: "resets itself",
  "power-loss": "loses power",
  "hard-fault": "crashes",
  watchdog: "hangs, the watchdog resets it",
  returned: "returns from reset, which it never should",
  refused: "finds no module that may run",
};

/** Ends that no program should come to. */
const BAD_ENDS: ReadonlySet<PowerCycleEnd> = new Set(["hard-fault", "returned", "refused"]);

/** Whether a power cycle shows a defect of the device's software: a crash, or a broken rule of the part. */
export function isFinding(cycle: PowerCycle): boolean {
  return BAD_ENDS.has(cycle.end) || cycle.violations.length > 0;
}

/** The story of one power-on as lines: what ran, what it said and wrote, how it ended, which rules it broke. */
export function storyLines(boot: BootRecord, number: number, colors: Colors): string[] {
  return [
    ...bootStory(boot, number, colors),
    ...boot.cycle.violations.map(
      ({ operation, sentence, address: at }) =>
        `  ${"".padEnd(9)}${colors.red(`operation ${operation} at ${address(at)}: ${sentence}`)}`,
    ),
  ];
}

/** A power cycle as data, for `--json`. */
export function storyData(cycle: PowerCycle): Readonly<Record<string, unknown>> {
  return {
    end: cycle.end,
    stage: cycle.stage,
    booted: cycle.booted === undefined ? null : { ...cycle.booted, slot: slotName(cycle.booted.slot) },
    operations: cycle.operations,
    micros: cycle.micros.total,
    nanojoules: cycle.nanojoules.total,
    log: cycle.log.map(({ text }) => text),
    fault: cycle.fault?.message ?? null,
    moduleError: cycle.moduleError === undefined ? null : cycle.moduleError.code,
    violations: cycle.violations,
  };
}

/** One event of a trace as one line. */
export function traceLine(event: TraceEvent, profile: Profile): string {
  return `${(event.micros / 1e6).toFixed(6).padStart(12)} s  ${eventWords(event, profile)}`;
}

/** One event of a trace as data, for `--json`. */
export function traceData(event: TraceEvent): Readonly<Record<string, unknown>> {
  switch (event.kind) {
    case "counter":
      return { ...event, before: String(event.before), after: String(event.after) };
    case "send":
    case "receive":
      return { ...event, datagram: Buffer.from(event.datagram).toString("hex") };
    case "boot":
      return { ...event, slot: slotName(event.slot) };
    default:
      return { ...event };
  }
}

function eventWords(event: TraceEvent, profile: Profile): string {
  switch (event.kind) {
    case "power-on":
      return "power on";
    case "stage":
      return `reset vector of the ${event.stage}`;
    case "erase":
    case "program": {
      const place = partitionAt(profile.layout, event.address) ?? "nowhere";
      const torn = event.torn ? ", TORN" : "";
      return `#${event.operation} ${event.kind} ${event.bytes} B at ${address(event.address)} (${place})${torn}`;
    }
    case "counter":
      return `#${event.operation} counter ${event.id}: ${event.before} → ${event.after}`;
    case "boot":
      return `boot slot ${slotName(event.slot)}: ${event.length} B at ${address(event.address)}`;
    case "log":
      return `log "${event.text}"`;
    case "send":
    case "receive":
      return `${event.kind} ${event.datagram.length} B ${Buffer.from(event.datagram.subarray(0, 24)).toString("hex")}${event.datagram.length > 24 ? "…" : ""}`;
    case "idle":
      return `sleep up to ${event.milliseconds} ms`;
    case "violation":
      return `VIOLATION ${event.violation.rule} at ${address(event.violation.address)}: ${event.violation.sentence}`;
    case "fault":
      return `FAULT ${event.fault.message}`;
    case "end":
      return `end: ${END_WORDS[event.end]}`;
  }
}
