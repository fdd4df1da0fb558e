/**
 * Rules about one device: whether it is meant, whether it can, and whether there is room.
 */
import { Status } from "../../../assembly/status.ts";
import { STATUS_TEXT } from "../../status-text.ts";
import type { Authority } from "../authority.ts";
import type { Capability } from "../capability.ts";
import { checkContent } from "../content.ts";
import { readEnvelope } from "../envelope.ts";
import { penText } from "../identifier-json.ts";
import {
  byName,
  COMMANDS,
  COMMON_MEMBERS,
  DIGEST_ALGORITHMS,
  ENVELOPE_MEMBERS,
  MANIFEST_MEMBERS,
  PARAMETERS,
  type Label,
} from "../labels.ts";
import { Refusal } from "../refusal.ts";
import type { Moment } from "./flow.ts";
import type { Findings, RuleId } from "./rule.ts";
import { lintSigners } from "./signer.ts";
import { everyCommand, parameterMaps, recordOf, type ManifestView } from "./view.ts";

/** What the linter needs to know of a device. */
export interface DeviceFacts {
  /** UUIDs in text form, a vendor's number as in "PEN 32473"; what is not known is not compared. */
  readonly vendorId?: string;
  readonly classId?: string;
  readonly deviceId?: string;
  /** Component names, parts joined by slashes. */
  readonly components: readonly string[];
  /** Whether it wants vendor and class checked for every component, in the shared sequence. */
  readonly wantsIdentity?: boolean;
  /** No manifest below it runs. */
  readonly sequenceFloor: bigint;
  /** Room for envelope and image, and the size of the pages on one of which the image begins. */
  readonly slotBytes?: number;
  readonly pageBytes?: number;
  readonly capability: Capability;
  /** Whom it trusts; signatures are left aside where it is not known. */
  readonly authority?: Authority | undefined;
  /** What its own bootloader says of the envelope, whoever has signed it; ours is asked otherwise. */
  readonly judge?: ((envelope: Uint8Array) => Judgement) | undefined;
}

/** Whether a bootloader accepts an envelope, and its reason. */
export interface Judgement {
  readonly ok: boolean;
  readonly reason: string;
  readonly message: string;
}

/** Which parameter each condition about identity compares, with what of the device, by which rule. */
const IDENTITY: Readonly<Record<string, readonly [keyof DeviceFacts & `${string}Id`, RuleId]>> = {
  "vendor-identifier": ["vendorId", "device-vendor-mismatch"],
  "class-identifier": ["classId", "device-class-mismatch"],
  "device-identifier": ["deviceId", "device-identifier-mismatch"],
};

/** Holds a manifest against a device while its commands are walked. */
export class DeviceLint {
  readonly #facts: DeviceFacts;
  readonly #findings: Findings;
  /** Names of commands of the shared sequence, and for which component each is executed. */
  readonly #checked = new Set<string>();

  constructor(facts: DeviceFacts, findings: Findings) {
    this.#facts = facts;
    this.#findings = findings;
  }

  visit({ command, component, values }: Moment): void {
    const [member, rule] = IDENTITY[command.name] ?? [];
    if (command.path.startsWith("shared")) this.#checked.add(`${command.name} ${component}`);
    if (member !== undefined && rule !== undefined) this.#requireIdentity(command, values, member, rule);
  }

