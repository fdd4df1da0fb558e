/**
 * The linter: mistakes in a manifest that are no mistakes of the encoding, before a device meets them.
 */
import { UserError } from "../../user-error.ts";
import { CborNode } from "../cbor-node.ts";
import { decodeEnvelope, type EnvelopeJson } from "../decode.ts";
import { ENVELOPE_TAG } from "../labels.ts";
import { DeviceLint, type DeviceFacts } from "./device.ts";
import { lintFlow } from "./flow.ts";
import { PayloadLint } from "./payload.ts";
import { Findings, type Finding } from "./rule.ts";
import { lintStructure } from "./structure.ts";
import { viewOf } from "./view.ts";

/**
 * Lints an envelope; signatures are not looked at.
 *
 * Total: any bytes get findings and nothing is thrown.
 *
 * @param device a device to hold the manifest against
 * @returns findings, errors before warnings, each in the order of the manifest
 */
export function lintEnvelope(bytes: Uint8Array, device?: DeviceFacts): Finding[] {
  const findings = new Findings();
  const json = read(bytes, findings);
  if (json !== undefined) {
    const view = viewOf(json);
    lintStructure(view, findings);
    const payloads = new PayloadLint(integratedPayloads(bytes), findings);
    const onDevice = device === undefined ? undefined : new DeviceLint(device, findings);
    lintFlow(view, findings, (moment) => {
      payloads.visit(moment);
      onDevice?.visit(moment);
    });
    payloads.finish();
    onDevice?.finish(view, bytes);
  }
  const list = findings.list();
  return [...list.filter(isError), ...list.filter((finding) => !isError(finding))];
}

/** Whether a finding is an error. */
export function isError({ severity }: Finding): boolean {
  return severity === "error";
}

function read(bytes: Uint8Array, findings: Findings): EnvelopeJson | undefined {
  try {
    return decodeEnvelope(bytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    findings.add("not-readable", "", error.message);
    return undefined;
  }
}

function integratedPayloads(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const payloads = new Map<string, Uint8Array>();
  for (const [key, value] of CborNode.read(bytes)?.tagged(ENVELOPE_TAG)?.entries() ?? []) {
    const name = key.text();
    const content = value.bytes();
    if (name !== undefined && content !== undefined) payloads.set(name, content);
  }
  return payloads;
}
