/**
 * The labels of draft-ietf-suit-manifest-37 and its family, as far as the device reads them.
 *
 * What is known to the family but not executed by this build is listed as a bit set, so that it is
 * refused as unsupported and not mistaken for something unknown.
 */
import { Feature } from "../feature";

/** CBOR tag of an envelope, SUIT §8.2. */
export const enum EnvelopeTag {
  Suit = 107,
}

/** Members of the envelope and of the manifest, SUIT §8.2 and §8.4. */
export const enum Member {
  AuthenticationWrapper = 2,
  Manifest = 3,

  /** Not a key of the manifest: where the shared sequence of common is kept. */
  Shared = 0,
  Version = 1,
  SequenceNumber = 2,
  Common = 3,
  ReferenceUri = 4,
  ComponentId = 5,
  SetVersion = 6,
  Validate = 7,
  Load = 8,
  Invoke = 9,
  Coswid = 14,
  DependencyResolution = 15,
  PayloadFetch = 16,
  CandidateVerification = 18,
  Install = 20,
  Text = 23,
  Uninstall = 24,
  /** One past the highest member. */
  End = 25,
}

const enum Extension {
  TrustSeverable = (1 << Member.DependencyResolution) | (1 << Member.CandidateVerification),
  Trust = TrustSeverable | (1 << Member.ComponentId) | (1 << Member.Uninstall),
  Update = 1 << Member.SetVersion,
}

/** Sets of members by what is to be said of them, as bits. */
export const enum MemberSet {
  /**
   * Members that may be severed: the manifest holds their digest, the envelope holds them (SUIT §8.4.12, §8.6).
   * Text and CoSWID are in every build: they ask nothing of a device, which must not fail because of them.
   */
  Severable = (1 << Member.Coswid) |
    (1 << Member.PayloadFetch) |
    (1 << Member.Install) |
    (1 << Member.Text) |
    (Feature.TrustDomains * Extension.TrustSeverable),
  /** Members of the manifest that this build reads. */
  Manifest = (1 << Member.Version) |
    (1 << Member.SequenceNumber) |
    (1 << Member.Common) |
    (1 << Member.ReferenceUri) |
    (1 << Member.Validate) |
    (1 << Member.Load) |
    (1 << Member.Invoke) |
    Severable |
    (Feature.TrustDomains * Extension.Trust) |
    (Feature.UpdateManagement * Extension.Update),
  Required = (1 << Member.Version) |
    (1 << Member.SequenceNumber) |
    (1 << Member.Common) |
    (1 << Member.Validate),
  /** Members of the envelope that the family knows, read or not. */
  EnvelopeKnown = (1 << Member.DependencyResolution) |
    (1 << Member.PayloadFetch) |
    (1 << Member.CandidateVerification),
  /** In the envelope: delegation, and sections of drafts before -17, -27 for install. */
  EnvelopeOldDraft = (1 << 1) |
    (1 << 7) |
    (1 << 8) |
    (1 << 9) |
    (1 << 10) |
    (1 << 11) |
    (1 << 12) |
    (1 << 13) |
    (1 << 17),
  /** Members of the manifest that the family knows, read or not. */
  ManifestKnown = EnvelopeKnown |
    (1 << Member.ComponentId) |
    (1 << Member.SetVersion) |
    (1 << Member.Uninstall),
  /** In the manifest: sections of drafts before -17, -27 for install. */
  ManifestOldDraft = (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 17),
}

/** Members of common, SUIT §8.4.5. */
export const enum CommonMember {
  Dependencies = 1,
  Components = 2,
  SharedSequence = 4,
}

/** What a manifest says of a dependency, draft-ietf-suit-trust-domains-12 §5.2.2. */
export const enum DependencyMember {
  Prefix = 1,
}

/** Commands, SUIT §8.4.9 to §8.4.11. */
export const enum Command {
  VendorIdentifier = 1,
  ClassIdentifier = 2,
  ImageMatch = 3,
  UseBefore = 4,
  ComponentSlot = 5,
  CheckContent = 6,
  DependencyIntegrity = 7,
  IsDependency = 8,
  ProcessDependency = 11,
  SetComponentIndex = 12,
  Abort = 14,
  TryEach = 15,
  Write = 18,
  SetParameters = 19,
  OverrideParameters = 20,
  Fetch = 21,
  Copy = 22,
  Invoke = 23,
  DeviceIdentifier = 24,
  ImageNotMatch = 25,
  MinimumBattery = 26,
  UpdateAuthorized = 27,
  Version = 28,
  Wait = 29,
  Swap = 31,
  RunSequence = 32,
  Unlink = 33,
  OverrideMultiple = 34,
  CopyParameters = 35,
  /** One past the highest command of the family. */
  End = 36,
}

/** Commands the family knows: 1–8, 11, 12, 14, 15, 18–29, 31–35. */
export const KNOWN_COMMANDS: u64 = 0xfbffcd9fe;

/** Conditions of this build: 1–3, 5, 6, 14, 24; 7, 8; 4, 25–28. */
// @ts-ignore: decorator
@inline
export function conditions(): u64 {
  return 0x100406e | (Feature.TrustDomains ? 0x180 : 0) | (Feature.UpdateManagement ? 0x1e000010 : 0);
}

/** Directives of this build that take a reporting policy: 18, 21–23, 31; 11, 33; 29. */
// @ts-ignore: decorator
@inline
export function directives(): u64 {
  return 0x80e40000 | (Feature.TrustDomains ? 0x200000800 : 0) | (Feature.UpdateManagement ? 0x20000000 : 0);
}

/** Commands that are as time, battery and people have it: 4, 26–29. They may hold once and not again. */
// @ts-ignore: decorator
@inline
export function fleetingCommands(): u64 {
  return Feature.UpdateManagement ? 0x3c000010 : 0;
}

/** Conditions that are costly, and checked again before anything is invoked: 3; 25. */
// @ts-ignore: decorator
@inline
export function passedConditions(): u64 {
  return 0x8 | (Feature.UpdateManagement ? 0x2000000 : 0);
}

/** Parameters, SUIT §8.4.8. */
export const enum Parameter {
  VendorIdentifier = 1,
  ClassIdentifier = 2,
  ImageDigest = 3,
  UseBefore = 4,
  ComponentSlot = 5,
  StrictOrder = 12,
  SoftFailure = 13,
  ImageSize = 14,
  Content = 18,
  EncryptionInfo = 19,
  Uri = 21,
  SourceComponent = 22,
  InvokeArgs = 23,
  DeviceIdentifier = 24,
  FetchArguments = 25,
  MinimumBattery = 26,
  UpdatePriority = 27,
  Version = 28,
  WaitInfo = 29,
  ComponentMetadata = 30,
  /** One past the highest parameter of the family. */
  End = 31,
  /** One past the highest parameter of this build. */
  Kept = 26 + 5 * Feature.UpdateManagement,
}

/** Digest algorithms, SUIT §10 and RFC 9054 §3. */
export const enum DigestAlgorithm {
  Sha256 = -16,
  /** What drafts before -13 called SHA-256. */
  OldSha256 = 2,
}

/** Reporting policies are the bits 0 to 3, SUIT §8.4.7. */
export const enum ReportingPolicy {
  Highest = 15,
}
