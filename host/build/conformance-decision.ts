/**
 * Where the drafts contradict themselves, each other or what is found in the field: what this build does, and
 * the test that shows it.
 */
import type { TestReference } from "./conformance-table.ts";

/** A decision. */
export interface Decision {
  /** As in "M §8.4.10.2". */
  readonly where: string;
  /** What does not fit together. */
  readonly question: string;
  /** What this build does, and why. */
  readonly decision: string;
  readonly tests: readonly TestReference[];
}

const deciding = (name: string): TestReference => ({ file: "conformance/spec-decision.test.ts", name });
const scenario = (name: string): TestReference => ({ file: "scenario/suit-processing.test.ts", name });

const verifying = (name: string): TestReference => ({ file: "unit/manifest-verify.test.ts", name });
const trusting = (name: string): TestReference => ({ file: "scenario/trust-domain.test.ts", name });

/** All of them. */
export const DECISIONS: readonly Decision[] = [
  {
    where: "M appendix B, draft-ietf-suit-mti-23 §3",
    question: "The draft's own examples are signed with ES256 (-7); the mandatory algorithms name ESP256 (-9) and not ES256.",
    decision:
      "For a key of P-256 both numbers mean the same computation, so both are taken under a key that is pinned to no algorithm. A key that is pinned to one accepts that one only.",
    tests: [
      deciding(
        "take ES256 and ESP256 for one algorithm under a key of P-256, and tell them apart under a pinned key",
      ),
    ],
  },
  {
    where: "M appendix B",
    question: "The examples state a placeholder as their image digest, so no image can ever match.",
    decision:
      "Judging a manifest asks nothing of its image: the examples are accepted. Installing one ends at image-match, as with any wrong image.",
    tests: [
      deciding("judge a manifest whatever image its digest is of"),
      scenario("refuses an image of which one bit is wrong, or that was not delivered whole"),
    ],
  },
  {
    where: "M §8.2, draft-ietf-teep-protocol",
    question: "TEEP carries envelopes without tag 107, as drafts to -13 wrote them.",
    decision:
      "Nothing but the tag tells an untagged envelope of today from an old one, whose keys mean something else. So the tag is required, and what has none is refused as an old draft; who takes an envelope out of another message adds the tag.",
    tests: [deciding("refuse an envelope that has lost its tag")],
  },
  {
    where: "T §5.2.2, T appendix B",
    question:
      "The prose says that dependencies are indices into the components; the examples use indices behind the end of that list.",
    decision:
      "Both are taken: the index of a component in the list, which is then the dependency, or the one right behind the list. A gap in between could not be selected and is refused.",
    tests: [
      deciding("take a component of the list for a dependency or the index behind it, and refuse a gap"),
      trusting("may be listed as a component whose identifier the device does not know"),
    ],
  },
  {
    where: "T §5.6.2, T appendix B.2",
    question:
      "process-dependency must be preceded by dependency-integrity, and the example with an integrated dependency leaves that out.",
    decision: "What was not checked is not processed, in the example's form either: process-dependency needs dependency-integrity since the last change of the dependency's content. Judging a manifest without a device runs neither, so it asks for no order.",
    tests: [
      trusting("is not processed before its integrity was checked, nor after it was fetched anew"),
      deciding("ask for no order of dependency-integrity and process-dependency before anything runs"),
    ],
  },
  {
    where: "T §8.1, M §8.4.5",
    question:
      "Templates put set-parameters into the shared sequence; the grammar of shared sequences does not list it.",
    decision: "set-parameters is allowed there, as in the templates: it sets what nobody has set, which the shared sequence of a dependency is for, and has no side effects.",
    tests: [
      deciding("take set-parameters in the shared sequence as everywhere"),
      trusting("sees what its dependent has set, and set-parameters leaves that as it is"),
    ],
  },
  {
    where: "M §8.4.10.2, M appendix A",
    question:
      "The grammar wants two sequences before the nil of a try-each; the prose makes one sequence and nil an option.",
    decision:
      "One sequence and nil is a choice, and accepted. One sequence alone offers nothing to choose from, and is malformed.",
    tests: [deciding("accept a try-each of one sequence and nil, and refuse one sequence alone")],
  },
  {
    where: "M §8.4.11, M §11, M appendix A",
    question: "Custom commands are those below -256 (prose), from -256 down (registry), or any negative one (grammar).",
    decision:
      "Below -256 a command is custom and refused as unsupported; from -256 to 0 it is unknown. Neither is run, so only the name of the refusal depends on it.",
    tests: [deciding("call commands below -256 custom and those from -256 to 0 unknown, and run neither")],
  },
  {
    where: "T §7.1, U §3.1",
    question:
      "Only the envelope's grammar lets candidate-verification be severed, not the manifest's; set-version is wrapped in a byte string by one document and some tools, and means something else to others.",
    decision:
      "The author's tool severs candidate-verification like every other step of the update, and writes set-version in a byte string, as its document says. The bootloader takes candidate-verification both ways, and refuses set-version by name where update management is off.",
    tests: [
      deciding("writes set-version in a byte string and severs candidate-verification, and reads both back"),
      deciding("process candidate-verification alike, whole or severed"),
      verifying("with set-version"),
    ],
  },
  {
    where: "U §3.2, U §1",
    question:
      "A device rejects what it does not implement; but a well-formed CoSWID must not make it fail, even if it does not implement update management.",
    decision:
      "Every build takes a CoSWID, whole or severed, as it takes text: it is a byte string or has its digest, it asks nothing of the device, and nothing more is looked at.",
    tests: [deciding("take a CoSWID and text, whole, severed or severed away, and look no further into them")],
  },
  {
    where: "M §8.4.10.2, M §8.4.8.15",
    question:
      "Whether a try-each inside a try-each that is exhausted is a failed condition, so that the outer one goes on, or a failed directive.",
    decision:
      "The text says that the directive returns an error, and a failed directive ends the sequence it is in for good. So it ends everything; who wants the outer branch to go on ends the inner try-each with nil.",
    tests: [scenario("ends everything when a try-each inside a try-each is exhausted, as a failed directive does")],
  },
  {
    where: "M §8.4.8.15",
    question:
      "A run-sequence that fails softly halts with no side effects, says the text; but parameters may be set by then.",
    decision:
      "Parameters stay as they were set, in a run-sequence as in a branch of try-each: nothing specifies how they would be taken back. A branch sets all that it needs.",
    tests: [
      scenario("keeps what a run-sequence set before it failed softly"),
      scenario("keeps what a failed branch set, as no rollback is specified"),
    ],
  },
  {
    where: "M §6.4, M §11",
    question:
      "The abstract machine lists commands that the base draft does not have, and fetch-arguments (25) is in the grammar and not in the registry.",
    decision:
      "What the grammar of the drafts has is known: fetch-arguments are refused as unsupported and not as unknown where arguments are off, and an offset where they are on; use-before is a command of update management.",
    tests: [deciding("know fetch-arguments, and refuse to guess what they mean")],
  },
  {
    where: "M §8.1",
    question: "Maps must be in deterministic order; generators in the field write some keys out of order.",
    decision:
      "The order is required in every map: digests cover bytes, and one encoding means one meaning. `manifest create` writes any such envelope again. A switch of the build, off, lets the maps behind the signature have any order; a key that comes twice is refused there as well.",
    tests: [
      deciding("refuse keys out of order and keys that come twice, in every map"),
      {
        file: "scenario/unordered-maps.test.ts",
        name: "installs the same update whatever order the keys of its maps are in",
      },
      { file: "scenario/unordered-maps.test.ts", name: "refuses a key that comes twice, next to each other or not" },
    ],
  },
  {
    where: "M §8.4.5.1",
    question: "The grammar allows a component identifier without parts, and parts without bytes.",
    decision:
      "An identifier without parts names nothing and is malformed. A part without bytes is compared like any other.",
    tests: [deciding("refuse a component identifier without parts, and take an empty part for a part")],
  },
  {
    where: "M §8.4.2",
    question: "Tools can write sequence numbers that are negative or longer than 64 bits.",
    decision: "Neither is an unsigned integer of CBOR, so both are malformed. Every one of 64 bits is taken.",
    tests: [deciding("refuse a sequence number that is negative or beyond 64 bits, and take every other")],
  },
  {
    where: "M §7, T §5.1",
    question:
      "Every sequence begins by selecting a component, says the text; with one component that may be left out, says a note.",
    decision: "With one component it is selected from the start; with several, a sequence that selects none is refused.",
    tests: [deciding("require a sequence to select among several components, and not of a manifest with one")],
  },
];
