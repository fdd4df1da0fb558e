/**
 * Reports from a device: what it says of every kind of attempt, to whom, and what it never says.
 */
import { describe, expect, it } from "vitest";
import { DevicePage, Policy } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import type { LinkPeer } from "../../emulator/link.ts";
import { runCampaign } from "../../host/campaign/run.ts";
import { verdictOf } from "../../host/campaign/report.ts";
import { scenarioNamed, STRANGE_TEST_KEY } from "../../host/campaign/scenario.ts";
import { identityOf } from "../../host/device/factory.ts";
import { OWN_CAPABILITY } from "../../host/manifest/capability.ts";
import { uuidText } from "../../host/manifest/uuid.ts";
import { openReport } from "../../host/suit-report/protection.ts";
import { readReport, type SuitReport } from "../../host/suit-report/report.ts";
import { decodeMessage } from "../coap-message.ts";
import { deviceWith, FarEnd, lastOf, NONCE, PROFILE, readAll, untilRest } from "../reporting-device.ts";
import {
  IDENTITY,
  offerOf,
  offerWithDependency,
  OTHER_CLASS,
  REPORT_KEY,
  type Offer,
} from "../reporting-offer.ts";
import { readWasm } from "../wasm-file.ts";

/** Where the install section begins that holds a command: behind the head of its byte string. */
function sectionStart(envelope: Buffer, command: number): number {
  for (let at = command; at > 0; at -= 1) {
    const short = envelope[at] === 0x14 && envelope[at + 1] === 0x58;
    const long = envelope[at] === 0x14 && envelope[at + 1] === 0x59;
    const tiny =
      envelope[at] === 0x14 && ((envelope[at + 1] ?? 0) & 0xe0) === 0x40 && (envelope[at + 1] ?? 0) < 0x58;
    const from = at + (long ? 4 : short ? 3 : 2);
    if ((short || long || tiny) && ((envelope[from] ?? 0) & 0xf1) === 0x80) return from;
  }
  throw new Error("there is no install section");
}

