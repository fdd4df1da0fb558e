/**
 * Words for every status number of the device.
 *
 * `code` is what programs compare (kebab-case of the name in `assembly/status.ts`, never changed),
 * `sentence` says what is wrong, `hint` what to do about it. The type makes the compiler refuse a
 * status without words.
 */
import { Status } from "../assembly/status.ts";

/** The words for one status. */
export interface StatusText {
  readonly code: string;
  readonly sentence: string;
  readonly hint: string;
}

const BROKEN_FILE = "The file is damaged, or it is not what it is taken for; build it again.";
const REBUILD = "Correct the manifest's JSON, then create and sign the envelope again.";
const HARDWARE =
  "Look at the trace of `device boot --trace`; the emulated part refused or failed an operation.";

/** Code, sentence and hint of every status. */
export const STATUS_TEXT = {
  [Status.Ok]: { code: "ok", sentence: "Everything is in order.", hint: "Nothing to do." },

  [Status.CborTruncated]: {
    code: "cbor-truncated",
    sentence: "The input ends inside a CBOR item.",
    hint: BROKEN_FILE,
  },
  [Status.CborNotShortest]: {
    code: "cbor-not-shortest",
    sentence: "A length or an integer is not in its shortest form.",
    hint: "SUIT asks for deterministic CBOR (RFC 8949 §4.2.1); encode it again with a deterministic encoder.",
  },
  [Status.CborIndefinite]: {
    code: "cbor-indefinite",
    sentence: "An item has an indefinite length.",
    hint: "SUIT asks for deterministic CBOR (RFC 8949 §4.2.1); encode it again with definite lengths.",
  },
  [Status.CborReserved]: {
    code: "cbor-reserved",
    sentence: "A byte uses an encoding that CBOR reserves.",
    hint: BROKEN_FILE,
  },
  [Status.CborUnexpectedType]: {
    code: "cbor-unexpected-type",
    sentence: "A CBOR item is of another type than the grammar asks for here.",
    hint: BROKEN_FILE,
  },
  [Status.CborTrailing]: {
    code: "cbor-trailing",
    sentence: "Bytes are left over after the last item.",
    hint: BROKEN_FILE,
  },
  [Status.CborKeyOrder]: {
    code: "cbor-key-order",
    sentence: "The keys of a map are not in ascending order.",
    hint: "SUIT asks for deterministic CBOR (RFC 8949 §4.2.1); encode it again with sorted keys.",
  },
  [Status.CborDuplicateKey]: {
    code: "cbor-duplicate-key",
    sentence: "A map has the same key twice.",
    hint: BROKEN_FILE,
  },
  [Status.EnvelopeTag]: {
    code: "envelope-tag",
    sentence: "The input does not start with CBOR tag 107, so it is not a SUIT envelope.",
    hint: "Give an envelope made by `manifest create`, not a payload, a key or a bare manifest.",
  },
  [Status.AuthenticationMissing]: {
    code: "authentication-missing",
    sentence: "The envelope has no authentication wrapper.",
    hint: "Create the envelope again; every SUIT envelope carries its manifest's digest under key 2.",
  },
  [Status.ManifestMissing]: {
    code: "manifest-missing",
    sentence: "The envelope has no manifest.",
    hint: "Create the envelope again; the manifest stands under key 3.",
  },
  [Status.DigestMalformed]: {
    code: "digest-malformed",
    sentence: "A digest is not [algorithm, bytes], or its length does not fit its algorithm.",
    hint: REBUILD,
  },
  [Status.CoseMalformed]: {
    code: "cose-malformed",
    sentence: "An authentication block is not a well-formed, tagged COSE structure.",
    hint: "Sign the envelope again.",
  },
  [Status.ManifestMemberMissing]: {
    code: "manifest-member-missing",
    sentence: "A member that every manifest must have is absent.",
    hint: REBUILD,
  },
  [Status.SequenceMalformed]: {
    code: "sequence-malformed",
    sentence: "A command sequence is empty or has a command without its argument.",
    hint: REBUILD,
  },
  [Status.PolicyMalformed]: {
    code: "policy-malformed",
    sentence: "A reporting policy is not an integer from 0 to 15.",
    hint: REBUILD,
  },
  [Status.ArgumentMalformed]: {
    code: "argument-malformed",
    sentence: "The argument of a command or the value of a parameter is malformed.",
    hint: REBUILD,
  },
  [Status.ComponentMalformed]: {
    code: "component-malformed",
    sentence: "The component list or a component identifier is malformed.",
    hint: REBUILD,
  },
  [Status.KeyMalformed]: {
    code: "key-malformed",
    sentence: "A trust anchor in the device page is malformed.",
    hint: "Create the device again with a public key of the kind that its bootloader verifies.",
  },
  [Status.EncryptionMalformed]: {
    code: "encryption-malformed",
    sentence: "An encryption-info is not the COSE_Encrypt that the standard asks for.",
    hint: REBUILD,
  },
  [Status.WrappedKeyMalformed]: {
    code: "wrapped-key-malformed",
    sentence: "A wrapped content key has a length that no wrapped key has.",
    hint: "Encrypt the payload again; AES key wrap makes 24, 32 or 40 bytes of a key.",
  },

  [Status.Unsigned]: {
    code: "unsigned",
    sentence: "The envelope carries no signature.",
    hint: "Sign it with `manifest sign`.",
  },
  [Status.SignatureInvalid]: {
    code: "signature-invalid",
    sentence: "No signature verifies under a trusted key.",
    hint: "Sign it with a key that the device trusts, and change nothing afterwards; `device show` lists the keys.",
  },
  [Status.KeyAlgorithmMismatch]: {
    code: "key-algorithm-mismatch",
    sentence: "No trusted key may be used with the algorithm of the signature.",
    hint: "A key that states an algorithm accepts that one only; sign with it, or give another key.",
  },
  [Status.ManifestDigestMismatch]: {
    code: "manifest-digest-mismatch",
    sentence: "The manifest does not have the digest that was signed.",
    hint: "The manifest was changed after the envelope was made; create and sign it again.",
  },
  [Status.AlgorithmUnprotected]: {
    code: "algorithm-unprotected",
    sentence: "The signature's algorithm is not in the protected header.",
    hint: "Sign the envelope again; RFC 9052 has the algorithm in the protected header.",
  },
  [Status.PayloadEmbedded]: {
    code: "payload-embedded",
    sentence: "The signature carries an embedded payload; SUIT asks for a detached one.",
    hint: "Sign the envelope again with a SUIT tool of draft 11 or later.",
  },
  [Status.SignatureMalformed]: {
    code: "signature-malformed",
    sentence: "The signature has the wrong length, or one of its numbers is out of range.",
    hint: "Sign the envelope again; a P-256 signature is 64 bytes, r then s.",
  },
  [Status.SequenceTooOld]: {
    code: "sequence-too-old",
    sentence: "The sequence number is below the one that the device has confirmed.",
    hint: "Devices do not go back; raise sequenceNumber.",
  },
  [Status.SeveredDigestMismatch]: {
    code: "severed-digest-mismatch",
    sentence: "A severed member does not have the digest that the manifest states.",
    hint: "The member was changed or belongs to another manifest; take the one the manifest was made with.",
  },
  [Status.MemberRedundant]: {
    code: "member-redundant",
    sentence: "The envelope repeats a member that the manifest holds itself.",
    hint: "Only severed members belong in the envelope; create it again.",
  },
  [Status.ComponentUnknown]: {
    code: "component-unknown",
    sentence: "A component is not one of this device's.",
    hint: "Compare the manifest's components with the device's, as `device show` prints them.",
  },
  [Status.SharedCommandForbidden]: {
    code: "shared-command-forbidden",
    sentence: "The shared sequence holds a command that is not allowed there.",
    hint: "Move it to another sequence; this one may hold conditions, set-component-index, override-parameters, try-each and run-sequence.",
  },
  [Status.ComponentIndexInvalid]: {
    code: "component-index-invalid",
    sentence: "A component index names no component of the manifest.",
    hint: REBUILD,
  },
  [Status.SoftFailureForbidden]: {
    code: "soft-failure-forbidden",
    sentence: "soft-failure is set outside of try-each and run-sequence.",
    hint: "Move the commands that may fail into a try-each or a run-sequence.",
  },
  [Status.VendorMismatch]: {
    code: "vendor-mismatch",
    sentence: "The update is for devices of another vendor.",
    hint: "Compare the manifest's vendor-identifier with the device's, as `device show` prints it.",
  },
  [Status.ClassMismatch]: {
    code: "class-mismatch",
    sentence: "The update is for another class of device.",
    hint: "Compare the manifest's class-identifier with the device's, as `device show` prints it.",
  },
  [Status.DeviceMismatch]: {
    code: "device-mismatch",
    sentence: "The update is for another device.",
    hint: "Compare the manifest's device-identifier with the device's, as `device show` prints it.",
  },
  [Status.ImageMismatch]: {
    code: "image-mismatch",
    sentence: "The image does not have the digest that the manifest states.",
    hint: "Give the payload that the manifest was created with.",
  },
  [Status.ComponentSlotMismatch]: {
    code: "component-slot-mismatch",
    sentence: "The manifest asks for another slot than the one the component is in.",
    hint: "Use try-each with one branch per slot, or leave the slot to the bootloader.",
  },
  [Status.ManifestAborted]: {
    code: "manifest-aborted",
    sentence: "The manifest ran into its own abort command.",
    hint: "The author forbids this case; look at the branch before the abort.",
  },
  [Status.ConditionParameterMissing]: {
    code: "condition-parameter-missing",
    sentence: "A condition needs a parameter that was not set.",
    hint: "Set it with override-parameters before the condition.",
  },
  [Status.DirectiveParameterMissing]: {
    code: "directive-parameter-missing",
    sentence: "A directive needs a parameter that was not set.",
    hint: "Set it with override-parameters before the directive.",
  },
  [Status.TryEachExhausted]: {
    code: "try-each-exhausted",
    sentence: "No branch of a try-each completed.",
    hint: "Add a branch for this device, or end the try-each with null if doing nothing is right.",
  },
  [Status.IdentityUnchecked]: {
    code: "identity-unchecked",
    sentence: "The manifest never checks vendor and class, and the device's policy asks for it.",
    hint: "Put vendor-identifier and class-identifier into the shared sequence.",
  },
  [Status.ImageUnchecked]: {
    code: "image-unchecked",
    sentence: "The image would be started without its digest having been checked.",
    hint: "Put image-match into the validate sequence.",
  },
  [Status.PayloadSizeMismatch]: {
    code: "payload-size-mismatch",
    sentence: "The fetched payload does not have the stated image size.",
    hint: "Give the payload that the manifest was created with.",
  },
  [Status.NothingInvoked]: {
    code: "nothing-invoked",
    sentence: "The manifest starts no image.",
    hint: "Give it an invoke sequence that ends in invoke.",
  },
  [Status.PayloadMissing]: {
    code: "payload-missing",
    sentence: "The URI names neither an integrated payload nor something delivered to the slot.",
    hint: "Integrate the payload under that name, or deliver it with the envelope.",
  },
  [Status.SeveredMemberMissing]: {
    code: "severed-member-missing",
    sentence: "A severed member is needed and is not in the envelope.",
    hint: "Give the envelope that still has the member.",
  },
  [Status.CriticalHeader]: {
    code: "critical-header",
    sentence: "The signature marks a header parameter as critical, and none of those is understood.",
    hint: "Sign the envelope again without the crit header parameter.",
  },
  [Status.ComponentUnauthorized]: {
    code: "component-unauthorized",
    sentence: "None of the keys that signed the manifest may touch one of its components.",
    hint: "Sign with a key that has the right, or leave the component to a manifest of its owner.",
  },
  [Status.CosignatureMissing]: {
    code: "cosignature-missing",
    sentence: "A signature that the device requires besides the others is missing.",
    hint: "Sign the envelope with every key that the device page requires.",
  },
  [Status.DependencyUnchecked]: {
    code: "dependency-unchecked",
    sentence: "A dependency is processed without its integrity having been checked.",
    hint: "Put dependency-integrity before process-dependency in the same procedure.",
  },
  [Status.DependencyMismatch]: {
    code: "dependency-mismatch",
    sentence: "The dependency's manifest does not have the digest that its dependent states.",
    hint: "Deliver the dependency that is meant, or state its digest.",
  },
  [Status.NotDependency]: {
    code: "not-dependency",
    sentence: "The selected component is no dependency.",
    hint: "Select the index that stands under dependencies in the common map.",
  },
  [Status.ContentMismatch]: {
    code: "content-mismatch",
    sentence: "The component does not hold the content that the manifest states.",
    hint: "Deliver the content that is meant, or correct the parameter content.",
  },
  [Status.UseBeforeExpired]: {
    code: "use-before-expired",
    sentence: "The present time is not before use-before.",
    hint: "Publish a manifest with a later use-before.",
  },
  [Status.ImageMatches]: {
    code: "image-matches",
    sentence: "The component has the very digest that it must not have.",
    hint: "The device needs no such update; correct the digest if it does.",
  },
  [Status.BatteryTooLow]: {
    code: "battery-too-low",
    sentence: "The battery holds less than the manifest asks for.",
    hint: "Charge the device and offer the update again.",
  },
  [Status.UpdateUnauthorized]: {
    code: "update-unauthorized",
    sentence: "The application does not allow the update now.",
    hint: "Give the permission on the device and offer the update again.",
  },
  [Status.VersionMismatch]: {
    code: "version-mismatch",
    sentence: "The installed version is none of those that the manifest is meant for.",
    hint: "Install an update that leads to such a version first.",
  },
  [Status.WaitTimedOut]: {
    code: "wait-timed-out",
    sentence: "An event that the manifest waits for did not happen.",
    hint: "Offer the update again when the event is near.",
  },
  [Status.WrappedKeyInvalid]: {
    code: "wrapped-key-invalid",
    sentence: "The content key was not wrapped with this device's key, or it was changed.",
    hint: "Encrypt the payload for the key that the device was created with.",
  },
  [Status.RecipientMissing]: {
    code: "recipient-missing",
    sentence: "No recipient of the encrypted payload is this device.",
    hint: "Encrypt the payload for the key that the device was created with.",
  },
  [Status.PayloadInauthentic]: {
    code: "payload-inauthentic",
    sentence: "The authentication tag of the encrypted payload does not fit it.",
    hint: "Deliver the encrypted payload as it was made, or encrypt it again.",
  },

  [Status.DraftTooOld]: {
    code: "draft-too-old",
    sentence:
      "The envelope follows an older draft of SUIT: no tag 107, digest algorithm 2, or keys that meant something else.",
    hint: "Create it again for draft-ietf-suit-manifest-27 or later.",
  },
  [Status.VersionUnsupported]: {
    code: "version-unsupported",
    sentence: "The manifest version is not 1.",
    hint: "Create the manifest again; version 1 is the only one there is.",
  },
  [Status.MemberUnsupported]: {
    code: "member-unsupported",
    sentence: "A member is known to SUIT but not processed by this build.",
    hint: "Leave the member out; docs/manifest.md lists what is processed.",
  },
  [Status.MemberUnknown]: {
    code: "member-unknown",
    sentence: "A member is not known to SUIT.",
    hint: "Leave the member out.",
  },
  [Status.CommandUnsupported]: {
    code: "command-unsupported",
    sentence: "A command is known to SUIT but not executed by this build.",
    hint: "Leave the command out; docs/manifest.md lists what is executed.",
  },
  [Status.CommandUnknown]: {
    code: "command-unknown",
    sentence: "A command is not known to SUIT.",
    hint: "Leave the command out.",
  },
  [Status.ParameterUnsupported]: {
    code: "parameter-unsupported",
    sentence: "A parameter is known to SUIT but not used by this build.",
    hint: "Leave the parameter out; docs/manifest.md lists what is used.",
  },
  [Status.ParameterUnknown]: {
    code: "parameter-unknown",
    sentence: "A parameter is not known to SUIT.",
    hint: "Leave the parameter out.",
  },
  [Status.CoseUnsupported]: {
    code: "cose-unsupported",
    sentence: "The authentication block is a COSE structure other than COSE_Sign1.",
    hint: "Sign the envelope with `manifest sign`.",
  },
  [Status.AlgorithmUnsupported]: {
    code: "algorithm-unsupported",
    sentence: "The signature algorithm is not one of this build's.",
    hint: "Sign with ESP256 (-9) or ES256 (-7), or give the device a bootloader for Ed25519 or HSS-LMS keys.",
  },
  [Status.DigestUnsupported]: {
    code: "digest-unsupported",
    sentence: "The digest algorithm is not SHA-256.",
    hint: "Use SHA-256 (-16), the one that SUIT requires everywhere.",
  },
  [Status.ArgumentUnsupported]: {
    code: "argument-unsupported",
    sentence: "An argument has a form that is legal but not supported by this build.",
    hint: "Use the plain form; docs/manifest.md lists what is supported.",
  },
  [Status.DependenciesUnsupported]: {
    code: "dependencies-unsupported",
    sentence: "The manifest has dependencies, which this build does not resolve.",
    hint: "Put everything into one manifest.",
  },
  [Status.EncryptionUnsupported]: {
    code: "encryption-unsupported",
    sentence: "The payload is encrypted in a way that this build cannot decrypt.",
    hint: "Encrypt with A128CTR or A256CTR for A128KW, A256KW or ECDH-ES+A128KW.",
  },

  [Status.EnvelopeTooLarge]: {
    code: "envelope-too-large",
    sentence: "The envelope is larger than its place.",
    hint: "Sever the text, or deliver the payload beside the envelope instead of inside.",
  },
  [Status.TooManyComponents]: {
    code: "too-many-components",
    sentence: "The manifest has more components than this build holds parameters for.",
    hint: "Split the update; assembly/limits.ts has the limit.",
  },
  [Status.NestingTooDeep]: {
    code: "nesting-too-deep",
    sentence: "Command sequences are nested deeper than this build follows.",
    hint: "Flatten the sequence; assembly/limits.ts has the limit.",
  },
  [Status.TooManySignatures]: {
    code: "too-many-signatures",
    sentence: "The envelope has more authentication blocks than this build tries.",
    hint: "Remove signatures that no device needs; assembly/limits.ts has the limit.",
  },
  [Status.ImageTooLarge]: {
    code: "image-too-large",
    sentence: "The image is larger than its slot.",
    hint: "Make the image smaller, or give the device a layout with larger slots.",
  },
  [Status.NumberTooLarge]: {
    code: "number-too-large",
    sentence: "A number is larger than this build can hold.",
    hint: "Write a smaller number; sizes and slots are at most 32 bits wide.",
  },
  [Status.DatagramTooLarge]: {
    code: "datagram-too-large",
    sentence: "A datagram is larger than the buffer for it.",
    hint: "Send blocks of at most 256 bytes.",
  },
  [Status.TooManyDependencies]: {
    code: "too-many-dependencies",
    sentence: "The manifest has more dependencies than this build holds, or a dependency has one of its own.",
    hint: "Keep to one dependency without further ones, or build with other limits (assembly/limits.ts).",
  },

  [Status.FlashFailed]: { code: "flash-failed", sentence: "The flash refused an operation.", hint: HARDWARE },
  [Status.FlashUnreadable]: {
    code: "flash-unreadable",
    sentence: "A location of the flash cannot be read without a fault.",
    hint: HARDWARE,
  },
  [Status.DevicePageInvalid]: {
    code: "device-page-invalid",
    sentence: "The device page is missing or damaged.",
    hint: "Create the device again.",
  },
  [Status.CounterFailed]: {
    code: "counter-failed",
    sentence: "A counter could not be read or advanced.",
    hint: HARDWARE,
  },
  [Status.LinkSilent]: {
    code: "link-silent",
    sentence: "The far end of the link gave no answer.",
    hint: "Serve an update with `device update`.",
  },
  [Status.LinkProtocol]: {
    code: "link-protocol",
    sentence: "The far end of the link answered something that cannot be used.",
    hint: "Look at the datagrams in the trace of `device boot --trace`.",
  },
  [Status.HalUnavailable]: {
    code: "hal-unavailable",
    sentence: "The hardware layer does not offer this on this device.",
    hint: "Give the device what it lacks: --time, --battery or --authorize, a radio, or a bootloader that exports it.",
  },
  [Status.HalArgument]: {
    code: "hal-argument",
    sentence: "A call into the hardware layer has an argument that makes no sense.",
    hint: "Correct the program on the device; look for the call in the trace of `device boot --trace`.",
  },
  [Status.RadioImageMissing]: {
    code: "radio-image-missing",
    sentence: "The radio has no image that it can boot.",
    hint: "Boot the device again; firmware that dispatches sends the radio its image.",
  },

  [Status.JournalEmpty]: {
    code: "journal-empty",
    sentence: "The boot journal holds no valid record.",
    hint: "Boot the device, which tries what its slots hold; if it had a journal, look for what erased it.",
  },
  [Status.SlotBlank]: {
    code: "slot-blank",
    sentence: "The slot is blank.",
    hint: "Deliver an update to it.",
  },
  [Status.TrialsExhausted]: {
    code: "trials-exhausted",
    sentence: "The trial boots are used up and the image never confirmed itself.",
    hint: "The image was reverted; look at its log of the trial boots.",
  },
  [Status.NoUpdate]: {
    code: "no-update",
    sentence: "The far end has no update to offer.",
    hint: "Serve one with `device update`.",
  },
  [Status.UpToDate]: {
    code: "up-to-date",
    sentence: "The update on offer is the one that runs already.",
    hint: "Raise sequenceNumber to install it again.",
  },
  [Status.UpdateDeclined]: {
    code: "update-declined",
    sentence: "The update on offer was refused or reverted before.",
    hint: "Raise sequenceNumber to try again.",
  },
  [Status.SelfTestFailed]: {
    code: "self-test-failed",
    sentence: "The firmware's own self-test failed.",
    hint: "The image will be reverted; correct the firmware.",
  },
} as const satisfies Record<Status, StatusText>;

/** The stable code of a status: kebab-case of its name. */
export type StatusCode = (typeof STATUS_TEXT)[Status]["code"];

/** The words for a number that came from the device, or undefined if it is no status. */
export function statusText(status: number): StatusText | undefined {
  return Object.entries(STATUS_TEXT).find(([number]) => Number(number) === status)?.[1];
}
