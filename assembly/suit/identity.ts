/**
 * Whether a manifest has made sure that it is for this device.
 */
import { Feature } from "../feature";
import { Witness } from "../hardening";
import { allowsUncheckedIdentity } from "../flash/device-page";
import { Field, field, Flag } from "./component";
import { componentCount, dependencyIndex, setOf } from "./manifest";

/**
 * Whether every component of the open manifest had vendor and class checked, unless the policy does
 * without.
 */
export function isIdentityChecked(): bool {
  if (allowsUncheckedIdentity()) return true;
  for (let index: u32 = 0; index < componentCount; index++) {
    if (Feature.TrustDomains && index == dependencyIndex) continue;
    if ((field(setOf(index), Field.Flags) & Flag.IdentityChecked) != Flag.IdentityChecked) return false;
  }
  return true;
}

/** The same by the witnesses, and of the component that was invoked as well. */
export function isIdentityAttested(invokedSet: u32): bool {
  if (allowsUncheckedIdentity()) return true;
  for (let index: u32 = 0; index < componentCount; index++) {
    if (Feature.TrustDomains && index == dependencyIndex) continue;
    if (!isSetAttested(setOf(index))) return false;
  }
  return isSetAttested(invokedSet);
}

/** Asks the witnesses of one component's conditions, as {@link isIdentityAttested} does of the root's. */
export function isComponentAttested(set: u32): bool {
  return allowsUncheckedIdentity() || isSetAttested(set);
}

function isSetAttested(set: u32): bool {
  return field(set, Field.VendorWitness) == Witness.Vendor && field(set, Field.ClassWitness) == Witness.Class;
}