describe("a device that reports", () => {
  it("says that an update is installed and confirmed, with its digest, number, URI, nonce and abilities", () => {
    const offer = offerOf("reporting-2", 2, { referenceUri: "https://update.example/2.suit" });
    const far = new FarEnd(offer);
    untilRest(deviceWith(far));
    const report = lastOf(readAll(far.reports));
    expect(report).toMatchObject({
      uri: "https://update.example/2.suit",
      nonce: "00ff10",
      claims: [{ component: "app", slot: 1, deviceId: IDENTITY.device, sequenceNumber: 2n }],
    });
    expect(report.failure).toBeUndefined();
    expect(Buffer.from(offer.envelope).toString("hex")).toContain(`822f5820${report.digest}`);
    const { capabilities } = report;
    for (const list of ["commands", "parameters", "envelope", "manifest", "common"] as const) {
      expect(new Set(capabilities?.[list]), list).toEqual(OWN_CAPABILITY[list]);
    }
    expect(capabilities?.components).toEqual(["app"]);
    expect(new Set(capabilities?.algorithms)).toEqual(OWN_CAPABILITY.algorithms);
    const { components, dependencies, nesting, signatures } = OWN_CAPABILITY;
    const slotBytes = PROFILE.layout.slotA.bytes;
    expect(capabilities?.limits).toEqual({ components, dependencies, nesting, signatures, slotBytes });
  });

  it.each([
    ["another class", { class: { name: "other" } }, Status.ClassMismatch, 10, 3],
    ["another vendor", { vendor: { domain: "else.example" } }, Status.VendorMismatch, 10, 3],
  ] as const)("says where the update for %s was refused", (_, more, code, reason, section) => {
    const far = new FarEnd(offerOf("reporting-2", 2, more));
    untilRest(deviceWith(far));
    const failure = lastOf(readAll(far.reports)).failure;
    expect(failure).toMatchObject({ code, reason, record: { manifest: [], section, component: 0 } });
    const { vendorId, classId } = identityOf(IDENTITY);
    const measured = code === Status.VendorMismatch ? [1, uuidText(vendorId)] : [2, uuidText(classId)];
    expect([...(failure?.record.properties ?? [])]).toEqual([measured]);
    // The shared sequence is key 4 of common; it ends with the two conditions, 1 and 2, policy 15 each.
    const envelope = Buffer.from(far.offer.envelope);
    const start = envelope.indexOf(Buffer.of(0x86, 0x14));
    const vendorCommand = envelope.indexOf(Buffer.of(0x01, 0x0f, 0x02, 0x0f), start);
    expect(failure?.record.offset).toBe(vendorCommand - start + (code === Status.VendorMismatch ? 0 : 2));
  });

  const nested = { "run-sequence": [{ "override-parameters": OTHER_CLASS }, "class-identifier"] };

  it.each([
    ["in a sequence of its own", { install: [nested] }],
    ["in a severed section", { install: [nested], severable: ["install"] }],
    [
      "behind 600 bytes of another command",
      { install: [{ "override-parameters": { content: { hex: "00".repeat(600) } } }, nested] },
    ],
  ])("tells the command that failed from others of its kind: %s", (_, more) => {
    const far = new FarEnd(offerOf("reporting-2", 2, more));
    untilRest(deviceWith(far));
    // The class was checked in the shared sequence before, and was right.
    const envelope = Buffer.from(far.offer.envelope);
    const end = envelope.lastIndexOf(Buffer.of(0x84, 0x14, 0xa1, 0x02, 0x50));
    const command = envelope.indexOf(Buffer.of(0x02, 0x0f), end + 21);
    const { record, code } = lastOf(readAll(far.reports)).failure ?? {};
    expect(code).toBe(Status.ClassMismatch);
    expect(record).toMatchObject({ manifest: [], section: 20, component: 0 });
    expect(command - (record?.offset ?? 0)).toBe(sectionStart(envelope, command));
  });

  it("tells the last condition that failed where no branch of a try-each could be taken", () => {
    const branches = [["abort"], [{ "override-parameters": { "component-slot": 7 } }, "component-slot"]];
    const far = new FarEnd(offerOf("reporting-2", 2, { install: [{ "try-each": branches }] }));
    untilRest(deviceWith(far));
    const { record, code } = lastOf(readAll(far.reports)).failure ?? {};
    expect([code, record?.section]).toEqual([Status.TryEachExhausted, 20]);
    const envelope = Buffer.from(far.offer.envelope);
    const command = envelope.lastIndexOf(Buffer.of(0x05, 0x0f));
    expect(command - (record?.offset ?? 0)).toBe(sectionStart(envelope, command));
  });

  it("tells the place of a parameter that the device does not have", () => {
    const more = { install: ["image-match", { "override-parameters": { "minimum-battery": 1 } }] };
    const far = new FarEnd(offerOf("reporting-2", 2, more));
    untilRest(deviceWith(far));
    const { failure } = lastOf(readAll(far.reports));
    expect(failure).toMatchObject({ code: Status.ParameterUnsupported, record: { section: 20, offset: 3 } });
  });

  it("tells in which dependency a condition failed", () => {
    const { dependency, ...offer } = offerWithDependency();
    const far = new FarEnd(offer);
    untilRest(deviceWith(far));
    const { failure } = lastOf(readAll(far.reports));
    expect(failure).toMatchObject({ code: Status.ClassMismatch, record: { manifest: [1], section: 3 } });
    const inner = Buffer.from(dependency);
    const start = inner.indexOf(Buffer.of(0x86, 0x14));
    expect(failure?.record.offset).toBe(inner.indexOf(Buffer.of(0x02, 0x0f), start) - start);
    expect([...(failure?.record.properties.keys() ?? [])]).toEqual([2]);
  });

  it("says that a wrong signature is not authorised, and an old number is not accepted", () => {
    const strange = new FarEnd(offerOf("reporting-2", 2, {}, STRANGE_TEST_KEY));
    untilRest(deviceWith(strange));
    expect(lastOf(readAll(strange.reports)).failure).toMatchObject({
      code: Status.SignatureInvalid,
      reason: 4,
      record: { section: 0, offset: 0 },
    });
    const old = new FarEnd(offerOf("reporting-2", 0));
    untilRest(deviceWith(old));
    expect(lastOf(readAll(old.reports)).failure).toMatchObject({ code: Status.SequenceTooOld, reason: 10 });
  });

  it("says from the trial that the self-test failed, and afterwards that the update was reverted", () => {
    const far = new FarEnd(offerOf("reporting-failing", 2));
    untilRest(deviceWith(far));
    const reports = readAll(far.reports);
    expect(reports.map(({ failure }) => failure?.code)).toEqual([
      Status.SelfTestFailed,
      Status.SelfTestFailed,
      Status.SelfTestFailed,
      Status.TrialsExhausted,
    ]);
    expect(new Set(reports.map(({ failure }) => failure?.reason))).toEqual(new Set([11]));
    expect(reports.map(({ claims }) => claims[0]?.slot)).toEqual([1, 1, 1, 0]);
    expect(new Set(reports.map(({ digest }) => digest)).size).toBe(1);
  });

  /** What a device reports that was offered one update to its end, from when version 3 is offered on. */
  const reportsOfTheNext = (failed: Offer): SuitReport[] => {
    const far = new FarEnd(failed);
    const device = deviceWith(far);
    untilRest(device);
    far.reports.length = 0;
    far.offer = offerOf("reporting-2", 3);
    untilRest(device);
    return readAll(far.reports);
  };

  it("tells of an update that came to nothing once more before the next one takes its place", () => {
    const reports = reportsOfTheNext(offerOf("reporting-2", 2, { class: { name: "other" } }));
    expect(reports[0]?.failure?.code).toBe(Status.ClassMismatch);
    expect(lastOf(reports).failure).toBeUndefined();
    expect(lastOf(reports).claims[0]?.sequenceNumber).toBe(3n);
  });

  it("tells of an update that was reverted once more before the next one takes its place", () => {
    const reports = reportsOfTheNext(offerOf("reporting-failing", 2));
    expect(reports[0]?.failure?.code).toBe(Status.TrialsExhausted);
    expect(lastOf(reports).failure).toBeUndefined();
  });

  it("says of an offer that does not fit what it is and why, before anything is written", () => {
    const payload = new Uint8Array(40_000);
    const far = new FarEnd({ ...offerOf("reporting-2", 2), payload });
    const [cycle] = untilRest(deviceWith(far));
    const report = lastOf(readAll(far.reports));
    expect(report.failure).toMatchObject({ code: Status.ImageTooLarge, reason: 11 });
    expect(Buffer.from(far.offer.envelope).toString("hex")).toContain(`822f5820${report.digest}`);
    expect(cycle?.operations).toBe(0);
  });

  it("reports plainly without a key, and without a nonce where none is asked for", () => {
    const far = new FarEnd(offerOf("reporting-2", 2), new Uint8Array());
    untilRest(deviceWith(far, { reportKey: undefined }));
    const { content, trust } = openReport(lastOf(far.reports), undefined, "report");
    expect(trust).toBe("plain");
    expect(readReport(content, "report").nonce).toBeUndefined();
  });

  it("sends the same reports to whoever asks, and none to who does not", () => {
    const offer = offerOf("reporting-2", 2);
    const server = new CoapServer(
      new Map([
        ["/suit/envelope", offer.envelope],
        ["/suit/payload", offer.payload],
      ]),
    );
    const codes: (number | undefined)[] = [];
    const link: LinkPeer = {
      answer(datagram) {
        codes.push(decodeMessage(datagram)?.code);
        return server.answer(datagram);
      },
    };
    untilRest(deviceWith(link));
    expect(new Set(codes)).toEqual(new Set([1]));
  });
});

