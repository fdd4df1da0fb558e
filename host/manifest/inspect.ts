/**
 * Says what an envelope is: in plain words, as data, in diagnostic notation, as annotated hex.
 *
 * Works on anything: what the bootloader of this repository does not process is named as well, and
 * broken input is shown as far as it can be read, with one error.
 */
import { Status } from "../../assembly/status.ts";
import type { Key } from "../keys/key.ts";
import { STATUS_TEXT, type StatusCode } from "../status-text.ts";
import { annotatedHex } from "./annotated-hex.ts";
import { authenticate, readWrapper, requireManifestDigest } from "./authentication.ts";
import { checkContent } from "./content.ts";
import { describeEnvelope, type Description } from "./description.ts";
import { diagnosticNotation } from "./diagnostic.ts";
import { readEnvelope } from "./envelope.ts";
import { Refusal } from "./refusal.ts";
import { ENVELOPE_SHAPE } from "./shape.ts";
import { readTree, type Tree } from "./tree.ts";
import { visibleText } from "./visible-text.ts";
import { descriptionText } from "./words.ts";

/** The first thing that is wrong with an envelope, leaving signatures aside. */
export interface Problem {
  readonly reason: StatusCode;
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
}

/** Everything there is to say about an envelope. */
export interface Inspection {
  /** The content as data, for programs. */
  readonly description: Description;
  /** What is wrong, or what the bootloader of this repository would refuse it for. */
  readonly problem?: Problem;
  /** The description in plain words. */
  readonly text: string;
  readonly diagnostic: string;
  readonly annotatedHex: string;
}

/**
 * Inspects an envelope; any bytes get an inspection and nothing is thrown.
 *
 * @param keys keys to name the signer with; none are needed
 */
export function inspectEnvelope(bytes: Uint8Array, keys: readonly Key[] = []): Inspection {
  const tree = readTree(bytes, ENVELOPE_SHAPE);
  const description = describeEnvelope(tree);
  const refusal = mistakeOf(tree) ?? firstRefusal(bytes) ?? tree.mistake;
  const problem = refusal === undefined ? undefined : problemOf(refusal);
  return {
    description,
    ...(problem === undefined ? {} : { problem }),
    // Each form is made when somebody looks at it: of a large input they are large.
    get text() {
      const signer = keys.length === 0 ? undefined : signedBy(bytes, keys);
      return visibleText(descriptionText(description, { signer, problem: problem?.message }));
    },
    get diagnostic() {
      return visibleText(diagnosticNotation(tree));
    },
    get annotatedHex() {
      return visibleText(annotatedHex(tree));
    },
  };
}

/** A mistake of the input; that it is too much for this tree is one only if nothing else is wrong. */
function mistakeOf({ mistake }: Tree): Refusal | undefined {
  const isOurs = mistake?.status === Status.NestingTooDeep || mistake?.status === Status.EnvelopeTooLarge;
  return isOurs ? undefined : mistake;
}

/** What is wrong apart from signatures. */
function firstRefusal(bytes: Uint8Array): Refusal | undefined {
  return refusalOf(() => {
    const envelope = readEnvelope(bytes);
    requireManifestDigest(envelope, readWrapper(envelope));
    checkContent(envelope);
  });
}

function signedBy(bytes: Uint8Array, keys: readonly Key[]): string {
  let signer = "";
  const refusal = refusalOf(() => {
    signer = authenticate(readEnvelope(bytes), keys)
      .map(
        ({ blockIndex, keyIndex }) =>
          `Signature ${blockIndex + 1} verifies under key ${keyIndex + 1} of ${keys.length}.`,
      )
      .join(" ");
  });
  return refusal === undefined ? signer : refusal.said();
}

function refusalOf(action: () => void): Refusal | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function problemOf(refusal: Refusal): Problem {
  const { code, hint } = STATUS_TEXT[refusal.status];
  return { reason: code, message: refusal.said(), hint, offset: refusal.offset };
}
