/**
 * The rules for the values of parameters that need no device to check
 * (draft-ietf-suit-manifest-37 §8.4.8, draft-ietf-suit-update-management-14 §4).
 */
import { Status } from "../../assembly/status.ts";
import type { Capability } from "./capability.ts";
import { Major, type CborReader } from "./cbor-reader.ts";
import { readDigest } from "./digest.ts";
import { PEN_TAG, type Label, type ParameterKind } from "./labels.ts";
import { Refusal } from "./refusal.ts";
import { checkVersionMatch, checkWaitInfo } from "./version-check.ts";

/** Bytes of a private enterprise number below 2^32, in base 128. */
const ENTERPRISE_NUMBER_BYTES = 5;
/** Length of a UUID. */
const UUID_BYTES = 16;
/** Sizes and slots are 32 bits wide on the device. */
const MAXIMUM_SIZE = 0xffff_ffffn;

/**
 * Reads the value of a parameter that a build uses, and checks its form.
 *
 * @param keyStart where its key is
 * @throws Refusal
 */
export function checkParameter(
  reader: CborReader,
  parameter: Label<ParameterKind>,
  keyStart: number,
  capability: Capability,
): void {
  const what = `The parameter ${parameter.name}`;
  switch (parameter.kind) {
    case "vendor-identifier": {
      if (capability.enterpriseNumbers && reader.peek() === Major.Tag) checkEnterpriseNumber(reader, what);
      else checkIdentifier(reader, what);
      return;
    }
    case "class-identifier":
    case "device-identifier": {
      checkIdentifier(reader, what);
      return;
    }
    case "digest":
      checkEmbedded(reader, what, readDigest);
      return;
    case "fetch-arguments":
      checkFetchArguments(reader, what);
      return;
    case "version-match":
      checkEmbedded(reader, what, checkVersionMatch);
      return;
    case "wait-info":
      checkEmbedded(reader, what, checkWaitInfo);
      return;
    case "size":
    case "uint": {
      checkSize(reader, what);
      return;
    }
    case "time":
      reader.unsigned(what);
      return;
    case "int":
      reader.integer(what);
      return;
    case "bool":
      reader.boolean(what);
      return;
    case "tstr":
      reader.textString(what);
      return;
    case "bstr":
    case "encryption-info":
      reader.byteString(what);
      return;
    case "component-metadata":
      throw new Refusal(Status.ParameterUnsupported, keyStart, `${what} is not used by this build`);
  }
}

/** CBOR in a byte string, all of it. */
function checkEmbedded(
  reader: CborReader,
  what: string,
  check: (embedded: CborReader, what: string) => void,
): void {
  const embedded = reader.within(reader.byteString(what));
  check(embedded, what);
  embedded.finish(what);
}

/** A private enterprise number instead of a UUID (draft-ietf-suit-manifest-37 §8.4.8.3). */
function checkEnterpriseNumber(reader: CborReader, what: string): void {
  const { start, argument } = reader.head();
  if (argument !== BigInt(PEN_TAG)) {
    throw new Refusal(Status.ArgumentUnsupported, start, `${what} has tag ${argument}`);
  }
  const { from, to } = reader.byteString(what);
  if (to === from || to - from > ENTERPRISE_NUMBER_BYTES) {
    throw new Refusal(
      Status.ArgumentMalformed,
      start,
      `${what} is no private enterprise number of 1 to ${ENTERPRISE_NUMBER_BYTES} bytes`,
    );
  }
}

/** What fetch-arguments are for our bootloader (docs/suit.md): where in its payload the content begins. */
function checkFetchArguments(reader: CborReader, what: string): void {
  const span = reader.byteString(what);
  const offset = reader.within(span);
  try {
    if (offset.unsigned(what) <= MAXIMUM_SIZE && offset.offset === span.to) return;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  throw new Refusal(Status.ArgumentUnsupported, span.start, `${what} are no offset below 2^32`);
}

function checkIdentifier(reader: CborReader, what: string): void {
  if (reader.peek() === Major.Tag) {
    const { start, argument } = reader.head();
    throw new Refusal(
      Status.ArgumentUnsupported,
      start,
      argument === BigInt(PEN_TAG)
        ? `${what} is a private enterprise number, not a UUID`
        : `${what} has tag ${argument}`,
    );
  }
  const span = reader.byteString(what);
  if (span.to - span.from !== UUID_BYTES) {
    throw new Refusal(
      Status.ArgumentMalformed,
      span.start,
      `${what} has ${span.to - span.from} bytes instead of the ${UUID_BYTES} of a UUID`,
    );
  }
}

function checkSize(reader: CborReader, what: string): void {
  const start = reader.offset;
  const value = reader.unsigned(what);
  if (value > MAXIMUM_SIZE)
    throw new Refusal(Status.NumberTooLarge, start, `${what} is ${value}, beyond 32 bits`);
}
