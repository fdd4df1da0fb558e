/**
 * A SUIT report in plain words, and as data for `--json`.
 */
import { slotName } from "../../emulator/explore/journal.ts";
import { Slot } from "../../assembly/layout.ts";
import { byLabel, COMMANDS, MANIFEST_MEMBERS, PARAMETERS, type Label } from "../manifest/labels.ts";
import { algorithmName } from "../manifest/authentication.ts";
import { visibleText } from "../manifest/visible-text.ts";
import { things } from "../report/quantity.ts";
import { statusText } from "../status-text.ts";
import type { OpenedReport } from "./protection.ts";
import type { ReportedLimits, ReportFailure, ReportRecord, SuitReport } from "./report.ts";

/** SUIT_Report_Reasons by number (draft-ietf-suit-report-20 §4.2), and what each means. */
const REASONS: readonly (readonly [string, string])[] = [
  ["ok", "everything is in order"],
  ["cbor-parse", "the manifest cannot be read"],
  ["cose-unsupported", "it is protected in a way that the device does not know"],
  ["alg-unsupported", "an algorithm that the device does not have"],
  ["unauthorised", "nobody whom the device trusts vouches for it"],
  ["command-unsupported", "a command that the device does not have"],
  ["component-unsupported", "a component that the device does not have"],
  ["component-unauthorised", "a component that the signer may not touch"],
  ["parameter-unsupported", "a parameter that the device does not have"],
  ["severing-unsupported", "severed members, which the device cannot take"],
  ["condition-failed", "a condition does not hold"],
  ["operation-failed", "something that was to be done failed"],
  ["invoke-pending", "the update is on trial and not confirmed yet"],
];

const TRUST: Readonly<Record<OpenedReport["trust"], string>> = {
  plain: "not authenticated: anybody can have written it",
  unchecked: "authenticated with HMAC 256/256, not checked: give --key",
  authentic: "authentic: its tag is right under the key",
  forged: "NOT authentic: its tag is wrong under the key",
};

/** The lines of a report. */
export function reportLines(report: SuitReport, trust: OpenedReport["trust"]): string[] {
  const { failure, capabilities } = report;
  const isUnread = /^0*$/.test(report.digest);
  return [
    `result       ${failure === undefined ? "ok: the update is installed and confirmed" : failureText(failure)}`,
    ...(failure === undefined ? [] : failureLines(failure)),
    `manifest     ${isUnread ? "could not be read" : `sha-256 ${report.digest}`}`,
    ...(report.uri === "" ? [] : [`uri          ${visibleText(report.uri)}`]),
    ...report.claims.flatMap(({ component, slot, deviceId, sequenceNumber }) => [
      ...(sequenceNumber === undefined ? [] : [`sequence     ${sequenceNumber}`]),
      `component    ${visibleText(component)}${slot === undefined ? "" : `, slot ${slot === Slot.A || slot === Slot.B ? slotName(slot) : slot}`}`,
      ...(deviceId === undefined ? [] : [`device       ${deviceId}`]),
    ]),
    ...report.records.map((record) => `record       ${placeText(record)}`),
    ...(report.nonce === undefined ? [] : [`nonce        ${report.nonce}`]),
    ...(capabilities === undefined
      ? []
      : [
          `components   ${capabilities.components.join(", ")}`,
          `commands     ${names(COMMANDS, capabilities.commands)}`,
          `parameters   ${names(PARAMETERS, capabilities.parameters)}`,
          `algorithms   ${capabilities.algorithms.map(algorithmText).join(", ")}`,
          `sections     ${names(MANIFEST_MEMBERS, capabilities.manifest)}`,
          ...(capabilities.limits === undefined ? [] : [`limits       ${limitsText(capabilities.limits)}`]),
        ]),
    `trust        ${TRUST[trust]}`,
  ];
}

/** A report as data. */
export function reportData(report: SuitReport, trust: OpenedReport["trust"]): Record<string, unknown> {
  const { failure, claims, records, ...rest } = report;
  return {
    ...rest,
    trust,
    ok: failure === undefined,
    ...(failure === undefined
      ? {}
      : {
          failure: {
            code: failure.code,
            status: statusText(failure.code)?.code ?? null,
            reason: failure.reason,
            reasonName: reasonName(failure.reason),
            record: recordData(failure.record),
          },
        }),
    claims: claims.map(({ sequenceNumber, ...claim }) => ({
      ...claim,
      ...(sequenceNumber === undefined ? {} : { sequenceNumber: String(sequenceNumber) }),
    })),
    records: records.map(recordData),
  };
}

/** The draft's name of a reason. */
export function reasonName(reason: number): string {
  return REASONS[reason]?.[0] ?? `unknown (${reason})`;
}

function failureText({ reason, code }: ReportFailure): string {
  const meaning = REASONS[reason]?.[1] ?? "a reason that the draft does not know";
  const status = code === 0 ? "" : ` (${statusText(code)?.code ?? `code ${code}`})`;
  return `${reasonName(reason)}: ${meaning}${status}`;
}

function failureLines({ code, record }: ReportFailure): string[] {
  const status = code === 0 ? undefined : statusText(code);
  return [
    ...(status === undefined ? [] : [`             ${status.sentence}`, `             ${status.hint}`]),
    ...(record.section === 0 ? [] : [`place        ${placeText(record)}`]),
    ...[...record.properties].map(
      ([label, value]) => `device has   ${byLabel(PARAMETERS, label)?.name ?? label} ${value}`,
    ),
  ];
}

function placeText({ manifest, section, offset, component }: ReportRecord): string {
  const name = byLabel(MANIFEST_MEMBERS, section)?.name ?? `section ${section}`;
  const where = section === 3 ? "shared sequence" : name;
  const chain = manifest.length === 0 ? "" : `dependency ${manifest.join(" → ")}, `;
  return `${chain}${where}, byte ${offset}, component ${component}`;
}

function recordData({ properties, ...record }: ReportRecord): Record<string, unknown> {
  return { ...record, properties: Object.fromEntries(properties) };
}

function names(table: readonly Label[], labels: readonly number[]): string {
  return labels.map((label) => byLabel(table, label)?.name ?? String(label)).join(", ");
}

function limitsText({ components, dependencies, nesting, signatures, slotBytes }: ReportedLimits): string {
  return [
    things(components, "component"),
    things(dependencies, "dependency", "dependencies"),
    things(signatures, "signature"),
    `${things(nesting, "sequence")} in one another`,
    `${things(slotBytes, "byte")} for envelope and image`,
  ].join(", ");
}

function algorithmText(algorithm: number): string {
  return algorithm === -16 ? "SHA-256" : algorithmName(algorithm);
}
