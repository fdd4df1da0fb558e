/**
 * layout.json: where the partitions of somebody's own device lie.
 */
import { z } from "zod";
import {
  FLASH_BYTES,
  PARTITION_NAMES,
  type FlashRange,
  type Layout,
  type PartitionName,
} from "../../emulator/memory-map.ts";
import type { Profile } from "../../emulator/profile.ts";
import { UserError } from "../user-error.ts";
import { checkedConfig } from "./config-error.ts";
import { AddressJson } from "./number-json.ts";

const PartitionJson = z.strictObject({
  address: AddressJson.describe("Device address of the first byte: the first byte of an erase page."),
  bytes: AddressJson.describe("Size in bytes: whole erase pages."),
});

/** The schema of layout.json. */
export const LayoutJson = z
  .strictObject({
    $schema: z.string().optional(),
    boot: PartitionJson.describe(
      "The bootloader's Wasm module, write-protected from reset; begins at address 0.",
    ),
    slotA: PartitionJson.describe("Where an image may run."),
    slotB: PartitionJson.optional().describe("Where another image may run."),
    state: PartitionJson.optional().describe("What the bootloader keeps its books in."),
  })
  .meta({
    title: "Brownout layout",
    description: `Partitions of a device with ${FLASH_BYTES} bytes of flash, at address 0. Flash that belongs to none of them can be read, and the bootloader may write it.`,
  });

/** A partition that a layout does not have. */
const ABSENT: FlashRange = { address: FLASH_BYTES, bytes: 0 };

/**
 * The profile with the partitions of a layout.json.
 *
 * @param file its name, for errors
 * @throws UserError `layout-json` for JSON of another shape, `layout-range` for partitions that
 *   overlap, are not whole pages of the part, or do not fit its flash
 */
export function applyLayout(profile: Profile, json: unknown, file: string): Profile {
  const {
    boot,
    slotA,
    slotB = ABSENT,
    state = ABSENT,
  } = checkedConfig(LayoutJson, json, {
    code: "layout-json",
    file,
  });
  const layout: Layout = { boot, slotA, slotB, state };
  const fault = layoutFault(layout, profile);
  if (fault === undefined) return { ...profile, layout };
  throw new UserError("layout-range", `In ${file}, ${fault.message}.`, fault.hint);
}

/** What is wrong with partitions. */
export interface LayoutFault {
  /** Without a full stop, as in `slotA and slotB overlap`. */
  readonly message: string;
  readonly hint: string;
}

/** Why a part cannot have these partitions; undefined if it can. */
export function layoutFault(
  layout: Readonly<Record<PartitionName, FlashRange>>,
  profile: Profile,
): LayoutFault | undefined {
  const ranges = PARTITION_NAMES.map((name) => [name, layout[name]] as const).filter(
    ([, { address, bytes }]) => address !== ABSENT.address || bytes !== ABSENT.bytes,
  );
  for (const [name, range] of ranges) {
    const fault = rangeFault(name, range, profile);
    if (fault !== undefined) return fault;
  }
  ranges.sort(([, left], [, right]) => left.address - right.address);
  for (const [index, [name, range]] of ranges.entries()) {
    const [other, next] = ranges[index + 1] ?? [];
    if (next === undefined || range.address + range.bytes <= next.address) continue;
    return { message: `${name} and ${other} overlap`, hint: "Move one of them." };
  }
  if (layout.boot.address === 0) return undefined;
  return { message: "boot does not begin at address 0", hint: "The device starts what lies there." };
}

function rangeFault(name: string, { address, bytes }: FlashRange, profile: Profile): LayoutFault | undefined {
  const { pageBytes } = profile;
  if (bytes === 0 || address % pageBytes !== 0 || bytes % pageBytes !== 0) {
    const hint = `The part ${profile.name} has erase pages of ${pageBytes} bytes.`;
    return { message: `${name} is not whole erase pages`, hint };
  }
  if (address + bytes <= FLASH_BYTES) return undefined;
  return {
    message: `${name} ends at ${address + bytes}, beyond the end of flash`,
    hint: `There are ${FLASH_BYTES} bytes.`,
  };
}
