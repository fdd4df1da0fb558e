/**
 * What a campaign leaves on disk beside its report: a certificate, or the two files of a shard.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { ExploredGraph } from "../../emulator/explore/explore.ts";
import { certificateOf } from "../campaign/certificate-write.ts";
import type { CampaignResult } from "../campaign/run.ts";
import { shardContent, shardFiles, type Shard } from "../campaign/shard.ts";
import { UserError } from "../user-error.ts";
import { replaceOutput, resolvePath, writeOutput } from "./file.ts";
import type { Io } from "./io.ts";

/** What a campaign is to leave. */
export interface ExplorationFiles {
  /** Where the certificate goes, if one is wanted. */
  readonly certificate: string | undefined;
  readonly shard: Shard | undefined;
  /** The folder for the files of a shard. */
  readonly out: string | undefined;
}

/**
 * Checks that the options go together, before hours are spent.
 *
 * @throws UserError `usage`
 */
export function checkExplorationFiles({ certificate, shard, out }: ExplorationFiles): void {
  if ((shard === undefined) !== (out === undefined)) {
    throw new UserError(
      "usage",
      "--shard and --out go together.",
      "Write for example --shard 1/4 --out shards.",
    );
  }
  if (shard !== undefined && certificate !== undefined) {
    throw new UserError(
      "usage",
      "A shard leaves no certificate of its own.",
      "Give --certificate to `brownout merge` instead.",
    );
  }
}

/**
 * Writes what is wanted.
 *
 * @returns notes for people, a sentence each
 */
export function writeExplorationFiles(
  io: Io,
  { certificate, shard, out }: ExplorationFiles,
  result: CampaignResult,
  graph: ExploredGraph,
): string[] {
  if (shard !== undefined && out !== undefined) {
    const names = shardFiles(shard);
    const content = shardContent(result, graph, shard);
    mkdirSync(resolvePath(io, out), { recursive: true });
    // The record comes last: a folder that has it has the states as well.
    const states = Buffer.concat([...content.states]);
    writeOutput(io, path.join(out, names.states), states, { force: true });
    writeOutput(io, path.join(out, names.record), content.record, { force: true });
    return [`Shard ${shard.index} of ${shard.count} is in ${out}.`];
  }
  if (certificate === undefined) return [];
  if (!result.exploration.closed) {
    return [`${certificate} is not written: not everything was tried, so there is nothing to certify.`];
  }
  replaceOutput(io, certificate, Buffer.concat([...certificateOf(result, graph.states)]));
  return [`The certificate is ${certificate}; \`brownout certificate check\` checks it.`];
}
