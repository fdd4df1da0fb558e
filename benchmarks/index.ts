/**
 * Every benchmark: `npm run bench`, or `npm run bench -- --json` for figures as data.
 *
 * Speed is always a ratio to a peer in the same run; sizes are computed from the binaries.
 */
import { formatAgreement, measureAgreement } from "./agreement.ts";
import { formatCampaign, measureCampaign } from "./campaign.ts";
import { benchCipher, formatCipher } from "./cipher.ts";
import { benchEd25519, formatEd25519 } from "./ed25519.ts";
import { benchEs256 } from "./es256.ts";
import { formatFootprint, measureFootprints } from "./footprint.ts";
import { formatFuzz, measureFuzz } from "./fuzz.ts";
import { formatGlitches, measureGlitches } from "./glitch.ts";
import { benchSha256 } from "./sha256.ts";
import { benchSha512, formatSha512 } from "./sha512.ts";
import { formatSuitSizes, measureSuitSizes } from "./suit-size.ts";
import { formatTable } from "./table.ts";
import { PROFILE_NAMES } from "../emulator/index.ts";
import { USUAL_EFFORT } from "../host/footprint/call-time.ts";
import { ownFeatures } from "../host/footprint/feature.ts";
import { matrixLines } from "../host/footprint/footprint-text.ts";
import { measureMatrix } from "../host/footprint/matrix.ts";

/** The command of benchmarks/agreement.ts does more. */
const AGREEMENT_ENVELOPES = 20_000;

const tables = [await benchEs256(), await benchSha256()];
const ed25519 = await benchEd25519();
const sha512 = await benchSha512();
const cipher = await benchCipher();
const footprints = measureFootprints();
const matrix = await measureMatrix(ownFeatures(), { profiles: PROFILE_NAMES, effort: USUAL_EFFORT });
const suitSizes = await measureSuitSizes();
const campaign = await measureCampaign("class1");
const glitches = measureGlitches();
const fuzz = measureFuzz();
const agreement = measureAgreement(AGREEMENT_ENVELOPES);

if (process.argv.includes("--json")) {
  console.log(
    JSON.stringify(
      {
        tables,
        ed25519,
        sha512,
        cipher,
        footprints,
        matrix,
        suitSizes,
        campaign,
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
    ...tables.map(formatTable),
    formatEd25519(ed25519),
    formatSha512(sha512),
    formatCipher(cipher),
    ...footprints.map(formatFootprint),
    matrixLines(matrix).join("\n"),
    formatSuitSizes(suitSizes),
    formatCampaign(campaign),
    formatGlitches(glitches),
    formatFuzz(fuzz),
    formatAgreement(agreement),
  ];
  console.log(parts.join("\n\n"));
}
