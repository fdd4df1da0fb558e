/**
 * What the bootloader reports from recovery, where no firmware runs that could.
 */
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { CoapServer } from "../../emulator/coap-server.ts";
import { withBit } from "../../emulator/device-bits.ts";
import { Link, type LinkPeer } from "../../emulator/link.ts";
import { STRANGE_TEST_KEY, TRUSTED_TEST_KEY } from "../../host/campaign/scenario.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import {
  breakImage,
  deviceWith,
  FarEnd,
  lastOf,
  PROFILE,
  readAll,
  recoveryReport,
  reportsOf,
  texts,
  untilRest,
} from "../reporting-device.ts";
import { offerOf, offerWithDependency, OTHER_CLASS, type Offer } from "../reporting-offer.ts";
import { readWasm } from "../wasm-file.ts";

const { slotB, state } = PROFILE.layout;

/** A link on which every answer comes twice. */
class EchoingLink extends Link {
  sent = 0;
  readonly #peer: LinkPeer;
  readonly #waiting: Uint8Array[] = [];

  constructor(peer: LinkPeer) {
    super(peer);
    this.#peer = peer;
  }

  override powerOn(): void {
    super.powerOn();
    this.#waiting.length = 0;
  }

  override send(datagram: Uint8Array): void {
    this.sent += 1;
    if (this.sent > 100) throw new Error("the device does not sleep");
    const answer = this.#peer.answer(datagram);
    this.unanswered = answer === undefined;
    if (answer !== undefined) this.#waiting.push(answer, answer);
  }

  override peek(): Uint8Array | undefined {
    return this.#waiting[0];
  }

  override receive(): Uint8Array | undefined {
    return this.#waiting.shift();
  }
}

/** An update of two components, of which the first is the application; nothing is delivered for the other. */
function offerOfTwo(install: readonly unknown[]): Offer {
  const select = (index: unknown): object => ({ "set-component-index": index });
  const identity = {
    "vendor-identifier": { domain: "brownout.example" },
    "class-identifier": { domain: "brownout.example", name: "class1" },
  };
  const identified = (index: number): unknown[] => [
    select(index),
    { "override-parameters": identity },
    "vendor-identifier",
    "class-identifier",
  ];
  const json = {
    sequenceNumber: 2,
    components: [["app"], ["data"]],
    shared: [...identified(0), ...identified(1)],
    install,
    validate: [select(0), "image-match"],
    invoke: [select(0), "invoke"],
  };
  return {
    envelope: signEnvelope(createEnvelope(json), TRUSTED_TEST_KEY),
    payload: readWasm("reporting-2"),
  };
}

const NESTED = { "run-sequence": [{ "override-parameters": OTHER_CLASS }, "class-identifier"] };
const SLOT_7 = [{ "override-parameters": { "component-slot": 7 } }, "component-slot"];
const MANY_BYTES = { "override-parameters": { content: { hex: "00".repeat(600) } } };

