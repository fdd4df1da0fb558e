/**
 * Footprints as a picture: bars for flash, RAM and executed instructions, one SVG with nothing else
 * needed to show it.
 *
 * d3-scale finds scales and the numbers that stand at their ticks; it needs no DOM. What is left is
 * rectangles and text.
 */
import { scaleLinear, scaleLog } from "d3-scale";
import { count } from "../report/quantity.ts";
import { rowName, type FootprintRow } from "./footprint-row.ts";

/** One bar: parts of a length, from the left. */
interface Bar {
  readonly name: string;
  readonly parts: readonly { readonly title: string; readonly value: number }[];
}

interface Chart {
  readonly title: string;
  readonly bars: readonly Bar[];
  readonly isLogarithmic: boolean;
}

const WIDTH = 960;
const LABEL_WIDTH = 290;
const VALUE_WIDTH = 90;
const BAR_HEIGHT = 16;
const BAR_STEP = 22;
const TITLE_HEIGHT = 34;
const AXIS_HEIGHT = 34;
const TICKS = 6;
/** Told apart by people who do not see red and green alike, on light and dark ground. */
const PART_COLORS = ["#4477aa", "#ccbb44", "#ee6677", "#999999"] as const;

/** The picture of rows. */
export function plotSvg(rows: readonly FootprintRow[]): string {
  const charts = chartsOf(rows).filter(({ bars }) => bars.length > 0);
  let top = 0;
  const drawn = charts.map((chart) => {
    const text = `<g transform="translate(0 ${top})">\n${drawChart(chart)}\n</g>`;
    top += heightOf(chart);
    return text;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" font-family="sans-serif" font-size="12">`,
    "<title>Footprint</title>",
    "<style>text { fill: #222 } .tick { stroke: #ccc } .name { text-anchor: end } .at { text-anchor: middle } " +
      "@media (prefers-color-scheme: dark) { text { fill: #ddd } .tick { stroke: #555 } }</style>",
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

function chartsOf(rows: readonly FootprintRow[]): Chart[] {
  return [
    {
      title: "Flash [bytes]: code, and everything else in the module",
      isLogarithmic: false,
      bars: rows.map((row) => ({
        name: rowName(row),
        parts: [
          { title: "code", value: row.codeBytes },
          { title: "other", value: row.moduleBytes - row.codeBytes },
        ],
      })),
    },
    {
      title: "RAM [bytes]: static data, globals and worst-case stack",
      isLogarithmic: false,
      bars: rows.map((row) => ({
        name: rowName(row),
        parts: [
          { title: "static data", value: row.staticBytes },
          { title: "globals", value: row.globalBytes },
          { title: "stack", value: row.stackBytes },
        ],
      })),
    },
    {
      title: "Executed Wasm instructions, logarithmic",
      isLogarithmic: true,
      bars: rows.flatMap((row) =>
        row.works.map(({ title, instructions }) => ({
          name: row.works.length === 1 ? rowName(row) : `${rowName(row)}: ${title}`,
          parts: [{ title, value: instructions }],
        })),
      ),
    },
  ];
}

function heightOf({ bars }: Chart): number {
  return TITLE_HEIGHT + bars.length * BAR_STEP + AXIS_HEIGHT;
}

function drawChart({ title, bars, isLogarithmic }: Chart): string {
  const totals = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const most = Math.max(...totals, 1);
  const range = [0, WIDTH - LABEL_WIDTH - VALUE_WIDTH];
  // A logarithmic bar begins at a power of ten below the shortest, since there is no zero to begin at.
  const least = 10 ** Math.floor(Math.log10(Math.max(1, Math.min(...totals)) / 2));
  const scale = isLogarithmic
    ? scaleLog()
        .domain([Math.max(1, least), most])
        .range(range)
    : scaleLinear().domain([0, most]).range(range);
  const bottom = TITLE_HEIGHT + bars.length * BAR_STEP;
  const at = (value: number): number => LABEL_WIDTH + round(scale(Math.max(value, scale.domain()[0] ?? 0)));
  const ticks = scale.ticks(TICKS).filter((tick) => !isLogarithmic || Number.isInteger(Math.log10(tick)));
  return [
    `<text x="8" y="20" font-weight="bold">${escape(title)}</text>`,
    ...ticks.flatMap((tick) => [
      `<line class="tick" x1="${at(tick)}" x2="${at(tick)}" y1="${TITLE_HEIGHT - 4}" y2="${bottom}"/>`,
      `<text class="at" x="${at(tick)}" y="${bottom + 14}">${count(tick)}</text>`,
    ]),
    ...bars.flatMap((bar, index) => {
      const y = TITLE_HEIGHT + index * BAR_STEP;
      const baseline = y + BAR_HEIGHT - 4;
      let sum = 0;
      const rectangles = bar.parts.map((part, position) => {
        const from = at(sum);
        sum += part.value;
        const color = PART_COLORS[position % PART_COLORS.length];
        const label = `<title>${escape(`${bar.name}: ${part.title} ${count(part.value)}`)}</title>`;
        return `<rect x="${from}" y="${y}" width="${round(at(sum) - from)}" height="${BAR_HEIGHT}" fill="${color}">${label}</rect>`;
      });
      return [
        `<text class="name" x="${LABEL_WIDTH - 6}" y="${baseline}">${escape(bar.name)}</text>`,
        ...rectangles,
        `<text x="${at(sum) + 6}" y="${baseline}">${count(sum)}</text>`,
      ];
    }),
  ].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