  /** What needs no walk: numbers, limits, room, and the bootloader's own reasons. */
  finish(view: ManifestView, envelope: Uint8Array): void {
    this.#lintSupport(view);
    this.#lintLimits(view);
    this.#lintComponents(view);
    this.#lintIdentity(view);
    this.#lintSequenceNumber(view);
    this.#lintRoom(view, envelope);
    this.#lintDigests(view);
    const { authority, capability } = this.#facts;
    if (authority !== undefined) lintSigners(envelope, authority, capability.algorithms, this.#findings);
    if (!this.#findings.has("device-")) this.#lintRefusal(envelope);
  }

  #requireIdentity(
    { name, path }: Moment["command"],
    values: Moment["values"],
    member: "vendorId" | "classId" | "deviceId",
    rule: RuleId,
  ): void {
    const stated = values(name);
    const mine = this.#facts[member];
    const isMeant = stated.some((value) => uuidOf(value) === mine);
    if (mine === undefined || stated.length === 0 || isMeant) return;
    const others = [...new Set(stated.map(uuidOf))].join(" or ");
    this.#findings.add(rule, path, `The manifest is for ${name} ${others}, and the device has ${mine}.`);
  }

  #lintSupport(view: ManifestView): void {
    const { capability } = this.#facts;
    const requireKnown = (row: Label | undefined, known: ReadonlySet<number>, path: string): void => {
      if (row === undefined || known.has(row.label)) return;
      const message = `The device's bootloader does not process ${row.name} (${row.label}).`;
      this.#findings.add("device-unsupported", path, message);
    };
    for (const member of MANIFEST_MEMBERS) {
      if (view.json[member.json] !== undefined) requireKnown(member, capability.manifest, member.json);
    }
    for (const member of COMMON_MEMBERS) {
      if (view.json[member.json] !== undefined) requireKnown(member, capability.common, member.json);
    }
    const severable: unknown = view.json["severable"];
    for (const name of Array.isArray(severable) ? severable : []) {
      requireKnown(
        ENVELOPE_MEMBERS.find(({ json }) => json === name),
        capability.envelope,
        String(name),
      );
    }
    for (const { commands } of [...(view.shared === undefined ? [] : [view.shared]), ...view.sections]) {
      for (const { command } of everyCommand(commands)) {
        requireKnown(byName(COMMANDS, command.name), capability.commands, command.path);
        for (const { parameters, path } of parameterMaps(command)) {
          for (const name of Object.keys(parameters))
            requireKnown(byName(PARAMETERS, name), capability.parameters, `${path}.${name}`);
        }
      }
    }
  }

