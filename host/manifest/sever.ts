/**
 * Takes severable members out of an envelope: the manifest keeps their digests, so its signatures
 * stay good (draft-ietf-suit-manifest-37 §8.6).
 */
import { UserError } from "../user-error.ts";
import { createEnvelope } from "./create.ts";
import { decodeEnvelope } from "./decode.ts";
import { digestOf } from "./digest.ts";
import { readEnvelope, withHead } from "./envelope.ts";
import { toHex } from "./form.ts";
import { SEVERABLE_MEMBERS } from "./labels.ts";

/** A member that was taken out. */
export interface SeveredMember {
  /** Its name in the JSON form. */
  readonly name: string;
  /** Its content: what stood inside the byte string. */
  readonly content: Uint8Array;
  /** SHA-256 of its byte string, as the manifest states it; hex. */
  readonly digest: string;
}

/**
 * Takes members out of an envelope. Nothing that is signed changes.
 *
 * @param names names in the JSON form; all severable members that are there unless given
 * @throws UserError nothing-to-sever, or what `decodeEnvelope` throws
 */
export function severEnvelope(
  bytes: Uint8Array,
  names?: readonly string[],
): { readonly envelope: Uint8Array; readonly severed: readonly SeveredMember[] } {
  const json = decodeEnvelope(bytes);
  const listed: unknown = json["severable"];
  const there = Array.isArray(listed) ? listed.map(String) : [];
  if (there.length === 0 && names === undefined) {
    throw new UserError(
      "nothing-to-sever",
      "The envelope has no member beside the manifest that could be taken out.",
      'List members under "severable" before the manifest is signed.',
    );
  }
  const severed = (names ?? there).map((name) => severedMember(bytes, json, there, name));
  const without = Object.fromEntries(
    severed.map(({ name, digest }) => [name, { digest: { "sha-256": digest } }] as const),
  );
  const rest = there.filter((name) => !(name in without));
  return { envelope: createEnvelope({ ...json, ...without, severable: rest }), severed };
}

function severedMember(
  bytes: Uint8Array,
  json: Readonly<Record<string, unknown>>,
  there: readonly string[],
  name: string,
): SeveredMember {
  const member = SEVERABLE_MEMBERS.find((each) => each.json === name);
  const span = readEnvelope(bytes, { everyMember: true }).severed.get(member?.label ?? 0);
  if (span !== undefined && there.includes(name)) {
    const digest = digestOf(withHead(bytes, span)) ?? new Uint8Array(0);
    return { name, content: bytes.slice(span.from, span.to), digest: toHex(digest) };
  }
  const isInside = json[name] !== undefined && span === undefined;
  throw new UserError(
    "nothing-to-sever",
    isInside
      ? `The manifest holds ${name} itself, or it was taken out before; taking it out now would change what is signed.`
      : `The envelope has no member ${name} that could be taken out.`,
    isInside
      ? `List "${name}" under "severable" before the manifest is signed.`
      : "`manifest inspect` lists its members.",
  );
}
