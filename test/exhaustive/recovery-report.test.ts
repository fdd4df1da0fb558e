/**
 * The bootloader that reports from recovery: the base of SUIT with the report writer in it, as the default build
 * has no room for both.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { DevicePage } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { buildVariant, NAMED_BUILDS, RECOVERY_REPORTS } from "../../host/build/variant.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import { verdictOf } from "../../host/campaign/report.ts";
import { scenarioNamed, TRUSTED_TEST_KEY } from "../../host/campaign/scenario.ts";
import { identityOf, manufacture } from "../../host/device/factory.ts";
import { DEFAULT_BUILD } from "../../host/manifest/capability.ts";
import { openReport } from "../../host/suit-report/protection.ts";
import { readReport } from "../../host/suit-report/report.ts";
import { IDENTITY, offerOf, REPORT_KEY } from "../reporting-offer.ts";
import { readWasm } from "../wasm-file.ts";

const PROFILE = profileNamed("class1");
let bootloader: Uint8Array;

/** A device whose only image has lost a bit, and what its far end gets. */
function brokenDevice(resources: ReadonlyMap<string, Uint8Array>) {
  const reports: Uint8Array[] = [];
  const inboxes = new Map([["/suit/report", (content: Uint8Array) => void reports.push(content)]]);
  const link = new CoapServer(new Map([...resources, ["/suit/report", Uint8Array.of(7)]]), { inboxes });
  const first = offerOf("firmware-1", 1);
  const device = manufacture(
    {
      profile: PROFILE,
      bootloader,
      trusted: [TRUSTED_TEST_KEY],
      identity: identityOf(IDENTITY),
      components: ["app"],
      firmware: { ...first, sequenceNumber: 1n },
      reportKey: REPORT_KEY,
    },
    { link },
  );
  const { address } = PROFILE.layout.slotA;
  const image = address + Math.ceil(first.envelope.length / PROFILE.pageBytes) * PROFILE.pageBytes;
  device.flash.bytes[image + 100] = (device.flash.bytes[image + 100] ?? 0) ^ 1;
  return { device, reports };
}

beforeAll(async () => {
  bootloader = (await buildVariant(NAMED_BUILDS["base"] ?? DEFAULT_BUILD, [RECOVERY_REPORTS])).module;
}, 120_000);

describe("a bootloader that reports from recovery", () => {
  it("fits the boot partition", () => {
    expect(bootloader.length).toBeLessThanOrEqual(DevicePage.Address);
  });

  it("says why nothing runs, where in the manifest, and which slot that is about", () => {
    const { device, reports } = brokenDevice(new Map());
    const cycle = device.powerOn();
    expect([cycle.end, cycle.operations, cycle.violations]).toEqual(["idle", 0, []]);
    expect(reports.length).toBeGreaterThan(0);
    const { content, trust } = openReport(reports[0] ?? new Uint8Array(), REPORT_KEY, "report");
    const report = readReport(content, "report");
    expect(trust).toBe("authentic");
    expect(report).toMatchObject({
      nonce: "07",
      claims: [{ component: "app", slot: 0, sequenceNumber: 1n }],
      failure: { code: Status.ImageMismatch, reason: 10, record: { manifest: [] } },
    });
  });

  it("takes the update that is offered all the same", () => {
    const update = offerOf("firmware-2", 2);
    const { device } = brokenDevice(
      new Map([
        ["/suit/envelope", update.envelope],
        ["/suit/payload", update.payload],
      ]),
    );
    const cycles = Array.from({ length: 10 }, () => device.powerOn());
    expect(cycles.flatMap(({ log }) => log).map(({ text }) => text)).toContain(
      "firmware 2: running from slot B",
    );
  });

  it.each(["recovery", "refused-recovery"] as const)(
    "does what it has to after any sequence of power cuts while it reports: %s",
    (name) => {
      const standard = scenarioNamed(name, PROFILE, {
        bootloader,
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
});
