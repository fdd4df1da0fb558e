/**
 * What mutation of envelopes starts from when two readings are compared: one envelope for every member,
 * command and parameter of the label tables, signed whether or not this build processes it.
 */
import { Limit } from "../../assembly/limits.ts";
import { Algorithm, type PrivateKey } from "../keys/key.ts";
import { encodeCbor, Raw, Tagged, type Cbor } from "../manifest/cbor-writer.ts";
import { digestItem, encodeDigest } from "../manifest/digest.ts";
import {
  COMMANDS,
  COMMON_MEMBERS,
  MANIFEST_MEMBERS,
  PARAMETERS,
  PEN_TAG,
  RETIRED_MANIFEST_KEYS,
  SEVERABLE_MEMBERS,
  type CommandLabel,
  type MemberLabel,
  type ParameterLabel,
} from "../manifest/labels.ts";
import { signatureBlock } from "../manifest/sign.ts";
import { AUTHOR, COMPONENTS, SECOND_AUTHOR } from "./author.ts";
import { seedEnvelopes } from "./seed.ts";

/** Components of the devices that judge them: what the manifests here name, and those of `seedEnvelopes`. */
export const SEED_COMPONENTS: readonly Uint8Array[] = [
  [Uint8Array.of(0)],
  ...COMPONENTS.map((name) => [new TextEncoder().encode(name)]),
].map((identifier) => encodeCbor(identifier));

/** The envelopes. */
export function agreementSeeds(): Uint8Array[] {
  return [
    ...seedEnvelopes(),
    ...COMMANDS.flatMap((command) => [commandEnvelope(command), sharedCommandEnvelope(command)]),
    ...PARAMETERS.flatMap((parameter) => [parameterEnvelope(parameter), hardParameterEnvelope(parameter)]),
    ...MANIFEST_MEMBERS.filter(({ label }) => label > 3).map(memberEnvelope),
    ...SEVERABLE_MEMBERS.map(severedMemberEnvelope),
    ...COMMON_MEMBERS.filter(({ kind }) => kind === "dependencies").flatMap((member) => [
      dependenciesEnvelope(member),
      dependenciesEnvelope(member, [1, 2]),
      ...PREFIXES.map((prefix) => dependenciesEnvelope(member, [1], prefix)),
    ]),
    ...RETIRED_MANIFEST_KEYS.map((label) => withMembers([[label, sequence(3, 15)]])),
    ...[1, 2].flatMap((label) => [1, 5, 6].map((bytes) => enterpriseEnvelope(label, bytes))),
    withMembers([[20, sequence(12, [0], 3, 15, 12, [0, 0], 3, 15)]]),
    ...[
      [AUTHOR, SECOND_AUTHOR],
      [SECOND_AUTHOR, AUTHOR],
      [SECOND_AUTHOR],
      [AUTHOR, AUTHOR, SECOND_AUTHOR, AUTHOR],
    ].flatMap((signers) => [cosigned(signers), cosigned(signers, [[2, TWO_COMPONENTS]])]),
    ...[Limit.Nesting, Limit.Nesting + 1].map(nestedEnvelope),
    unorderedEnvelope(),
    ...COMMANDS.filter(({ kind }) => kind === "component-parameters").map(({ label }) =>
      envelopeOf([[20, sequence(label, BOTH_COMPONENTS, 3, 15)]], [[2, TWO_COMPONENTS], ...SELECTING], []),
    ),
  ];
}

/** A manifest with sequences nested so deep. */
export function nestedEnvelope(depth: number): Uint8Array {
  return withMembers([[20, sequence(...nested(depth))]]);
}

/** A manifest with so many components, all selected wherever a sequence begins. */
export function componentsEnvelope(count: number): Uint8Array {
  const components = Array.from({ length: count }, (_, index) => [Uint8Array.of(index)]);
  return cosigned([AUTHOR], [[2, components]]);
}

