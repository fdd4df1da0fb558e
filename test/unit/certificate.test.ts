/**
 * Certificates: what holds is accepted, and each kind of damage is refused in one sentence.
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  encodeCertificate,
  type CertificateHeader,
  type CertificateState,
} from "../../emulator/explore/certificate.ts";
import type { ExploredGraph } from "../../emulator/explore/explore.ts";
import {
  CertificateError,
  checkCertificate,
  graphDigestOf,
  readCertificate,
  uncutSuccessor,
} from "../../host/campaign/certificate-check.ts";
import { recheckCertificate } from "../../host/campaign/certificate-recheck.ts";
import { certificateOf } from "../../host/campaign/certificate-write.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import { PLAIN_TEAR_CLASSES, TEAR_CLASSES } from "../../emulator/tear.ts";
import type { ToyOrder } from "../toy-bootloader.ts";
import { toyScenario } from "../toy-scenario.ts";

/** Closed whatever is cut: 15 states. */
const SCENARIO = toyScenario("data first");
const { bytes, result } = certify("data first");
const { header, states } = readCertificate(bytes);

function certify(order: ToyOrder, tornBudget = 1, tearClasses = PLAIN_TEAR_CLASSES) {
  let graph: ExploredGraph | undefined;
  const campaign = runCampaign(toyScenario(order), {
    tornBudget,
    tearClasses,
    onGraph: (explored) => (graph = explored),
  });
  if (graph === undefined) throw new Error("No graph was given.");
  return { bytes: Buffer.concat([...certificateOf(campaign, graph.states)]), result: campaign };
}

/** A certificate with some states replaced, right in everything else: trailer, count, digest if possible. */
function forge(
  replaced: ReadonlyMap<number, Partial<CertificateState>>,
  about: Partial<CertificateHeader> = {},
  from: readonly CertificateState[] = states,
): Uint8Array {
  const forged = from.map((state, number) => ({ ...state, ...replaced.get(number) }));
  const graphDigest = graphDigestOf(forged);
  return Buffer.concat([
    ...encodeCertificate({ ...header, states: forged.length, graphDigest, ...about }, forged),
  ]);
}

function reasonAgainst(certificate: Uint8Array): string {
  try {
    checkCertificate(certificate);
  } catch (error) {
    if (error instanceof CertificateError) return error.message;
    throw error;
  }
  return "";
}

