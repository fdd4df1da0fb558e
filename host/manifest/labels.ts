/**
 * Every label of SUIT in one place.
 *
 * Names and numbers of draft-ietf-suit-manifest-37 (M), draft-ietf-suit-trust-domains-12 (T),
 * draft-ietf-suit-update-management-14 (U) and draft-ietf-suit-firmware-encryption-24 (F), without
 * their `suit-` prefixes. Author, verifier, inspector, linter, JSON Schema and manual are made from
 * these tables, so a last-minute change of a number is one edit. `supported` says what the bootloader
 * of this repository processes.
 */
export { COMMANDS, POLICY_BITS, type CommandKind, type CommandLabel } from "./command-label.ts";
export {
  byLabel,
  byName,
  camelCase,
  DOCUMENTS,
  EXTENSIONS,
  isSupported,
  referenceOf,
  type Label,
} from "./label.ts";
export {
  COMMON_MEMBERS,
  COMPONENT_TEXT,
  ENVELOPE_MEMBERS,
  MANIFEST_MEMBERS,
  RETIRED_ENVELOPE_KEYS,
  RETIRED_MANIFEST_KEYS,
  SEVERABLE_MEMBERS,
  TEXT_MEMBERS,
  type MemberKind,
  type MemberLabel,
} from "./member-label.ts";
export {
  METADATA_MEMBERS,
  PARAMETERS,
  VERSION_COMPARISONS,
  WAIT_EVENTS,
  type ParameterKind,
  type ParameterLabel,
} from "./parameter-label.ts";

/** CBOR tag of SUIT_Envelope_Tagged. */
export const ENVELOPE_TAG = 107;
/** CBOR tag of a private enterprise number as an identifier (RFC 9090 §2.3). */
export const PEN_TAG = 112;
/** The only manifest version. */
export const MANIFEST_VERSION = 1;

/** What drafts before 13 called SHA-256. */
export const RETIRED_DIGEST_ALGORITHM = 2;

/** A digest algorithm (RFC 9054 §2). */
export interface DigestAlgorithm {
  readonly label: number;
  readonly name: string;
  readonly digestBytes: number;
  readonly supported: boolean;
}

/** Digest algorithms that SUIT names. */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = [
  { label: -16, name: "sha-256", digestBytes: 32, supported: true },
  { label: -18, name: "shake128", digestBytes: 32, supported: false },
  { label: -43, name: "sha-384", digestBytes: 48, supported: false },
  { label: -44, name: "sha-512", digestBytes: 64, supported: false },
  { label: -45, name: "shake256", digestBytes: 64, supported: false },
];

/** COSE label of SHA-256. */
export const SHA_256 = -16;

/** Names of authentication algorithms that a SUIT profile or an older tool may use. */
export const SIGNATURE_ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [-7, "ES256"],
  [-8, "EdDSA"],
  [-9, "ESP256"],
  [-19, "Ed25519"],
  [-35, "ES384"],
  [-36, "ES512"],
  [-46, "HSS-LMS"],
  [-51, "ESP384"],
  [-52, "ESP512"],
  [5, "HMAC 256/256"],
]);

/** COSE structures that may stand in an authentication wrapper, by CBOR tag (RFC 9052 §2). */
export const COSE_TAGS: ReadonlyMap<number, string> = new Map([
  [17, "COSE_Mac0"],
  [18, "COSE_Sign1"],
  [97, "COSE_Mac"],
  [98, "COSE_Sign"],
]);

/** COSE header parameters by number (RFC 9052 §3.1). */
export const COSE_HEADERS: ReadonlyMap<number, string> = new Map([
  [1, "alg"],
  [2, "crit"],
  [3, "content-type"],
  [4, "kid"],
  [5, "IV"],
  [6, "partial-IV"],
]);

/** Content encryption of an encryption-info, by name (draft-ietf-suit-mti-23 §3, RFC 9053 §4, RFC 9459). */
export const CONTENT_ALGORITHMS: readonly { readonly label: number; readonly name: string }[] = [
  { label: 1, name: "A128GCM" },
  { label: 3, name: "A256GCM" },
  { label: 24, name: "ChaCha20/Poly1305" },
  { label: -65534, name: "A128CTR" },
  { label: -65532, name: "A256CTR" },
];

/** How the content key reaches the recipient of an encryption-info (RFC 9053 §6). */
export const RECIPIENT_ALGORITHMS: readonly {
  readonly label: number;
  readonly name: string;
  readonly agreement: boolean;
}[] = [
  { label: -3, name: "A128KW", agreement: false },
  { label: -5, name: "A256KW", agreement: false },
  { label: -29, name: "ECDH-ES+A128KW", agreement: true },
  { label: -31, name: "ECDH-ES+A256KW", agreement: true },
];
