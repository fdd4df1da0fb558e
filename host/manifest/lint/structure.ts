/**
 * Rules about members: what is there, what is missing, what contradicts itself.
 */
import { memberForm } from "../manifest-json.ts";
import { byLabel, ENVELOPE_MEMBERS, RETIRED_MANIFEST_KEYS, SEVERABLE_MEMBERS } from "../labels.ts";
import { encodeCbor, Raw } from "../cbor-writer.ts";
import { Sources } from "../source.ts";
import type { Findings } from "./rule.ts";
import { everyCommand, parameterMaps, recordOf, type ManifestView } from "./view.ts";

/** Bytes of a SUIT_Digest of SHA-256, which stands for a severed member. */
const DIGEST_BYTES = 36;
/** Numbers below this one are private (draft-ietf-suit-manifest-37 §11). */
const PRIVATE_BELOW = -256n;
/** Conditions that compare content. */
const CONTENT_CHECKS = ["image-match", "check-content", "dependency-integrity", "image-not-match"];

/** Checks members and numbers. */
export function lintStructure(view: ManifestView, findings: Findings): void {
  lintForms(view.json, "", findings);
  lintIdentity(view, findings);
  lintComponents(view, findings);
  lintValidate(view, findings);
  lintNumbers(view, findings);
  lintSevered(view, findings);
  if (recordOf(view.json["authentication"])["digest"] !== undefined) {
    findings.add("manifest-digest-mismatch", "authentication.digest");
  }
}

/** Encoded CBOR stands where the value does not have its form. */
function lintForms(json: unknown, path: string, findings: Findings): void {
  if (typeof json !== "object" || json === null) return;
  const entries = Object.entries(json);
  if (entries.length === 1 && entries[0]?.[0] === "cbor" && !Array.isArray(json)) {
    findings.add("malformed", path);
    return;
  }
  for (const [key, value] of entries) {
    if (key === "custom" || key === "integrated") continue;
    const at = Array.isArray(json) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    lintForms(value, at, findings);
  }
}

function lintIdentity(view: ManifestView, findings: Findings): void {
  const conditions = new Set([...everyCommand(view.shared?.commands)].map(({ command }) => command.name));
  if (!conditions.has("vendor-identifier")) findings.add("vendor-not-checked", "shared");
  if (!conditions.has("class-identifier")) findings.add("class-not-checked", "shared");
}

function lintComponents({ components }: ManifestView, findings: Findings): void {
  const seen = new Set<string>();
  for (const [index, component] of components.entries()) {
    const text = JSON.stringify(component);
    if (seen.has(text)) findings.add("component-duplicate", `components[${index}]`);
    seen.add(text);
    if (text === "[]") findings.add("component-empty", `components[${index}]`);
  }
}

function lintValidate(view: ManifestView, findings: Findings): void {
  const validate = view.sections.find(({ json }) => json === "validate");
  if (validate === undefined) findings.add("validate-missing", "");
  else if (![...everyCommand(validate.commands)].some(({ command }) => CONTENT_CHECKS.includes(command.name)))
    findings.add("validate-checks-nothing", "validate");
}

function lintNumbers(view: ManifestView, findings: Findings): void {
  const custom = recordOf(view.json["custom"]);
  for (const label of Object.keys(recordOf(custom["envelope"]))) {
    const path = `custom.envelope.${label}`;
    if (byLabel(ENVELOPE_MEMBERS, BigInt(label)) === undefined) lintNumber(label, path, findings);
    else if (label === "2") findings.add("malformed", path);
    else findings.add("member-redundant", path);
  }
  for (const where of ["manifest", "common"]) {
    for (const label of Object.keys(recordOf(custom[where]))) {
      const isRetired = where === "manifest" && RETIRED_MANIFEST_KEYS.includes(Number(label));
      if (isRetired) findings.add("retired-number", `custom.${where}.${label}`);
      else lintNumber(label, `custom.${where}.${label}`, findings);
    }
  }
  for (const { commands } of [...(view.shared === undefined ? [] : [view.shared]), ...view.sections]) {
    for (const { command } of everyCommand(commands)) {
      if (command.name === "custom") lintNumber(recordOf(command.argument)["label"], command.path, findings);
      for (const { parameters, path } of parameterMaps(command)) {
        for (const label of Object.keys(recordOf(parameters["custom"])))
          lintNumber(label, `${path}.custom.${label}`, findings);
      }
    }
  }
}

function lintNumber(label: unknown, path: string, findings: Findings): void {
  const number = typeof label === "number" || typeof label === "string" ? BigInt(label) : 0n;
  const isPrivate = number < PRIVATE_BELOW;
  findings.add(
    isPrivate ? "custom-number" : "unknown-number",
    path,
    isPrivate
      ? `The number ${number} means something to your own devices only.`
      : `The number ${number} has no meaning in the drafts.`,
  );
}

function lintSevered(view: ManifestView, findings: Findings): void {
  const severable: unknown = view.json["severable"];
  for (const member of SEVERABLE_MEMBERS) {
    const json = view.json[member.json];
    if (json === undefined) continue;
    const { digest, content } = recordOf(json);
    const isListed = Array.isArray(severable) && severable.includes(member.json);
    if (digest !== undefined && content !== undefined) findings.add("severed-digest-mismatch", member.json);
    else if (digest !== undefined && member.kind === "sequence")
      findings.add("severed-sequence-absent", member.json);
    else if (isListed && digest === undefined) lintSize(member, json, findings);
    else if (member.kind === "text" && digest === undefined) findings.add("text-not-severable", member.json);
  }
}

function lintSize(member: (typeof SEVERABLE_MEMBERS)[number], json: unknown, findings: Findings): void {
  const value = memberForm(member)?.encode(json, new Sources({})) ?? new Raw(new Uint8Array(0));
  const bytes = encodeCbor(value).length;
  if (bytes <= DIGEST_BYTES) {
    findings.add(
      "severed-too-small",
      member.json,
      `The severable ${member.name} has ${bytes} bytes, and the digest in its place has ${DIGEST_BYTES}.`,
    );
  }
}