describe("recovery", () => {
  it.each<[string, () => Offer]>([
    ["for another class", () => offerOf("reporting-2", 2, { class: { name: "other" } })],
    [
      "with a URI",
      () =>
        offerOf("reporting-2", 2, {
          class: { name: "other" },
          referenceUri: "https://update.example/2.suit",
        }),
    ],
    [
      "with a URI that is too long to tell",
      () =>
        offerOf("reporting-2", 2, {
          class: { name: "other" },
          referenceUri: `https://update.example/${"2".repeat(120)}`,
        }),
    ],
    ["for another vendor", () => offerOf("reporting-2", 2, { vendor: { domain: "else.example" } })],
    ["refused in a sequence of its own", () => offerOf("reporting-2", 2, { install: [NESTED] })],
    [
      "refused in a severed section",
      () => offerOf("reporting-2", 2, { install: [NESTED], severable: ["install"] }),
    ],
    ["refused behind 600 bytes", () => offerOf("reporting-2", 2, { install: [MANY_BYTES, NESTED] })],
    [
      "refused where no branch could be taken",
      () => offerOf("reporting-2", 2, { install: [{ "try-each": [["abort"], SLOT_7] }] }),
    ],
    [
      "with a parameter that the device does not have",
      () =>
        offerOf("reporting-2", 2, {
          install: ["image-match", { "override-parameters": { "minimum-battery": 1 } }],
        }),
    ],
    ["refused in a dependency", offerWithDependency],
    ["with an old number", () => offerOf("reporting-2", 0)],
  ])("says of an update %s what the firmware says of it", (_, offer) => {
    const { firmware, recovery } = reportsOf(offer());
    expect(firmware.failure).toBeDefined();
    expect(recovery).toEqual(firmware);
  });

  it.each([
    ["dependencyResolution", 15, [NESTED]],
    ["payloadFetch", 16, [NESTED]],
    ["candidateVerification", 18, [NESTED]],
    ["install", 20, [NESTED]],
    ["validate", 7, [NESTED, "image-match"]],
    ["load", 8, [NESTED]],
    ["invoke", 9, [NESTED, "invoke"]],
  ] as const)("says as the firmware does that an update was refused in %s", (section, number, commands) => {
    const { firmware, recovery } = reportsOf(offerOf("reporting-2", 2, { [section]: commands }));
    expect(firmware.failure).toMatchObject({ code: Status.ClassMismatch, record: { section: number } });
    expect(recovery).toEqual(firmware);
  });

  it("says of an update that was reverted what the firmware says of it, as long as there is no other", () => {
    const { firmware, recovery } = reportsOf(offerOf("reporting-failing", 2), { isOfferedStill: false });
    expect(firmware.failure?.code).toBe(Status.TrialsExhausted);
    expect(recovery).toEqual(firmware);
  });

  it("says of an update that nobody vouches for no more than its digest", () => {
    const { firmware, recovery } = reportsOf(offerOf("reporting-2", 2, {}, STRANGE_TEST_KEY));
    expect(firmware.failure?.code).toBe(Status.SignatureInvalid);
    expect(recovery).toEqual({
      ...firmware,
      claims: firmware.claims.map((claims) => ({ ...claims, sequenceNumber: 0n })),
    });
  });

  it("says of an update that does not fit what it is and why, before anything is written", () => {
    const payload = new Uint8Array(40_000);
    const { firmware, recovery } = reportsOf({ ...offerOf("reporting-2", 2), payload });
    expect(firmware.failure?.code).toBe(Status.ImageTooLarge);
    expect(recovery).toEqual(firmware);
  });

  it("says why nothing runs, where in the manifest, and what that is, if nothing is offered", () => {
    const { recovery } = reportsOf(offerOf("reporting-1", 1), { isOfferedStill: false });
    expect(recovery).toMatchObject({
      nonce: "00ff10",
      claims: [{ component: "app", slot: 0, sequenceNumber: 1n }],
      failure: { code: Status.ImageMismatch, reason: 10, record: { manifest: [], section: 7, component: 0 } },
    });
    expect(Buffer.from(offerOf("reporting-1", 1).envelope).toString("hex")).toContain(
      `822f5820${recovery.digest}`,
    );
  });

  it("reads nothing of a manifest that was changed behind its signature", () => {
    const { envelope, payload } = offerOf("reporting-2", 2, {
      referenceUri: "https://update.example/2.suit",
    });
    const at = Buffer.from(envelope).indexOf("https://update.example/2.suit");
    envelope.set(Buffer.from("https://attack.example/!.suit"), at);
    const more = {
      firmware: {
        ...offerOf("reporting-1", 1, { referenceUri: "https://old.example/1" }),
        sequenceNumber: 1n,
      },
    };
    const { firmware, recovery } = reportsOf({ envelope, payload }, { more });
    expect(recovery.failure?.code).toBe(Status.ManifestDigestMismatch);
    expect([recovery.uri, recovery.claims[0]?.sequenceNumber]).toEqual(["", 0n]);
    expect(recovery.digest).toBe(firmware.digest);
  });

  it("says nothing of the other slot's envelope where flash cannot be read", () => {
    const far = new FarEnd(offerOf("reporting-2", 2, { referenceUri: "https://new.example/2" }));
    const first = offerOf("reporting-1", 1, { referenceUri: "https://old.example/1" });
    const device = deviceWith(far, { firmware: { ...first, sequenceNumber: 1n } });
    untilRest(device);
    // The floor is raised at the next power-on; then the old image may not run any more.
    untilRest(device);
    far.isOffering = false;
    device.flash.bits = withBit(device.flash.bits, {
      kind: "poisoned",
      address: slotB.address + 5000,
      length: 8,
      value: 0,
      other: undefined,
    });
    const { uri, digest, claims, failure } = recoveryReport(device, far);
    expect(failure).toMatchObject({ code: Status.FlashUnreadable, record: { section: 0 } });
    expect([uri, digest, claims[0]?.sequenceNumber]).toEqual(["", "00".repeat(32), 0n]);
  });

  it("never says that all is well, whatever the slots hold and the journal has lost", () => {
    const odd = { uninstall: [{ "override-parameters": { "minimum-battery": 1 } }] };
    const far = new FarEnd(offerOf("reporting-2", 2));
    const device = deviceWith(far, { firmware: { ...offerOf("reporting-1", 1, odd), sequenceNumber: 1n } });
    far.isOffering = false;
    device.flash.bytes.fill(0xff, state.address, state.address + state.bytes);
    expect(recoveryReport(device, far).failure?.code).toBe(Status.ParameterUnsupported);
  });

  it("tells the place at which a reverted update failed when it was tried, not when it was installed", () => {
    const far = new FarEnd(offerOf("reporting-2", 2, { install: ["image-match"] }));
    const device = deviceWith(far);
    for (let boots = 0; !texts([device.powerOn()]).includes("boot: candidate accepted"); boots += 1) {
      expect(boots).toBeLessThan(10);
    }
    breakImage(device, slotB.address);
    untilRest(device);
    const firmware = lastOf(readAll(far.reports));
    expect(firmware.failure).toMatchObject({ code: Status.ImageMismatch, record: { section: 7 } });
    far.isOffering = false;
    breakImage(device);
    expect(recoveryReport(device, far)).toEqual(firmware);
  });

  it("names the component that is selected where a command fails", () => {
    const components = ["app", "data"];
    const index = (install: readonly unknown[]): (number | undefined)[] => {
      const { firmware, recovery } = reportsOf(offerOfTwo(install), { more: { components } });
      return [recovery, firmware].map(({ failure }) => failure?.record.component);
    };
    const select = (selected: unknown): object => ({ "set-component-index": selected });
    expect(index([select(5)])).toEqual([0, 0]);
    expect(index([select(1), "abort"])).toEqual([1, 1]);
    // The second one is not even asked; only recovery can tell.
    const other = { "override-parameters": OTHER_CLASS };
    expect(index([select(0), other, select([0, 1]), "class-identifier"])).toEqual([0, 1]);
  });

  it("reports also where the device has no component", () => {
    const far = new FarEnd(offerOf("reporting-2", 2));
    far.isOffering = false;
    const device = deviceWith(far, { components: [] });
    expect(recoveryReport(device, far)).toMatchObject({
      claims: [{ component: "" }],
      failure: { code: Status.ComponentUnknown },
    });
  });

  it("takes the update that is offered all the same, and reports no more before it runs", () => {
    const far = new FarEnd(offerOf("reporting-2", 2, { class: { name: "other" } }));
    const device = deviceWith(far);
    untilRest(device);
    breakImage(device);
    recoveryReport(device, far);
    far.reports.length = 0;
    far.offer = offerOf("reporting-2", 3);
    expect(texts(untilRest(device))).toContain("firmware 2: running from slot B");
    const reports = readAll(far.reports);
    expect(reports.length).toBeGreaterThan(0);
    for (const { failure, claims } of reports) {
      expect([failure, claims[0]?.sequenceNumber]).toEqual([undefined, 3n]);
    }
  });

  it.each([true, false])("sleeps although every answer comes twice; reports are wanted: %s", (isWanted) => {
    const far = new FarEnd(offerOf("reporting-2", 2));
    far.isOffering = false;
    const link = new EchoingLink(isWanted ? far : new CoapServer(new Map()));
    const device = deviceWith(link);
    breakImage(device);
    const cycle = device.powerOn();
    expect([cycle.end, cycle.operations, cycle.violations]).toEqual(["idle", 0, []]);
    expect(far.reports.length).toBe(isWanted ? 1 : 0);
  });

  it("asks once and says nothing where nobody wants reports", () => {
    const questions: string[] = [];
    const server = new CoapServer(new Map());
    const device = deviceWith({
      answer(datagram) {
        questions.push(Buffer.from(datagram).toString("latin1"));
        return server.answer(datagram);
      },
    });
    breakImage(device);
    const cycle = device.powerOn();
    expect([cycle.end, cycle.operations, cycle.violations]).toEqual(["idle", 0, []]);
    expect(questions.filter((text) => text.includes("report"))).toHaveLength(1);
    expect(questions).toHaveLength(2);
  });
});