/** A manifest with so many signatures, all of the same author. */
export function signaturesEnvelope(count: number): Uint8Array {
  return cosigned(new Array<PrivateKey>(count).fill(AUTHOR));
}

/** A manifest that sets two parameters, the one with the higher number first. */
export function unorderedEnvelope(): Uint8Array {
  return withMembers([[20, sequence(20, new Raw(Uint8Array.of(0xa2, 12, 0xf5, 5, 0)), 3, 15)]]);
}

/** A manifest that has the command where it may stand: in install, or in invoke. */
export function commandEnvelope(command: CommandLabel): Uint8Array {
  const member = command.name === "invoke" ? 9 : 20;
  return withMembers([[member, sequence(command.label, argumentOf(command), 3, 15)]]);
}

/** A manifest that has the command in its shared sequence. */
export function sharedCommandEnvelope(command: CommandLabel): Uint8Array {
  return withCommon([[4, sequence(command.label, argumentOf(command))]]);
}

/** A manifest that sets the parameter in a sequence where every one may be set. */
export function parameterEnvelope(parameter: ParameterLabel): Uint8Array {
  return withMembers([[20, sequence(32, sequence(...setting(parameter)))]]);
}

/** A manifest that has the member. */
export function memberEnvelope(member: MemberLabel): Uint8Array {
  return withMembers([[member.label, memberValue(member)]]);
}

/** A manifest from which the member was severed, in an envelope that has it. */
export function severedMemberEnvelope(member: MemberLabel): Uint8Array {
  const value = memberValue(member);
  return envelopeOf([[member.label, digestItem(encodeCbor(value))]], [], [[member.label, value]]);
}

/** A manifest with dependencies behind its only component, so that every sequence selects. */
export function dependenciesEnvelope(
  { label }: MemberLabel,
  indices: readonly number[] = [1],
  metadata: Cbor = new Map<Cbor, Cbor>(),
): Uint8Array {
  return envelopeOf(
    [
      [7, sequence(12, 0, 3, 15)],
      [9, sequence(12, 0, 23, 2)],
    ],
    [
      [label, new Map<Cbor, Cbor>(indices.map((index) => [index, metadata]))],
      [4, sequence(12, 0, 1, 15, 2, 15)],
    ],
    [],
  );
}

/** What may be said of a dependency: prefixes of one part and of two, none at all, and something unknown. */
const PREFIXES: readonly Cbor[] = [
  ...[[Uint8Array.of(0)], [Uint8Array.of(0), Uint8Array.of(1)], []].map((prefix) => new Map([[1, prefix]])),
  new Map([[2, [Uint8Array.of(0)]]]),
];

/** A manifest that sets an identifier to a private enterprise number of so many bytes. */
export function enterpriseEnvelope(label = 1, bytes = 1): Uint8Array {
  const number = new Tagged(PEN_TAG, new Uint8Array(bytes).fill(1));
  return withMembers([[20, sequence(20, new Map<Cbor, Cbor>([[label, number]]))]]);
}

function hardParameterEnvelope(parameter: ParameterLabel): Uint8Array {
  return withMembers([[20, sequence(...setting(parameter))]]);
}

function setting(parameter: ParameterLabel): readonly Cbor[] {
  return [20, new Map<Cbor, Cbor>([[parameter.label, valueOf(parameter)]])];
}

/** A manifest that several have signed, with other members in common. */
function cosigned(signers: readonly PrivateKey[], common: Pairs = []): Uint8Array {
  const select = common.length === 0 ? [] : [12, true];
  return envelopeOf(
    [
      [7, sequence(...select, 3, 15)],
      [9, sequence(...select, 23, 2)],
    ],
    [[4, sequence(...select, 1, 15, 2, 15)], ...common],
    [],
    signers,
  );
}

/** Components of the devices that judge, but not next to each other in their order. */
const TWO_COMPONENTS: Cbor = [[Uint8Array.of(0)], [new TextEncoder().encode("aux")]];

