/**
 * Update management on the device, in a build that has it, and the same manifests in builds that do not
 * (draft-ietf-suit-update-management-14).
 */
import { describe, expect, it } from "vitest";
import { Slot } from "../../assembly/layout.ts";
import { Device } from "../../emulator/device.ts";
import type { Surroundings } from "../../emulator/hal.ts";
import { BASE, buildVariant, isDefault, VARIANTS, variantName } from "../../host/build/variant.ts";
import { acceptable, judgeManifest, type CandidateOptions } from "../candidate.ts";
import { both, configuration, signedDependency, verdict } from "../dependent-candidate.ts";
import { readWasm } from "../wasm-file.ts";

const set = (parameters: object): object => ({ "override-parameters": parameters });
const identity = {
  "vendor-identifier": acceptable.vendor,
  "class-identifier": { name: "sensor", domain: "brownout.example" },
};
const digest = { "image-digest": { from: "payload" }, "image-size": { from: "payload" } };
const checks = ["vendor-identifier", "class-identifier"];
const fetchImage = [set({ uri: acceptable.uri }), "fetch", "image-match"];

const manifest = (...install: unknown[]): object => ({
  sequenceNumber: 2,
  components: [["app"]],
  shared: [set({ ...identity, ...digest }), ...checks],
  install: [...install, ...fetchImage],
  validate: ["image-match"],
  invoke: ["invoke"],
});

