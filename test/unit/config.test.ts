/**
 * layout.json and scenario.json: what they mean, and what is said of mistakes in them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FLASH_BYTES } from "../../emulator/memory-map.ts";
import { profileNamed } from "../../emulator/profile.ts";
import { ORACLES } from "../../emulator/explore/oracle.ts";
import { crc32 } from "../../host/config/crc32.ts";
import { PUBLISHED_SCHEMAS, schemaText } from "../../host/config/json-schema.ts";
import { applyLayout } from "../../host/config/layout-json.ts";
import { loadScenarioFile, type FileReader } from "../../host/config/scenario-file.ts";
import { askedOracles } from "../../host/campaign/asked.ts";
import { GENERIC_ORACLES, JOURNAL_ORACLES } from "../../host/config/scenario-json.ts";
import { UserError } from "../../host/user-error.ts";
import { readWasm } from "../wasm-file.ts";

const profile = profileNamed("class1");
const firmware1 = readWasm("firmware-1");

const LAYOUT = {
  boot: { address: 0, bytes: 16384 },
  slotA: { address: "0x4000", bytes: 32768 },
  slotB: { address: 49152, bytes: 32768 },
  state: { address: 81920, bytes: 1024 },
};
const SCENARIO = {
  name: "mine",
  title: "Something happens.",
  layout: "layout.json",
  bootloader: "boot.wasm",
  images: [{ name: "old one", file: "one.wasm", role: "old" }],
  flash: [{ at: "slotA", image: "old one" }],
};

/** The member at a path replaced. */
function changed(json: object, path: readonly (string | number)[], value: unknown): object {
  const copy: object = structuredClone(json);
  let at: object = copy;
  for (const step of path.slice(0, -1)) {
    const next: unknown = Reflect.get(at, step);
    if (typeof next !== "object" || next === null) throw new Error(`Nothing at ${step}.`);
    at = next;
  }
  Reflect.set(at, path.at(-1) ?? "", value);
  return copy;
}

function reader(scenario: object, layout: object = LAYOUT): FileReader {
  return {
    json: (file) => (file.endsWith("layout.json") ? layout : scenario),
    bytes: () => Uint8Array.of(1, 2, 3),
    optional: () => undefined,
    module: (file) => (file.endsWith("boot.wasm") ? new Uint8Array(1000).fill(7) : firmware1),
  };
}

const load = (scenario: object, layout?: object) =>
  loadScenarioFile({ scenario: "here/scenario.json" }, reader(scenario, layout));

function mistake(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return `${error.code} | ${error.message} | ${error.hint}`;
    throw error;
  }
  return "none";
}

describe("layout.json", () => {
  it("replaces the partitions of the profile, and may leave slot B and state out", () => {
    expect(applyLayout(profile, LAYOUT, "l").layout.slotA).toEqual({ address: 0x4000, bytes: 32768 });
    const small = applyLayout(profile, { boot: LAYOUT.boot, slotA: LAYOUT.slotA }, "l");
    expect(small.layout.slotB.bytes).toBe(0);
    expect(small.pageBytes).toBe(profile.pageBytes);
  });

  it.each([
    [["sloatB"], {}, 'layout-json | In l, "sloatB" is not known here. | Did you mean "slotB"?'],
    [["boot", "byte"], 1, 'layout-json | In l, boot: "byte" is not known here. | Did you mean "bytes"?'],
    [["boot", "bytes"], undefined, "layout-json | In l, boot.bytes: this is missing."],
    [["boot", "bytes"], "28 KiB", "layout-json | In l, boot.bytes: expected a whole number, or hexadecimal"],
    [["boot", "address"], 1024, "layout-range | In l, boot"],
    [["state", "bytes"], 1000, "layout-range | In l, state is not whole erase pages."],
    [["state", "bytes"], 0, "layout-range | In l, state is not whole erase pages."],
    [["state", "bytes"], 40960, "layout-range | In l, state ends at 122880"],
    [["slotA", "bytes"], 33792, "layout-range | In l, slotA and slotB overlap."],
  ] as const)("is refused with one sentence when %j is %j", (path, value, sentence) => {
    expect(mistake(() => applyLayout(profile, changed(LAYOUT, path, value), "l"))).toContain(sentence);
  });

  it("of the templates is the layout of the profile class1", () => {
    const json: unknown = JSON.parse(
      readFileSync(new URL("../../templates/common/layout.json", import.meta.url), "utf8"),
    );
    expect(applyLayout(profile, json, "l")).toEqual(profile);
  });
});

