/**
 * The page of chapter 2.
 */
import { bootStory } from "../../report/boot-story.ts";
import type { Colors } from "../../report/color.ts";
import { count, duration, energy, things } from "../../report/quantity.ts";
import type { UpdateFacts } from "../update.ts";
import { differenceLines, indent, judged, title } from "./layout.ts";

/** Chapter 2 as lines. */
export function updatePage({ history, totals, differences }: UpdateFacts, colors: Colors): string[] {
  const stories = history.boots.flatMap((boot, index) => [...indent(bootStory(boot, index + 1, colors)), ""]);
  const sum = [
    things(history.boots.length, "power-on"),
    things(totals.operations, "operation"),
    `${count(totals.pagesErased)} of them erases`,
    duration(totals.micros),
    energy(totals.nanojoules),
  ].join(", ");
  return [
    ...title(2, "From firmware 1 to firmware 2 over the link", colors),
    ...stories,
    ...judged(differences.length === 0, `firmware 2 runs, confirmed: ${sum}`, colors),
    ...differenceLines(differences, colors),
  ];
}
