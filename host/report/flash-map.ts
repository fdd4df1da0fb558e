/**
 * The flash map: one picture of all partitions and of the radio's flash, if there is one, to scale, one cell
 * per KiB (or per page, where pages are larger). Every kind of content has a sign of its own, so the picture works without colors.
 */
import { Phase, Slot } from "../../assembly/layout.ts";
import {
  DEVICE_PAGE,
  journalRange,
  PARTITION_NAMES,
  type FlashRange,
  type PartitionName,
} from "../../emulator/memory-map.ts";
import type { Profile } from "../../emulator/profile.ts";
import { slotName, type BootJournal } from "../../emulator/explore/journal.ts";
import { readOwnJournal } from "../device/journal-form.ts";
import { PLAIN, type Colors } from "./color.ts";
import { address, count } from "./quantity.ts";
import { isBlank, readSlot } from "./slot-content.ts";

/** What a cell holds. */
export type CellKind =
  "blank" | "bootloader" | "device-page" | "envelope" | "image" | "unreadable" | "journal" | "state";

/** One cell of the picture. */
export interface FlashCell {
  readonly address: number;
  readonly kind: CellKind;
}

/** What is drawn on a line of its own: a partition, or the flash of the radio. */
export type MappedName = PartitionName | "radio";

/** One partition with its cells. */
export interface PartitionMap {
  readonly name: MappedName;
  readonly range: FlashRange;
  readonly pages: number;
  /** Pages that are not blank. */
  readonly pagesUsed: number;
  readonly cells: readonly FlashCell[];
}

/** The whole flash as a map. */
export interface FlashMap {
  readonly profile: Profile;
  readonly cellBytes: number;
  readonly journal: BootJournal | undefined;
  /** In the order of their addresses. */
  readonly partitions: readonly PartitionMap[];
}

const SIGNS: Readonly<Record<CellKind, string>> = {
  blank: "·",
  bootloader: "█",
  "device-page": "▒",
  envelope: "▓",
  image: "█",
  unreadable: "?",
  journal: "▚",
  state: "▞",
};

const TITLES: Readonly<Record<MappedName, string>> = {
  boot: "boot",
  slotA: "slot A",
  slotB: "slot B",
  state: "state",
  radio: "radio",
};

/** Smallest cell [bytes]. */
const CELL_BYTES = 1024;

/** Reads the map of a flash; total on any content. */
export function mapFlash(flash: Uint8Array, profile: Profile): FlashMap {
  const cellBytes = Math.max(CELL_BYTES, profile.pageBytes);
  const ranges = [...PARTITION_NAMES, "radio" as const].flatMap((name) => {
    const range = profile.layout[name];
    return range === undefined ? [] : [{ name, range }];
  });
  const partitions = ranges.map(({ name, range }): PartitionMap => {
    const kindAt = kindsOf(flash, profile, name);
    const cells: FlashCell[] = [];
    for (let at = range.address; at < range.address + range.bytes; at += cellBytes) {
      const bytes = Math.min(cellBytes, range.address + range.bytes - at);
      const blank = isBlank(flash, at, bytes, profile.erasedValue);
      cells.push({ address: at, kind: blank ? "blank" : kindAt(at) });
    }
    return { name, range, cells, ...pageCounts(flash, profile, range) };
  });
  partitions.sort((left, right) => left.range.address - right.range.address);
  return { profile, cellBytes, journal: readOwnJournal(flash, profile), partitions };
}

/** Draws the map with a legend of what occurs in it: lines without indentation. */
export function drawFlashMap(map: FlashMap, colors: Colors = PLAIN): string[] {
  const widest = Math.max(...map.partitions.map(({ cells }) => cells.length));
  const lines = map.partitions.map((partition) => {
    const { name, range, cells, pages, pagesUsed } = partition;
    const drawn = drawCells(cells, (kind) => paint(kind, name, map.journal, colors));
    const padding = " ".repeat(widest - cells.length);
    const use = `${count(pagesUsed).padStart(3)} of ${count(pages).padStart(3)} pages`;
    return `${colors.dim(address(range.address))} ${TITLES[name].padEnd(6)} ${drawn}${padding} ${use}`;
  });
  const present = new Set(map.partitions.flatMap(({ cells }) => cells.map(({ kind }) => kind)));
  const cell = map.cellBytes === 1024 ? "1 KiB" : `${map.cellBytes / 1024} KiB`;
  lines.push(colors.dim(`${legend(present)}   one sign is ${cell}`));
  return lines;
}

