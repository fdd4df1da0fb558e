/**
 * Executes a sample of a certificate on the device: goes the way to a state that the certificate
 * gives, from the scenario's own start, powers on there, and compares what this leads to.
 */
import { CutPower, formatCuts, type Cut } from "../../emulator/cut.ts";
import { Expander, STEP_FIELDS } from "../../emulator/explore/expander.ts";
import { cutOf } from "../../emulator/explore/frontier.ts";
import { formatHash, LANES } from "../../emulator/explore/state-hash.ts";
import { StateStore } from "../../emulator/explore/state-store.ts";
import { TEAR_CLASSES } from "../../emulator/tear.ts";
import { CertificateError, type Certificate } from "./certificate-check.ts";
import type { Scenario } from "./scenario.ts";
import { deviceOf } from "./scenario-device.ts";

/** Successors of a state as text: a hash each, with `t` for torn in front. */
type Successors = readonly string[];

/**
 * Rechecks `count` states, evenly spread, the first one included.
 *
 * @returns how many were rechecked
 * @throws CertificateError for the first state that the device contradicts, and for another scenario
 */
export function recheckCertificate(certificate: Certificate, scenario: Scenario, count: number): number {
  const { header, states } = certificate;
  const isSame =
    header.bootloaderDigest === scenario.bootloaderDigest && header.inputsDigest === scenario.inputsDigest;
  if (!isSame) throw new CertificateError("The certificate is about another bootloader or other inputs.");
  const sample = Math.min(count, states.length);
  for (let taken = 0; taken < sample; taken += 1) {
    recheckState(certificate, scenario, Math.floor((taken * states.length) / sample));
  }
  return sample;
}

function recheckState({ header, states }: Certificate, scenario: Scenario, number: number): void {
  const listed = states[number];
  if (listed === undefined) return;
  const store = new StateStore(scenario.profile.layout);
  const expander = new Expander({
    device: deviceOf(scenario),
    subject: scenario.subject,
    tearClasses: TEAR_CLASSES.filter((tearClass) => header.tearClasses.includes(tearClass)),
    space: store,
    onNew: () => undefined,
  });
  const way = wayTo(states, number);
  expander.device.restore(scenario.initial);
  for (const cut of way) expander.device.powerOn({ observer: new CutPower(cut) });
  const state = expander.adopt();
  if (hashIn(store, state) !== formatHash(listed.hash)) {
    throw new CertificateError(`The way ${formatCuts(way)} does not lead to state ${number} on the device.`);
  }
  const { steps } = expander.expand(state, listed.tornBudget > 0);
  const found: string[] = [];
  for (let at = 0; at < steps.length; at += STEP_FIELDS) {
    found.push(successor(hashIn(store, steps[at] ?? 0), (steps[at + 2] ?? 0) >= 2));
  }
  const claimed: Successors = Array.from(listed.edges, (edge) =>
    successor(formatHash(states[Math.floor(edge / 2)]?.hash ?? new Int32Array(LANES)), edge % 2 === 1),
  );
  if (found.join() !== claimed.join()) {
    throw new CertificateError(`On the device, state ${number} leads to other states than listed.`);
  }
}

function wayTo(states: Certificate["states"], number: number): Cut[] {
  const way: Cut[] = [];
  for (let at = number; at > 0 && way.length <= states.length;) {
    const state = states[at];
    if (state === undefined || state.parent < 0) {
      throw new CertificateError(`There is no way to state ${number}.`);
    }
    way.push(cutOf(state.operation, state.variant));
    at = state.parent;
  }
  return way.reverse();
}

function hashIn(store: StateStore, state: number): string {
  return formatHash(store.table.lanes, state * LANES);
}

function successor(hash: string, isTorn: boolean): string {
  return isTorn ? `t${hash}` : hash;
}
