/**
 * A manifest with a dependency, staged on a device: the application is the root's, the configuration that of
 * the dependency, which another author signs.
 */
import { z } from "zod";
import { generateKey } from "../host/keys/key.ts";
import { createEnvelope } from "../host/manifest/create.ts";
import { signEnvelope } from "../host/manifest/sign.ts";
import { acceptable, image, judgeEnvelope, trusted, type CandidateOptions } from "./candidate.ts";

/** Signs the root. */
export const oem = trusted;
/** Signs the dependency. */
export const operator = generateKey();
/** Whom the device does not trust. */
export const stranger = generateKey();
/** A device that trusts both authors and has both components. */
export const both: CandidateOptions = { anchors: [oem, operator], components: ["app", "cfg"] };

/** Vendor and class of the device. */
export const identity = {
  "vendor-identifier": acceptable.vendor,
  "class-identifier": { name: "sensor", domain: "brownout.example" },
};
/** The conditions on them. */
export const checks = ["vendor-identifier", "class-identifier"];
/** The configuration, in hex. */
export const SETTINGS = "2a2b2c2d";

/** The dependency: writes the configuration and checks it. */
export const configuration = (change: object = {}): object => ({
  sequenceNumber: 1,
  components: [["cfg"]],
  shared: [{ "override-parameters": { ...identity, content: { hex: SETTINGS } } }, ...checks],
  install: ["write", "check-content"],
  validate: ["vendor-identifier"],
  ...change,
});

/** A signed dependency. */
export const signedDependency = (json: object = configuration(), key = operator): Uint8Array =>
  signEnvelope(createEnvelope(json), key);

/** Selects a component or the dependency. */
export const select = (index: number | boolean): object => ({ "set-component-index": index });

/** What the root's shared sequence says of the application. */
export const ofApplication = [
  select(0),
  {
    "override-parameters": {
      ...identity,
      "image-digest": { from: "payload" },
      "image-size": { from: "payload" },
    },
  },
  ...checks,
];

/** The root: the application, and the configuration as an integrated dependency with index 1. */
export const root = (change: object = {}): object => ({
  sequenceNumber: 2,
  components: [["app"]],
  dependencies: { "1": {} },
  shared: [
    ...ofApplication,
    select(1),
    { "override-parameters": { "image-digest": { "manifest-of": "#cfg" } } },
  ],
  dependencyResolution: [
    select(1),
    { "override-parameters": { uri: "#cfg" } },
    "fetch",
    "image-match",
    "dependency-integrity",
    "process-dependency",
  ],
  install: [
    select(1),
    "dependency-integrity",
    "process-dependency",
    select(0),
    { "override-parameters": { uri: acceptable.uri } },
    "fetch",
    "image-match",
  ],
  validate: [select(1), "dependency-integrity", "process-dependency", select(0), "image-match"],
  invoke: [select(0), "invoke"],
  integrated: { "#cfg": { file: "dependency" } },
  ...change,
});

/** What is staged: changes of the root, the dependency, the device, who signs the root. */
export interface Case {
  readonly change?: object;
  readonly dependency?: Uint8Array;
  readonly options?: CandidateOptions;
  readonly keys?: readonly ReturnType<typeof generateKey>[];
}

/** Stages it, and powers the device on once. */
export function stage({
  change,
  dependency = signedDependency(),
  options = both,
  keys = [oem],
}: Case = {}): ReturnType<typeof judgeEnvelope> {
  const sources = { payload: image, readFile: () => dependency };
  let envelope = createEnvelope(root(change), sources);
  for (const key of keys) envelope = signEnvelope(envelope, key);
  return judgeEnvelope(envelope, options);
}

/** What the device says of it. */
export const verdict = (what: Case = {}): string => stage(what).verdict;

/** Changes of the root, which names a component as well, sets other content for it, and depends on index 2. */
export function settingFirst(component: readonly string[], dependency: object = {}): object {
  const sections = z.record(z.string(), z.array(z.unknown()).catch([])).parse(root());
  const selecting = (name: string): unknown[] =>
    (sections[name] ?? []).map((command) =>
      JSON.stringify(command) === JSON.stringify(select(1)) ? select(2) : command,
    );
  return {
    components: [["app"], component],
    dependencies: { "2": dependency },
    shared: [
      ...selecting("shared"),
      select(1),
      { "override-parameters": { ...identity, content: { hex: "ff" } } },
      ...checks,
    ],
    dependencyResolution: selecting("dependencyResolution"),
    install: selecting("install"),
    validate: selecting("validate"),
  };
}

/** A dependency that sets the configuration only where its dependent has set none. */
export const deferring = (): Uint8Array =>
  signedDependency(
    configuration({
      shared: [
        { "override-parameters": identity },
        ...checks,
        { "set-parameters": { content: { hex: SETTINGS } } },
      ],
      install: ["write", { "override-parameters": { content: { hex: "ff" } } }, "check-content"],
    }),
  );
