/**
 * The JSON of text for people: by language tag, and within it by component
 * (draft-ietf-suit-manifest-37 §8.4.4).
 */
import { z } from "zod";
import { all, type CborNode } from "./cbor-node.ts";
import { encodeCbor, type Cbor } from "./cbor-writer.ts";
import { ANY_CBOR, form } from "./form.ts";
import { byLabel, byName, COMPONENT_TEXT, referenceOf, TEXT_MEMBERS, type Label } from "./labels.ts";
import { customMembers, CustomMembers } from "./parameter-json.ts";
import type { Sources } from "./source.ts";
import { COMPONENT, ComponentJson } from "./value-json.ts";

function textMembers(table: readonly Label[]): Record<string, z.ZodOptional<z.ZodString>> {
  return Object.fromEntries(
    table.map((row) => [
      row.name,
      z
        .string()
        .optional()
        .describe(`${row.description} (${row.label}, ${referenceOf(row)})`),
    ]),
  );
}

const ComponentText = z.strictObject({
  component: ComponentJson,
  ...textMembers(COMPONENT_TEXT),
  custom: CustomMembers.optional(),
});

const LanguageText = z
  .strictObject({
    ...textMembers(TEXT_MEMBERS),
    components: z.array(ComponentText).optional().describe("Text about components."),
    custom: CustomMembers.optional(),
  })
  .meta({ id: "Text", description: "Text for people in one language." });

const TextJson = z.record(z.string().min(1), LanguageText);

/** The text member: a map in a byte string. */
export const TEXT_MAP = form(
  TextJson,
  (json, sources) =>
    encodeCbor(
      new Map(Object.entries(json).map(([tag, text]) => [tag, languageMap(text, sources)] as const)),
    ),
  (node) => {
    const languages = all(node.embedded()?.entries(), ([key, value]) => {
      const tag = key.text();
      const text = languageJson(value);
      return tag === undefined || text === undefined ? undefined : ([tag, text] as const);
    });
    return languages === undefined ? undefined : Object.fromEntries(languages);
  },
);

function languageMap(json: z.infer<typeof LanguageText>, sources: Sources): Cbor {
  const { components, custom, ...texts } = json;
  const entries = labelled(TEXT_MEMBERS, texts, custom, sources);
  for (const { component, custom: more, ...componentTexts } of components ?? []) {
    entries.set(
      COMPONENT.encode(component, sources),
      labelled(COMPONENT_TEXT, componentTexts, more, sources),
    );
  }
  return entries;
}

function labelled(
  table: readonly Label[],
  texts: Readonly<Record<string, unknown>>,
  custom: z.infer<typeof CustomMembers> | undefined,
  sources: Sources,
): Map<Cbor, Cbor> {
  const entries = new Map<Cbor, Cbor>(customMembers(table, custom, sources));
  for (const [name, text] of Object.entries(texts)) {
    const label = byName(table, name)?.label;
    if (label !== undefined && typeof text === "string") entries.set(label, text);
  }
  return entries;
}

function languageJson(node: CborNode): unknown {
  const components: unknown[] = [];
  const texts = textsJson(TEXT_MEMBERS, node, (key, value) => {
    const component = COMPONENT.decode(key);
    const content = textsJson(COMPONENT_TEXT, value);
    if (component === undefined || content === undefined) return false;
    components.push({ component, ...content });
    return true;
  });
  if (texts === undefined) return undefined;
  return { ...texts, ...(components.length === 0 ? {} : { components }) };
}

/** Texts by name, others under `custom`; a key that is no integer goes to `takeOther`. */
function textsJson(
  table: readonly Label[],
  node: CborNode,
  takeOther: (key: CborNode, value: CborNode) => boolean = () => false,
): Readonly<Record<string, unknown>> | undefined {
  const custom: (readonly [string, unknown])[] = [];
  const pairs = all(node.entries(), ([key, value]) => {
    const label = key.integer();
    if (label === undefined) return takeOther(key, value) ? [] : undefined;
    const known = byLabel(table, label);
    const text = value.text();
    if (known !== undefined) return text === undefined ? undefined : [[known.name, text] as const];
    custom.push([String(label), ANY_CBOR.decode(value)]);
    return [];
  });
  if (pairs === undefined) return undefined;
  return {
    ...Object.fromEntries(pairs.flat()),
    ...(custom.length === 0 ? {} : { custom: Object.fromEntries(custom) }),
  };
}
