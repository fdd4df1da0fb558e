/**
 * Status numbers: what every function on the device returns.
 *
 * A value is `group * 256 + detail`, and the group says whose fault it is: 0x01 the bytes are not
 * what the grammar allows, 0x02 well formed but not allowed, 0x03 known to the standard but not to
 * this build, 0x04 a limit of `limits.ts` was reached, 0x05 the hardware or the HAL failed, 0x06
 * the state of the device asks for it. Values are never reused or reordered: the boot journal and
 * the reports carry them.
 *
 * This file is plain enough for both compilers, so the host reads the numbers from here as well.
 */
export const enum Status {
  Ok = 0,

  /** The input ends inside an item. */
  CborTruncated = 0x0101,
  /** A length or an integer is not in its shortest form (RFC 8949 §4.2.1). */
  CborNotShortest = 0x0102,
  /** Indefinite length (RFC 8949 §4.2.1 forbids it in deterministic encoding). */
  CborIndefinite = 0x0103,
  /** Additional information 28 to 30, or a simple value that RFC 8949 reserves. */
  CborReserved = 0x0104,
  /** The item is of another type than the grammar asks for here. */
  CborUnexpectedType = 0x0105,
  /** Bytes are left over after the item that should have been the last. */
  CborTrailing = 0x0106,
  /** Map keys are not in ascending bytewise order (RFC 8949 §4.2.1). */
  CborKeyOrder = 0x0107,
  /** A map has the same key twice. */
  CborDuplicateKey = 0x0108,
  /** The envelope does not start with CBOR tag 107. */
  EnvelopeTag = 0x0109,
  /** The envelope has no authentication wrapper (key 2). */
  AuthenticationMissing = 0x010a,
  /** The envelope has no manifest (key 3). */
  ManifestMissing = 0x010b,
  /** A digest is not `[algorithm, bytes]`, or its length does not fit its algorithm. */
  DigestMalformed = 0x010c,
  /** A COSE structure is not the array that RFC 9052 asks for. */
  CoseMalformed = 0x010d,
  /** A manifest member that the standard requires is absent. */
  ManifestMemberMissing = 0x010e,
  /** A command sequence has an odd number of elements, or none. */
  SequenceMalformed = 0x010f,
  /** A reporting policy is not an unsigned integer below 16. */
  PolicyMalformed = 0x0110,
  /** The argument of a command or the value of a parameter is malformed. */
  ArgumentMalformed = 0x0111,
  /** A component list or identifier is malformed, or the same identifier stands twice. */
  ComponentMalformed = 0x0112,
  /** A COSE_Key in the device page is malformed. */
  KeyMalformed = 0x0113,
  /** An encryption-info is not the COSE_Encrypt that the standard asks for. */
  EncryptionMalformed = 0x0118,
  /** A wrapped key has a length that no wrapped key has. */
  WrappedKeyMalformed = 0x0119,

  /** The envelope carries no signature. */
  Unsigned = 0x0201,
  /** No signature verifies under a trust anchor. */
  SignatureInvalid = 0x0202,
  /** No trust anchor may be used with the algorithm of the signature. */
  KeyAlgorithmMismatch = 0x0203,
  /** The manifest does not have the digest that was signed. */
  ManifestDigestMismatch = 0x0204,
  /** The algorithm stands in the unprotected header only, or nowhere. */
  AlgorithmUnprotected = 0x0205,
  /** The COSE payload is embedded; SUIT asks for a detached one. */
  PayloadEmbedded = 0x0206,
  /** The signature has the wrong length, or r or s is out of range. */
  SignatureMalformed = 0x0207,
  /** The sequence number is below the anti-rollback floor. */
  SequenceTooOld = 0x0208,
  /** A severed member does not have the digest that the manifest states. */
  SeveredDigestMismatch = 0x0209,
  /** The envelope repeats a member that the manifest holds itself. */
  MemberRedundant = 0x020a,
  /** A component identifier that this device does not have. */
  ComponentUnknown = 0x020b,
  /** A command that the shared sequence may not hold. */
  SharedCommandForbidden = 0x020c,
  /** A component index that the manifest does not define. */
  ComponentIndexInvalid = 0x020d,
  /** Soft-failure set outside of try-each and run-sequence. */
  SoftFailureForbidden = 0x020e,
  /** The vendor identifier is not this device's. */
  VendorMismatch = 0x020f,
  /** The class identifier is not this device's. */
  ClassMismatch = 0x0210,
  /** The device identifier is not this device's. */
  DeviceMismatch = 0x0211,
  /** The image does not have the digest that the manifest states. */
  ImageMismatch = 0x0212,
  /** The component slot is not the one the manifest asks for. */
  ComponentSlotMismatch = 0x0213,
  /** The manifest ran into its own abort condition. */
  ManifestAborted = 0x0214,
  /** A condition needs a parameter that was not set. */
  ConditionParameterMissing = 0x0215,
  /** A directive needs a parameter that was not set. */
  DirectiveParameterMissing = 0x0216,
  /** No branch of a try-each completed. */
  TryEachExhausted = 0x0217,
  /** The manifest never checked vendor and class, and the policy asks for it. */
  IdentityUnchecked = 0x0218,
  /** The image would be invoked without its digest having been checked. */
  ImageUnchecked = 0x0219,
  /** The fetched payload does not have the stated image size. */
  PayloadSizeMismatch = 0x021a,
  /** The manifest has no invoke sequence, or it ended without invoking an image. */
  NothingInvoked = 0x021b,
  /** A URI that names neither an integrated payload nor something delivered to the slot. */
  PayloadMissing = 0x021c,
  /** The sequence needs a member that was severed and is not there. */
  SeveredMemberMissing = 0x021d,
  /** A COSE header parameter is marked critical (RFC 9052 §3.1). */
  CriticalHeader = 0x021e,
  /** No key that signed the manifest may touch this component. */
  ComponentUnauthorized = 0x0220,
  /** A signature that the device page requires besides another is missing. */
  CosignatureMissing = 0x0221,
  /** A dependency was processed without its integrity having been checked. */
  DependencyUnchecked = 0x0222,
  /** The dependency's manifest does not have the digest that its dependent states. */
  DependencyMismatch = 0x0223,
  /** The selected component is no dependency. */
  NotDependency = 0x0224,
  /** The component does not hold the content that the manifest states. */
  ContentMismatch = 0x0225,
  /** The present time is not before use-before. */
  UseBeforeExpired = 0x0226,
  /** The component has the very digest that it must not have. */
  ImageMatches = 0x0227,
  /** The battery holds less than the manifest asks for. */
  BatteryTooLow = 0x0228,
  /** The application does not allow the update now. */
  UpdateUnauthorized = 0x0229,
  /** The installed version is none of those that the manifest is meant for. */
  VersionMismatch = 0x022a,
  /** An event that the manifest waits for did not happen. */
  WaitTimedOut = 0x022b,
  /** The content key was not wrapped with this device's key, or was changed. */
  WrappedKeyInvalid = 0x0230,
  /** No recipient of an encrypted payload is this device. */
  RecipientMissing = 0x0231,
  /** The authentication tag of an encrypted payload does not fit it. */
  PayloadInauthentic = 0x0232,

  /** An envelope of an older draft of SUIT, whose keys mean something else today. */
  DraftTooOld = 0x0301,
  /** A manifest version other than 1. */
  VersionUnsupported = 0x0302,
  /** A known member of envelope, manifest or common that this build does not process. */
  MemberUnsupported = 0x0303,
  /** A member that draft-37 and its family do not know. */
  MemberUnknown = 0x0304,
  /** A known command that this build does not execute. */
  CommandUnsupported = 0x0305,
  /** A command that draft-37 and its family do not know. */
  CommandUnknown = 0x0306,
  /** A known parameter that this build does not use. */
  ParameterUnsupported = 0x0307,
  /** A parameter that draft-37 and its family do not know. */
  ParameterUnknown = 0x0308,
  /** A COSE structure other than COSE_Sign1. */
  CoseUnsupported = 0x0309,
  /** A signature algorithm that this build does not have. */
  AlgorithmUnsupported = 0x030a,
  /** A digest algorithm other than SHA-256. */
  DigestUnsupported = 0x030b,
  /** A form of argument that is legal but not supported. */
  ArgumentUnsupported = 0x030c,
  /** The manifest has dependencies. */
  DependenciesUnsupported = 0x030d,
  /** An encryption or key agreement that this build does not have. */
  EncryptionUnsupported = 0x0310,

  /** The manifest or the envelope is larger than its place. */
  EnvelopeTooLarge = 0x0401,
  /** More components than the limit. */
  TooManyComponents = 0x0402,
  /** Sequences nested deeper than the limit. */
  NestingTooDeep = 0x0403,
  /** More authentication blocks than the limit. */
  TooManySignatures = 0x0404,
  /** The image is larger than its slot. */
  ImageTooLarge = 0x0405,
  /** A number is larger than this build can hold. */
  NumberTooLarge = 0x0406,
  /** A datagram is larger than the buffer for it. */
  DatagramTooLarge = 0x0407,
  /** More dependencies than the limit, or a dependency of a dependency. */
  TooManyDependencies = 0x0410,

  /** The flash refused or failed an operation. */
  FlashFailed = 0x0501,
  /** A location cannot be read without a fault. */
  FlashUnreadable = 0x0502,
  /** The device page is missing or damaged. */
  DevicePageInvalid = 0x0503,
  /** A counter could not be read or advanced. */
  CounterFailed = 0x0504,
  /** The link gave no answer. */
  LinkSilent = 0x0505,
  /** The far end of the link answered something that cannot be used. */
  LinkProtocol = 0x0506,
  /** The HAL does not offer this on this device. */
  HalUnavailable = 0x0507,
  /** A HAL call got an argument that makes no sense. */
  HalArgument = 0x0508,
  /** The radio has no image that it can boot. */
  RadioImageMissing = 0x0509,

  /** The boot journal holds no valid record. */
  JournalEmpty = 0x0601,
  /** The slot is blank. */
  SlotBlank = 0x0602,
  /** The trial boots are used up without a confirmation. */
  TrialsExhausted = 0x0603,
  /** The far end has no update to offer. */
  NoUpdate = 0x0604,
  /** The update on offer is the one that runs already. */
  UpToDate = 0x0605,
  /** The update on offer was refused or reverted before. */
  UpdateDeclined = 0x0606,
  /** The firmware's own self-test failed. */
  SelfTestFailed = 0x0607,
}
