/**
 * What every row of the label tables says, and how rows are found.
 */

import { Feature } from "../../assembly/feature.ts";

/** The documents that define SUIT, by the letter that the tables use. */
export const DOCUMENTS = {
  M: "draft-ietf-suit-manifest-37",
  T: "draft-ietf-suit-trust-domains-12",
  U: "draft-ietf-suit-update-management-14",
  F: "draft-ietf-suit-firmware-encryption-24",
} as const;

/** What a build of our bootloader may have beside the base: switches of `assembly/feature.ts`. */
export const EXTENSIONS = {
  trustDomains: Boolean(Feature.TrustDomains),
  updateManagement: Boolean(Feature.UpdateManagement),
  encryptedPayloads: Boolean(Feature.EncryptedPayloads),
  prefixes: Boolean(Feature.Prefixes),
  arguments: Boolean(Feature.Arguments),
  enterpriseNumbers: Boolean(Feature.EnterpriseNumbers),
} as const;

/** Which builds process a row: every one, none, or those with an extension. */
export type Support = boolean | keyof typeof EXTENSIONS;

/** The letter of a document. */
export type DocumentLetter = keyof typeof DOCUMENTS;

/** A named number of the wire format. */
export interface Label<Kind extends string = string> {
  readonly label: number;
  readonly name: string;
  /** How its value is written. */
  readonly kind: Kind;
  /** The document that defines it. */
  readonly document: DocumentLetter;
  /** The section of that document. */
  readonly section: string;
  /** What it does, as one sentence for authors. */
  readonly description: string;
  readonly support: Support;
  /** Whether the bootloader of this repository processes it, as `npm run build` builds it. */
  readonly supported: boolean;
}

/**
 * Whether a build processes a row.
 *
 * @param build which extensions it has; the default build unless given
 */
export function isSupported(
  support: Support,
  build: Readonly<Record<keyof typeof EXTENSIONS, boolean>> = EXTENSIONS,
): boolean {
  return typeof support === "string" ? build[support] : support;
}

/** Where a row is defined, as in "draft-ietf-suit-manifest-37 §8.4.9.2". */
export function referenceOf({ document, section }: Label): string {
  return `${DOCUMENTS[document]} §${section}`;
}

/** Finds the entry with a number. */
export function byLabel<T extends { readonly label: number }>(
  table: readonly T[],
  label: number | bigint,
): T | undefined {
  return table.find((entry) => BigInt(entry.label) === BigInt(label));
}

/** Finds the entry with a name. */
export function byName<T extends { readonly name: string }>(
  table: readonly T[],
  name: string,
): T | undefined {
  return table.find((entry) => entry.name === name);
}

/** The name of a row as a member of a JSON object: `payload-fetch` is `payloadFetch`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
