/**
 * Judges an envelope by the host's own code, independent of the bootloader.
 */
import { Status } from "../../assembly/status.ts";
import type { Key } from "../keys/key.ts";
import { bitPositions } from "../keys/rights.ts";
import { STATUS_TEXT, type StatusCode } from "../status-text.ts";
import { algorithmName, authenticate, type Signer } from "./authentication.ts";
import { requireAuthority, type SignerRules } from "./authority.ts";
import { OWN_CAPABILITY, type Capability } from "./capability.ts";
import { checkContent } from "./content.ts";
import { readEnvelope } from "./envelope.ts";
import { Refusal } from "./refusal.ts";

/** The judgement on one envelope. */
export interface Verdict {
  readonly ok: boolean;
  /** Stable code: "ok", or the kebab-case name of the status it is refused with. */
  readonly reason: StatusCode;
  /** One sentence: what is wrong and at which byte, or who signed what. */
  readonly message: string;
  /** What to do about it; absent if all is in order. */
  readonly hint?: string;
  /** Byte offset of what is wrong; absent if all is in order. */
  readonly offset?: number;
}

/**
 * Verifies an envelope under the given keys and checks all that needs no device.
 *
 * Envelope structure, then signatures, then the manifest's digest, then the manifest's content, then
 * severed members, then what the signers may touch; the first rule that is broken is the verdict. One
 * signature that verifies is enough, unless the rules ask for more. Names and bytes of integrated payloads are not signed: `image-match` covers the bytes on
 * the device.
 *
 * @param capability of the bootloader that is to process it; that of our default build unless given
 *
 * Total: any bytes get a verdict and nothing is thrown.
 */
export function verifyEnvelope(
  bytes: Uint8Array,
  keys: readonly Key[],
  rules: SignerRules = {},
  capability: Capability = OWN_CAPABILITY,
): Verdict {
  try {
    const envelope = readEnvelope(bytes, { capability });
    const signers = authenticate(envelope, keys, rules.required);
    const facts = checkContent(envelope);
    requireAuthority(envelope, facts, signers, { ...rules, keys });
    const by = signers.map((signer) => signerText(signer, keys)).join(", and ");
    return {
      ok: true,
      reason: STATUS_TEXT[Status.Ok].code,
      message: `Signed ${by}; sequence number ${facts.sequenceNumber}.`,
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, hint } = STATUS_TEXT[error.status];
    return { ok: false, reason: code, message: error.said(), hint, offset: error.offset };
  }
}

/** As in: with ESP256 (-9) by key 1 of 2 (kid "line-3"). */
function signerText({ keyIndex, algorithm }: Signer, keys: readonly Key[]): string {
  const { kid, components } = keys[keyIndex] ?? {};
  const facts = [
    ...(kid === undefined ? [] : [`kid ${kidText(kid)}`]),
    ...(components === undefined
      ? []
      : [`for component positions ${bitPositions(components).join(", ") || "none"}`]),
  ].join(", ");
  const name = facts === "" ? "" : ` (${facts})`;
  const which = keys.length === 1 ? "the key" : `key ${keyIndex + 1} of ${keys.length}`;
  return `with ${algorithmName(algorithm)} by ${which}${name}`;
}

function kidText(kid: Uint8Array): string {
  const text = Buffer.from(kid).toString("utf8");
  return /^[\x20-\x7e]+$/.test(text) ? JSON.stringify(text) : Buffer.from(kid).toString("hex");
}
