/**
 * Merges shards: checks that they are about the same thing and that none is missing, and makes one
 * certificate of their states, whose closure then is for the checker to see.
 */
import { createHash } from "node:crypto";
import { parseCuts } from "../../emulator/cut.ts";
import { formatCaseId } from "../../emulator/explore/case-id.ts";
import {
  encodeCertificate,
  type CertificateHeader,
  type CertificateState,
} from "../../emulator/explore/certificate.ts";
import { formatHash } from "../../emulator/explore/state-hash.ts";
import { UserError } from "../user-error.ts";
import {
  checkCertificate,
  graphDigestOf,
  type Certificate,
  type CertificateProof,
} from "./certificate-check.ts";
import { replayCommand } from "./report.ts";
import type { ShardFinding, ShardRecord } from "./shard.ts";

/** What a shard left. */
export interface ShardResult {
  readonly record: ShardRecord;
  readonly certificate: Certificate;
}

/** A finding of the whole. */
export interface MergedFinding extends ShardFinding {
  readonly caseId: string;
  /** The command line that plays it again. */
  readonly replay: string;
}

/** What the shards found out together. */
export interface Merge {
  readonly header: CertificateHeader;
  readonly shards: number;
  /** Numbers of shards that were given up before everything was tried. */
  readonly open: readonly number[];
  readonly states: number;
  readonly boots: number;
  /** The most cuts that any state needs. */
  readonly deepestNesting: number;
  /** What the checker says of the union; undefined if a shard is open. */
  readonly proof: CertificateProof | undefined;
  readonly certificate: Uint8Array;
  /** The shortest findings of each oracle, fewest cuts first. */
  readonly findings: readonly MergedFinding[];
  readonly findingCounts: Readonly<Record<string, number>>;
}

const FINDINGS_PER_ORACLE = 5;

/**
 * Merges.
 *
 * @throws UserError `shards` when they do not belong together or one is missing
 * @throws CertificateError when the union is not closed or not live although every shard is
 */
export function mergeShards(shards: readonly ShardResult[]): Merge {
  const first = checkTogether(shards);
  const union = unite(shards.map(({ certificate }) => certificate));
  const { list, counts } = mergeFindings(shards.flatMap(({ record }) => record.findings));
  const open = shards.filter(({ record }) => !record.closed).map(({ record }) => record.shard.index);
  const { format, version, profile, scenario, bootloaderDigest, inputsDigest } = first;
  const { tearClasses, tornBudget, oracles } = first;
  const header: CertificateHeader = {
    ...{ format, version, profile, scenario, bootloaderDigest, inputsDigest },
    ...{ tearClasses, tornBudget, oracles },
    findings: counts,
    states: union.length,
    graphDigest: graphDigestOf(union),
  };
  const certificate = Buffer.concat([...encodeCertificate(header, union)]);
  const isLive = counts["alive"] === undefined;
  const replayOptions = shards[0]?.record.replayOptions ?? "";
  return {
    header,
    shards: shards.length,
    open,
    states: union.length,
    boots: shards.reduce((sum, { record }) => sum + record.boots, 0),
    deepestNesting: union.reduce((deepest, { cuts }) => Math.max(deepest, cuts), 0),
    proof: open.length === 0 && isLive ? checkCertificate(certificate) : undefined,
    certificate,
    findings: list.map((finding) => {
      const caseId = caseIdOf(header, finding);
      return { ...finding, caseId, replay: replayCommand({ replayOptions }, caseId) };
    }),
    findingCounts: counts,
  };
}

/** @returns the header of one of them */
function checkTogether(shards: readonly ShardResult[]): CertificateHeader {
  const [first] = shards;
  if (first === undefined) throw together("There is no shard at all.");
  const { count } = first.record.shard;
  const about = aboutOf(first.certificate.header);
  const seen = new Set<number>();
  for (const { record, certificate } of shards) {
    const { index } = record.shard;
    const isWhole = certificate.header.shard?.index === index && certificate.header.shard.count === count;
    if (!isWhole || record.shard.count !== count) {
      throw together(`Shard ${index} is one of ${record.shard.count}, but another is one of ${count}.`);
    }
    if (aboutOf(certificate.header) !== about) {
      throw together(`Shard ${index} is about another device, update, bootloader or class of faults.`);
    }
    if (seen.has(index)) throw together(`Shard ${index} is there twice.`);
    seen.add(index);
  }
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((index) => !seen.has(index));
  if (missing.length > 0) {
    throw together(
      `Of ${count} shards, ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing.`,
    );
  }
  return first.certificate.header;
}

