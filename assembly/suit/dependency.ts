/**
 * Dependencies (draft-ietf-suit-trust-domains-12): an envelope that is the content of a component.
 *
 * It is authenticated under its own authority before its manifest is read, and held to the digest that
 * its dependent states for it. What was found is left as witnesses in the dependency's set, and these
 * are what counts when it is processed: they come right only if the compared data agree. They are lost
 * with the next fetch, write, copy or swap, and with the end of the procedure.
 */
import { Witness } from "../hardening";
import { Status } from "../status";
import { Field, field, imageDigestOf, setField } from "./component";
import { hasDigest, testifyDigest } from "./digest";
import {
  authenticate,
  keepVerdict,
  manifestEnd,
  manifestStart,
  manifestWitness,
  openEnvelope,
  restoreVerdict,
  rootLimit,
  rootStart,
  signatureWitness,
} from "./envelope";
import { dependencyIndex, matchComponents, NO_INDEX, openManifest } from "./manifest";

/** Opens the root envelope and its manifest again, both of which were found good before. */
export function reopenRoot(): i32 {
  const status = openEnvelope(rootStart, rootLimit - rootStart, false);
  return status != Status.Ok ? status : openManifest(true);
}

/** Opens the envelope that is the content of the dependency's set. */
function openContent(set: u32): i32 {
  const content = field(set, Field.Content);
  const length = field(set, Field.ContentBytes);
  if (content > rootLimit) return Status.EnvelopeTooLarge;
  return openEnvelope(content, length == 0 ? rootLimit - content : length, length != 0);
}

/**
 * image-match of a dependency: the digest of its manifest as a byte string, whatever signed it.
 */
export function matchDependency(set: u32): i32 {
  const expected = imageDigestOf(set);
  if (expected == 0) return Status.ConditionParameterMissing;
  let status = openContent(set);
  if (status == Status.Ok && !hasDigest(manifestStart, manifestEnd - manifestStart, expected)) {
    status = Status.ImageMismatch;
  }
  const reopened = reopenRoot();
  return status != Status.Ok ? status : reopened;
}

/**
 * dependency-integrity: signature, digest and manifest of the dependency, and that this build can
 * process it. The signature is not verified again while its witnesses last.
 *
 * @returns Status.Ok, or why not, which always ends the procedure
 */
export function checkDependency(set: u32): i32 {
  const expected = imageDigestOf(set);
  if (expected == 0) return Status.ConditionParameterMissing;
  let status = openContent(set);
  if (status == Status.Ok && !isAuthentic(set)) status = authenticateDependency(set);
  if (status == Status.Ok && !hasDigest(manifestStart, manifestEnd - manifestStart, expected)) {
    status = Status.DependencyMismatch;
  }
  setField(set, Field.ImageWitness, testifyDigest(imageDigestOf(set), Witness.Dependency));
  const reopened = reopenRoot();
  return status != Status.Ok ? status : reopened;
}

/** Authenticates the open dependency, and only then reads its manifest. */
function authenticateDependency(set: u32): i32 {
  keepVerdict();
  let status = authenticate();
  setField(set, Field.VendorWitness, signatureWitness);
  setField(set, Field.ClassWitness, manifestWitness);
  if (status == Status.Ok) status = openManifest(false);
  if (status == Status.Ok && dependencyIndex != NO_INDEX) status = Status.TooManyDependencies;
  // Asked twice, as of the root: a glitch in one answer is contradicted by the other.
  if (status == Status.Ok) status = matchComponents();
  if (status == Status.Ok) status = matchComponents();
  restoreVerdict();
  return status;
}

/** Whether the witnesses say that signature and manifest of the dependency are in order. */
function isAuthentic(set: u32): bool {
  return (
    field(set, Field.VendorWitness) == Witness.Signature && field(set, Field.ClassWitness) == Witness.Manifest
  );
}

/** Whether all witnesses say that the dependency's integrity was checked and is in order. */
function isAttested(set: u32): bool {
  return isAuthentic(set) && field(set, Field.ImageWitness) == Witness.Dependency;
}

/** Opens a dependency that is attested, to run its sequences. */
export function openDependency(set: u32): i32 {
  if (!isAttested(set)) return Status.DependencyUnchecked;
  const status = openContent(set);
  if (status != Status.Ok) return status;
  // Asked twice, in branches of their own: see hardening.ts.
  if (!isAttested(set)) return Status.DependencyUnchecked;
  return openManifest(false);
}
