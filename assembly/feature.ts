/**
 * What a build of the device code contains: one switch for each extension of SUIT.
 *
 * A switch is a constant, so the compiler leaves out what is off; a build without an extension
 * refuses what belongs to it as unsupported. `host/build/variant.ts` builds all combinations.
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
   * Manifests of encrypted payloads: encryption-info is taken for what it is, as the firmware's agent has
   * decrypted what it received (draft-ietf-suit-firmware-encryption-24).
   */
  EncryptedPayloads = 0,
  /** The update agent decrypts what it receives. For firmware; the boot partition has no room for it. */
  DecryptingAgent = 0,
}
