/**
 * Shards: one campaign as several processes that know nothing of each other.
 *
 * Every sequence of cuts has a first torn operation or none. All shards explore what clean cuts alone
 * lead to, which is the small part; of the states that a first torn operation can leave, each shard
 * owns those whose hash falls to it, and explores what lies behind them. What lies there is mostly
 * its own: it carries the traces of that torn operation, and once they are gone the state is one that
 * clean cuts lead to. So a shard needs nothing but its number, and the union of all is the whole.
 */
import { z } from "zod";
import type { CertificateState } from "../../emulator/explore/certificate.ts";
import type { ExploredGraph } from "../../emulator/explore/explore.ts";
import { parseCuts, formatCuts } from "../../emulator/cut.ts";
import { LANES } from "../../emulator/explore/state-hash.ts";
import { UserError } from "../user-error.ts";
import { certificateOf } from "./certificate-write.ts";
import type { CampaignResult } from "./run.ts";

/** Which of how many; counted from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** More than anybody has machines for. */
const SHARDS_MAX = 4096;

/**
 * Reads `2/8`.
 *
 * @returns undefined if it is no shard
 */
export function parseShard(text: string): Shard | undefined {
  const [, index = "0", count = "0"] = /^([1-9][0-9]{0,3})\/([1-9][0-9]{0,3})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  return shard.index >= 1 && shard.index <= shard.count && shard.count <= SHARDS_MAX ? shard : undefined;
}

/** Whether a state that a first torn operation leaves is this shard's; see {@link ExploreOptions}. */
export function ownsTornOf({ index, count }: Shard): (lanes: Int32Array, offset: number) => boolean {
  return (lanes, offset) => ((lanes[offset + LANES - 1] ?? 0) >>> 0) % count === index - 1;
}

const Key = z.object({
  oracle: z.string(),
  state: z.string(),
  step: z.string(),
  rank: z.tuple([z.number(), z.number()]),
  /** Present for those that are written out. */
  sentence: z.string().optional(),
  cuts: z.string().optional(),
  end: z.string().optional(),
});

const Record = z.object({
  format: z.literal("brownout-shard"),
  version: z.literal(1),
  shard: z.object({ index: z.number(), count: z.number() }),
  closed: z.boolean(),
  boots: z.number(),
  seconds: z.number(),
  /** What `replay` needs beside a case id. */
  replayOptions: z.string().default(""),
  findings: z.array(Key),
});

/** What a shard says beside its states. */
export type ShardRecord = z.infer<typeof Record>;
/** One finding of a shard. */
export type ShardFinding = z.infer<typeof Key>;

/** Names of a shard's two files. */
export function shardFiles({ index, count }: Shard): { readonly record: string; readonly states: string } {
  const name = `shard-${index}-of-${count}`;
  return { record: `${name}.json`, states: `${name}.certificate` };
}

/** The content of a shard's two files. */
export function shardContent(
  result: CampaignResult,
  graph: ExploredGraph,
  shard: Shard,
): { readonly record: string; readonly states: Generator<Uint8Array> } {
  const { closed, boots } = result.exploration;
  const record: ShardRecord = {
    format: "brownout-shard",
    version: 1,
    shard,
    closed,
    boots,
    seconds: result.seconds,
    replayOptions: result.scenario.replayOptions,
    findings: graph.findings.map(({ oracle, state, step, rank, finding }) => ({
      oracle,
      state,
      step,
      rank: [...rank],
      ...(finding === undefined
        ? {}
        : {
            sentence: finding.sentence,
            cuts: formatCuts(finding.cuts),
            ...(finding.end === undefined ? {} : { end: finding.end }),
          }),
    })),
  };
  const states: Iterable<CertificateState> = graph.states;
  return { record: `${JSON.stringify(record)}\n`, states: certificateOf(result, states, shard) };
}

/**
 * Reads the record of a shard.
 *
 * @throws UserError `shard-record`
 */
export function readShardRecord(text: string, file: string): ShardRecord {
  try {
    const record = Record.parse(JSON.parse(text));
    for (const { cuts } of record.findings) if (cuts !== undefined) parseCuts(cuts);
    return record;
  } catch (cause) {
    throw new UserError(
      "shard-record",
      `${file} is no record of a shard.`,
      "Give folders that `campaign --shard` has written.",
      { cause },
    );
  }
}