describe("a far end that wants to do harm", () => {
  const offer = offerOf("reporting-2", 2);
  const isReport = (datagram: Uint8Array): boolean => Buffer.from(datagram).includes("report");

  it.each<[string, (datagram: Uint8Array, far: FarEnd) => Uint8Array | undefined]>([
    ["is silent about reports", () => undefined],
    ["answers them with noise", () => Uint8Array.of(1, 2, 3)],
    ["answers them with a reset", (datagram) => Uint8Array.of(0x70, 0, datagram[2] ?? 0, datagram[3] ?? 0)],
    ["answers them with more than fits", () => new Uint8Array(1500).fill(0x60)],
    ["wants a nonce longer than any", (datagram) => new FarEnd(offer, new Uint8Array(900)).answer(datagram)],
    [
      "takes the question and is silent about the report",
      (datagram, far) => (decodeMessage(datagram)?.code === 1 ? far.answer(datagram) : undefined),
    ],
  ])("does not keep the update from being installed: %s", (_, answer) => {
    const far = new FarEnd(offer);
    const device = deviceWith({
      answer: (datagram) => (isReport(datagram) ? answer(datagram, far) : far.answer(datagram)),
    });
    const cycles = Array.from({ length: 8 }, () => device.powerOn());
    expect(lastOf(cycles).log.map(({ text }) => text)).toEqual([
      "boot: slot B",
      "firmware 2: running from slot B",
    ]);
    expect(lastOf(cycles).operations).toBe(0);
    expect(cycles.flatMap(({ violations }) => violations)).toEqual([]);
  });
});

