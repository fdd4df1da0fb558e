/**
 * Puts the shards of a campaign together: the folders that `campaign --shard i/n --out DIR` has
 * written, on one machine or on many. All shards must be there, each once, and be about the same
 * device, update, bootloader and faults. The union of their states gets the graph digest that one
 * process would have given, and the checker of `certificate check` looks at whether it is closed.
 *
 * ```console
 * $ brownout campaign --scenario refused-update --torn 0 --shard 1/1 --out shards
 * Campaign class1/refused-update
 * ...
 * Shard 1 of 1 is in shards.
 * $ brownout merge shards --certificate whole.certificate
 * Merged 1 shard of class1/refused-update
 * ...
 * ```
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { CertificateError, readCertificate } from "../../campaign/certificate-check.ts";
import { mergeShards, type Merge, type ShardResult } from "../../campaign/merge.ts";
import { readShardRecord, shardFiles } from "../../campaign/shard.ts";
import { count, things } from "../../report/quantity.ts";
import { UserError } from "../../user-error.ts";
import { writeJson, writeLines, type CliCommand } from "../command.ts";
import { ExitCode } from "../exit-code.ts";
import { CAMPAIGN_BYTES_MAX, readInput, replaceOutput, resolvePath } from "../file.ts";
import type { Io } from "../io.ts";

const Options = z.object({ certificate: z.string().optional(), json: z.boolean().optional() });

const RECORD_NAME = /^shard-\d+-of-\d+\.json$/;

/** `brownout merge`. */
export const merge: CliCommand = {
  words: "merge",
  summary: "put the shards of a campaign together",
  examples: ["merge shards", "merge machine-1 machine-2 --certificate update.certificate"],
  findings: "an oracle objected to something in a shard, or not everything was tried",
  declare: (command) => {
    command
      .argument("<folders...>", "folders with the files of shards")
      .option("--certificate <file>", "write the certificate of the whole, if nothing was left out");
  },
  run: ({ io, operands, options }) => {
    const { certificate, json } = Options.parse(options);
    const shards = operands.flatMap((folder) => readShards(io, folder));
    const merged = mergeOrExplain(shards);
    if (certificate !== undefined && merged.proof !== undefined) {
      replaceOutput(io, certificate, merged.certificate);
    }
    if (json === true) writeJson(io, { ...merged, certificate: undefined });
    else writeLines(io, report(merged));
    return merged.proof !== undefined && merged.findings.length === 0 ? ExitCode.Pass : ExitCode.Findings;
  },
};

function mergeOrExplain(shards: readonly ShardResult[]): Merge {
  try {
    return mergeShards(shards);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new UserError("shards", error.message, "Run the shards again, all with the same version.", {
      cause: error,
    });
  }
}

function readShards(io: Io, folder: string): ShardResult[] {
  const names = listFolder(io, folder).filter((name) => RECORD_NAME.test(name));
  if (names.length === 0) {
    throw new UserError(
      "shards",
      `There is no shard in ${folder}.`,
      "Give folders that `campaign --shard` has written.",
    );
  }
  return names.map((name) => {
    const file = path.join(folder, name);
    const record = readShardRecord(
      new TextDecoder().decode(readInput(io, file, "shard", CAMPAIGN_BYTES_MAX)),
      file,
    );
    const states = path.join(folder, shardFiles(record.shard).states);
    try {
      return { record, certificate: readCertificate(readInput(io, states, "shard", CAMPAIGN_BYTES_MAX)) };
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      throw new UserError("shards", `${states}: ${error.message}`, "Run this shard again.", { cause: error });
    }
  });
}

function listFolder(io: Io, folder: string): string[] {
  try {
    return readdirSync(resolvePath(io, folder)).sort();
  } catch (cause) {
    throw new UserError("unreadable-file", `${folder} is no folder that can be read.`, "Check the path.", {
      cause,
    });
  }
}

function report(merged: Merge): string[] {
  const { header, shards, open, states, boots, proof, findings, findingCounts } = merged;
  const total = Object.values(findingCounts).reduce((sum, found) => sum + found, 0);
  const torn = `at most ${things(header.tornBudget, "torn operation")} (${header.tearClasses.join(", ")})`;
  return [
    `Merged ${things(shards, "shard")} of ${header.profile}/${header.scenario}`,
    `  ${things(states, "state")}, ${things(boots, "boot")} in all shards together, deepest nesting ${things(merged.deepestNesting, "cut")}.`,
    `  Digests: bootloader ${header.bootloaderDigest.slice(0, 8)}, inputs ${header.inputsDigest.slice(0, 8)}, graph ${header.graphDigest.slice(0, 16)}.`,
    ...findings.flatMap(({ oracle, sentence, end, replay }) => [
      `  ${oracle}: ${sentence ?? ""}${end === undefined ? "" : ` (${end})`}`,
      `    ${replay}`,
    ]),
    total > 0
      ? `Broken: ${things(total, "finding")}.`
      : proof === undefined
        ? `Nothing found so far, and nothing proved: not finished ${open.length === 1 ? "is shard" : "are shards"} ${open.join(", ")}.`
        : `Proved: the union is closed. Every sequence of power cuts of any length, clean cuts unlimited and ${torn}: ${count(proof.transitions)} ways between ${things(states, "state")}.`,
  ];
}