describe("a build with update management", () => {
  const bootloader = readWasm("bootloader-managed");

  const judge = (json: object, options: CandidateOptions = {}): string =>
    judgeManifest(json, { bootloader, ...options }).verdict;
  const inInstall = (commands: unknown[], options: CandidateOptions = {}): string =>
    judge(manifest(...commands), options);

  it("holds use-before against the time", () => {
    const before = [set({ "use-before": 1000 }), "use-before"];
    expect(inInstall(before, { surroundings: { timeSeconds: 999n } })).toBe("accepted");
    expect(inInstall(before, { surroundings: { timeSeconds: 1000n } })).toBe("use-before-expired");
    expect(inInstall(["use-before"], { surroundings: { timeSeconds: 0n } })).toBe(
      "condition-parameter-missing",
    );
    const late = [set({ "use-before": "9007199254740993" }), "use-before"];
    expect(inInstall(late, { surroundings: { timeSeconds: 9007199254740993n } })).toBe("use-before-expired");
    expect(inInstall(late, { surroundings: { timeSeconds: 9007199254740992n } })).toBe("accepted");
  });

  it("refuses what it cannot find out, and does not take that for a condition that failed", () => {
    const before = [set({ "use-before": 1000 }), "use-before"];
    expect(inInstall(before)).toBe("hal-unavailable");
    expect(inInstall([{ "try-each": [before, null] }])).toBe("hal-unavailable");
    expect(inInstall([set({ "minimum-battery": 5 }), "minimum-battery"])).toBe("hal-unavailable");
    expect(inInstall([set({ "update-priority": 5 }), "update-authorized"])).toBe("hal-unavailable");
  });

  it("boots an accepted image although the time, the battery and the permission have gone since", () => {
    const json = manifest(
      set({
        "use-before": 1000,
        "minimum-battery": 10,
        "update-priority": 1,
        "wait-info": { authorization: 1 },
      }),
      "wait",
      "use-before",
      "minimum-battery",
      "update-authorized",
    );
    const surroundings = { timeSeconds: 1n, batteryMilliwattHours: 10, authorizedPriority: 1 };
    const { verdict, device } = judgeManifest(json, { bootloader, surroundings });
    expect(verdict).toBe("accepted");
    const later = new Device({
      profile: device.profile,
      surroundings: { timeSeconds: 1000n, batteryMilliwattHours: 9, authorizedPriority: 0 },
    });
    later.restore(device.snapshot());
    expect(later.powerOn().log.map(({ text }) => text)).toContain("firmware 1: running from slot B");
  });

  it("holds minimum-battery against the battery", () => {
    const charged = [set({ "minimum-battery": 100 }), "minimum-battery"];
    expect(inInstall(charged, { surroundings: { batteryMilliwattHours: 100 } })).toBe("accepted");
    expect(inInstall(charged, { surroundings: { batteryMilliwattHours: 99 } })).toBe("battery-too-low");
  });

  it("asks the application about the stated priority, and waits for nothing", () => {
    const surroundings = { authorizedPriority: -1, timeSeconds: 50n };
    const asked = (priority: number): string =>
      inInstall([set({ "update-priority": priority }), "update-authorized"], { surroundings });
    expect(asked(-1)).toBe("accepted");
    expect(asked(0)).toBe("update-unauthorized");
    const waiting = (events: object): string =>
      inInstall([set({ "wait-info": events }), "wait"], { surroundings });
    expect(waiting({ authorization: -2, time: 50 })).toBe("accepted");
    expect(waiting({ authorization: 3 })).toBe("wait-timed-out");
    expect(waiting({ time: 51 })).toBe("wait-timed-out");
    expect(waiting({ power: 1 })).toBe("argument-unsupported");
    expect(inInstall(["wait"], { surroundings })).toBe("directive-parameter-missing");
  });

  it("asks again at every power-on for what may come yet, and writes nothing until it is there", () => {
    const favourable = { timeSeconds: 100n, batteryMilliwattHours: 50, authorizedPriority: 1 };
    const json = manifest(
      set({
        "use-before": 200,
        "minimum-battery": 50,
        "update-priority": 1,
        "wait-info": { time: 100 },
      }),
      "wait",
      "use-before",
      "minimum-battery",
      "update-authorized",
    );
    /** What is booted at last if the device is refused the update and then finds itself in other surroundings. */
    const then = (before: Surroundings, after: Surroundings): [string, string | undefined] => {
      const surroundings = { ...favourable, ...before };
      const { verdict, device } = judgeManifest(json, { bootloader, surroundings });
      const still = device.powerOn();
      expect(still.operations).toBe(0);
      expect(still.booted?.slot).toBe(Slot.A);
      const later = new Device({ profile: device.profile, surroundings: { ...favourable, ...after } });
      later.restore(device.snapshot());
      let cycle = later.powerOn();
      for (let boots = 0; boots < 8 && cycle.operations > 0; boots += 1) cycle = later.powerOn();
      return [verdict, cycle.log.find(({ text }) => text.includes("running"))?.text];
    };
    const [inA, inB] = ["A", "B"].map((slot) => `firmware 1: running from slot ${slot}`);
    expect(then({ batteryMilliwattHours: 49 }, {})).toEqual(["battery-too-low", inB]);
    expect(then({ authorizedPriority: 0 }, {})).toEqual(["update-unauthorized", inB]);
    expect(then({ timeSeconds: 99n }, {})).toEqual(["wait-timed-out", inB]);
    expect(then({ batteryMilliwattHours: 49 }, { authorizedPriority: 0 })).toEqual(["battery-too-low", inA]);
    expect(then({ batteryMilliwattHours: 49 }, { timeSeconds: 200n })).toEqual(["battery-too-low", inA]);
    // What is over stays over, whatever becomes of the clock.
    expect(then({ timeSeconds: 200n }, {})).toEqual(["use-before-expired", inA]);
  });

  it("fails image-not-match where image-match holds, and holds where it fails", () => {
    const other = set({ "image-digest": { "sha-256": "00".repeat(32) } });
    expect(inInstall([set({ uri: acceptable.uri }), "fetch", "image-not-match"])).toBe("image-matches");
    expect(inInstall([set({ uri: acceptable.uri }), "fetch", other, "image-not-match", set(digest)])).toBe(
      "accepted",
    );
  });

  it("compares the version of the running image, element by element", () => {
    const running = { setVersion: "1.2.3" };
    const is = (match: object, of: object = running): string =>
      inInstall([set({ version: match }), "version"], { running: of });
    for (const match of [
      { equal: "1.2.3" },
      { equal: "1" },
      { "greater-equal": "1.2" },
      { greater: "1.1.9" },
      { greater: "1.2.3-rc.1" },
      { lesser: "1.3" },
      { "lesser-equal": "1.2.3" },
    ]) {
      expect(is(match), JSON.stringify(match)).toBe("accepted");
    }
    for (const match of [
      { greater: "1.2" },
      { lesser: "1.2.3" },
      { equal: "1.2.4" },
      { "lesser-equal": "1.1" },
    ]) {
      expect(is(match), JSON.stringify(match)).toBe("version-mismatch");
    }
    expect(is({ equal: "1" }, {})).toBe("version-mismatch");
    // What the match does not state is not compared, a prerelease neither.
    expect(is({ equal: "1.2.3" }, { setVersion: "1.2.3-beta.4" })).toBe("accepted");
    expect(is({ lesser: "1.2.3-rc.1" }, { setVersion: "1.2.3-beta.4" })).toBe("accepted");
  });

  it("compares its own version once it is installed", () => {
    const json = (own: string): object => ({
      ...manifest(),
      setVersion: own,
      validate: ["image-match", set({ version: { equal: "2" } }), "version"],
    });
    expect(judge(json("2.0.1"), { running: { setVersion: "1" } })).toBe("accepted");
    expect(judge(json("3"), { running: { setVersion: "2" } })).toBe("version-mismatch");
  });

  it("sets parameters of several components at once, and copies them from one to another", () => {
    const two = (install: unknown[]): string =>
      judge(
        {
          sequenceNumber: 2,
          components: [["app"], ["cfg"]],
          shared: [{ "set-component-index": true }, set({ ...identity, ...digest }), ...checks],
          install,
          validate: [{ "set-component-index": true }, "image-match"],
          invoke: [{ "set-component-index": 0 }, "invoke"],
          integrated: { "#app": "payload", "#cfg": "payload" },
        },
        { payload: undefined, components: ["app", "cfg"] },
      );
    const uris = { "override-multiple": { "0": { uri: "#app" }, "1": { uri: "#cfg" } } };
    const all = { "set-component-index": true };
    expect(two([uris, all, "fetch"])).toBe("accepted");
    // The last one stays selected.
    expect(two([uris, "fetch", { "set-component-index": 0 }, "fetch"])).toBe("accepted");
    const copied = [
      { "set-component-index": 0 },
      set({ uri: "#app" }),
      { "set-component-index": 1 },
      { "copy-params": { "0": ["uri"] } },
      all,
      "fetch",
    ];
    expect(two(copied)).toBe("accepted");
    expect(two([...copied.slice(2, 3), { "copy-params": { "2": ["uri"] } }])).toBe("component-index-invalid");
    expect(two([...copied.slice(2, 3), { "copy-params": { "0": ["soft-failure"] } }])).toBe(
      "parameter-unsupported",
    );
    expect(two([{ "override-multiple": { "2": { uri: "#app" } } }])).toBe("component-index-invalid");
  });
});

