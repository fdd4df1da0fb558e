/**
 * Vendors that are named by private enterprise numbers, on a device whose bootloader compares them
 * (draft-ietf-suit-manifest-37 §8.4.8.3).
 */
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { identityOf } from "../../host/device/factory.ts";
import { uuidText } from "../../host/manifest/uuid.ts";
import { deviceWith, FarEnd, lastOf, readAll, untilRest } from "../reporting-device.ts";
import { offerOf } from "../reporting-offer.ts";
import { acceptable, judgeManifest } from "../candidate.ts";
import { Workshop } from "../cli/workshop.ts";
import { readWasm } from "../wasm-file.ts";

const bootloader = readWasm("bootloader-managed");

/** A vendor in the device page. */
const maker = (pen: number): Uint8Array => identityOf({ vendor: pen, class: "sensor" }).vendorId;

/** What a device of this maker says of a manifest for this vendor, whose class fits. */
function verdictOf(vendor: object | string, device: Uint8Array | undefined): string {
  const json = { ...acceptable, vendor, class: { ...acceptable.class, domain: "brownout.example" } };
  return judgeManifest(json, { bootloader, ...(device === undefined ? {} : { vendor: device }) }).verdict;
}

describe("a vendor's private enterprise number", () => {
  it("is compared with that of the device, and no other one will do", () => {
    const numbers = fc.oneof(
      fc.nat({ max: 2 ** 32 - 1 }),
      fc.constantFrom(0, 1, 127, 128, 16_383, 32_473, 2 ** 32 - 1),
    );
    fc.assert(
      fc.property(numbers, numbers, (mine, stated) => {
        expect(verdictOf({ pen: mine }, maker(mine))).toBe("accepted");
        expect(verdictOf({ pen: stated }, maker(mine))).toBe(
          mine === stated ? "accepted" : "vendor-mismatch",
        );
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  it("is no UUID: neither stands for the other", () => {
    expect(verdictOf(acceptable.vendor, undefined)).toBe("accepted");
    expect(verdictOf({ pen: 32_473 }, undefined)).toBe("vendor-mismatch");
    expect(verdictOf(acceptable.vendor, maker(32_473))).toBe("vendor-mismatch");
    const lookalike = maker(32_473);
    lookalike[8] = 0x80;
    expect(verdictOf({ pen: 32_473 }, lookalike)).toBe("vendor-mismatch");
    expect(verdictOf(uuidText(lookalike), lookalike)).toBe("accepted");
  });

  it("has one byte to five, and stands for vendors only", () => {
    const stating = (vendor: string, more: object = {}): string => {
      const parameters = { "vendor-identifier": { cbor: vendor }, ...more };
      const json = {
        sequenceNumber: 2,
        components: [["app"]],
        validate: [{ "override-parameters": parameters }, "vendor-identifier"],
      };
      return judgeManifest(json, { bootloader, vendor: maker(1) }).verdict;
    };
    expect(stating("d87040")).toBe("argument-malformed");
    expect(stating("d870468181818181" + "01")).toBe("argument-malformed");
    expect(stating("d8706101")).toBe("cbor-unexpected-type");
    expect(stating("d8714101")).toBe("argument-unsupported");
    expect(stating("d8704101", { "class-identifier": { cbor: "d8704101" } })).toBe("argument-unsupported");
    expect(stating("d8704101")).toBe("identity-unchecked");
  });
});

describe("a device whose vendor is a number", () => {
  it("reports it as one where the vendor of an update does not match", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 32 - 1 }), (pen) => {
        const identity = identityOf({ vendor: pen, class: "sensor" });
        const named = { vendor: { pen }, class: uuidText(identity.classId) };
        const far = new FarEnd(offerOf("reporting-2", 2));
        const firmware = { ...offerOf("reporting-1", 1, named), sequenceNumber: 1n };
        untilRest(deviceWith(far, { bootloader, identity, firmware }));
        const { failure } = lastOf(readAll(far.reports));
        expect(failure?.code).toBe(Status.VendorMismatch);
        expect([...(failure?.record.properties ?? [])]).toEqual([[1, `PEN ${pen}`]]);
      }),
      { numRuns: 10, seed: 1, examples: [[0], [127], [128], [2 ** 32 - 1]] },
    );
  });

  const workshop = new Workshop();
  afterAll(() => workshop.remove());

  it("is made, shown, and held against manifests by the commands", async () => {
    await workshop.prepareUpdate();
    workshop.write("managed.wasm", bootloader);
    const made = await workshop.succeed(
      "device create numbered.device --bootloader managed.wasm --sign-key author.key --vendor-pen 32473",
    );
    expect(made).toContain("firmware");
    expect(await workshop.succeed("device show numbered.device")).toMatch(
      /vendor PEN 32473, class [0-9a-f-]{36}/,
    );
    expect(await workshop.succeed("device boot numbered.device")).toContain(
      "firmware 1: running from slot A",
    );
    const manifest = (pen: number): string =>
      JSON.stringify({
        sequenceNumber: 2,
        component: "app",
        vendor: { pen },
        class: { name: "class1" },
        uri: "coap://update.example/image",
      });
    for (const pen of [32_473, 32_474]) {
      workshop.write(`${pen}.json`, manifest(pen));
      await workshop.succeed(`manifest create ${pen}.json --payload firmware-2.wasm --out ${pen}.unsigned`);
      await workshop.succeed(`manifest sign ${pen}.unsigned --key author.key --out ${pen}.suit`);
    }
    expect((await workshop.run("manifest lint 32473.suit --device numbered.device")).exitCode).toBe(0);
    const other = await workshop.run("manifest lint 32474.suit --device numbered.device");
    expect(other.out).toContain("vendor-identifier PEN 32474, and the device has PEN 32473");
  });
});
