/**
 * What the conformance page says beyond the label tables: where the device's code for each row is, which test
 * shows it, and why what is not supported is not. Whether a row is supported is said by the label tables
 * alone; one that becomes so needs an entry here, or the page cannot be made.
 */
/** A test by its file under test/, and its name, or a part of it that stands there as a string. */
export interface TestReference {
  readonly file: string;
  readonly name: string;
}

/** Where something is done, and what shows that it is. */
export interface Evidence {
  /** Under assembly/. */
  readonly source: string;
  readonly test: TestReference;
}

/** A rule of processing that is no label of its own. */
export interface Behaviour extends Evidence {
  /** As in "M §6.2". */
  readonly where: string;
  readonly what: string;
}

const scenario = (name: string): TestReference => ({ file: "scenario/suit-processing.test.ts", name });
const verifying = (name: string): TestReference => ({ file: "unit/manifest-verify.test.ts", name });
const trusting = (name: string): TestReference => ({ file: "scenario/trust-domain.test.ts", name });
const managing = (name: string): TestReference => ({ file: "scenario/update-management.test.ts", name });
const arguing = (name: string): TestReference => ({ file: "exhaustive/arguments.test.ts", name });
const labelled = (name: string): TestReference => ({ file: "conformance/label-support.test.ts", name });
const deciding = (name: string): TestReference => ({ file: "conformance/spec-decision.test.ts", name });

function inSuit(source: string, test: TestReference): Evidence {
  return { source: `suit/${source}`, test };
}

const MEMBER = "process the member $name or refuse it as unsupported, as the table says";
const COMMAND = "process the command $name or refuse it as unsupported, as the table says";
const IDENTITY = "refuses a candidate for another vendor, another class, another device";
const SHA = "refuses an image of which one bit is wrong, or that was not delivered whole";
const SLOT = "knows the slot it processes: B is 1";
const TRY_EACH = "takes the first branch of a try-each that completes, and no later one";
const RUN = "ends a run-sequence at a soft failure and goes on behind it";
const SELECT = "selects the only component by index, by true, and refuses every other index";
const FETCH = "refuses a fragment that names no integrated payload, and one that names it in other letters";
const SEVERED = "takes severed install and text members, and refuses when install is not there";
const FORBIDDEN = "refuses directives with side effects in the shared sequence, and invoke outside of invoke";

const COSWID = "take a CoSWID and text, whole, severed or severed away, and look no further into them";
const SURROUNDINGS = "holds use-before against the time";
const BATTERY = "holds minimum-battery against the battery";
const PERMISSION = "asks the application about the stated priority, and waits for nothing";
const VERSIONS = "compares the version of the running image, element by element";
const MULTIPLE = "sets parameters of several components at once, and copies them from one to another";
const PHASES = "runs payload-fetch before install, and load before invoke";
const CONTENT = "writes content of the manifest and compares it";
const COPY = "copies and swaps within the manifest, never from a component to itself or to one that is not there";
const SWAP = "swaps them if they were fetched the wrong way round";
const DEPENDENCY = "is processed under its own signature, and the application boots";
const ORDERED = "is not processed before its integrity was checked, nor after it was fetched anew";