/** Draws both slots side by side on one line: "A ▓█████··· B ▓█████···". */
export function drawSlots(map: FlashMap, colors: Colors = PLAIN): string {
  const slot = (name: PartitionName, which: Slot): string => {
    const cells = map.partitions.find((partition) => partition.name === name)?.cells ?? [];
    return `${slotName(which)} ${drawCells(cells, (kind) => paint(kind, name, map.journal, colors))}`;
  };
  return `${slot("slotA", Slot.A)} ${slot("slotB", Slot.B)}`;
}

/** Says what lies where in a partition that is not blank. */
function kindsOf(flash: Uint8Array, profile: Profile, name: MappedName): (at: number) => CellKind {
  const { pageBytes, layout } = profile;
  if (name === "radio") return () => "image";
  if (name === "boot") return (at) => (at >= DEVICE_PAGE.address ? "device-page" : "bootloader");
  if (name === "state") {
    const journal = journalRange(layout, pageBytes);
    return (at) => (at < journal.address + journal.bytes ? "journal" : "state");
  }
  const { envelopeBytes } = readSlot(flash, profile, name === "slotA" ? Slot.A : Slot.B);
  if (envelopeBytes === undefined) return () => "unreadable";
  const imageStart = layout[name].address + Math.ceil(envelopeBytes / pageBytes) * pageBytes;
  return (at) => (at < imageStart ? "envelope" : "image");
}

function pageCounts(flash: Uint8Array, profile: Profile, range: FlashRange) {
  const pages = range.bytes / profile.pageBytes;
  let pagesUsed = 0;
  for (let page = 0; page < pages; page += 1) {
    const start = range.address + page * profile.pageBytes;
    if (!isBlank(flash, start, profile.pageBytes, profile.erasedValue)) pagesUsed += 1;
  }
  return { pages, pagesUsed };
}

/** Runs of one kind are colored as one piece. */
function drawCells(
  cells: readonly FlashCell[],
  painter: (kind: CellKind) => (text: string) => string,
): string {
  let drawn = "";
  for (let start = 0; start < cells.length;) {
    const kind = cells[start]?.kind ?? "blank";
    let end = start;
    while (cells[end]?.kind === kind) end += 1;
    drawn += painter(kind)(SIGNS[kind].repeat(end - start));
    start = end;
  }
  return drawn;
}

/** The active slot is green, a candidate yellow, a refused or reverted one red, a stale one dim. */
function paint(
  kind: CellKind,
  partition: MappedName,
  state: BootJournal | undefined,
  colors: Colors,
): (text: string) => string {
  if (kind === "blank") return colors.dim;
  if (kind === "bootloader") return colors.blue;
  if (kind === "unreadable") return colors.red;
  if (partition !== "slotA" && partition !== "slotB") return colors.magenta;
  const slot = partition === "slotA" ? Slot.A : Slot.B;
  if (state?.activeSlot === slot) return colors.green;
  if (state?.phase === Phase.Staged || state?.phase === Phase.Trial) return colors.yellow;
  return state?.phase === Phase.Confirmed ? colors.dim : colors.red;
}

function legend(present: ReadonlySet<CellKind>): string {
  const entries: readonly (readonly [CellKind, string])[] = [
    ["bootloader", "code"],
    ["image", "code"],
    ["device-page", "device page"],
    ["envelope", "envelope"],
    ["unreadable", "unreadable"],
    ["journal", "journal"],
    ["state", "state"],
    ["blank", "blank"],
  ];
  const texts = entries.filter(([kind]) => present.has(kind)).map(([kind, text]) => `${SIGNS[kind]} ${text}`);
  return [...new Set(texts)].join("  ");
}
