/**
 * The HTML report in a real browser: Chromium, if it is installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportFile } from "../../host/report/report-file.ts";
import { toyView } from "../report-campaign.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) =>
  existsSync(file),
);
if (CHROMIUM === undefined) console.warn("Skipped: no Chromium here to look at the HTML report with.");

const HOSTILE = `</script><script>document.documentElement.dataset.hacked = "yes"</script><b>bold</b>`;

/** What a page tells about itself once the report is drawn: put behind the report's own script. */
const PROBE = `<script>
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("body *")].filter((part) =>
    part.getBoundingClientRect().right > root.clientWidth + 1 && part.closest(".scroll") === null);
  const steps = [...document.querySelectorAll(".stepper button")];
  const titles = new Set();
  for (const step of steps) { step.click(); titles.add(step.closest("section").querySelector("[aria-live] h3").textContent); }
  root.dataset.probe = JSON.stringify({
    drawn: root.dataset.drawn, hacked: root.dataset.hacked, wide: wide.length,
    steps: steps.length, titles: titles.size, title: document.querySelector("h1 + p").textContent,
    sections: [...document.querySelectorAll("h2")].map((head) => head.textContent),
    painted: [...document.querySelectorAll("canvas")].map((canvas) =>
      new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size > 4),
    width: root.clientWidth,
  });
  if (parent !== window) parent.postMessage(root.dataset.probe, "*");
</script>`;

/** A window of Chromium is not as narrow as a phone, but a frame in it is. */
const PHONE = `<!doctype html><iframe src="report.html" width="360" height="740" style="border: 0"></iframe><script>
  addEventListener("message", ({ data }) => { document.documentElement.dataset.probe = data; });
</script>`;

describe.skipIf(CHROMIUM === undefined)("the HTML report in Chromium", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "brownout-page-"));
  beforeAll(() => {
    const page = reportFile(toyView("flag first", HOSTILE), "html");
    writeFileSync(path.join(folder, "report.html"), page.replace("</body>", `${PROBE}</body>`));
    writeFileSync(path.join(folder, "phone.html"), PHONE);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Opens the page and returns what it tells about itself. */
  function look(name: string, width: number): Record<string, unknown> {
    const { stdout, stderr } = spawnSync(
      CHROMIUM ?? "",
      [
        ...["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"],
        ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
        `--user-data-dir=${path.join(folder, `profile-${name}-${width}`)}`,
        `--window-size=${width},1000`,
        "--virtual-time-budget=5000",
        "--dump-dom",
        `file://${path.join(folder, name)}`,
      ],
      { encoding: "utf8", timeout: 60_000 },
    );
    const probe = /data-probe="([^"]*)"/
      .exec(stdout)?.[1]
      ?.replaceAll("&quot;", '"')
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&");
    if (probe === undefined) throw new Error(`The page told nothing. ${stderr.slice(-500)}`);
    const told: unknown = JSON.parse(probe);
    return { ...(typeof told === "object" ? told : {}) };
  }

  it.each([
    ["report.html", 1280, 1280],
    ["phone.html", 500, 360],
  ])(
    "draws every section of %s in a window of %i pixels, %i of them its own, with nothing sticking out and nothing injected",
    { timeout: 90_000 },
    (name, window, width) => {
      const told = look(name, window);
      expect(told).toMatchObject({ drawn: "yes", wide: 0, title: HOSTILE });
      // A scroll bar takes some.
      expect(told["width"]).toBeGreaterThan(width - 20);
      expect(told["width"]).toBeLessThanOrEqual(width);
      expect(told).not.toHaveProperty("hacked");
      expect(told["sections"]).toEqual(
        expect.arrayContaining([
          "Broken",
          "Counterexamples",
          "Oracles",
          "What became of each cut",
          "Flash over time",
          "Coverage of crash sites",
          "Wear and energy",
        ]),
      );
      expect(told["steps"]).toBeGreaterThan(2);
      expect(told["titles"]).toBeGreaterThan(2);
      expect(told["painted"]).toEqual(expect.arrayContaining([true]));
    },
  );
});
