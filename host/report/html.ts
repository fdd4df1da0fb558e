/**
 * A campaign as one HTML file that needs nothing else: no server, no network, no other file.
 *
 * The page is drawn in the browser by page/report.js from data that lies in it as JSON. The script
 * only ever sets text, so nothing that a bootloader logs can become markup.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { coverageSentence } from "../campaign/coverage-text.ts";
import { reportJson, verdictOf } from "../campaign/report.ts";
import { projectRoot } from "../project.ts";
import type { CampaignView } from "./campaign-view.ts";
import { shortName } from "./call-site.ts";
import { xml } from "./junit.ts";

/** Writes the page. */
export function reportHtml(view: CampaignView): string {
  const { result, stories, coverage, strips, history, version } = view;
  const data = {
    version,
    report: reportJson(result),
    stories,
    coverage: {
      sentence: coverageSentence(coverage),
      fates: coverage.fates,
      sites: coverage.sites.map(({ functionName, ...site }) => ({
        ...site,
        functionName: shortName(functionName),
      })),
    },
    strips,
    history,
  };
  const { scenario } = result;
  const title = `${verdictOf(result).kind}: ${scenario.profile}/${scenario.name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Brownout, ${xml(title)}</title>
<style>
${readPart("report.css")}</style>
</head>
<body>
<main id="report"><noscript>This report is drawn by a script in this file; please allow it.</noscript></main>
<script type="application/json" id="data">${embedJson(data)}</script>
<script>
${readPart("report.js")}</script>
</body>
</html>
`;
}

/** JSON that cannot end the script element that it lies in (HTML §4.12.1.3), whatever it holds. */
export function embedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "bigint" ? String(member) : member,
  )
    .replace(/</g, "\\u003c")
    .replace(/>/g, "\\u003e")
    .replace(/&/g, "\\u0026")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}

function readPart(name: string): string {
  return readFileSync(path.join(projectRoot, "host", "report", "page", name), "utf8");
}
