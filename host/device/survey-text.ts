/**
 * A survey in words: the lines that `device show` prints below the flash map.
 */
import type { Profile } from "../../emulator/index.ts";
import { bootStatePhrase } from "../report/boot-state.ts";
import { PLAIN, type Colors } from "../report/color.ts";
import { count, things } from "../report/quantity.ts";
import { radioPhrase } from "../report/radio-text.ts";
import type { JournalSurvey } from "./journal.ts";
import type { AnchorSurvey, DeviceSurvey, SlotSurvey } from "./survey.ts";

/** The survey as lines. */
export function surveyLines(profile: Profile, survey: DeviceSurvey, colors: Colors = PLAIN): string[] {
  const { anchors, components, journal, slots } = survey;
  const name = components.length === 1 ? "component" : "components";
  return [
    `bootloader ${count(survey.bootloaderBytes)} B`,
    ...slots.map((slot) => `slot ${slot.slot}     ${slotWords(slot, colors)}`),
    `journal    ${journalWords(journal, colors)}`,
    ...(survey.radio === undefined ? [] : [`radio      ${radioPhrase(survey.radio ?? undefined)}`]),
    `floor      ${survey.sequenceFloor}: no manifest with a lower sequence number ever runs`,
    `identity   vendor ${survey.vendorId}, class ${survey.classId}`,
    `           device ${survey.deviceId}, ${name} ${components.join(", ")}`,
    ...anchors.map((anchor, index) => `${index === 0 ? "trusts" : "      "}     ${anchorWords(anchor)}`),
    ...(survey.acceptsUncheckedIdentity
      ? ["policy     accepts manifests that never check vendor and class"]
      : []),
    `wear       ${wearWords(profile, survey)}`,
  ];
}

function journalWords({ isKnown, state, written: [first, second] }: JournalSurvey, colors: Colors): string {
  if (isKnown) {
    return `${colors.bold(bootStatePhrase(state))}, ${first} + ${second} records in its two pages`;
  }
  const places = `${first} + ${second} places for records are written to`;
  return `${colors.yellow("not known")}, as the bootloader keeps none that ours ever did; ${places}`;
}

function slotWords(slot: SlotSurvey, colors: Colors): string {
  if (slot.isBlank) return colors.dim("blank");
  if (slot.envelope === undefined)
    return colors.yellow("no whole envelope: an unfinished download, or rubbish");
  const { sequenceNumber, bytes, components, verdict } = slot.envelope;
  return [
    sequenceNumber === undefined ? "no sequence number" : `sequence ${sequenceNumber}`,
    components.join(", "),
    `envelope ${count(bytes)} B`,
    verdict.ok ? colors.green("signed by a trusted key") : colors.red(verdict.reason),
    ...(slot.image === undefined ? [] : [`image ${count(slot.image.bytes)} B${digestWords(slot, colors)}`]),
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

function digestWords({ image }: SlotSurvey, colors: Colors): string {
  if (image?.matches === undefined) return "";
  return image.matches ? colors.green(", digest ok") : colors.red(", digest DOES NOT MATCH");
}

function anchorWords({ algorithm, kid, fingerprint, isRequired, mayTouch }: AnchorSurvey): string {
  return [
    `key ${fingerprint}${kid === undefined ? "" : ` "${kid}"`} for ${algorithm}`,
    ...(isRequired ? ["must sign every update"] : []),
    ...(mayTouch === undefined
      ? []
      : [`may touch ${mayTouch.length === 0 ? "nothing" : mayTouch.join(", ")} only`]),
  ].join(", ");
}

function wearWords(profile: Profile, { wear }: DeviceSurvey): string {
  if (wear.total === 0) return "no page was ever erased";
  return `${things(wear.total, "erase")}; page ${wear.mostWornPage} has the most, ${count(wear.mostWornErases)} of ${count(profile.enduranceCycles)}`;
}
