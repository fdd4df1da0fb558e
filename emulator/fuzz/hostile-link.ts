/**
 * A link in the hands of an attacker: what comes back is what a script makes of genuine answers.
 *
 * A script is a list of steps of four bytes: for which datagram, what to do, and two numbers. Any bytes
 * are a script, so that scripts can be mutated without care. When all steps are done, the link is good.
 */
import { Link, type LinkPeer } from "../link.ts";
import { replaced } from "./byte-mutation.ts";

/** Bytes of one step. */
export const STEP_BYTES = 4;
/** Datagrams that a script can tell apart. */
const DATAGRAMS = 64;
/** How often one step may repeat an answer. */
const REPEATS_MAX = 12;
/** Answers to one datagram; steps that repeat what steps have repeated would make any number of them. */
const ANSWERS_MAX = REPEATS_MAX ** 2;
/** A datagram longer than any buffer. */
const FLOOD_BYTES = 1500;

/** What a step does to the answers of one datagram, as a function of them and of what was sent before. */
type Deed = (answers: Uint8Array[], a: number, b: number, past: readonly Uint8Array[]) => Uint8Array[];

/** The device's end of such a link. */
export class HostileLink extends Link {
  /** Datagrams sent so far. */
  count = 0;

  readonly #peer: LinkPeer;
  #script: Uint8Array = new Uint8Array();
  #waiting: Uint8Array[] = [];
  readonly #past: Uint8Array[] = [];

  constructor(peer: LinkPeer) {
    super(peer);
    this.#peer = peer;
  }

  /** Begins a script. */
  play(script: Uint8Array): void {
    this.#script = script;
    this.count = 0;
    this.#past.length = 0;
  }

  override powerOn(): void {
    this.unanswered = false;
    this.#waiting = [];
  }

  override send(datagram: Uint8Array): void {
    const number = this.count;
    this.count += 1;
    const answer = this.#peer.answer(datagram);
    let answers = answer === undefined ? [] : [answer];
    for (let at = 0; at + STEP_BYTES <= this.#script.length; at += STEP_BYTES) {
      const [when = 0, what = 0, a = 0, b = 0] = this.#script.subarray(at, at + STEP_BYTES);
      const deed = DEEDS[what % DEEDS.length];
      if (when % DATAGRAMS === number && deed !== undefined) {
        answers = deed(answers, a, b, this.#past).slice(0, ANSWERS_MAX);
      }
    }
    if (answer !== undefined) this.#past.push(answer);
    this.unanswered = answers.length === 0;
    this.#waiting.push(...answers);
  }

  override peek(): Uint8Array | undefined {
    return this.#waiting[0];
  }

  override receive(): Uint8Array | undefined {
    return this.#waiting.shift();
  }
}

/** What can be done to answers. */
const DEEDS: readonly Deed[] = [
  () => [],
  (answers, a) => answers.flatMap((answer) => Array.from({ length: 1 + (a % REPEATS_MAX) }, () => answer)),
  (answers, a) => answers.map((answer) => answer.subarray(0, a % (answer.length + 1))),
  (answers, a, b) => answers.map((answer) => withByte(answer, a, (answer[a % answer.length] ?? 0) ^ (b | 1))),
  (answers, a, b) => answers.map((answer) => withByte(answer, a, b)),
  // Near the end, where the payload is.
  (answers, a, b) => answers.map((answer) => withByte(answer, answer.length - 1 - (a % answer.length), b)),
  (answers, a, b, past) => [...answers, ...past.slice(-1 - (a % 8), past.length - (a % 8))].slice(0, 1 + b),
  (_answers, a, _b, past) => past.slice(-1 - (a % 8), past.length - (a % 8)),
  // An acknowledgement first, and the answer as a message of its own, of whichever type.
  (answers, a) => answers.flatMap((answer) => [emptyLike(answer, 2), withByte(answer, 0, typed(answer, a))]),
  (answers) => answers.map((answer) => emptyLike(answer, 3)),
  (answers, a) => answers.map((answer) => withByte(answer, 1, a)),
  (answers, a, b) => answers.map((answer) => replaced(answer, a % (answer.length + 1), 0, Uint8Array.of(b))),
  (answers, a, b) => answers.map((answer) => replaced(answer, a % (answer.length + 1), 1 + (b % 8), NOTHING)),
  (answers, a) => answers.map((answer) => replaced(answer, answer.length, 0, new Uint8Array(a).fill(a))),
  (answers) => answers.map((answer) => replaced(answer, answer.length, 0, new Uint8Array(FLOOD_BYTES))),
  (answers, a, b) => answers.map((answer) => withBlock(answer, (block) => block ^ ((a << 8) | b))),
  (answers, a, b) => answers.map((answer) => withBlock(answer, () => ((a & 15) << 4) | (b & 15))),
];

const NOTHING = new Uint8Array();

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  if (bytes.length === 0) return bytes;
  return bytes.with(at % bytes.length, value);
}

/** The first byte with another message type. */
function typed(message: Uint8Array, type: number): number {
  return ((message[0] ?? 0) & ~0x30) | ((type & 3) << 4);
}

/** An empty message of a type with the same Message ID (RFC 7252 §4.1). */
function emptyLike(message: Uint8Array, type: number): Uint8Array {
  return Uint8Array.of(0x40 | (type << 4), 0, message[2] ?? 0, message[3] ?? 0);
}

/**
 * The message with another value of Block2, where the server puts that option: behind an ETag of eight
 * bytes and a Content-Format.
 */
function withBlock(message: Uint8Array, change: (block: number) => number): Uint8Array {
  const tokenBytes = (message[0] ?? 0) & 15;
  let at = 4 + tokenBytes;
  let number = 0;
  while (at < message.length && message[at] !== 0xff) {
    const head = message[at] ?? 0;
    const length = head & 15;
    number += head >> 4;
    if (head >> 4 > 12 || length > 12) return message;
    if (number === 23) {
      const old = message.subarray(at + 1, at + 1 + length).reduce((value, byte) => value * 256 + byte, 0);
      const block = change(old) & 0xffff;
      const option = Uint8Array.of((head & 0xf0) | 2, block >> 8, block & 0xff);
      return replaced(message, at, 1 + length, option);
    }
    at += 1 + length;
  }
  return message;
}
