/**
 * One input once more, told power-on by power-on.
 */
import type { PowerCycle } from "../../emulator/device.ts";
import type { Trouble } from "../../emulator/fuzz/fuzzer.ts";
import { statusText } from "../status-text.ts";
import type { HostTarget } from "./target.ts";

/** What happened. */
export interface FuzzReplay {
  readonly story: readonly string[];
  readonly trouble: Trouble | undefined;
  readonly isAccepted: boolean;
}

/** Runs an input as it is. */
export function replayInput(target: HostTarget, input: Uint8Array): FuzzReplay {
  const story: string[] = [];
  target.bench.onVerify = (verdict) => {
    const told =
      typeof verdict === "number" ? (statusText(verdict)?.code ?? `status ${verdict}`) : verdict.sentence;
    story.push(`verify: ${told}`);
  };
  let before = "";
  target.bench.onCycle = (cycle) => {
    const lines = tellCycle(cycle);
    // A device at rest does the same at every power-on, and once is enough to read.
    const told = lines.join();
    if (told !== before) story.push(...lines);
    else if (story.at(-1) !== AGAIN) story.push(AGAIN);
    before = told;
  };
  const { trouble, isAccepted } = target.run(input);
  const found = trouble ?? target.look?.(input);
  return { story, trouble: found, isAccepted };
}

const AGAIN = "and so on";

function tellCycle({ end, stage, booted, fault, log, operations }: PowerCycle): string[] {
  const image = booted === undefined ? "" : `, ${booted.length} bytes at ${booted.address} were booted`;
  return [
    `power-on: ${stage} ends with ${end} after ${operations} operations${image}`,
    ...log.map(({ text }) => `  ${text}`),
    ...(fault === undefined ? [] : [`  ${fault.message}`]),
  ];
}
