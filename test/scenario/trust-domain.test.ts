/**
 * Trust domains on the device: dependencies under their own authority, keys with limited rights, and
 * signatures that are required together (draft-ietf-suit-trust-domains-12).
 */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Policy } from "../../assembly/layout.ts";
import { dependentUpdate, type DependentUpdate } from "../../host/campaign/dependent-update.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { signEnvelope } from "../../host/manifest/sign.ts";
import { acceptable, image, judgeEnvelope, type CandidateOptions } from "../candidate.ts";
import {
  both,
  checks,
  configuration,
  deferring,
  identity,
  ofApplication,
  oem,
  operator,
  root,
  select,
  settingFirst,
  SETTINGS,
  signedDependency,
  stage,
  stranger,
  verdict,
} from "../dependent-candidate.ts";

describe("a dependency on the device", () => {
  it("is processed under its own signature, and the application boots", () => {
    const { verdict: said, device } = stage();
    expect(said).toBe("accepted");
    expect(device.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
  });

  it("is refused when nobody whom the device trusts has signed it, whatever signed the root", () => {
    expect(verdict({ dependency: signedDependency(configuration(), stranger) })).toBe("signature-invalid");
    expect(verdict({ dependency: createEnvelope(configuration()) })).toBe("unsigned");
  });

  it("does not lend its signature to a root that a stranger signed", () => {
    expect(verdict({ keys: [stranger] })).toBe("signature-invalid");
  });

  it("has to have the digest that its dependent states", () => {
    const shared = [
      ...ofApplication,
      select(1),
      { "override-parameters": { "image-digest": { "sha-256": "00".repeat(32) } } },
    ];
    const dependencyResolution = [
      select(1),
      { "override-parameters": { uri: "#cfg" } },
      "fetch",
      "dependency-integrity",
    ];
    expect(verdict({ change: { shared, dependencyResolution } })).toBe("dependency-mismatch");
    const matching = [select(1), { "override-parameters": { uri: "#cfg" } }, "fetch", "image-match"];
    expect(verdict({ change: { shared, dependencyResolution: matching } })).toBe("image-mismatch");
  });

  it("is not processed before its integrity was checked, nor after it was fetched anew", () => {
    const fetch = [select(1), { "override-parameters": { uri: "#cfg" } }, "fetch"];
    expect(verdict({ change: { dependencyResolution: [...fetch, "process-dependency"] } })).toBe(
      "dependency-unchecked",
    );
    expect(
      verdict({
        change: { dependencyResolution: [...fetch, "dependency-integrity", "fetch", "process-dependency"] },
      }),
    ).toBe("dependency-unchecked");
  });

  it("fails the procedure at once if its integrity is broken, even where a failure would be soft", () => {
    const dependencyResolution = [
      select(1),
      { "override-parameters": { uri: "#cfg" } },
      "fetch",
      { "try-each": [["dependency-integrity"], null] },
    ];
    expect(
      verdict({
        change: { dependencyResolution },
        dependency: signedDependency(configuration(), stranger),
      }),
    ).toBe("signature-invalid");
  });

  it("is told from a component by is-dependency, and everything selected means the dependency", () => {
    const dependencyResolution = [
      select(1),
      { "override-parameters": { uri: "#cfg" } },
      "fetch",
      "dependency-integrity",
      select(true),
      { "try-each": [["is-dependency", "process-dependency"], null] },
      "process-dependency",
    ];
    expect(verdict({ change: { dependencyResolution } })).toBe("accepted");
    const ofComponent = [select(0), "is-dependency"];
    expect(verdict({ change: { dependencyResolution: ofComponent } })).toBe("not-dependency");
    expect(verdict({ change: { dependencyResolution: [select(0), "process-dependency"] } })).toBe(
      "not-dependency",
    );
  });

  it("may be listed as a component whose identifier the device does not know", () => {
    expect(verdict({ change: { components: [["app"], ["cfg.suit"]] } })).toBe("accepted");
  });

  it("is refused if it has a dependency of its own, or holds what the build does not execute", () => {
    expect(verdict({ dependency: signedDependency(configuration({ dependencies: { "1": {} } })) })).toBe(
      "too-many-dependencies",
    );
    expect(verdict({ dependency: signedDependency(configuration({ install: ["wait"] })) })).toBe(
      "command-unsupported",
    );
    const hidden = [{ "try-each": [["write"], ["wait"]] }];
    expect(verdict({ dependency: signedDependency(configuration({ install: hidden })) })).toBe(
      "command-unsupported",
    );
  });

  it("checks vendor and class itself", () => {
    const careless = configuration({ shared: [{ "override-parameters": { content: { hex: SETTINGS } } }] });
    expect(verdict({ dependency: signedDependency(careless) })).toBe("identity-unchecked");
    const foreign = configuration({
      shared: [
        {
          "override-parameters": {
            ...identity,
            "vendor-identifier": { domain: "other.example" },
            content: { hex: SETTINGS },
          },
        },
        ...checks,
      ],
    });
    expect(verdict({ dependency: signedDependency(foreign) })).toBe("vendor-mismatch");
  });

  it("fails the update if one of its conditions fails", () => {
    const failing = configuration({ install: ["write", "abort"] });
    expect(verdict({ dependency: signedDependency(failing) })).toBe("manifest-aborted");
  });

  it("can name no more components than the device holds in all", () => {
    const many = configuration({ components: [["cfg"], ["x"]], shared: [select(true), ...[]] });
    const options = { ...both, components: ["app", "cfg", "x"] };
    expect(verdict({ dependency: signedDependency({ ...many, shared: undefined }), options })).toBe(
      "too-many-components",
    );
  });

  it("sees what its dependent has set, and set-parameters leaves that as it is", () => {
    // The component of the dependency is the root's as well, and the root has set other content first.
    const change = settingFirst(["cfg"]);
    expect(verdict({ change, dependency: deferring() })).toBe("accepted");
    const overriding = signedDependency(
      configuration({
        install: ["write", { "override-parameters": { content: { hex: "ff" } } }, "check-content"],
      }),
    );
    expect(verdict({ change, dependency: overriding })).toBe("content-mismatch");
  });
});

describe("a component for another processor", () => {
  const radioImage = Uint8Array.from({ length: 200 }, (_, index) => (7 * index) & 0xff);
  const sha256 = (bytes: Uint8Array): object => ({
    "sha-256": createHash("sha256").update(bytes).digest("hex"),
  });
  /** The radio's maker delivers its image within the dependency, under a key for nothing but the radio. */
  const radio = (delivered: Uint8Array, component = "radio"): Uint8Array =>
    signedDependency({
      sequenceNumber: 1,
      components: [[component]],
      shared: [
        {
          "override-parameters": {
            ...identity,
            "image-digest": sha256(radioImage),
            "image-size": radioImage.length,
          },
        },
        ...checks,
      ],
      install: [{ "override-parameters": { uri: "#radio" } }, "fetch", "image-match"],
      validate: ["image-match"],
      integrated: { "#radio": { hex: Buffer.from(delivered).toString("hex") } },
    });
  const options = { ...both, components: ["app", "radio"], rights: [0b01, 0b10] };

  it("is checked with the update, under its maker's key", () => {
    expect(verdict({ dependency: radio(radioImage), options })).toBe("accepted");
    const wrong = radioImage.map((byte, index) => (index === 100 ? byte ^ 1 : byte));
    expect(verdict({ dependency: radio(wrong), options })).toBe("image-mismatch");
    expect(verdict({ dependency: radio(radioImage, "app"), options })).toBe("component-unauthorized");
  });

  it("is checked again at every boot, and one wrong bit of it gives the update up", () => {
    const { verdict: said, device } = stage({ dependency: radio(radioImage), options });
    expect(said).toBe("accepted");
    const trial = device.snapshot();
    expect(device.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
    device.restore(trial);
    const found = Buffer.from(device.flash.bytes).indexOf(radioImage);
    expect(found).toBeGreaterThan(device.profile.layout.slotB.address);
    device.flash.bytes.set([(radioImage[100] ?? 0) ^ 1], found + 100);
    expect(device.powerOn().log.map(({ text }) => text)).toContain("boot: candidate reverted, status 0x0212");
    expect(device.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot A");
  });
});

describe("unlink", () => {
  it("takes nothing away: what was unlinked is still checked, processed and booted", () => {
    const install = [
      select(1),
      "dependency-integrity",
      "unlink",
      "process-dependency",
      select(0),
      { "override-parameters": { uri: acceptable.uri } },
      "fetch",
      "unlink",
      "image-match",
      "unlink",
    ];
    const { verdict: said, device } = stage({ change: { install } });
    expect(said).toBe("accepted");
    expect(device.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
  });

  it("has no place in the shared sequence", () => {
    const shared = [...(root() as { shared: unknown[] }).shared, "unlink"];
    expect(verdict({ change: { shared } })).toBe("shared-command-forbidden");
  });
});

describe("uninstall", () => {
  it("is never run: not by its own update, not at a boot, and not by the update that follows", () => {
    const uninstall = [select(0), "abort"];
    const { verdict: said, device } = stage({ change: { uninstall } });
    expect(said).toBe("accepted");
    expect(device.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
    expect(verdict({ options: { ...both, running: { uninstall: ["abort"] } } })).toBe("accepted");
  });

  it("is looked into all the same, and may hold nothing that the build does not execute", () => {
    expect(verdict({ change: { uninstall: [select(0), "wait"] } })).toBe("command-unsupported");
    expect(verdict({ change: { uninstall: [select(0), "invoke"] } })).toBe("command-unsupported");
    expect(verdict({ change: { uninstall: [select(2), "abort"] } })).toBe("component-index-invalid");
  });

  it("is looked into in a dependency as well, before anything of the dependency is done", () => {
    const uninstalling = (...uninstall: readonly unknown[]): string =>
      verdict({ dependency: signedDependency(configuration({ uninstall })) });
    expect(uninstalling("unlink")).toBe("accepted");
    expect(uninstalling("abort")).toBe("accepted");
    expect(uninstalling("wait")).toBe("command-unsupported");
    expect(uninstalling("invoke")).toBe("command-unsupported");
    expect(uninstalling({ "try-each": [["unlink"], ["wait"]] })).toBe("command-unsupported");
    expect(uninstalling(select(1), "unlink")).toBe("component-index-invalid");
  });

  it("of a dependency may not invoke even where the dependency is processed to invoke", () => {
    const change = {
      dependencyResolution: [select(1), { "override-parameters": { uri: "#cfg" } }, "fetch"],
      install: [select(0), { "override-parameters": { uri: acceptable.uri } }, "fetch", "image-match"],
      validate: [select(0), "image-match"],
      invoke: [select(1), "dependency-integrity", "process-dependency", select(0), "invoke"],
    };
    expect(verdict({ change })).toBe("accepted");
    const dependency = signedDependency(configuration({ uninstall: ["invoke"] }));
    expect(verdict({ change, dependency })).toBe("command-unsupported");
  });
});

describe("manifest-component-id", () => {
  it("names the manifest and no component: nobody needs to know it, nor a right to it", () => {
    const change = { manifestComponentId: ["nowhere", "known"] };
    expect(verdict({ change })).toBe("accepted");
    const rights = { ...both, rights: [0b01, 0b10] };
    expect(verdict({ change, options: rights })).toBe("accepted");
    expect(verdict({ change: { manifestComponentId: ["app"] }, options: rights })).toBe("accepted");
    // What it names is not one of the components that the device can hold in all.
    const full = { ...both, components: ["app", "cfg"] };
    expect(verdict({ change: { ...change, components: [["app"], ["cfg.suit"]] }, options: full })).toBe(
      "accepted",
    );
  });
});

describe("the dependency that decides which image is right", () => {
  const forged = image.map((byte, index) => (index < image.length - 8 ? byte : byte ^ 0xff));
  const update = (change: Partial<DependentUpdate>): string => {
    const parts = { vendor: "brownout.example", product: "sensor", component: "app", sequenceNumber: 2 };
    const { envelope } = dependentUpdate({ ...parts, payload: image, key: oem, forged, ...change });
    return judgeEnvelope(envelope, { ...both, payload: forged }).verdict;
  };

  it("is believed if a trusted key has signed it and the root states it, and only then", () => {
    expect(update({})).toBe("accepted");
    expect(update({ dependencyKey: operator })).toBe("accepted");
    expect(update({ dependencyKey: stranger })).toBe("signature-invalid");
    expect(update({ statesHonest: true })).toBe("dependency-mismatch");
  });
});

describe("keys with limited rights", () => {
  const limited = (oemRights: number, operatorRights: number): CandidateOptions => ({
    ...both,
    rights: [oemRights, operatorRights],
  });

  it("lets each key touch its own components", () => {
    expect(verdict({ options: limited(0b01, 0b10) })).toBe("accepted");
  });

  it("refuses a manifest that touches a component which its key may not", () => {
    expect(verdict({ options: limited(0b10, 0b11) })).toBe("component-unauthorized");
    expect(verdict({ options: limited(0b11, 0b01) })).toBe("component-unauthorized");
    expect(verdict({ options: limited(0b01, 0b00) })).toBe("component-unauthorized");
  });

  it("takes no key whose rights are beyond the 32 components that it can tell apart", () => {
    expect(verdict({ options: limited(0xffff_ffff, 0b10) })).toBe("accepted");
    expect(verdict({ options: limited(2 ** 32 + 1, 0b10) })).toBe("signature-invalid");
    expect(verdict({ options: limited(0b01, 2 ** 32 + 0b10) })).toBe("signature-invalid");
  });

  it("adds up the rights of several signers", () => {
    expect(verdict({ options: limited(0b00, 0b11), keys: [oem, operator] })).toBe("accepted");
    expect(verdict({ options: limited(0b00, 0b11), keys: [operator, oem] })).toBe("accepted");
  });
});

describe("required signatures", () => {
  const required = (anchors: number): CandidateOptions => ({
    ...both,
    policy: anchors << Policy.RequiredAnchorsShift,
  });

  it("is satisfied by all of the required keys, in any order, and by nothing less", () => {
    const dependency = signEnvelope(signedDependency(), oem);
    expect(verdict({ options: required(0b11), keys: [oem, operator], dependency })).toBe("accepted");
    expect(verdict({ options: required(0b11), keys: [operator, stranger, oem], dependency })).toBe(
      "accepted",
    );
    expect(verdict({ options: required(0b11), keys: [oem], dependency })).toBe("cosignature-missing");
    expect(verdict({ options: required(0b11), keys: [oem, oem], dependency })).toBe("cosignature-missing");
    expect(verdict({ options: required(0b11), keys: [oem, stranger], dependency })).toBe(
      "cosignature-missing",
    );
  });

  it("asks for one certain key if the device page says so", () => {
    expect(verdict({ options: required(0b10), keys: [operator] })).toBe("accepted");
    expect(verdict({ options: required(0b10), keys: [oem] })).toBe("cosignature-missing");
  });

  it("counts for a dependency as well", () => {
    expect(verdict({ options: required(0b11), keys: [oem, operator] })).toBe("cosignature-missing");
  });
});
