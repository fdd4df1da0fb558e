/**
 * What a build of the device code contains: one switch for each extension of SUIT, and one for leniency.
 *
 * A switch is a constant, so the compiler leaves out what is off; a build without an extension
 * refuses what belongs to it as unsupported. `host/build/variant.ts` builds combinations.
 *
 * This file is plain enough for both compilers.
 */
export const enum Feature {
  /**
   * Dependencies, each under its own authority; which key may touch which component; several
   * signatures that are all required (draft-ietf-suit-trust-domains-12).
   */
  TrustDomains = 1,
  /**
   * Conditions on time, version, battery and permission, wait, and directives for many components
   * (draft-ietf-suit-update-management-14).
   */
  UpdateManagement = 0,
  /**
   * Maps behind the signature may have their keys in any order, as some generators write them; none may come
   * twice. Envelope and COSE headers stay in order.
   */
  UnorderedMaps = 0,
  /**
   * Manifests of encrypted payloads: encryption-info is taken for what it is, as the firmware's agent has
   * decrypted what it received (draft-ietf-suit-firmware-encryption-24).
   */
  EncryptedPayloads = 0,
  /**
   * The prefix of a dependency stands before the identifiers of its components
   * (draft-ietf-suit-trust-domains-12 §5.2.2). Needs `TrustDomains`.
   */
  Prefixes = 1,
  /**
   * invoke-args, which the image that is invoked can read, and fetch-arguments, which say where in a payload
   * a component's content begins (SUIT §8.4.8.12, §8.4.8.13).
   */
  Arguments = 0,
  /** A vendor may be named by its private enterprise number (SUIT §8.4.8.3). */
  EnterpriseNumbers = 0,
  /**
   * Recovery reports as well: nothing runs then, so the bootloader carries the report writer
   * (draft-ietf-suit-report-20).
   */
  RecoveryReports = 1,
  /** The update agent decrypts what it receives. For firmware; the boot partition has no room for it. */
  DecryptingAgent = 0,
}
