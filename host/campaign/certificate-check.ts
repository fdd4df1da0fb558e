/**
 * Checks a certificate: that it is closed and live. It shares no code with the engine that wrote it,
 * and no more than names of types; the format is drawn in emulator/explore/certificate.ts.
 *
 * Closed: the start has the whole budget of torn operations, and every state that a listed state
 * leads to is listed, powered on, and has at least the budget that is left on the way to it.
 * Live: from every state, uninterrupted power comes to a running image; there is no cycle without.
 * That a list of successors is what a device does is not checked here: see certificate-recheck.ts.
 */
import { createHash } from "node:crypto";
import type { CertificateHeader, CertificateState } from "../../emulator/explore/certificate.ts";

/** What a good certificate shows. */
export interface CertificateProof {
  readonly header: CertificateHeader;
  readonly states: number;
  readonly transitions: number;
  /** The most power-ons without a cut until an image runs and waits. */
  readonly boots: number;
}

/** A certificate that does not hold; the message says why in one sentence. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
  readonly code = "certificate";
}

/** A certificate taken apart. */
export interface Certificate {
  readonly header: CertificateHeader;
  readonly states: readonly CertificateState[];
}

const TRAILER_BYTES = 32;
/** The outcome of an image that ran and waits, in the low 8 bits. */
const RUNNING = 0x11;

/**
 * Checks the bytes of a certificate.
 *
 * @throws CertificateError
 */
export function checkCertificate(bytes: Uint8Array): CertificateProof {
  const certificate = readCertificate(bytes);
  const { header, states } = certificate;
  checkClosed(certificate);
  const boots = checkLive(states);
  if (graphDigestOf(states) !== header.graphDigest) {
    throw new CertificateError("What the states say does not give the graph digest in the header.");
  }
  return {
    header,
    states: states.length,
    transitions: states.reduce((sum, { edges }) => sum + edges.length, 0),
    boots,
  };
}

/** The number of the state that a power-on without a cut leads to. */
export function uncutSuccessor({ edges }: CertificateState, state: number): number {
  for (let index = edges.length - 1; index >= 0; index -= 1) {
    const edge = edges[index] ?? 0;
    if (edge % 2 === 0) return edge / 2;
  }
  return state;
}

function checkClosed({ header, states }: Certificate): void {
  if (states[0]?.tornBudget !== header.tornBudget) {
    throw new CertificateError("The first state does not begin with the whole budget of torn operations.");
  }
  const hashes = new Set<string>();
  for (const [number, { hash, outcome, tornBudget, edges }] of states.entries()) {
    if (outcome === 0) throw new CertificateError(`State ${number} was never powered on.`);
    if (hashes.size === hashes.add(hash.join()).size) {
      throw new CertificateError(`State ${number} is there a second time.`);
    }
    for (let index = 0; index < edges.length; index += 1) {
      const edge = edges[index] ?? 0;
      const left = tornBudget - (edge % 2);
      const target = states[Math.floor(edge / 2)];
      if (target === undefined) {
        throw new CertificateError(
          `State ${number} leads to state ${Math.floor(edge / 2)}, which is not there.`,
        );
      }
      if (left < 0 || target.tornBudget < left) {
        throw new CertificateError(
          `State ${number} leads to state ${Math.floor(edge / 2)} with ${left} torn operations left, which was not tried.`,
        );
      }
    }
  }
}

/** @returns the most power-ons until an image runs */
function checkLive(states: readonly CertificateState[]): number {
  /** Power-ons until an image runs; 0 while unknown, -1 on the way that is being walked. */
  const boots = new Int32Array(states.length);
  for (let start = 0; start < states.length; start += 1) {
    const way: number[] = [];
    for (let at = start; boots[at] === 0;) {
      const state = states[at];
      if (state === undefined) break;
      const isRunning = (state.outcome & 0xff) === RUNNING;
      boots[at] = isRunning ? 1 : -1;
      if (isRunning) break;
      way.push(at);
      at = uncutSuccessor(state, at);
      if (boots[at] === -1) {
        throw new CertificateError(`From state ${start} uninterrupted power never comes to a running image.`);
      }
    }
    for (const at of way.reverse()) {
      const state = states[at];
      if (state !== undefined) boots[at] = 1 + (boots[uncutSuccessor(state, at)] ?? 0);
    }
  }
  return boots.reduce((most, each) => Math.max(most, each), 0);
}

/** SHA-256 over hash, uncut successor, outcome, operations, successors and budget, in the order of hashes. */
export function graphDigestOf(states: readonly CertificateState[]): string {
  const records = states.map((state, number) => {
    const record = Buffer.alloc(48);
    const successor = states[uncutSuccessor(state, number)];
    state.hash.forEach((lane, index) => record.writeInt32BE(lane, 4 * index));
    successor?.hash.forEach((lane, index) => record.writeInt32BE(lane, 16 + 4 * index));
    const rest = [state.outcome, state.operations, state.edges.length, state.tornBudget];
    rest.forEach((value, index) => record.writeUInt32BE(value, 32 + 4 * index));
    return record;
  });
  const hash = createHash("sha256");
  for (const record of records.sort((left, right) => Buffer.compare(left, right))) hash.update(record);
  return hash.digest("hex");
}

/**
 * Takes the bytes of a certificate apart; only their integrity is checked.
 *
 * @throws CertificateError
 */
export function readCertificate(bytes: Uint8Array): Certificate {
  const end = Math.max(0, bytes.length - TRAILER_BYTES);
  const digest = createHash("sha256").update(bytes.subarray(0, end)).digest();
  if (!digest.equals(bytes.subarray(end))) {
    throw new CertificateError("The file is no certificate, or it was cut short or altered.");
  }
  const line = bytes.indexOf(0x0a);
  const header = readHeader(Buffer.from(bytes.subarray(0, line)).toString());
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = line + 1;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = at < end ? (bytes[at] ?? 0) : 0;
      if (at >= end) throw new CertificateError("The certificate ends in the middle of a state.");
      at += 1;
      value += (byte % 0x80) * scale;
      if (byte < 0x80) return value;
    }
  };
  const states: CertificateState[] = [];
  for (let index = 0; index < header.states; index += 1) {
    if (at + 16 > end) throw new CertificateError("The certificate ends in the middle of a state.");
    const hash = Int32Array.from([0, 4, 8, 12], (offset) => view.getInt32(at + offset));
    at += 16;
    states.push({
      hash,
      outcome: number(),
      tornBudget: number(),
      operations: number(),
      cuts: number(),
      powerOns: number(),
      parent: number() - 1,
      operation: number(),
      variant: number(),
      edges: readEdges(number),
    });
  }
  if (at !== end) throw new CertificateError("The certificate holds more than its states.");
  return { header, states };
}

function readHeader(text: string): CertificateHeader {
  try {
    const header: unknown = JSON.parse(text);
    if (isHeader(header)) return header;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new CertificateError("The certificate is of another format or version than 1.");
}

function isHeader(value: unknown): value is CertificateHeader {
  if (typeof value !== "object" || value === null) return false;
  const header = new Map<string, unknown>(Object.entries(value));
  const numbers = ["states", "tornBudget"].every((name) => Number.isInteger(header.get(name)));
  return numbers && header.get("format") === "brownout-certificate" && header.get("version") === 1;
}

function readEdges(number: () => number): number[] {
  const edges: number[] = [];
  let target = 0;
  for (let left = number(); left > 0; left -= 1) {
    const code = number();
    const zigzag = Math.floor(code / 2);
    target += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    edges.push(2 * target + (code % 2));
  }
  return edges;
}
