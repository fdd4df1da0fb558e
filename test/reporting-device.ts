/**
 * A device with firmware that reports, and the far end that it reports to, for tests.
 */
import { expect } from "vitest";
import { CoapServer } from "../emulator/coap-server.ts";
import type { Device, PowerCycle } from "../emulator/device.ts";
import { Link, type LinkPeer } from "../emulator/link.ts";
import { profileNamed } from "../emulator/profile.ts";
import { TRUSTED_TEST_KEY } from "../host/campaign/scenario.ts";
import { identityOf, manufacture, type DeviceParts } from "../host/device/factory.ts";
import { openReport } from "../host/suit-report/protection.ts";
import { readReport, type SuitReport } from "../host/suit-report/report.ts";
import { IDENTITY, offerOf, REPORT_KEY, type Offer } from "./reporting-offer.ts";
import { readWasm } from "./wasm-file.ts";

/** What the far end wants to find in reports. */
export const NONCE = Uint8Array.of(0, 0xff, 0x10);
/** What the device is made like. */
export const PROFILE = profileNamed("class1");

/** The far end of a link: serves an offer, wants reports, and keeps what it gets and sees. */
export class FarEnd implements LinkPeer {
  readonly reports: Uint8Array[] = [];
  readonly datagrams: Uint8Array[] = [];
  offer: Offer;
  /** Whether it has anything on offer. */
  isOffering = true;
  readonly #nonce: Uint8Array;

  constructor(offer: Offer, nonce: Uint8Array = NONCE) {
    this.offer = offer;
    this.#nonce = nonce;
  }

  answer(datagram: Uint8Array): Uint8Array | undefined {
    this.datagrams.push(datagram);
    const server = new CoapServer(
      new Map([
        ["/suit/report", this.#nonce],
        ...(this.isOffering
          ? ([
              ["/suit/envelope", this.offer.envelope],
              ["/suit/payload", this.offer.payload],
            ] as const)
          : []),
      ]),
      { inboxes: new Map([["/suit/report", (content) => void this.reports.push(content)]]) },
    );
    return server.answer(datagram);
  }
}

/** A device with firmware that reports, on a link; `more` is said of it in place of the usual. */
export function deviceWith(link: LinkPeer | Link, more: Partial<DeviceParts> = {}): Device {
  return manufacture(
    {
      profile: PROFILE,
      bootloader: readWasm("bootloader"),
      trusted: [TRUSTED_TEST_KEY],
      identity: identityOf(IDENTITY),
      components: ["app"],
      firmware: { ...offerOf("reporting-1", 1), sequenceNumber: 1n },
      reportKey: REPORT_KEY,
      ...more,
    },
    link instanceof Link ? { linkEnd: link } : { link },
  );
}

/** Powers on until the device sleeps. */
export function untilRest(device: Device, boots = 12): PowerCycle[] {
  const cycles: PowerCycle[] = [];
  do cycles.push(device.powerOn());
  while (lastOf(cycles).end !== "idle" && cycles.length < boots);
  expect(lastOf(cycles).end).toBe("idle");
  expect(cycles.flatMap(({ violations }) => violations)).toEqual([]);
  return cycles;
}

/** Reports as they came, each of which has to be authentic. */
export function readAll(reports: readonly Uint8Array[], key: Uint8Array = REPORT_KEY): SuitReport[] {
  return reports.map((bytes) => {
    const { content, trust } = openReport(bytes, key, "report");
    expect(trust).toBe("authentic");
    return readReport(content, "report");
  });
}

/** The last of a list that is not empty. */
export function lastOf<T>(list: readonly T[]): T {
  const last = list.at(-1);
  if (last === undefined) throw new Error("the list is empty");
  return last;
}

/** Turns a bit of the image in slot A, which firmware 1 runs from. */
export function breakImage(device: Device, address: number = PROFILE.layout.slotA.address): void {
  const { bytes } = device.flash;
  // Behind every envelope, and before the end of every image.
  const at = address + 5000;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
}

/** What was logged, line by line. */
export function texts(cycles: readonly PowerCycle[]): string[] {
  return cycles.flatMap(({ log }) => log.map(({ text }) => text));
}

/** What recovery reports at one power-on, at which it writes nothing. */
export function recoveryReport(device: Device, far: FarEnd): SuitReport {
  far.reports.length = 0;
  const cycle = device.powerOn();
  expect([cycle.end, cycle.operations, cycle.violations]).toEqual(["idle", 0, []]);
  expect(texts([cycle]).join()).toContain("boot: recovery");
  return lastOf(readAll(far.reports));
}

/** What the firmware says of an offer, and what recovery says of the same once the firmware's image is broken. */
export function reportsOf(
  offer: Offer,
  { isOfferedStill = true, more = {} }: { isOfferedStill?: boolean; more?: Partial<DeviceParts> } = {},
): { firmware: SuitReport; recovery: SuitReport } {
  const far = new FarEnd(offer);
  const device = deviceWith(far, more);
  untilRest(device);
  const firmware = lastOf(readAll(far.reports));
  far.isOffering = isOfferedStill;
  breakImage(device);
  return { firmware, recovery: recoveryReport(device, far) };
}