describe("a version that a dependency asks for", () => {
  it("is that of the running image, and leaves the dependency's components what they were", () => {
    const install = ["write", { "override-parameters": { version: { "greater-equal": "1.2" } } }, "version"];
    const dependency = signedDependency(configuration({ install: [...install, "check-content"] }));
    const judged = (running: object): string =>
      verdict({ dependency, options: { ...both, bootloader: readWasm("bootloader-managed"), running } });
    expect(judged({ setVersion: "1.2" })).toBe("accepted");
    expect(judged({ setVersion: "1.1" })).toBe("version-mismatch");
    // The running image is the dependency's component there, so that it comes first among those named.
    expect(judged({ setVersion: "1.2", component: ["cfg"] })).toBe("accepted");
  }, 60_000);
});

describe("every build", () => {
  // Prefixes are a part of trust domains that can be left out.
  const builds = [...VARIANTS, { ...BASE, trustDomains: true }];

  it.each(builds.map((variant) => [variantName(variant), variant] as const))(
    "%s runs the base draft and refuses by name what it does not have",
    async (_, variant) => {
      const { module } = await buildVariant(variant);
      const bootloader = new Uint8Array(module);
      const judge = (json: object): string => judgeManifest(json, { bootloader }).verdict;
      expect(judge(acceptable)).toBe("accepted");
      expect(judge(manifest("unlink"))).toBe(variant.trustDomains ? "accepted" : "command-unsupported");
      // With a second index to select, a section that selects none is refused.
      expect(judge({ ...manifest(), dependencies: { "1": {} } })).toBe(
        variant.trustDomains ? "component-index-invalid" : "dependencies-unsupported",
      );
      expect(judge({ ...manifest(), uninstall: ["abort"] })).toBe(
        variant.trustDomains ? "accepted" : "member-unsupported",
      );
      const severed = { candidateVerification: ["vendor-identifier"], severable: ["candidateVerification"] };
      expect(judge({ ...manifest(), ...severed })).toBe(
        variant.trustDomains ? "accepted" : "member-unsupported",
      );
      expect(judge({ ...manifest(), coswid: { hex: "a0" }, severable: ["coswid"] })).toBe("accepted");
      expect(judge({ ...manifest(), dependencies: { "1": { prefix: ["unit"] } } })).toBe(
        variant.prefixes
          ? "component-index-invalid"
          : variant.trustDomains
            ? "member-unsupported"
            : "dependencies-unsupported",
      );
      for (const given of [{ "invoke-args": { hex: "" } }, { "fetch-arguments": { offset: 0 } }]) {
        expect(judge(manifest(set(given)))).toBe(variant.arguments ? "accepted" : "parameter-unsupported");
      }
      expect(judge(manifest(set({ "vendor-identifier": { pen: 32473 } })))).toBe(
        variant.enterpriseNumbers ? "accepted" : "argument-unsupported",
      );
      expect(judge(manifest("use-before"))).toBe(
        variant.updateManagement ? "condition-parameter-missing" : "command-unsupported",
      );
      expect(judge({ ...manifest(), setVersion: "1" })).toBe(
        variant.updateManagement ? "accepted" : "member-unsupported",
      );
      expect(judge(manifest(set({ "minimum-battery": 1 })))).toBe(
        variant.updateManagement ? "accepted" : "parameter-unsupported",
      );
    },
    60_000,
  );

  it("exists once, and one of them is the default", () => {
    expect(new Set(VARIANTS.map(variantName)).size).toBe(5);
    expect(VARIANTS.filter(isDefault).map(variantName)).toEqual([
      "base + trust domains + prefixes + reports from recovery",
    ]);
  });

  it("without trust domains trusts no device page that limits a key or requires several", async () => {
    const { module } = await buildVariant(BASE);
    const bootloader = new Uint8Array(module);
    expect(judgeManifest(acceptable, { bootloader, rights: [1] }).verdict).toBe("key-algorithm-mismatch");
    const { log } = judgeManifest(acceptable, { bootloader, policy: 1 << 8 }).cycle;
    expect(log.map(({ text }) => text)).toContain("boot: recovery, status 0x0503");
  }, 60_000);
});