/** Members by name. */
export const MEMBER_EVIDENCE: Readonly<Record<string, Evidence>> = {
  "authentication-wrapper": inSuit("envelope.ts", scenario("accepts an envelope that one of several keys signed, in any order")),
  manifest: inSuit("envelope.ts", verifying("whose digest covers the map instead of its byte string")),
  "manifest-version": inSuit("manifest.ts", verifying("of another version")),
  "manifest-sequence-number": inSuit(
    "procedure.ts",
    scenario("refuses a sequence number below the floor and accepts one that equals it"),
  ),
  common: inSuit("manifest.ts", verifying("without common")),
  "reference-uri": inSuit("manifest.ts", verifying("with a reference URI that is not a text")),
  validate: inSuit("procedure.ts", verifying("without validate")),
  invoke: inSuit("procedure.ts", scenario("refuses a manifest that invokes nothing")),
  load: inSuit("procedure.ts", scenario(PHASES)),
  "payload-fetch": inSuit("procedure.ts", scenario(PHASES)),
  "manifest-component-id": inSuit(
    "manifest.ts",
    trusting("names the manifest and no component: nobody needs to know it, nor a right to it"),
  ),
  coswid: inSuit("manifest.ts", deciding(COSWID)),
  "dependency-resolution": inSuit("procedure.ts", trusting(DEPENDENCY)),
  "candidate-verification": inSuit(
    "procedure.ts",
    deciding("process candidate-verification alike, whole or severed"),
  ),
  uninstall: inSuit(
    "procedure.ts",
    trusting("is never run: not by its own update, not at a boot, and not by the update that follows"),
  ),
  dependencies: inSuit("manifest.ts", trusting(DEPENDENCY)),
  install: inSuit("procedure.ts", scenario(SEVERED)),
  "set-version": inSuit("version.ts", managing("compares its own version once it is installed")),
  text: inSuit("manifest.ts", scenario(SEVERED)),
  components: inSuit("manifest.ts", scenario("refuses a component that the device does not have")),
  "shared-sequence": inSuit("procedure.ts", scenario(FORBIDDEN)),
};

/** Commands by name. */
export const COMMAND_EVIDENCE: Readonly<Record<string, Evidence>> = {
  "vendor-identifier": inSuit("condition.ts", scenario(IDENTITY)),
  "class-identifier": inSuit("condition.ts", scenario(IDENTITY)),
  "device-identifier": inSuit("condition.ts", scenario(IDENTITY)),
  "image-match": inSuit("condition.ts", scenario(SHA)),
  "component-slot": inSuit("condition.ts", scenario(SLOT)),
  "use-before": inSuit("management.ts", managing(SURROUNDINGS)),
  "image-not-match": inSuit(
    "condition.ts",
    managing("fails image-not-match where image-match holds, and holds where it fails"),
  ),
  "minimum-battery": inSuit("management.ts", managing(BATTERY)),
  "update-authorized": inSuit("management.ts", managing(PERMISSION)),
  version: inSuit("version.ts", managing(VERSIONS)),
  wait: inSuit("management.ts", managing(PERMISSION)),
  "override-multiple": inSuit("sequence.ts", managing(MULTIPLE)),
  "copy-params": inSuit("sequence.ts", managing(MULTIPLE)),
  "check-content": inSuit("condition.ts", scenario(CONTENT)),
  write: inSuit("directive.ts", scenario(CONTENT)),
  copy: inSuit("directive.ts", scenario(COPY)),
  swap: inSuit("directive.ts", scenario(SWAP)),
  "dependency-integrity": inSuit(
    "dependency.ts",
    trusting("fails the procedure at once if its integrity is broken, even where a failure would be soft"),
  ),
  "is-dependency": inSuit(
    "condition.ts",
    trusting("is told from a component by is-dependency, and everything selected means the dependency"),
  ),
  "process-dependency": inSuit("sequence.ts", trusting(ORDERED)),
  "set-parameters": inSuit(
    "parameter.ts",
    trusting("sees what its dependent has set, and set-parameters leaves that as it is"),
  ),
  unlink: inSuit(
    "directive.ts",
    trusting("takes nothing away: what was unlinked is still checked, processed and booted"),
  ),
  abort: inSuit("condition.ts", scenario("always fails on abort")),
  "set-component-index": inSuit("sequence.ts", scenario(SELECT)),
  "try-each": inSuit("sequence.ts", scenario(TRY_EACH)),
  "override-parameters": inSuit("parameter.ts", scenario("keeps a set of parameters for each")),
  fetch: inSuit("directive.ts", scenario(FETCH)),
  invoke: inSuit("directive.ts", scenario("refuses a manifest that would invoke an image without having checked its digest")),
  "run-sequence": inSuit("sequence.ts", scenario(RUN)),
};

