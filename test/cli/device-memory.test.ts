/**
 * What flash remembers of a torn operation, from one `device boot` to the next.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeDeviceFile, type DeviceRecord } from "../../host/device/device-file.ts";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
beforeAll(async () => {
  await workshop.prepareUpdate();
  await workshop.succeed("device create d.device --key author.pub --sign-key author.key");
}, 60_000);
afterAll(() => workshop.remove());

const OFFER = "-e update.suit -p firmware-2.wasm";

function device(): DeviceRecord {
  return decodeDeviceFile(new TextDecoder().decode(workshop.read("d.device")), "d.device");
}

describe("a device file", () => {
  it("keeps a unit that fades from one power-on to another, until it has faded", async () => {
    await workshop.succeed(`device boot d.device ${OFFER} --cut 1t502`);
    const torn = device();
    const [bit] = torn.state.bits ?? [];
    if (bit?.other === undefined) throw new Error("The cut left nothing to remember.");
    const { kind, address, length, value } = bit;
    expect({ kind, length, value }).toEqual({ kind: "fading", length: 4, value: 1 });
    const read = ({ state }: DeviceRecord): Uint8Array => state.flash.slice(address, address + length);
    expect(read(torn)).toEqual(Uint8Array.of(255, 255, 255, 255));
    expect(await workshop.succeed("device show d.device")).toContain(
      `remembers  fading: 4 bytes at ${address}`,
    );

    await workshop.succeed("device boot d.device");
    expect(device().state.bits).toEqual([{ ...bit, value: 0 }]);
    await workshop.succeed("device boot d.device");
    expect(device().state.bits).toEqual([]);
    expect(read(device())).toEqual(bit.other);
    expect(await workshop.succeed("device show d.device")).not.toContain("remembers");
  });

  it("goes into a campaign with the defects that are asked for", async () => {
    const line = `campaign --no-canaries --device d.device ${OFFER} --defect stuck-99328-3 --torn 0 --max-seconds 5`;
    const { out } = await workshop.run(line);
    expect(out).toMatch(/^Campaign class1-with-stuck-99328-3\/own$/m);
  });
});
