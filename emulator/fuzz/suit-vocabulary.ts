/**
 * The words of SUIT and COSE for mutation: labels, commands with arguments, parameters with values.
 *
 * Numbers of draft-ietf-suit-manifest-37 and its companions (§8 and the IANA tables), RFC 9052 and
 * RFC 9864. Retired ones are among them on purpose.
 */
import { someNode, type Vocabulary } from "./cbor-mutation.ts";
import { integerNode, NodeKind, nodeOf, type CborNode } from "./cbor-tree.ts";
import type { Chance } from "./chance.ts";

const MEMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 23, 24];
const CONDITIONS = [1, 2, 3, 4, 5, 6, 7, 8, 14, 24, 25, 26, 27, 28];
const DIRECTIVES = [11, 18, 19, 21, 22, 23, 29, 31, 33];
const PARAMETERS = [1, 2, 3, 4, 5, 12, 13, 14, 18, 19, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30];
const ALGORITHMS = [-7, -8, -9, -16, -18, -19, -43, -44, -45, -46, -257, -300];
const TAGS = [17, 18, 19, 96, 97, 98, 107, 112, 1070];

/** Labels at which something is decided. */
const LABELS: readonly number[] = [...MEMBERS, 0, 19, 21, 22, 25, 31, 32, 34, 35, ...ALGORITHMS, ...TAGS];

/** The grammar of envelopes. */
export const SUIT_VOCABULARY: Vocabulary = { labels: LABELS, pair: suitPair };

/** A command with its argument, a parameter with its value, or a member with anything. */
function suitPair(chance: Chance): readonly [CborNode, CborNode] {
  switch (chance.below(4)) {
    case 0:
      return [
        integerNode(chance.pick(MEMBERS)),
        chance.oneIn(2) ? wrappedSequence(chance, 0) : anything(chance),
      ];
    case 1:
      return parameter(chance);
    default:
      return command(chance, 0);
  }
}

function command(chance: Chance, depth: number): [CborNode, CborNode] {
  switch (chance.below(depth > 5 ? 4 : 7)) {
    case 0:
    case 1:
      return [integerNode(chance.pick(CONDITIONS)), policy(chance)];
    case 2:
      return [integerNode(chance.pick(DIRECTIVES)), policy(chance)];
    case 3: {
      const pairs = Array.from({ length: chance.few(3) }, () => parameter(chance)).flat();
      return [integerNode(20), nodeOf(NodeKind.Map, { children: pairs })];
    }
    case 4:
      return [integerNode(12), componentIndex(chance)];
    case 5: {
      const branches = Array.from({ length: chance.few(4) }, () => wrappedSequence(chance, depth + 1));
      if (chance.oneIn(2)) branches.push(nodeOf(NodeKind.Simple, { argument: 22n }));
      return [integerNode(15), nodeOf(NodeKind.Array, { children: branches })];
    }
    default:
      return [integerNode(32), wrappedSequence(chance, depth + 1)];
  }
}

function wrappedSequence(chance: Chance, depth: number): CborNode {
  const children = Array.from({ length: chance.few(4) }, () => command(chance, depth)).flat();
  return nodeOf(NodeKind.Bytes, { isOpen: true, children: [nodeOf(NodeKind.Array, { children })] });
}

function policy(chance: Chance): CborNode {
  return chance.oneIn(8) ? anything(chance) : integerNode(chance.below(17));
}

function componentIndex(chance: Chance): CborNode {
  switch (chance.below(5)) {
    case 0:
      return nodeOf(NodeKind.Simple, { argument: chance.oneIn(3) ? 20n : 21n });
    case 1: {
      const children = Array.from({ length: chance.few(4) }, () => integerNode(chance.below(4)));
      return nodeOf(NodeKind.Array, { children });
    }
    default:
      return integerNode(chance.below(4));
  }
}

function parameter(chance: Chance): [CborNode, CborNode] {
  const label = chance.pick(PARAMETERS);
  return [integerNode(label), chance.oneIn(6) ? anything(chance) : valueOf(label, chance)];
}

/** A value of the type that the parameter has. */
function valueOf(label: number, chance: Chance): CborNode {
  switch (label) {
    case 1:
    case 2:
    case 24:
      return bytes(16, chance);
    case 3: {
      const digest = nodeOf(NodeKind.Array, { children: [integerNode(-16), bytes(32, chance)] });
      return nodeOf(NodeKind.Bytes, { isOpen: true, children: [digest] });
    }
    case 12:
    case 13:
      return nodeOf(NodeKind.Simple, { argument: BigInt(20 + chance.below(3)) });
    case 5:
      return integerNode(chance.below(3));
    case 14:
      return integerNode(
        chance.pick([0, 1, 63, 64, 1023, 1024, 1025, 35_000, 36_864, 65_536, 0x7fffffff, 0xffffffff]),
      );
    case 21: {
      const uri = chance.pick(["", "#", "#a", "#b", "coap://a/b"]);
      return nodeOf(NodeKind.Text, { content: Uint8Array.from(uri, (character) => character.charCodeAt(0)) });
    }
    default:
      return anything(chance);
  }
}

function bytes(length: number, chance: Chance): CborNode {
  const real = chance.oneIn(6) ? chance.below(2 * length + 2) : length;
  return nodeOf(NodeKind.Bytes, { content: new Uint8Array(real).fill(chance.byte()) });
}

function anything(chance: Chance): CborNode {
  return someNode(chance, LABELS, suitPair, 0);
}
