/**
 * Every benchmark: `npm run bench`, or `npm run bench -- --json` for figures as data.
 *
 * Speed is always a ratio to a peer in the same run; sizes are computed from the binaries.
 */
import { formatAgreement, measureAgreement } from "./agreement.ts";
import { formatCampaign, measureCampaign } from "./campaign.ts";
import { benchCipher, formatCipher } from "./cipher.ts";
import { benchEd25519 } from "./ed25519.ts";
import { benchEnvelope, formatEnvelope } from "./envelope.ts";
import { benchEs256 } from "./es256.ts";
import { formatFootprint, measureFootprints } from "./footprint.ts";
import { formatFuzz, measureFuzz } from "./fuzz.ts";
import { formatGlitches, measureGlitches } from "./glitch.ts";
import { benchHash } from "./hash.ts";
import { benchHss } from "./hss.ts";
import { formatMeasuredBench } from "./measured-bench.ts";
import { benchMlDsa } from "./ml-dsa.ts";
import { formatSuitSizes, measureSuitSizes } from "./suit-size.ts";
import { PROFILE_NAMES } from "../emulator/index.ts";
import { USUAL_EFFORT } from "../host/footprint/call-time.ts";
import { ownFeatures } from "../host/footprint/feature.ts";
import { matrixLines } from "../host/footprint/footprint-text.ts";
import { measureMatrix } from "../host/footprint/matrix.ts";

/** The command of benchmarks/agreement.ts does more. */
const AGREEMENT_ENVELOPES = 20_000;

const cryptography = [
  await benchEs256(),
  await benchEd25519(),
  await benchHash("sha256"),
  await benchHash("sha512"),
  await benchHss(),
  await benchMlDsa(),
];
const cipher = await benchCipher();
const envelope = await benchEnvelope();
const footprints = measureFootprints();
const matrix = await measureMatrix(ownFeatures(), { profiles: PROFILE_NAMES, effort: USUAL_EFFORT });
const suitSizes = await measureSuitSizes();
const campaigns = [await measureCampaign("class1"), await measureCampaign("class1", "Ed25519")];
const glitches = measureGlitches();
const fuzz = measureFuzz();
const agreement = await measureAgreement(AGREEMENT_ENVELOPES);

if (process.argv.includes("--json")) {
  console.log(
    JSON.stringify(
      {
        cryptography,
        cipher,
        envelope,
        footprints,
        matrix,
        suitSizes,
        campaigns,
        glitches,
        fuzz,
        agreement: { ...agreement, reasons: Object.fromEntries(agreement.reasons) },
      },
      null,
      2,
    ),
  );
} else {
  const parts = [
    ...cryptography.map(formatMeasuredBench),
    formatCipher(cipher),
    formatEnvelope(envelope),
    ...footprints.map(formatFootprint),
    matrixLines(matrix).join("\n"),
    formatSuitSizes(suitSizes),
    ...campaigns.map(formatCampaign),
    formatGlitches(glitches),
    formatFuzz(fuzz),
    formatAgreement(agreement),
  ];
  console.log(parts.join("\n\n"));
}