describe("the report key", () => {
  it("is in no datagram and no log line, whatever became of the update", () => {
    const offers = [
      offerOf("reporting-2", 2),
      offerOf("reporting-failing", 2),
      offerOf("reporting-2", 2, { class: { name: "other" } }),
      offerOf("reporting-2", 2, {}, STRANGE_TEST_KEY),
    ];
    for (const offer of offers) {
      const far = new FarEnd(offer);
      const texts = untilRest(deviceWith(far)).flatMap(({ log }) => log.map(({ text }) => text));
      expect(far.reports.length).toBeGreaterThan(0);
      const said = Buffer.concat([...far.datagrams, Buffer.from(texts.join())]);
      for (let start = 0; start + 6 <= REPORT_KEY.length; start += 1) {
        expect(said.includes(REPORT_KEY.subarray(start, start + 6))).toBe(false);
      }
    }
  });

  it(
    "never leaves the device page or goes over the link in any state that power cuts reach",
    { timeout: 120_000 },
    () => {
      const modules = {
        bootloader: readWasm("bootloader"),
        firmware1: readWasm("reporting-1"),
        firmware2: readWasm("reporting-2"),
        firmwareFailing: readWasm("reporting-failing"),
        firmwareHanging: readWasm("firmware-hanging"),
      };
      const standard = scenarioNamed("update-into-blank", PROFILE, modules);
      const flash = standard.initial.flash.slice();
      const view = new DataView(flash.buffer);
      const policyAt = DevicePage.Address + DevicePage.Policy;
      view.setUint16(policyAt, view.getUint16(policyAt, true) | Policy.HasReportKey, true);
      flash.set(REPORT_KEY, DevicePage.Address + DevicePage.ReportKey);
      if (!(standard.link instanceof CoapServer)) throw new Error("the scenario's link is no server");
      const server = new CoapServer(new Map([...standard.link.recipe().resources, ["/suit/report", NONCE]]), {
        inboxes: new Map([["/suit/report", () => undefined]]),
      });
      let reports = 0;
      let leaks = 0;
      const link: LinkPeer = {
        answer(datagram) {
          if (decodeMessage(datagram)?.code === 2) reports += 1;
          if (Buffer.from(datagram).includes(REPORT_KEY.subarray(0, 8))) leaks += 1;
          return server.answer(datagram);
        },
      };
      const mayLieIn = [{ address: DevicePage.Address, bytes: DevicePage.Bytes }];
      const result = runCampaign(
        {
          ...standard,
          link,
          initial: { ...standard.initial, flash },
          subject: {
            ...standard.subject,
            secrets: [{ name: "the report key", bytes: REPORT_KEY, mayLieIn }],
          },
        },
        { tornBudget: 0 },
      );
      expect([verdictOf(result).kind, result.findings]).toEqual(["proved", []]);
      expect(reports).toBeGreaterThan(100);
      expect(leaks).toBe(0);
    },
  );
});