/** Parameters by name. */
export const PARAMETER_EVIDENCE: Readonly<Record<string, Evidence>> = {
  "vendor-identifier": inSuit("parameter.ts", scenario(IDENTITY)),
  "class-identifier": inSuit("parameter.ts", scenario(IDENTITY)),
  "device-identifier": inSuit("parameter.ts", scenario(IDENTITY)),
  "image-digest": inSuit("parameter.ts", scenario(SHA)),
  "component-slot": inSuit("parameter.ts", scenario(SLOT)),
  content: inSuit("parameter.ts", scenario(CONTENT)),
  "source-component": inSuit("directive.ts", scenario(SWAP)),
  "strict-order": inSuit("parameter.ts", verifying("strict-order false, which is only a hint")),
  "soft-failure": inSuit(
    "sequence.ts",
    scenario("does not pass soft-failure down to a nested sequence, nor up from it"),
  ),
  "image-size": inSuit("parameter.ts", scenario("refuses an image that would not fit its slot")),
  uri: inSuit("parameter.ts", scenario(FETCH)),
  "use-before": inSuit("management.ts", managing(SURROUNDINGS)),
  "minimum-battery": inSuit("management.ts", managing(BATTERY)),
  "update-priority": inSuit("management.ts", managing(PERMISSION)),
  version: inSuit("version.ts", managing(VERSIONS)),
  "wait-info": inSuit("management.ts", managing(PERMISSION)),
  "invoke-args": inSuit("directive.ts", arguing("are read by the image that is invoked")),
  "fetch-arguments": inSuit(
    "directive.ts",
    arguing("say where in what was delivered each component begins"),
  ),
  "encryption-info": inSuit("parameter.ts", {
    file: "scenario/encrypted-update.test.ts",
    name: "for several devices is installed by each of them",
  }),
};

