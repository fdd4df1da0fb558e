/** What a bootloader processes, as its tables say and as it answers. */
import { describe, expect, it } from "vitest";
import { NAMED_BUILDS } from "../../host/build/variant.ts";
import { askedCapability, capabilityOfModule } from "../../host/device/module-capability.ts";
import { memberEnvelope } from "../../host/fuzz/agreement-seed.ts";
import { AUTHOR } from "../../host/fuzz/author.ts";
import { makeTarget } from "../../host/fuzz/session.ts";
import { capabilityOf, DEFAULT_BUILD, OWN_CAPABILITY } from "../../host/manifest/capability.ts";
import { byName, MANIFEST_MEMBERS } from "../../host/manifest/labels.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { readWasm } from "../wasm-file.ts";

const MANAGED = capabilityOf(NAMED_BUILDS["managed"] ?? DEFAULT_BUILD);

function versionedEnvelope(): Uint8Array {
  const member = byName(MANIFEST_MEMBERS, "set-version");
  if (member === undefined) throw new Error("The tables have no set-version.");
  return memberEnvelope(member);
}

describe("what a bootloader processes", () => {
  it.each([
    ["bootloader", "default"],
    ["bootloader-managed", "managed"],
    ["bootloader-encrypted", "encrypted"],
  ])("is what %s answers when it is asked for each label and limit", (module, build) => {
    expect(askedCapability(readWasm(module))).toEqual(capabilityOf(NAMED_BUILDS[build] ?? DEFAULT_BUILD));
  });

  it("is known of our own bootloaders, and unknown of what cannot be asked", () => {
    expect(capabilityOfModule(readWasm("bootloader"))).toBe(OWN_CAPABILITY);
    expect(capabilityOfModule(readWasm("bootloader-ed25519"))).toEqual({
      ...OWN_CAPABILITY,
      algorithms: new Set([-8, -19, -16]),
    });
    expect(capabilityOfModule(readWasm("bootloader-hss"))).toEqual({
      ...OWN_CAPABILITY,
      algorithms: new Set([-46, -16]),
    });
    expect(askedCapability(readWasm("bootloader-ed25519"))).toBeUndefined();
    expect(capabilityOfModule(Uint8Array.of(1, 2, 3))).toBeUndefined();
  });
});

describe("the host's reading", () => {
  it("accepts an extension for the build that has it, and for no other", () => {
    expect(verifyEnvelope(versionedEnvelope(), [AUTHOR], {}, MANAGED).reason).toBe("ok");
    expect(verifyEnvelope(versionedEnvelope(), [AUTHOR]).reason).toBe("member-unsupported");
  });

  it("calls nothing unauthentic that the fuzzed build rightly accepts", () => {
    const recipe = {
      target: "envelope",
      bootloader: readWasm("bootloader-managed"),
      symbols: undefined,
      images: [],
    } as const;
    const input = versionedEnvelope();
    expect(makeTarget({ ...recipe, capability: MANAGED }).run(input)).toMatchObject({
      isAccepted: true,
      trouble: undefined,
    });
    expect(makeTarget(recipe).run(input).trouble?.kind).toBe("unauthentic");
  });
});
