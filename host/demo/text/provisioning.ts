/**
 * The page of chapter 1.
 */
import type { Footprint } from "../../../emulator/wasm/footprint.ts";
import type { Description } from "../../manifest/description.ts";
import type { Colors } from "../../report/color.ts";
import { drawFlashMap } from "../../report/flash-map.ts";
import { count } from "../../report/quantity.ts";
import type { ProvisioningFacts } from "../provisioning.ts";
import { PRODUCT, VENDOR } from "../../campaign/maker.ts";
import { authorText } from "../world.ts";
import { differenceLines, entry, indent, mark, title, wrap } from "./layout.ts";

/** Chapter 1 as lines. */
export function provisioningPage(facts: ProvisioningFacts, colors: Colors): string[] {
  const { bootloader, bootloaderBytesMax, firmware, device, update, hostVerdict, deviceVerdict } = facts;
  const { profile } = device.map;
  const flashShare = `${count(bootloader.moduleBytes)} of ${count(bootloaderBytesMax)} bytes of flash`;
  const isAccepted = hostVerdict.ok && deviceVerdict === "ok";
  return [
    ...title(1, "A device, and an update for it", colors),
    ...entry("device", `${profile.title}, profile ${profile.name}`, colors),
    ...entry("identity", `vendor ${VENDOR}, class ${PRODUCT}; trusts one P-256 key`, colors),
    ...entry("bootloader", `${colors.bold(flashShare)}, WebAssembly`, colors),
    ...entry("its RAM", ramLines(bootloader), colors),
    ...entry(
      "firmware 1",
      [`${count(firmware.moduleBytes)} bytes of flash`, ...ramLines(firmware).slice(0, 1)],
      colors,
    ),
    "",
    ...indent(drawFlashMap(device.map, colors)),
    "",
    ...entry("author", ["writes manifest-2.json:", ...authorText(update.json).map(colors.cyan)], colors),
    ...entry("envelope", envelopeLines(facts.description, update.payload.length), colors),
    ...entry("judged", `${mark(isAccepted, colors)} host: ${hostVerdict.message}`, colors),
    ...entry(
      "",
      `${mark(deviceVerdict === "ok", colors)} the bootloader on the device: ${deviceVerdict}`,
      colors,
    ),
    ...differenceLines(facts.differences, colors),
  ];
}

/** RAM as the ceiling counts it, and the calls that need the most stack. */
function ramLines(footprint: Footprint): string[] {
  const { staticBytes, globalBytes, stackBytes, totalBytes, ramBytes, deepestPath, deepestPathBytes } =
    footprint;
  const parts = [`static ${count(staticBytes)}`, `stack ${count(stackBytes)}`];
  if (globalBytes > 0) parts.push(`globals ${count(globalBytes)}`);
  const path = deepestPath.map((name, index) => `${shortName(name)} ${deepestPathBytes[index] ?? 0}`);
  return [
    `${count(totalBytes)} of ${count(ramBytes)} bytes: ${parts.join(" + ")}`,
    ...wrap(`deepest calls: ${path.join(" → ")}`),
  ];
}

/** A function without the path of its file. */
function shortName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** What the signed envelope holds, in a few plain words. */
function envelopeLines(description: Description, payloadBytes: number): string[] {
  const { bytes, manifestBytes = 0, sequenceNumber, components, signatures, sections } = description;
  const signed = signatures.map(
    ({ structure, algorithmName, signatureBytes }) =>
      `${structure}, ${algorithmName ?? "no algorithm"}, ${signatureBytes ?? 0} bytes`,
  );
  return [
    `${bytes} bytes of CBOR, the manifest ${manifestBytes} of them; firmware 2, ${count(payloadBytes)} bytes, travels apart`,
    `sequence number ${sequenceNumber ?? "?"}, component ${components.join(", ")}`,
    ...signed.map((text) => `signed: ${text}`),
    ...sections.map(
      ({ name, commands = [] }) => `${name}: ${commands.map(({ command }) => command).join(", ")}`,
    ),
  ].flatMap((line) => wrap(line));
}
