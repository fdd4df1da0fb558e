/**
 * The linter's rules: what each says, and what to do about it. The manual's table is made of this one.
 */

/** How bad it is: an error keeps a device from doing what the author means. */
export type Severity = "error" | "warning";

/** A rule. */
export interface Rule {
  readonly severity: Severity;
  /** What is wrong, in general. */
  readonly sentence: string;
  readonly fix: string;
}

function error(sentence: string, fix: string): Rule {
  return { severity: "error", sentence, fix };
}

function warning(sentence: string, fix: string): Rule {
  return { severity: "warning", sentence, fix };
}

/** Every rule by its id. */
export const RULES = {
  "not-readable": error(
    "The input is no SUIT envelope in deterministic CBOR.",
    "Create it again with `manifest create`.",
  ),
  malformed: error(
    "A value does not have the form that the drafts give it.",
    "Write it in the form that the JSON Schema shows.",
  ),
  "unknown-number": error(
    "A number of the drafts' own range has no meaning in them.",
    "Use a name of the drafts, or a number below -256 for something of your own.",
  ),
  "custom-number": warning(
    "A number of the private range means something to your own devices only.",
    "Make sure that every device that may get the manifest knows it.",
  ),
  "retired-number": error(
    "A key means something else, or nothing, since draft-ietf-suit-manifest-27.",
    "Move its content to the key that the present draft has for it.",
  ),
  "vendor-not-checked": error(
    "The shared sequence does not check the vendor, so devices of others take the update.",
    'Set vendor-identifier in the shared sequence and add the condition "vendor-identifier".',
  ),
  "class-not-checked": error(
    "The shared sequence does not check the class, so other products take the update.",
    'Set class-identifier in the shared sequence and add the condition "class-identifier".',
  ),
  "validate-missing": error(
    "The manifest has no validate sequence, which every manifest must have.",
    'Add "validate": ["image-match"].',
  ),
  "validate-checks-nothing": warning(
    "The validate sequence compares no image with its digest, so a damaged image boots.",
    'Add "image-match" to the validate sequence.',
  ),
  "component-not-selected": error(
    "A sequence of a manifest with several components begins without selecting one.",
    'Begin it with {"set-component-index": 0}.',
  ),
  "component-index-unknown": error(
    "An index names no component.",
    "Use an index below the number of components, or one of a dependency.",
  ),
  "component-duplicate": error(
    "Two components have the same identifier.",
    "Give each component an identifier of its own.",
  ),
  "component-empty": error("A component has an empty identifier.", "Name the component."),
  "condition-without-parameter": error(
    "A condition is used before the parameter that it compares with is set, so it always fails.",
    "Set the parameter with override-parameters first.",
  ),
  "directive-without-parameter": error(
    "A directive is used before a parameter that it needs is set, so the procedure fails.",
    "Set the parameter with override-parameters first.",
  ),
  "shared-command-forbidden": error(
    "The shared sequence has a command that is not allowed there.",
    "Move it into the sequence that it is for.",
  ),
  "soft-failure-outside": error(
    "soft-failure is set where no try-each or run-sequence is around it.",
    "Put the commands that may fail into a run-sequence and set it there.",
  ),
  "try-each-one-branch": warning(
    "A try-each has one branch and null, which the grammar of the draft does not have.",
    "Write a run-sequence that sets soft-failure.",
  ),
  "try-each-null-not-last": error(
    "A branch of try-each after null is never tried.",
    "Put null at the end, or leave it out.",
  ),
  "digest-set-weakly": error(
    "The image-digest is set with set-parameters, so a dependent manifest can replace it.",
    "Set it with override-parameters.",
  ),
  "source-is-component": error(
    "A component is copied or swapped with itself.",
    "Set source-component to the index of another component.",
  ),
  "fetch-without-size": warning(
    "A payload is fetched whose image-size is not set, so the device cannot tell too much from enough.",
    "Set image-size with override-parameters.",
  ),
  "content-not-checked": error(
    "A component gets new content that is never compared with a digest.",
    'Set image-digest and add "image-match" after it.',
  ),
  "encryption-without-digest": error(
    "A payload is decrypted without an image-digest, and counter mode detects no change.",
    "Set image-digest to the digest of the decrypted image.",
  ),
  "digest-placeholder": warning(
    "The image-digest is a sample pattern that no payload has.",
    'Use {"image-digest": {"from": "payload"}}.',
  ),
  "payload-digest-mismatch": error(
    "The payload inside the envelope does not have the image-digest.",
    'Use {"image-digest": {"from": NAME}} with the name of the integrated payload.',
  ),
  "payload-size-mismatch": error(
    "The payload inside the envelope does not have the image-size.",
    'Use {"image-size": {"from": NAME}} with the name of the integrated payload.',
  ),
  "payload-missing": error(
    "A uri names a payload inside the envelope that is not there.",
    'Add it to "integrated", or correct the uri.',
  ),
  "payload-unused": warning(
    "A payload inside the envelope is never fetched.",
    "Remove it, or fetch it by its name.",
  ),
  "dependency-unchecked": error(
    "A dependency is processed without dependency-integrity before it, so the device stops.",
    'Add the condition "dependency-integrity" before "process-dependency".',
  ),
  "dependency-unknown": error(
    "A command for dependencies is used on a component that is none.",
    'List the component\'s index under "dependencies".',
  ),
  "manifest-digest-mismatch": error(
    "The digest in the authentication wrapper is not that of the manifest.",
    "Create the envelope again and sign it.",
  ),
  "severed-digest-mismatch": error(
    "A severed member does not have the digest that the manifest states.",
    "Create the envelope again and sign it.",
  ),
  "severed-sequence-absent": warning(
    "A sequence was severed and is not in the envelope, so its procedure cannot run.",
    "Deliver the envelope that still has it.",
  ),
  "severed-too-small": warning(
    "A severable member is no larger than the digest in its place, so severing it gains nothing.",
    'Remove it from "severable".',
  ),
  "text-not-severable": warning(
    "The text is inside the manifest, so every device stores what only people read.",
    'Add "text" to "severable".',
  ),
  "member-redundant": error(
    "The envelope has a member that the manifest holds itself or does not mention.",
    "Remove it from the envelope.",
  ),
  "device-unsupported": error(
    "The device's bootloader does not process it.",
    "Write the manifest without it for this device.",
  ),
  "device-algorithm-unsupported": error(
    "The device has no such algorithm.",
    "Use SHA-256 for digests, and sign with an algorithm that the device reports.",
  ),
  "device-key-untrusted": error(
    "No key that the device trusts has signed the envelope.",
    "Sign with a key that `device show` lists under trusts.",
  ),
  "device-signature-missing": error(
    "A signature is missing that the device requires of every update.",
    "Sign with every key that `device show` marks so; signatures that are there stay.",
  ),
  "device-key-unauthorized": error(
    "The keys that signed may not touch a component of the manifest.",
    "Have it signed with a key that may, or leave the component to a manifest of its owner.",
  ),
  "device-limit": error(
    "The manifest is beyond a limit of the device's bootloader.",
    "Make it smaller, or split the update.",
  ),
  "device-refuses": error(
    "The device's bootloader refuses the manifest.",
    "`manifest verify` gives the same reason; correct what it names.",
  ),
  "device-vendor-mismatch": error(
    "The manifest is for another vendor than the device's.",
    "Set the vendor-identifier of the device, or choose the right device.",
  ),
  "device-class-mismatch": error(
    "The manifest is for another class than the device's.",
    "Set the class-identifier of the device, or choose the right device.",
  ),
  "device-identifier-mismatch": error(
    "The manifest is for another single device.",
    "Set the device-identifier of the device, or choose the right device.",
  ),
  "device-identity-unchecked": error(
    "The device wants vendor and class checked for every component, and the shared sequence leaves one out.",
    'Begin the checks with {"set-component-index": true}.',
  ),
  "device-component-unknown": error(
    "The device has no component of this name.",
    "`device show` lists its components.",
  ),
  "device-sequence-too-low": error(
    "The sequence number is below the device's anti-rollback floor.",
    "Give the manifest a higher sequence number.",
  ),
  "device-sequence-not-higher": warning(
    "The sequence number is the one that the device has confirmed already.",
    "Give the manifest a higher sequence number.",
  ),
  "device-image-too-large": error(
    "Envelope and image do not fit into a slot of the device.",
    "Make the image smaller, or sever what the device does not need.",
  ),
} as const satisfies Readonly<Record<string, Rule>>;

/** The id of a rule. */
export type RuleId = keyof typeof RULES;

/** What the linter found in one place. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** Where, in the words of the JSON form; empty for the whole. */
  readonly path: string;
  /** One sentence. */
  readonly message: string;
  readonly fix: string;
}

/** Collects findings; the same rule speaks once about a place. */
export class Findings {
  readonly #found = new Map<string, Finding>();

  /** @param message what is wrong here; the rule's own sentence unless given */
  add(rule: RuleId, path: string, message?: string): void {
    const { severity, sentence, fix } = RULES[rule];
    const key = `${rule} ${path}`;
    if (!this.#found.has(key))
      this.#found.set(key, { rule, severity, path, message: message ?? sentence, fix });
  }

  /** Whether something was found by a rule whose id begins so. */
  has(prefix: string): boolean {
    return [...this.#found.values()].some(({ rule }) => rule.startsWith(prefix));
  }

  list(): Finding[] {
    return [...this.#found.values()];
  }
}
