/**
 * Rules about one device and those who signed: whether it trusts them, misses one, or lets them touch this.
 */
import { Status } from "../../../assembly/status.ts";
import { algorithmName, authenticate, readSignatureBlock, readWrapper } from "../authentication.ts";
import { requireAuthority, type Authority } from "../authority.ts";
import { checkContent } from "../content.ts";
import { readEnvelope, type Envelope } from "../envelope.ts";
import { Refusal } from "../refusal.ts";
import type { Findings, RuleId } from "./rule.ts";

/** The rule behind each refusal of signers. */
const RULE_OF: ReadonlyMap<Status, RuleId> = new Map<Status, RuleId>([
  [Status.CosignatureMissing, "device-signature-missing"],
  [Status.ComponentUnauthorized, "device-key-unauthorized"],
  [Status.ComponentUnknown, "device-component-unknown"],
  [Status.ManifestDigestMismatch, "manifest-digest-mismatch"],
]);

/**
 * Holds the signatures of an envelope against what a device asks; one without signatures is not signed yet,
 * and nothing is said of it.
 *
 * @param algorithms COSE numbers of what the device verifies
 */
export function lintSigners(
  bytes: Uint8Array,
  authority: Authority,
  algorithms: ReadonlySet<number>,
  findings: Findings,
): void {
  const envelope = attempt(() => readEnvelope(bytes, { everyMember: true }));
  const wrapper = envelope === undefined ? undefined : attempt(() => readWrapper(envelope));
  if (envelope === undefined || wrapper === undefined || wrapper.blocks.length === 0) return;
  for (const [index, span] of wrapper.blocks.entries()) {
    const block = attempt(() => readSignatureBlock(bytes, span));
    if (block === undefined || algorithms.has(block.algorithm)) continue;
    const message = `The device does not verify ${algorithmName(block.algorithm)}.`;
    findings.add("device-algorithm-unsupported", `authentication.blocks[${index}]`, message);
  }
  lintAuthority(envelope, authority, findings);
}

function lintAuthority(envelope: Envelope, authority: Authority, findings: Findings): void {
  let isTrusted = false;
  try {
    const signers = authenticate(envelope, authority.keys, authority.required);
    isTrusted = true;
    const facts = attempt(() => checkContent(envelope));
    if (facts !== undefined) requireAuthority(envelope, facts, signers, authority);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const rule = RULE_OF.get(error.status) ?? (isTrusted ? "device-refuses" : "device-key-untrusted");
    // Of the root other rules have found it, with a better place; of a dependency nobody has.
    if (!findings.has(rule)) findings.add(rule, "authentication", error.said());
  }
}

/** What an action comes to; undefined if it is refused, which other rules speak about. */
function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