/** Parameters for both. */
const BOTH_COMPONENTS: Cbor = new Map<Cbor, Cbor>([
  [0, new Map<Cbor, Cbor>([[21, "#a"]])],
  [1, new Map<Cbor, Cbor>([[21, "#b"]])],
]);
/** A shared sequence that selects all of them. */
const SELECTING: Pairs = [[4, sequence(12, true, 1, 15, 2, 15)]];

type Pairs = readonly (readonly [number, Cbor])[];

function withMembers(members: Pairs): Uint8Array {
  return envelopeOf(members, [], []);
}

function withCommon(common: Pairs): Uint8Array {
  return envelopeOf([], common, []);
}

/** The smallest good manifest with more members, in a signed envelope with more members. */
function envelopeOf(
  members: Pairs,
  common: Pairs,
  severed: Pairs,
  signers: readonly PrivateKey[] = [AUTHOR],
): Uint8Array {
  const manifest = encodeCbor(
    new Map<Cbor, Cbor>([
      [1, 1],
      [2, 7],
      [
        3,
        encodeCbor(new Map<Cbor, Cbor>([[2, [[Uint8Array.of(0)]]], [4, sequence(1, 15, 2, 15)], ...common])),
      ],
      [7, sequence(3, 15)],
      [9, sequence(23, 2)],
      ...members,
    ]),
  );
  const digest = encodeDigest(encodeCbor(manifest));
  const wrapper = encodeCbor([
    digest,
    ...signers.map((key) => signatureBlock(digest, key, key.alg ?? Algorithm.ES256)),
  ]);
  return encodeCbor(new Tagged(107, new Map<Cbor, Cbor>([[2, wrapper], [3, manifest], ...severed])));
}

function sequence(...items: readonly Cbor[]): Uint8Array {
  return encodeCbor(items);
}

function nested(depth: number): readonly Cbor[] {
  return depth === 0 ? [3, 15] : [32, sequence(...nested(depth - 1))];
}

function argumentOf(command: CommandLabel): Cbor {
  const parameters = new Map<Cbor, Cbor>([[21, "#a"]]);
  switch (command.kind) {
    case "policy":
      return command.defaultPolicy;
    case "component-index":
      return true;
    case "parameters":
      return parameters;
    case "try-each":
      return [sequence(3, 15), sequence(14, 15), null];
    case "sequence":
      return sequence(3, 15);
    case "component-parameters":
      return new Map<Cbor, Cbor>([[0, parameters]]);
    case "component-parameter-lists":
      return new Map<Cbor, Cbor>([[0, [1, 2]]]);
  }
}

function valueOf(parameter: ParameterLabel): Cbor {
  switch (parameter.kind) {
    case "vendor-identifier":
    case "class-identifier":
    case "device-identifier":
      return new Uint8Array(16).fill(7);
    case "digest":
      return encodeDigest(new Uint8Array(1));
    case "bool":
      return true;
    case "tstr":
      return "#a";
    case "size":
    case "uint":
    case "time":
    case "int":
      return 1;
    case "version-match":
      return sequence(1, [1, 2]);
    case "wait-info":
    case "component-metadata":
      return encodeCbor(new Map<Cbor, Cbor>([[5, 1]]));
    case "fetch-arguments":
      return encodeCbor(300);
    case "bstr":
    case "encryption-info":
      return new Uint8Array(3);
  }
}

function memberValue(member: MemberLabel): Cbor {
  switch (member.kind) {
    case "tstr":
      return "coap://a/b";
    case "uint":
      return 1;
    case "component":
      return [Uint8Array.of(1)];
    case "version-list":
      return sequence(1, 2);
    case "text":
    case "coswid":
      return encodeCbor(new Map<Cbor, Cbor>());
    default:
      return sequence(3, 15);
  }
}
