/**
 * What is known of each component while a manifest runs: its parameters, its content, its checks.
 *
 * Parameters are references into the envelope, never copies (SUIT §8.4.8 wraps structured values in
 * byte strings for that): a word for each label, the address of the value's encoding, or 0 while the
 * parameter is not set. The words behind them are the component's state.
 *
 * Sets are per component of the device, so that a dependency finds what its dependent has set. The
 * set of the dependency itself is the last one.
 */
import { cborArgument, cborBytes, cborContent, cborOpen, cborSeek, cborUnsigned } from "../cbor/reader";
import { Feature } from "../feature";
import { Memory } from "../layout";
import { Limit } from "../limits";
import { Status } from "../status";
import { digestBytes, readDigest } from "./digest";
import { Parameter } from "./label";

/** Words of a set behind its parameters. */
export const enum Field {
  /** Bits of `Flag`. */
  Flags = Parameter.Kept,
  /** Bytes whose digest image-match has found right; 0 until then. */
  CheckedBytes,
  ImageWitness,
  /** How many words from the first a new procedure clears in a dependency's set. */
  DependencyKept,
  /** Of a component: vendor and class were right. Of a dependency: signature and manifest. */
  VendorWitness = DependencyKept,
  ClassWitness,
  /** How many words from the first a new procedure clears in a component's set. */
  ComponentKept,
  /** Address of the content, and its bytes; 0 while they are not known. */
  Content = ComponentKept,
  ContentBytes,
  Words,
}

/** Bits of the flags. */
export const enum Flag {
  VendorChecked = 1,
  ClassChecked = 2,
  IdentityChecked = VendorChecked | ClassChecked,
}

const enum Sets {
  Count = Limit.Components + Feature.TrustDomains * Limit.Dependencies,
  Bytes = Field.Words * 4,
}

const SETS: usize = memory.data(Sets.Count * Sets.Bytes, 4);

/** Forgets all parameters and checks; the content, and what is known of a dependency, stay. */
export function clearParameters(): void {
  for (let set: i32 = 0; set < Sets.Count; set++) {
    const words: usize = set < Limit.Components ? Field.ComponentKept : Field.DependencyKept;
    memory.fill(SETS + set * Sets.Bytes, 0, words << 2);
  }
}

/** Forgets everything. */
export function clearComponents(): void {
  memory.fill(SETS, 0, Sets.Count * Sets.Bytes);
}

/** A word of a set. */
export function field(set: u32, word: u32): u32 {
  return load<u32>(SETS + set * Sets.Bytes + (word << 2));
}

/** Sets a word of a set. */
export function setField(set: u32, word: u32, value: u32): void {
  store<u32>(SETS + set * Sets.Bytes + (word << 2), value);
}

/** Raises flags of a component. */
export function raiseFlags(set: u32, flags: u32): void {
  setField(set, Field.Flags, field(set, Field.Flags) | flags);
}

/** Places the cursor on the value of a parameter; false if it is not set. */
export function openParameter(set: u32, label: u32): bool {
  const position = field(set, label);
  cborSeek(position, Memory.FlashBytes);
  return position != 0;
}

/** A parameter that is a byte string: its content, and its bytes in `cborLength`; 0 if it is not set. */
export function bytesOf(set: u32, label: u32): u32 {
  return openParameter(set, label) && cborBytes() == Status.Ok ? cborContent : 0;
}

/** A parameter that is a number below 2^32; `otherwise` if it is not set. */
export function numberOf(set: u32, label: u32, otherwise: u32): u32 {
  return openParameter(set, label) && cborUnsigned() == Status.Ok ? <u32>cborArgument : otherwise;
}

/** The 32 bytes of the parameter image-digest; 0 if it is not set. */
export function imageDigestOf(set: u32): u32 {
  const content = bytesOf(set, Parameter.ImageDigest);
  if (content == 0) return 0;
  cborOpen(content, Memory.FlashBytes - content);
  return readDigest() == Status.Ok ? digestBytes : 0;
}