/** Everything that must be the same in all shards. */
function aboutOf(header: CertificateHeader): string {
  const about = {
    ...header,
    shard: undefined,
    states: undefined,
    graphDigest: undefined,
    findings: undefined,
  };
  return createHash("sha256").update(JSON.stringify(about)).digest("hex");
}

function together(message: string): UserError {
  return new UserError("shards", message, "Merge all shards of one campaign, each once.");
}

/** Every state once: with its successors at the largest budget, and the shortest way to it. */
function unite(certificates: readonly Certificate[]): CertificateState[] {
  const numbers = new Map<string, number>();
  const union: CertificateState[] = [];
  for (const { states } of certificates) {
    const translated = states.map(({ hash }) => {
      const key = formatHash(hash);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, numbers.size);
      return numbers.size - 1;
    });
    for (const [index, state] of states.entries()) {
      const number = translated[index] ?? 0;
      const known = union[number];
      // What a shard has not powered on, another has; a placeholder keeps the number until then.
      if (known !== undefined && state.outcome === 0) continue;
      const moved = {
        ...state,
        parent: state.parent < 0 ? -1 : (translated[state.parent] ?? -1),
        edges: Array.from(state.edges, (edge) => 2 * (translated[Math.floor(edge / 2)] ?? 0) + (edge % 2)),
      };
      union[number] = known === undefined || known.outcome === 0 ? moved : better(known, moved);
    }
  }
  return union;
}

function better(left: CertificateState, right: CertificateState): CertificateState {
  const isLonger = left.cuts > right.cuts || (left.cuts === right.cuts && left.powerOns > right.powerOns);
  const { cuts, powerOns, parent, operation, variant } = isLonger ? right : left;
  const facts = right.tornBudget > left.tornBudget ? right : left;
  return { ...facts, cuts, powerOns, parent, operation, variant };
}

function mergeFindings(all: readonly ShardFinding[]): {
  readonly list: readonly ShardFinding[];
  readonly counts: Record<string, number>;
} {
  const byKey = new Map<string, ShardFinding>();
  for (const finding of [...all].sort(compare)) {
    const key = `${finding.oracle}/${finding.state}/${finding.step}`;
    const known = byKey.get(key);
    if (known === undefined || known.sentence === undefined) byKey.set(key, finding);
  }
  const counts: Record<string, number> = {};
  const kept = new Map<string, ShardFinding[]>();
  for (const finding of [...byKey.values()].sort(compare)) {
    counts[finding.oracle] = (counts[finding.oracle] ?? 0) + 1;
    const list = kept.get(finding.oracle) ?? [];
    kept.set(finding.oracle, list);
    if (list.length < FINDINGS_PER_ORACLE && finding.sentence !== undefined) list.push(finding);
  }
  return { list: [...kept.values()].flat().sort(compare), counts };
}

/** Fewest cuts, then fewest power-ons, then by their plans so that the order is one. */
function compare(left: ShardFinding, right: ShardFinding): number {
  const byRank = left.rank[0] - right.rank[0] || left.rank[1] - right.rank[1];
  if (byRank !== 0) return byRank;
  const [a, b] = [left, right].map(({ cuts, oracle, state }) => `${cuts ?? "~"} ${oracle} ${state}`);
  return (a ?? "") < (b ?? "") ? -1 : 1;
}

function caseIdOf(header: CertificateHeader, { cuts = "" }: ShardFinding): string {
  return formatCaseId({
    profile: header.profile,
    scenario: header.scenario,
    bootloaderDigest: header.bootloaderDigest.slice(0, 8),
    inputsDigest: header.inputsDigest.slice(0, 8),
    cuts: parseCuts(cuts),
  });
}
