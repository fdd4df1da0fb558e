/**
 * Do device and host read envelopes alike?
 * `npx tsx benchmarks/agreement.ts [--build managed] [--envelopes N] [--seed N]`
 *
 * Mutated envelopes, most of them signed again, each judged by the bootloader's Wasm and by the host's own
 * code: how many per CPU-second, how often each reason came up, and every disagreement with its bytes. The host reads as the build does that it is
 * held against: default, base, managed, unordered or encrypted.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildVariant, DEFAULT, isDefault, NAMED_BUILDS, type Variant } from "../host/build/variant.ts";
import { ownModule } from "../host/device/wasm-file.ts";
import { capabilityOf } from "../host/manifest/capability.ts";
import { compareReadings, type AgreementResult } from "../host/fuzz/agreement.ts";

/** A run and what it took. */
export interface AgreementSpeed extends AgreementResult {
  readonly envelopesPerCpuSecond: number;
}

/** Runs. */
export async function measureAgreement(
  envelopes: number,
  seed = 1,
  build: Variant = DEFAULT,
): Promise<AgreementSpeed> {
  const bootloader = isDefault(build) ? ownModule("bootloader") : (await buildVariant(build)).module;
  const capability = capabilityOf(build);
  const start = process.cpuUsage();
  const result = compareReadings({ bootloader, capability, seed, envelopes });
  const { user, system } = process.cpuUsage(start);
  return { ...result, envelopesPerCpuSecond: envelopes / ((user + system) / 1e6) };
}

/** The figures as lines of text. */
export function formatAgreement(speed: AgreementSpeed, isLong = false): string {
  const { envelopes, envelopesPerCpuSecond, reasons, disagreementCount, disagreements } = speed;
  const head =
    `Two readings: ${envelopes} envelopes, ${envelopesPerCpuSecond.toFixed(0)} per CPU-second, ` +
    `${reasons.size} reasons, ${disagreementCount} disagreements`;
  const histogram = [...reasons].map(([reason, count]) => `${String(count).padStart(8)}  ${reason}`);
  const details = disagreements.map(
    ({ device, host, envelope }) =>
      `device ${device}, host ${host}: ${Buffer.from(envelope).toString("hex")}`,
  );
  return [head, ...(isLong ? histogram : []), ...details].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      build: { type: "string", default: "default" },
      envelopes: { type: "string", default: "200000" },
      seed: { type: "string", default: "1" },
    },
  });
  const build = NAMED_BUILDS[values.build];
  if (build === undefined) throw new Error(`--build is one of ${Object.keys(NAMED_BUILDS).join(", ")}.`);
  const speed = await measureAgreement(Number(values.envelopes), Number(values.seed), build);
  console.log(formatAgreement(speed, true));
  if (speed.disagreementCount > 0) process.exitCode = 1;
}