describe("a certificate", () => {
  it.each([0, 1, 2])("of a closed exploration holds, T = %i", (tornBudget) => {
    const { bytes: written, result: campaign } = certify("data first", tornBudget);
    expect(checkCertificate(written)).toMatchObject({
      states: campaign.exploration.states,
      transitions: campaign.exploration.transitions,
      boots: campaign.exploration.bootsToRunning?.value,
      header: { graphDigest: campaign.exploration.graphDigest, tornBudget, findings: {} },
    });
  });

  it("is what was written, read again", () => {
    expect(forge(new Map(), { graphDigest: result.exploration.graphDigest })).toEqual(bytes);
    expect(states).toHaveLength(15);
    expect(states[0]).toMatchObject({ parent: -1, cuts: 0, powerOns: 0, tornBudget: 1 });
  });

  it("is refused when it was cut short anywhere", () => {
    for (let length = 0; length < bytes.length; length += 7) {
      expect(reasonAgainst(bytes.subarray(0, length))).toBe(
        "The file is no certificate, or it was cut short or altered.",
      );
    }
  });

  it("is refused when a byte of it was altered", () => {
    for (let at = 0; at < bytes.length; at += 11) {
      const altered = Uint8Array.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 0x10;
      expect(reasonAgainst(altered)).not.toBe("");
    }
  });

  it("is refused when it ends in the middle of a state although its trailer is right", () => {
    const content = bytes.subarray(0, bytes.length - 40);
    const trailer = createHash("sha256").update(content).digest();
    expect(reasonAgainst(Buffer.concat([content, trailer]))).toBe(
      "The certificate ends in the middle of a state.",
    );
  });

  it("is refused when a successor is missing", () => {
    expect(reasonAgainst(forge(new Map(), {}, states.slice(0, -1)))).toMatch(
      /^State \d+ leads to state 14, which is not there\.$/,
    );
  });

  it("is refused when a state was never powered on", () => {
    expect(reasonAgainst(forge(new Map([[9, { outcome: 0 }]])))).toBe("State 9 was never powered on.");
  });

  it("is refused when a state is there twice", () => {
    const copy = states[3]?.hash ?? new Int32Array();
    expect(reasonAgainst(forge(new Map([[4, { hash: copy }]])))).toBe("State 4 is there a second time.");
  });

  it("is refused when a state was tried with too few torn operations left", () => {
    const clean = uncutSuccessor(states[0] ?? assertNever(), 0);
    expect(reasonAgainst(forge(new Map([[clean, { tornBudget: 0 }]])))).toMatch(
      new RegExp(`leads to state ${clean} with 1 torn operations left, which was not tried`),
    );
    expect(reasonAgainst(forge(new Map([[0, { tornBudget: 0 }]])))).toBe(
      "The first state does not begin with the whole budget of torn operations.",
    );
  });

  it("is refused when an outcome was altered", () => {
    const outcome = (states[7]?.outcome ?? 0) ^ 0x100;
    const altered = forge(new Map([[7, { outcome }]]), { graphDigest: header.graphDigest });
    expect(reasonAgainst(altered)).toBe("What the states say does not give the graph digest in the header.");
  });

  it("is refused when a boot loop has no running image in it", () => {
    const asksForReset = 2;
    const first = states[0]?.edges ?? [];
    const into = uncutSuccessor(states[0] ?? assertNever(), 0);
    const loop = forge(
      new Map([
        [0, { outcome: asksForReset, edges: [...Array.from(first), 2 * into] }],
        [into, { outcome: asksForReset, edges: [0] }],
      ]),
    );
    expect(reasonAgainst(loop)).toBe("From state 0 uninterrupted power never comes to a running image.");
  });

  it("of a bootloader that hangs itself up is refused as not live", () => {
    expect(reasonAgainst(certify("flag first").bytes)).toMatch(/uninterrupted power never comes/);
  });
});

describe("a recheck", () => {
  it("finds on the device what a true certificate says, for every state", () => {
    expect(recheckCertificate({ header, states }, SCENARIO, 1000)).toBe(states.length);
    expect(recheckCertificate({ header, states }, SCENARIO, 4)).toBe(4);
  });

  it("agrees about states in which torn units waver, fault or fade", () => {
    const hostile = readCertificate(certify("data first", 1, TEAR_CLASSES).bytes);
    expect(hostile.states.length).toBeGreaterThan(states.length);
    expect(recheckCertificate(hostile, SCENARIO, 10_000)).toBe(hostile.states.length);
  });

  it("contradicts one that leaves a successor out, which the checker alone cannot see", () => {
    const victim = states.findIndex(
      ({ edges }) => Array.from(edges).filter((edge) => edge % 2 === 1).length > 1,
    );
    const edges = Array.from(states[victim]?.edges ?? []);
    edges.splice(
      edges.findIndex((edge) => edge % 2 === 1),
      1,
    );
    const forged = forge(new Map([[victim, { edges }]]));
    expect(reasonAgainst(forged)).toBe("");
    expect(() => recheckCertificate(readCertificate(forged), SCENARIO, 1000)).toThrow(
      `On the device, state ${victim} leads to other states than listed.`,
    );
  });

  it("contradicts one that gives a wrong way", () => {
    const forged = readCertificate(forge(new Map([[5, { operation: 0, variant: 0, parent: 0 }]])));
    expect(() => recheckCertificate(forged, SCENARIO, 1000)).toThrow(
      "The way 0a does not lead to state 5 on the device.",
    );
  });

  it("refuses another scenario", () => {
    expect(() => recheckCertificate({ header, states }, toyScenario("flag first"), 1)).toThrow(
      "The certificate is about another bootloader or other inputs.",
    );
  });
});

function assertNever(): never {
  throw new Error("The certificate has a first state.");
}
