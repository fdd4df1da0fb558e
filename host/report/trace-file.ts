/**
 * Traces for other programs: JSON Lines, one event per line, and a value change dump (IEEE 1364-2005
 * §18), which any waveform viewer draws.
 */
import type { TraceEvent } from "../../emulator/trace.ts";
import { traceData } from "../device/story.ts";

/** The formats of a trace. */
export const TRACE_FORMATS = ["text", "jsonl", "vcd"] as const;
/** One of them. */
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** Time that the device is drawn as off before each power-on [µs]. */
const OFF_MICROS = 1000;

/** A signal of the dump: its name, its width, and the character that stands for it. */
const SIGNALS = {
  power: { width: 1, code: "!" },
  powerOn: { width: 16, code: '"' },
  stage: { width: 2, code: "#" },
  operation: { width: 32, code: "$" },
  kind: { width: 2, code: "%" },
  address: { width: 32, code: "&" },
  torn: { width: 1, code: "'" },
  violation: { width: 1, code: "(" },
} as const;
type SignalName = keyof typeof SIGNALS;
const SIGNAL_NAMES: readonly SignalName[] = [
  "power",
  "powerOn",
  "stage",
  "operation",
  "kind",
  "address",
  "torn",
  "violation",
];

const STAGES = { off: 0, bootloader: 1, firmware: 2 } as const;
const KINDS = { none: 0, erase: 1, program: 2, counter: 3 } as const;

/** One event per line; each says which power-on it belongs to. */
export function traceJsonLines(events: readonly TraceEvent[]): string {
  let powerOn = 0;
  return events
    .map((event) => {
      if (event.kind === "power-on") powerOn += 1;
      return `${JSON.stringify({ powerOn, ...traceData(event) })}\n`;
    })
    .join("");
}

/** The value change dump of a trace; time goes on through all power-ons. */
export function traceVcd(events: readonly TraceEvent[], title: string): string {
  const dump = new Dump(title);
  for (const event of events) dump.event(event);
  return dump.text();
}

class Dump {
  readonly #lines: string[];
  readonly #values = new Map<SignalName, number>();
  /** When the power-on began, on the time scale of the dump. */
  #start = 0;
  #now = 0;
  #written = -1;
  #powerOns = 0;

  constructor(title: string) {
    this.#lines = [
      `$comment ${title.replace(/\$end/g, "")} $end`,
      "$comment stage: 0 off, 1 bootloader, 2 firmware; kind: 0 none, 1 erase, 2 program, 3 counter $end",
      "$timescale 1 us $end",
      "$scope module device $end",
      ...SIGNAL_NAMES.map((name) => {
        const { width, code } = SIGNALS[name];
        return `$var ${width === 1 ? "wire" : "reg"} ${width} ${code} ${name} $end`;
      }),
      "$upscope $end",
      "$enddefinitions $end",
    ];
    for (const name of SIGNAL_NAMES) this.#set(name, 0);
  }

  event(event: TraceEvent): void {
    if (event.kind === "power-on") {
      this.#powerOns += 1;
      this.#start = this.#now + OFF_MICROS;
    }
    this.#now = Math.max(this.#now, this.#start + Math.round(event.micros));
    switch (event.kind) {
      case "power-on":
        this.#set("power", 1);
        this.#set("powerOn", this.#powerOns);
        break;
      case "stage":
        this.#set("stage", STAGES[event.stage]);
        break;
      case "erase":
      case "program":
        this.#operation(event.operation, KINDS[event.kind], event.address);
        this.#set("torn", event.torn ? 1 : 0);
        break;
      case "counter":
        this.#operation(event.operation, KINDS.counter, event.id);
        break;
      case "violation":
        this.#set("violation", 1);
        break;
      case "end":
        for (const name of SIGNAL_NAMES) if (name !== "powerOn") this.#set(name, 0);
        break;
      case "boot":
      case "log":
      case "send":
      case "receive":
      case "idle":
      case "fault":
        break;
    }
  }

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  #operation(operation: number, kind: number, address: number): void {
    this.#set("operation", operation);
    this.#set("kind", kind);
    this.#set("address", address);
  }

  #set(name: SignalName, value: number): void {
    if (this.#values.get(name) === value) return;
    this.#values.set(name, value);
    if (this.#written !== this.#now) this.#lines.push(`#${this.#now}`);
    this.#written = this.#now;
    const { width, code } = SIGNALS[name];
    this.#lines.push(width === 1 ? `${value}${code}` : `b${value.toString(2)} ${code}`);
  }
}