  #lintLimits(view: ManifestView): void {
    const { components, dependencies, nesting, signatures } = this.#facts.capability;
    const limit = (actual: number, most: number, what: string, path: string): void => {
      if (actual > most)
        this.#findings.add(
          "device-limit",
          path,
          `The manifest has ${actual} ${what}, and the device takes ${most}.`,
        );
    };
    const own = view.components.filter((_, index) => !view.dependencies.has(index));
    limit(own.length, components, "components", "components");
    // A bootloader without any does not process the member.
    if (dependencies > 0) limit(view.dependencies.size, dependencies, "dependencies", "dependencies");
    for (const { json, commands } of [
      ...(view.shared === undefined ? [] : [view.shared]),
      ...view.sections,
    ]) {
      const depth = Math.max(0, ...[...everyCommand(commands)].map((each) => each.depth));
      limit(depth, nesting, "levels of nested sequences", json);
    }
    const blocks: unknown = recordOf(view.json["authentication"])["blocks"];
    limit(Array.isArray(blocks) ? blocks.length : 0, signatures, "signatures", "authentication.blocks");
  }

  #lintComponents(view: ManifestView): void {
    const { components } = this.#facts;
    for (const [index, component] of view.components.entries()) {
      const name = componentName(component);
      // A dependency is no component of the device, whatever it is called.
      if (components.includes(name) || view.dependencies.has(index)) continue;
      const known = components.length === 0 ? "none" : components.join(", ");
      const message = `The device has no component ${name}; it has ${known}.`;
      this.#findings.add("device-component-unknown", `components[${index}]`, message);
    }
  }

  /** A manifest that checks nobody at all breaks a rule of its own. */
  #lintIdentity(view: ManifestView): void {
    if (this.#facts.wantsIdentity !== true) return;
    const isChecked = (name: string, index: number): boolean => this.#checked.has(`${name} ${index}`);
    for (const name of ["vendor-identifier", "class-identifier"]) {
      const positions = [...view.components.keys()].filter((index) => !view.dependencies.has(index));
      const missing = positions.find((index) => !isChecked(name, index));
      if (missing === undefined || !positions.some((index) => isChecked(name, index))) continue;
      const message = `The device wants ${name} checked for every component, and component ${missing} is left out.`;
      this.#findings.add("device-identity-unchecked", "shared", message);
    }
  }

  #lintSequenceNumber({ sequenceNumber }: ManifestView): void {
    const { sequenceFloor } = this.#facts;
    if (sequenceNumber > sequenceFloor) return;
    const isLower = sequenceNumber < sequenceFloor;
    this.#findings.add(
      isLower ? "device-sequence-too-low" : "device-sequence-not-higher",
      "sequenceNumber",
      `The sequence number is ${sequenceNumber}, and the device has confirmed ${sequenceFloor}.`,
    );
  }

  /** The image begins on the page after the envelope, unless the envelope carries it. */
  #lintRoom(view: ManifestView, envelope: Uint8Array): void {
    const { slotBytes = Infinity, pageBytes = 1 } = this.#facts;
    const sizes = [...(view.shared === undefined ? [] : [view.shared]), ...view.sections].flatMap((section) =>
      [...everyCommand(section.commands)].flatMap(({ command }) =>
        parameterMaps(command).map(({ parameters }) => parameters["image-size"]),
      ),
    );
    const image = Math.max(0, ...sizes.filter((size) => typeof size === "number"));
    const apart = view.integrated.length > 0 ? 0 : image;
    const needed = Math.ceil(envelope.length / pageBytes) * pageBytes + apart;
    if (needed <= slotBytes) return;
    const message = `Envelope and image need ${needed} bytes, and a slot of the device has ${slotBytes}.`;
    this.#findings.add("device-image-too-large", "", message);
  }

  /** Digests of algorithms that the device does not have, wherever parameters state them. */
  #lintDigests(view: ManifestView): void {
    const { algorithms } = this.#facts.capability;
    for (const { commands } of [...(view.shared === undefined ? [] : [view.shared]), ...view.sections]) {
      for (const { command } of everyCommand(commands)) {
        for (const { parameters, path } of parameterMaps(command)) {
          for (const [name, value] of Object.entries(parameters)) {
            const row = Object.keys(recordOf(value))
              .map((key) => DIGEST_ALGORITHMS.find((known) => known.name === key))
              .find((known) => known !== undefined);
            if (row === undefined || algorithms.has(row.label)) continue;
            const message = `The device does not compute ${row.name} (${row.label}).`;
            this.#findings.add("device-algorithm-unsupported", `${path}.${name}`, message);
          }
        }
      }
    }
  }

  #lintRefusal(envelope: Uint8Array): void {
    const { ok, reason, message } = (this.#facts.judge ?? ownJudge)(envelope);
    if (!ok) this.#findings.add("device-refuses", "", `The device refuses it with ${reason}: ${message}`);
  }
}

/** What our bootloader would say, by the host's reading of its rules. */
function ownJudge(envelope: Uint8Array): Judgement {
  try {
    checkContent(readEnvelope(envelope));
    return { ok: true, reason: STATUS_TEXT[Status.Ok].code, message: "" };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, reason: STATUS_TEXT[error.status].code, message: error.said() };
  }
}

/** A component's JSON as the survey of a device writes it: parts joined by slashes. */
function componentName(component: unknown): string {
  const parts: readonly unknown[] = Array.isArray(component) ? component : [component];
  return parts
    .map((part) => {
      if (typeof part === "string" && /^[\x21-\x7e]+$/.test(part)) return part;
      const hex = typeof part === "string" ? Buffer.from(part).toString("hex") : recordOf(part)["hex"];
      return `0x${String(hex)}`;
    })
    .join("/");
}

/** An identifier's JSON as the text of its UUID or its number. */
function uuidOf(json: unknown): string {
  const { pen } = recordOf(json);
  if (typeof pen === "number") return penText(pen);
  return typeof json === "string" ? json.toLowerCase() : JSON.stringify(json);
}
