/**
 * The bootloader's reports from recovery, wherever power is cut: far ends that want them.
 */
import { expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { BASE, buildVariant } from "../../host/build/variant.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import { verdictOf } from "../../host/campaign/report.ts";
import { scenarioNamed } from "../../host/campaign/scenario.ts";
import { reportsOf } from "../reporting-device.ts";
import { offerOf } from "../reporting-offer.ts";
import { readWasm } from "../wasm-file.ts";

it.each(["recovery", "refused-recovery"] as const)(
  "does what it has to after any sequence of power cuts while it reports: %s",
  (name) => {
    const standard = scenarioNamed(name, profileNamed("class1"), {
      bootloader: readWasm("bootloader"),
      firmware1: readWasm("firmware-1"),
      firmware2: readWasm("firmware-2"),
      firmwareFailing: readWasm("firmware-failing"),
      firmwareHanging: readWasm("firmware-hanging"),
    });
    if (!(standard.link instanceof CoapServer)) throw new Error("the scenario's link is no server");
    const resources = new Map([...standard.link.recipe().resources, ["/suit/report", Uint8Array.of(7)]]);
    let reports = 0;
    const link = new CoapServer(resources, { inboxes: new Map([["/suit/report", () => (reports += 1)]]) });
    const result = runCampaign({ ...standard, link }, { tornBudget: 1 });
    expect([verdictOf(result).kind, result.findings]).toEqual(["proved", []]);
    // An update that is taken ends in a reset; what is told is that one was refused.
    if (name === "refused-recovery") expect(reports).toBeGreaterThan(10);
  },
  300_000,
);

it("says the same of an update, and as little of one that was changed, in a build without dependencies", async () => {
  const { module } = await buildVariant({ ...BASE, recoveryReports: true });
  const more = { bootloader: Uint8Array.from(module) };
  const { envelope, payload } = offerOf("reporting-2", 2, {
    class: { name: "other" },
    referenceUri: "https://update.example/2.suit",
  });
  const refused = reportsOf({ envelope, payload }, { more });
  expect(refused.firmware.failure?.code).toBe(Status.ClassMismatch);
  expect(refused.recovery).toEqual(refused.firmware);
  const at = Buffer.from(envelope).indexOf("https://update.example/2.suit");
  const changed = envelope.with(at, 0x48);
  const { recovery } = reportsOf({ envelope: changed, payload }, { more });
  expect(recovery).toMatchObject({ uri: "", failure: { code: Status.ManifestDigestMismatch } });
  expect(recovery.claims[0]?.sequenceNumber).toBe(0n);
}, 120_000);