describe("scenario.json", () => {
  it("puts every kind of content where it belongs", () => {
    const { initial, subject, link, symbols } = load({
      ...SCENARIO,
      flash: [
        { at: "slotA", words: [1, "0xAABBCCDD", { length: "old one" }, { crc32: "old one" }] },
        { at: "slotA", offset: "0x10", image: "old one" },
        { at: "slotB", hex: "01 02ff" },
        { at: 81920, file: "state.bin" },
      ],
      images: [{ ...SCENARIO.images[0], version: "18446744073709551615", hangs: true }],
      counters: [0, 7],
      link: { "/update": "update.bin" },
      symbols: ["twin.wasm"],
    });
    const view = new DataView(initial.flash.buffer);
    expect(view.getUint32(0x4000, true)).toBe(1);
    expect(view.getUint32(0x4004, true)).toBe(0xaabbccdd);
    expect(view.getUint32(0x4008, true)).toBe(firmware1.length);
    expect(view.getUint32(0x400c, true)).toBe(crc32(firmware1));
    expect(initial.flash.slice(0x4010, 0x4010 + firmware1.length)).toEqual(firmware1);
    expect([...initial.flash.slice(49152, 49156)]).toEqual([1, 2, 255, 255]);
    expect([...initial.flash.slice(81920, 81924)]).toEqual([1, 2, 3, 255]);
    expect([...initial.flash.slice(998, 1001)]).toEqual([7, 7, 255]);
    expect(initial.flash.length).toBe(FLASH_BYTES);
    expect(initial.counters[1]).toBe(7n);
    expect(subject.images[0]).toMatchObject({ sequenceNumber: 2n ** 64n - 1n, hangs: true });
    expect(subject.hasJournal).toBe(false);
    expect(symbols).toHaveLength(1);
    expect(link).toBeDefined();
  });

  it.each(["many", "", "-1", "18446744073709551616"])("refuses the counter %j", (counter) => {
    const message = mistake(() => load({ ...SCENARIO, counters: [counter] }));
    expect(message).toContain("counters[0]: expected an unsigned integer of 64 bits");
  });

  it("tells the device of its surroundings, and nothing unless they are given", () => {
    const surroundings = { timeSeconds: "1800000000", batteryMilliwattHours: 400, authorizedPriority: -2 };
    expect(load({ ...SCENARIO, surroundings }).surroundings).toEqual({
      ...surroundings,
      timeSeconds: 1_800_000_000n,
    });
    expect(load(SCENARIO)).not.toHaveProperty("surroundings");
    expect(mistake(() => load({ ...SCENARIO, surroundings: { batterie: 1 } }))).toContain(
      'surroundings: "batterie" is not known here',
    );
  });

  it("has digests that change with every input, and with nothing else", () => {
    const { bootloaderDigest, inputsDigest } = load(SCENARIO);
    expect(load(SCENARIO).inputsDigest).toBe(inputsDigest);
    const others = [
      changed(SCENARIO, ["counters"], [1]),
      changed(SCENARIO, ["flash", 0, "offset"], 4),
      changed(SCENARIO, ["images", 0, "version"], 1),
      changed(SCENARIO, ["expectation"], "refused"),
      changed(SCENARIO, ["link"], { "/x": "x" }),
      changed(SCENARIO, ["oracles"], ["alive"]),
      changed(SCENARIO, ["secrets"], [{ name: "key", hex: "0011" }]),
      changed(SCENARIO, ["limits"], { erasesPerPage: 2 }),
      changed(SCENARIO, ["surroundings"], { batteryMilliwattHours: 1 }),
    ].map((scenario) => load(scenario));
    const digests = new Set([inputsDigest, ...others.map((other) => other.inputsDigest)]);
    expect(digests.size).toBe(10);
    expect(load(SCENARIO, { ...LAYOUT, state: undefined }).inputsDigest).not.toBe(inputsDigest);
    expect(load({ ...SCENARIO, title: "Else." }).inputsDigest).toBe(inputsDigest);
    expect(new Set(others.map((other) => other.bootloaderDigest))).toEqual(new Set([bootloaderDigest]));
  });

  it("says what is secret and where it may lie, and how often a page may be erased", () => {
    const scenario = load({
      ...SCENARIO,
      secrets: [
        {
          name: "the key",
          hex: "00 11 22 33",
          mayLieIn: [{ at: "slotA", offset: 16, bytes: 4 }, { at: "slotB" }],
        },
        { name: "the old one, plain", image: "old one" },
      ],
      limits: { erasesPerPage: 3, torn: 2 },
    });
    const { secrets, erasesPerPage } = scenario.subject;
    const { slotA, slotB } = scenario.profile.layout;
    expect(secrets?.[0]).toEqual({
      name: "the key",
      bytes: Uint8Array.of(0, 0x11, 0x22, 0x33),
      mayLieIn: [{ address: slotA.address + 16, bytes: 4 }, slotB],
    });
    expect(secrets?.[1]).toEqual({ name: "the old one, plain", bytes: firmware1, mayLieIn: [] });
    expect([erasesPerPage, scenario.limits]).toEqual([3, { torn: 2 }]);
    const ids = (json: object): string[] => askedOracles(load(json)).map(({ id }) => id);
    expect(ids({ ...SCENARIO, limits: { erasesPerPage: 3 } })).toContain("wear");
    expect(ids({ ...SCENARIO, secrets: [{ name: "it", hex: "00" }] })).toContain("confidential");
    expect(ids(SCENARIO)).toEqual(GENERIC_ORACLES.filter((id) => id !== "wear" && id !== "confidential"));
  });

  it("asks the oracles that need no journal of ours, unless told otherwise", () => {
    const ids = (json: object): string[] => load(json).oracles?.map(({ id }) => id) ?? [];
    expect(ids(SCENARIO).sort()).toEqual([...GENERIC_ORACLES].sort());
    expect(ids({ ...SCENARIO, oracles: ["quiet", "alive"] }).sort()).toEqual(["alive", "quiet"]);
    expect(ids({ ...SCENARIO, journal: true })).toEqual(ORACLES.map(({ id }) => id));
    for (const id of JOURNAL_ORACLES) {
      expect(mistake(() => load({ ...SCENARIO, oracles: [id] }))).toMatch(/^scenario-oracle \| .*journal/);
    }
  });

  it.each([
    [["imges"], [], '"imges" is not known here. | Did you mean "images"?'],
    [["images", 0, "rol"], "old", 'images[0]: "rol" is not known here. | Did you mean "role"?'],
    [
      ["images", 0, "role"],
      "odl",
      'images[0].role: "odl" is not one of the values allowed here. | Did you mean "old"?',
    ],
    [
      ["oracles"],
      ["alife"],
      'oracles[0]: "alife" is not one of the values allowed here. | Did you mean "alive"?',
    ],
    [["profile"], "clas1", 'Did you mean "class1"?'],
    [["limits"], { tron: 1 }, 'limits: "tron" is not known here. | Did you mean "torn"?'],
    [["limits"], { torn: 8 }, "limits.torn: "],
    [["name"], "Mine!", "name: expected lower case letters, digits and hyphens"],
    [["title"], undefined, "title: this is missing"],
    [["images"], [], "images: "],
    [["counters"], [-1], "counters[0]: too small"],
    [["link"], { update: "x" }, "link.update: "],
    [["flash", 0, "at"], "slotC", "flash[0].at: expected boot, slotA, slotB, state or a device address"],
    [["flash", 0, "file"], "x", "flash[0]: expected exactly one of image, file, hex and words"],
    [["flash", 0], { at: "state", words: ["7"] }, "flash[0].words[0]: expected a number"],
    [["flash", 0], { at: "state", hex: "123" }, "flash[0].hex: expected hexadecimal digits"],
    [["flash", 0, "image"], "old 1", 'takes from "old 1", which is no image. | There are "old one".'],
    [["flash", 0, "at"], 102399, "flash[0] ends at"],
    [["flash", 0, "at"], 0, "flash[0] overlaps the bootloader"],
    [["bootloader"], undefined, "names no bootloader"],
    [["secrets"], [{ name: "it" }], "secrets[0]: expected exactly one of image, file and hex"],
    [["secrets"], [{ name: "it", hex: "00", mayLieIn: [{ at: 5 }] }], "needs its size in bytes"],
    [
      ["secrets"],
      [{ name: "it", hex: "00", mayLieIn: [{ at: "slotA", offset: 1, bytes: "0x8000" }] }],
      "beyond the end of slotA",
    ],
    [["limits"], { erasesPerPage: 0 }, "limits.erasesPerPage: "],
  ] as const)("is refused with one sentence when %j is %j", (path, value, part) => {
    const [code, message, hint] = mistake(() => load(changed(SCENARIO, path, value))).split(" | ");
    expect(code).toMatch(/^scenario-/);
    expect(message).toMatch(/^(In )?here\/scenario\.json.*\.$/);
    expect(hint).not.toBe("");
    expect(`${message} | ${hint}`).toContain(part);
  });

  it("is refused when the bootloader is larger than its partition", () => {
    const layout = { ...LAYOUT, boot: { address: 0, bytes: 1024 } };
    expect(mistake(() => load(SCENARIO, layout))).toBe("none");
    const files = { scenario: "s.json", bootloader: "one.wasm" };
    expect(mistake(() => loadScenarioFile(files, reader(SCENARIO, layout)))).toMatch(
      /^scenario-bootloader \| one.wasm has \d+ bytes, and the boot partition 1024/,
    );
  });
});

describe("docs/schema", () => {
  const folder = new URL("../../docs/schema/", import.meta.url);

  it("holds the published schemas and nothing else", () => {
    expect(readdirSync(folder).sort()).toEqual(expect.arrayContaining([...PUBLISHED_SCHEMAS.keys()].sort()));
  });

  it.each([...PUBLISHED_SCHEMAS])("is fresh: `npm run docs` would not change %s", async (name, schema) => {
    expect(readFileSync(new URL(name, folder), "utf8")).toBe(await schemaText(schema));
  });
});

describe("CRC-32", () => {
  it("is 0xcbf43926 for 123456789, the check value of the IEEE 802.3 polynomial", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array())).toBe(0);
  });
});
