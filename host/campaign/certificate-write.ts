/**
 * Certificates of campaigns: the header that goes with a result.
 */
import {
  encodeCertificate,
  type CertificateHeader,
  type CertificateState,
} from "../../emulator/explore/certificate.ts";
import type { CampaignResult } from "./run.ts";

/**
 * Writes the certificate of a campaign.
 *
 * @param states as {@link ExploredGraph} has them
 * @returns its pieces in order
 */
export function certificateOf(
  result: CampaignResult,
  states: Iterable<CertificateState>,
  shard?: CertificateHeader["shard"],
): Generator<Uint8Array> {
  return encodeCertificate(headerOf(result, shard), states);
}

function headerOf(
  { scenario, exploration, oracles }: CampaignResult,
  shard?: CertificateHeader["shard"],
): CertificateHeader {
  const { profile, name, bootloaderDigest, inputsDigest } = scenario;
  const { tearClasses, tornBudget, findingCounts, states, graphDigest } = exploration;
  return {
    format: "brownout-certificate",
    version: 1,
    profile,
    scenario: name,
    bootloaderDigest,
    inputsDigest,
    tearClasses,
    tornBudget,
    oracles: oracles.map(({ id }) => id),
    findings: findingCounts,
    states,
    graphDigest,
    ...(shard === undefined ? {} : { shard }),
  };
}
