/**
 * A replay as a folder that can be sent to somebody: what was replayed, what went in, the device
 * before and after every power-on, and the story.
 */
import { CoapServer } from "../../emulator/coap-server.ts";
import { formatCaseId } from "../../emulator/explore/case-id.ts";
import type { TraceEvent } from "../../emulator/trace.ts";
import { encodeDeviceFile, type RecordedState } from "../device/device-file.ts";
import { traceJsonLines, traceVcd } from "../report/trace-file.ts";
import { replayJson, replayText } from "./replay-text.ts";
import type { Replay, ReplayMoment } from "./replay.ts";
import type { Scenario } from "./scenario.ts";

/** What a bundle is made of. */
export interface BundleParts {
  readonly scenario: Scenario;
  readonly replay: Replay;
  readonly moments: readonly ReplayMoment[];
  readonly events: readonly TraceEvent[];
}

/** The files of a bundle by their names, which may have folders in them, always with slashes. */
export function bundleFiles({
  scenario,
  replay,
  moments,
  events,
}: BundleParts): Map<string, string | Uint8Array> {
  const caseId = formatCaseId(replay.id);
  const files = new Map<string, string | Uint8Array>();
  files.set("case.txt", `${caseId}\n`);
  files.set("story.txt", replayText(replay));
  files.set("replay.json", jsonText(replayJson(replay)));
  files.set("trace.jsonl", traceJsonLines(events));
  files.set("trace.vcd", traceVcd(events, caseId));
  files.set("inputs/bootloader.wasm", scenario.bootloader);
  for (const { name, bytes } of scenario.subject.images) files.set(`inputs/${fileName(name)}.wasm`, bytes);
  if (scenario.link instanceof CoapServer) {
    for (const [path, bytes] of scenario.link.recipe().resources)
      files.set(`inputs/link/${fileName(path)}`, bytes);
  }
  files.set("inputs/profile.json", jsonText(scenario.profile));
  files.set("inputs/initial.device", deviceFile(scenario, scenario.initial));
  for (const { powerOn, before, after } of moments) {
    const number = String(powerOn.number).padStart(2, "0");
    files.set(`power-ons/${number}-before.device`, deviceFile(scenario, before));
    files.set(`power-ons/${number}-after.device`, deviceFile(scenario, after));
  }
  return files;
}

function deviceFile({ profile, surroundings }: Scenario, state: RecordedState): string {
  return encodeDeviceFile(surroundings === undefined ? { profile, state } : { profile, state, surroundings });
}

/** "firmware 1" is "firmware-1"; nothing leads out of the folder. */
function fileName(name: string): string {
  return name.replace(/[^a-zA-Z0-9.]+/g, "-").replace(/^[-.]+|-+$/g, "") || "unnamed";
}

function jsonText(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, member: unknown) =>
      typeof member === "bigint"
        ? String(member)
        : member instanceof Uint8Array
          ? Buffer.from(member).toString("hex")
          : member,
    1,
  );
  return `${text}\n`;
}
