/**
 * The JSON of the list of components and of the dependencies among them
 * (draft-ietf-suit-manifest-37 §8.4.5, draft-ietf-suit-trust-domains-12 §5.2).
 */
import { z } from "zod";
import { all, type CborNode } from "./cbor-node.ts";
import type { Cbor } from "./cbor-writer.ts";
import { ANY_CBOR, form } from "./form.ts";
import { customMembers, CustomMembers } from "./parameter-json.ts";
import type { Sources } from "./source.ts";
import { COMPONENT, ComponentJson } from "./value-json.ts";

/** The component list. */
export const COMPONENTS = form(
  z.array(ComponentJson).min(1),
  (json, sources) => json.map((component) => COMPONENT.encode(component, sources)),
  (node) => all(node.elements(), (element) => COMPONENT.decode(element)),
);

/** The key of a prefix in the metadata of a dependency. */
const PREFIX = { label: 1, name: "prefix" };

const DependencyJson = z
  .strictObject({ prefix: ComponentJson.optional(), custom: CustomMembers.optional() })
  .meta({ id: "Dependency", description: "What is known of a component that is a manifest." });

/** The dependencies, by component index. */
export const DEPENDENCIES = form(
  z.record(z.string().regex(/^(0|[1-9][0-9]{0,14})$/, "must be a component index"), DependencyJson),
  (json, sources) =>
    new Map(
      Object.entries(json).map(([index, value]) => [Number(index), dependencyMap(value, sources)] as const),
    ),
  (node) => {
    const pairs = all(node.entries(), ([key, value]) => {
      const index = key.smallInteger();
      const dependency = dependencyJson(value);
      return index === undefined || dependency === undefined ? undefined : ([index, dependency] as const);
    });
    return pairs === undefined ? undefined : Object.fromEntries(pairs);
  },
);

function dependencyMap({ prefix, custom }: z.infer<typeof DependencyJson>, sources: Sources): Cbor {
  const members = new Map<Cbor, Cbor>();
  if (prefix !== undefined) members.set(PREFIX.label, COMPONENT.encode(prefix, sources));
  for (const [label, value] of customMembers([PREFIX], custom, sources)) members.set(label, value);
  return members;
}

function dependencyJson(node: CborNode): unknown {
  const custom: (readonly [string, unknown])[] = [];
  const prefix = all(node.entries(), ([key, value]) => {
    const label = key.integer();
    if (label === undefined) return undefined;
    if (label === BigInt(PREFIX.label)) return [COMPONENT.decode(value)];
    custom.push([String(label), ANY_CBOR.decode(value)]);
    return [];
  })?.flat();
  if (prefix === undefined || (prefix.length > 0 && prefix[0] === undefined)) return undefined;
  return {
    ...(prefix.length === 0 ? {} : { prefix: prefix[0] }),
    ...(custom.length === 0 ? {} : { custom: Object.fromEntries(custom) }),
  };
}
