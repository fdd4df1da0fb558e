/**
 * Device files as earlier versions wrote them.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { encodeDeviceFile, type DeviceRecord } from "../host/device/device-file.ts";

const Present = z.object({
  format: z.string(),
  profile: z.string(),
  layout: z.unknown(),
  bits: z.unknown(),
  counters: z.unknown(),
  wear: z.unknown(),
  flash: z.string(),
});

/** The text of a device in version 1, without partitions and device bits, or 2, without surroundings. */
export function earlierDeviceFile(record: DeviceRecord, version: 1 | 2): string {
  const { format, profile, layout, bits, counters, wear, flash } = Present.parse(
    JSON.parse(encodeDeviceFile(record)),
  );
  const more = version === 1 ? {} : { layout, bits };
  const content = { format, version, profile, ...more, counters, wear, flash };
  const checksum = createHash("sha256")
    .update(JSON.stringify(Object.values(content)))
    .digest("hex");
  return JSON.stringify({ ...content, checksum });
}