/** Rules of processing. */
export const BEHAVIOURS: readonly Behaviour[] = [
  {
    where: "M §8.4.8.3",
    what: "A vendor may be named by its private enterprise number, in `bootloader-managed`.",
    ...inSuit("parameter.ts", {
      file: "exhaustive/enterprise-number.test.ts",
      name: "is compared with that of the device, and no other one will do",
    }),
  },
  {
    where: "M §8.1",
    what: "Deterministic CBOR and nothing else: shortest forms, definite lengths, keys in order, none twice.",
    source: "cbor/reader.ts",
    test: deciding("refuse keys out of order and keys that come twice, in every map"),
  },
  {
    where: "M §6.2",
    what: "The signature over the digest, then the digest of the manifest, before one byte of it is parsed.",
    ...inSuit("procedure.ts", verifying("before it looks into the manifest")),
  },
  {
    where: "M §8.3",
    what: "Several authentication blocks are alternatives; one that is not supported never counts.",
    ...inSuit("envelope.ts", verifying("a second signature when the first is of an unsupported algorithm")),
  },
  {
    where: "M §6.2",
    what: "Everything is looked into, every branch too, before anything is done; what is unsupported ends it there.",
    ...inSuit("procedure.ts", scenario("looks into branches that it would never take before it does anything")),
  },
  {
    where: "M §8.4.5",
    what: "The shared sequence runs before each section, and holds no directive with side effects.",
    ...inSuit("procedure.ts", scenario(FORBIDDEN)),
  },
  {
    where: "M §7.1",
    what: "A manifest that never checks vendor and class is refused, unless the factory allowed it.",
    ...inSuit("procedure.ts", scenario("refuses a manifest that never checks vendor and class, unless the policy allows it")),
  },
  {
    where: "M §8.6",
    what: "A severed member has the digest that the manifest states; one that nobody signed is refused.",
    ...inSuit("manifest.ts", verifying("with a member in the envelope that it does not mention")),
  },
  {
    where: "M §8.4.10.1",
    what: "Components are visited in the order in which the index lists them.",
    ...inSuit("sequence.ts", scenario("visits components in the order of the list, each once")),
  },
  {
    where: "T §5.6.4",
    what: "A dependency is authenticated by itself, and has the digest that its dependent states.",
    ...inSuit("dependency.ts", trusting("has to have the digest that its dependent states")),
  },
  {
    where: "T §5.2.2",
    what: "The prefix of a dependency stands before the identifiers of its components.",
    ...inSuit("manifest.ts", {
      file: "scenario/dependency-prefix.test.ts",
      name: "stands before its components, and the device has to have what it comes to",
    }),
  },
  {
    where: "T §6",
    what: "uninstall is looked into, a dependency's as well, and never run.",
    ...inSuit(
      "sequence.ts",
      trusting("is looked into in a dependency as well, before anything of the dependency is done"),
    ),
  },
  {
    where: "T §4",
    what: "A key with limited rights touches its own components only; several signers have theirs together.",
    ...inSuit("manifest.ts", trusting("refuses a manifest that touches a component which its key may not")),
  },
  {
    where: "T §4",
    what: "Where the device page requires certain signatures, each of them has to be there.",
    ...inSuit(
      "envelope.ts",
      trusting("is satisfied by all of the required keys, in any order, and by nothing less"),
    ),
  },
  {
    where: "M §7.5",
    what: "An integrated payload is used from where it lies in the envelope.",
    ...inSuit("directive.ts", scenario("runs an integrated payload from where it lies in the envelope")),
  },
  {
    where: "M §8.4.7",
    what: "A reporting policy has four bits; a larger one is malformed.",
    ...inSuit("sequence.ts", verifying("with a policy above 15")),
  },
  {
    where: "M §8.4.10",
    what: "A failed directive ends everything, also inside a try-each.",
    ...inSuit("directive.ts", scenario("does not soften a failed directive, even in a try-each")),
  },
  {
    where: "M §8.4.10.1",
    what: "A nested sequence runs once for each selected component, which is selected alone inside.",
    ...inSuit("sequence.ts", scenario("runs a nested sequence once for each selected component, which is selected alone inside")),
  },
  {
    where: "M §10",
    what: "SHA-256; a digest of any other algorithm is unsupported, and no mismatch.",
    ...inSuit("digest.ts", verifying("of SHA-384")),
  },
  {
    where: "RFC 9053 §2.1, RFC 9864 §2",
    what: "COSE_Sign1 with ESP256, and ES256 where the key is pinned to no algorithm.",
    source: "cose/sign1.ts",
    test: deciding(
      "take ES256 and ESP256 for one algorithm under a key of P-256, and tell them apart under a pinned key",
    ),
  },
  {
    where: "RFC 9052 §3.1",
    what: "A critical header, an algorithm that is not signed and an embedded payload are refused.",
    source: "cose/sign1.ts",
    test: verifying("with a critical header"),
  },
  {
    where: "M, drafts to -26",
    what: "Envelopes of drafts whose keys meant something else are refused as too old.",
    ...inSuit("manifest.ts", { file: "unit/old-draft.test.ts", name: "a signed manifest of drafts -17 to -26 %s" }),
  },
];

/** What shows that a row that is not supported is refused by name. */
export const REFUSAL_EVIDENCE: Readonly<Record<"member" | "command" | "parameter", TestReference>> = {
  member: labelled(MEMBER),
  command: labelled(COMMAND),
  parameter: labelled("process the parameter $name or refuse it as unsupported, as the table says"),
};

/** The same for rows that are refused in another way. */
export const ROW_REFUSALS: Readonly<Record<string, TestReference>> = {
  dependencies: labelled("process $name or refuse them as a whole, as the table says"),
};

/** Why single rows are supported by no build. */
export const ROW_REASONS: Readonly<Record<string, string>> = {
  "component-metadata": "a component is the bytes in its slot and has no metadata",
};

/** What is not there beyond single rows. */
export const ABSENT: readonly (readonly [string, string, TestReference])[] = [
  ["Custom commands, below -256", "there are none for this device", verifying("with a custom command")],
  ["Custom parameters", "nothing here could mean them", verifying("a custom parameter")],
  [
    "COSE_Sign, COSE_Mac, COSE_Mac0",
    "one signer per block is enough, and this device shares no secret with an author",
    verifying("with a MAC"),
  ],
  ["SHA-384, SHA-512, SHAKE", "SHA-256 is mandatory, and one hash is enough", verifying("of SHA-384")],
  [
    "A second dependency, and dependencies of a dependency",
    "one parameter set and one place for them are what the memory has",
    verifying("with two dependencies"),
  ],
];
