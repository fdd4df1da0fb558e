/**
 * The labels of draft-ietf-suit-manifest-37 and its family, as far as the device reads them.
 *
 * What is known to the family but not executed by this build is listed as a bit set, so that it is
 * refused as unsupported and not mistaken for something unknown.
 */

/** CBOR tag of an envelope, SUIT §8.2. */
export const enum EnvelopeTag {
  Suit = 107,
}

/** Members of the envelope and of the manifest, SUIT §8.2 and §8.4. */
export const enum Member {
  AuthenticationWrapper = 2,
  Manifest = 3,

  Version = 1,
  SequenceNumber = 2,
  Common = 3,
  ReferenceUri = 4,
  Validate = 7,
  Invoke = 9,
  Install = 20,
  Text = 23,
}

/** Sets of members by what is to be said of them, as bits. */
export const enum MemberSet {
  /** In the envelope: coswid, dependency-resolution, payload-fetch, candidate-verification. */
  EnvelopeUnsupported = (1 << 14) | (1 << 15) | (1 << 16) | (1 << 18),
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
  /** In the manifest: manifest-component-id, set-version, load, uninstall, and the four above. */
  ManifestUnsupported = (1 << 5) |
    (1 << 6) |
    (1 << 8) |
    (1 << 24) |
    (1 << 14) |
    (1 << 15) |
    (1 << 16) |
    (1 << 18),
  /** In the manifest: sections of drafts before -17, -27 for install. */
  ManifestOldDraft = (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 17),
}

/** Members of common, SUIT §8.4.5. */
export const enum CommonMember {
  Dependencies = 1,
  Components = 2,
  SharedSequence = 4,
}

/** Commands, SUIT §8.4.9 to §8.4.11. */
export const enum Command {
  VendorIdentifier = 1,
  ClassIdentifier = 2,
  ImageMatch = 3,
  ComponentSlot = 5,
  SetComponentIndex = 12,
  Abort = 14,
  TryEach = 15,
  OverrideParameters = 20,
  Fetch = 21,
  Invoke = 23,
  DeviceIdentifier = 24,
  RunSequence = 32,
  /** One past the highest command of the family. */
  End = 36,
}

/** Commands the family knows: 1–8, 11, 12, 14, 15, 18–29, 31–35. */
export const KNOWN_COMMANDS: u64 = 0xfbffcd9fe;

/** Parameters, SUIT §8.4.8. */
export const enum Parameter {
  VendorIdentifier = 1,
  ClassIdentifier = 2,
  ImageDigest = 3,
  ComponentSlot = 5,
  StrictOrder = 12,
  SoftFailure = 13,
  ImageSize = 14,
  Uri = 21,
  DeviceIdentifier = 24,
  /** One past the highest parameter of the family. */
  End = 31,
}

/** Parameters the family knows: 1–5, 12–14, 18, 19, 21–30. */
export const KNOWN_PARAMETERS: u64 = 0x7fec703e;

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
