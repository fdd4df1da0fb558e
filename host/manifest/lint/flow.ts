/**
 * Rules about what commands find when they are executed: which components are selected and which
 * parameters may have a value by then.
 *
 * Each procedure is walked once from its start. Branches are joined: what one of them sets may be
 * set. So a rule speaks only where no way through the manifest is in order.
 */
import { byName, COMMANDS, type CommandLabel } from "../labels.ts";
import type { Findings } from "./rule.ts";
import {
  nestedSequences,
  parameterMaps,
  recordOf,
  type ManifestView,
  type PlacedCommand,
  type Section,
} from "./view.ts";

/** The sections of each procedure in the order of their execution (draft-ietf-suit-manifest-37 §8.4.6). */
const PROCEDURES: readonly (readonly string[])[] = [
  ["dependencyResolution", "payloadFetch", "candidateVerification", "install", "validate"],
  ["validate", "load", "invoke"],
  ["uninstall"],
];

/** Directives that give a component new content. */
const WRITERS: readonly string[] = ["fetch", "copy", "write", "swap"];
/** Conditions that compare content with something that was signed. */
const CHECKERS: readonly string[] = ["image-match", "check-content", "dependency-integrity"];

/** Values that each parameter of a component may have. */
type Parameters = Map<string, unknown[]>;

/** A command at the moment of its execution, for one of the selected components. */
export interface Moment {
  readonly command: PlacedCommand;
  readonly component: number;
  /** Values that a parameter may have; none if it is certainly not set. */
  readonly values: (parameter: string) => readonly unknown[];
}

/** Walks every procedure; `visit` sees every command for every component that it is executed for. */
export function lintFlow(view: ManifestView, findings: Findings, visit: (moment: Moment) => void): void {
  for (const names of PROCEDURES) {
    const sections = names.flatMap((name) => view.sections.filter(({ json }) => json === name));
    if (sections.length > 0) new Walk(view, findings, visit).procedure(sections);
  }
  // A manifest may be nothing but a shared sequence.
  if (view.sections.length === 0) new Walk(view, findings, visit).procedure([]);
}

/** Where a sequence stands. */
interface Place {
  readonly isShared: boolean;
  readonly isNested: boolean;
}

class Walk {
  readonly #view: ManifestView;
  readonly #findings: Findings;
  readonly #visit: (moment: Moment) => void;
  readonly #parameters = new Map<number, Parameters>();
  /** Components that dependency-integrity has held for. */
  readonly #intact = new Set<number>();
  /** Where a component got content that nothing has been compared with since, and what it came from. */
  readonly #unchecked = new Map<number, { readonly path: string; readonly sources: readonly number[] }>();
  #selected: readonly number[] = [];

  constructor(view: ManifestView, findings: Findings, visit: (moment: Moment) => void) {
    this.#view = view;
    this.#findings = findings;
    this.#visit = visit;
  }

  procedure(sections: readonly Section[]): void {
    const { shared } = this.#view;
    if (sections.length === 0) this.#section(shared, true);
    for (const section of sections) {
      this.#section(shared, true);
      this.#section(section, false);
    }
    for (const [component, { path }] of this.#unchecked) {
      this.#findings.add(
        "content-not-checked",
        path,
        `Component ${component} gets new content that is never compared with a digest.`,
      );
    }
  }

  #section(section: Section | undefined, isShared: boolean): void {
    if (section?.commands === undefined) return;
    const isOne = this.#view.components.length === 1 && this.#view.dependencies.size === 0;
    this.#selected = isOne ? [0] : [];
    this.#sequence(section.commands, { isShared, isNested: false });
  }

  #sequence(commands: readonly PlacedCommand[], place: Place): void {
    for (const command of commands) this.#command(command, place);
  }

  #command(command: PlacedCommand, place: Place): void {
    const known = byName(COMMANDS, command.name);
    if (place.isShared && known?.shared !== true) {
      this.#findings.add(
        "shared-command-forbidden",
        command.path,
        `The shared sequence has ${command.name}, which is not allowed there.`,
      );
    }
    this.#requireSelection(command);
    switch (known?.kind) {
      case "component-index":
        this.#select(command);
        return;
      case "parameters":
      case "component-parameters":
        this.#setParameters(command, place);
        return;
      case "component-parameter-lists":
        this.#copyParameters(command);
        return;
      case "try-each":
      case "sequence":
        this.#nested(command, place);
        return;
      default:
        for (const component of this.#selected) this.#execute(command, known, component);
    }
  }

  #requireSelection({ name, path }: PlacedCommand): void {
    if (this.#selected.length > 0 || name === "set-component-index" || name === "override-multiple") return;
    // A nested sequence may select for itself.
    if (name === "run-sequence" || name === "try-each") return;
    this.#findings.add("component-not-selected", path, `${name} comes before any component is selected.`);
  }

  #select({ argument, path, name }: PlacedCommand): void {
    const all = this.#view.components.map((_, index) => index);
    const listed: readonly unknown[] = Array.isArray(argument) ? argument : [argument];
    const indices = argument === true ? all : listed.filter((index) => typeof index === "number");
    for (const index of indices) this.#requireIndex(index, `${path}.${name}`);
    this.#selected = indices;
  }

  #requireIndex(index: number, path: string): void {
    const { components, dependencies } = this.#view;
    if (index < components.length || dependencies.has(index)) return;
    const count = components.length === 1 ? "one component" : `${components.length} components`;
    this.#findings.add(
      "component-index-unknown",
      path,
      `The manifest has ${count} and none of index ${index}.`,
    );
  }

  #of(component: number): Parameters {
    const known = this.#parameters.get(component) ?? new Map<string, unknown[]>();
    this.#parameters.set(component, known);
    return known;
  }

  #setParameters(command: PlacedCommand, place: Place): void {
    for (const { component, parameters, path } of parameterMaps(command)) {
      if (component !== undefined) {
        this.#requireIndex(component, path);
        this.#selected = [component];
      }
      if (parameters["soft-failure"] !== undefined && !place.isNested)
        this.#findings.add("soft-failure-outside", `${path}.soft-failure`);
      if (command.name === "set-parameters" && parameters["image-digest"] !== undefined)
        this.#findings.add("digest-set-weakly", `${path}.image-digest`);
      lintPlaceholder(parameters["image-digest"], `${path}.image-digest`, this.#findings);
      for (const selected of this.#selected) {
        for (const [name, value] of Object.entries(parameters)) {
          const before = command.name === "set-parameters" ? (this.#of(selected).get(name) ?? []) : [];
          this.#of(selected).set(name, [...before, value]);
        }
      }
    }
  }

  #copyParameters({ argument, path, name }: PlacedCommand): void {
    for (const [index, names] of Object.entries(recordOf(argument))) {
      this.#requireIndex(Number(index), `${path}.${name}.${index}`);
      for (const copied of Array.isArray(names) ? names.map(String) : []) {
        for (const selected of this.#selected)
          this.#of(selected).set(copied, [...(this.#of(Number(index)).get(copied) ?? [])]);
      }
    }
  }

  /** Every branch begins with what was set before; afterwards all that any of them set may be set. */
  #nested(command: PlacedCommand, place: Place): void {
    const branches = nestedSequences(command);
    this.#lintBranches(command, branches);
    const before = this.#snapshot();
    const selected = this.#selected;
    const ends: ReadonlyMap<number, Parameters>[] = [];
    for (const branch of branches) {
      this.#restore(before);
      this.#selected = selected;
      this.#sequence(branch ?? [], { ...place, isNested: true });
      ends.push(this.#snapshot());
    }
    this.#selected = selected;
    // A sequence that ends softly leaves what was set before it as well.
    this.#restore(joined([before, ...ends]));
  }

  #lintBranches({ name, path }: PlacedCommand, branches: readonly unknown[]): void {
    if (name !== "try-each") return;
    const nothing = branches.indexOf(null);
    if (branches.length === 2 && nothing === 1) this.#findings.add("try-each-one-branch", `${path}.${name}`);
    if (nothing >= 0 && nothing < branches.length - 1)
      this.#findings.add("try-each-null-not-last", `${path}.${name}[${nothing}]`);
  }

  #execute(command: PlacedCommand, known: CommandLabel | undefined, component: number): void {
    const values = (parameter: string): readonly unknown[] => this.#of(component).get(parameter) ?? [];
    this.#visit({ command, component, values });
    for (const needed of known?.needs ?? []) {
      if (values(needed).length > 0) continue;
      this.#findings.add(
        known?.directive === true ? "directive-without-parameter" : "condition-without-parameter",
        command.path,
        `${command.name} needs the parameter ${needed}, which is not set for component ${component} here.`,
      );
    }
    this.#track(command, component, values);
    this.#lintDependency(command, component);
  }

  #track(
    { name, path }: PlacedCommand,
    component: number,
    values: (name: string) => readonly unknown[],
  ): void {
    if (CHECKERS.includes(name)) this.#checked(component);
    if (!WRITERS.includes(name)) return;
    const readsSource = name === "copy" || name === "swap";
    const sources = readsSource
      ? values("source-component").filter((value) => typeof value === "number")
      : [];
    for (const source of sources) {
      this.#requireIndex(source, path);
      if (source === component) this.#findings.add("source-is-component", path);
    }
    this.#unchecked.set(component, { path, sources });
    this.#intact.delete(component);
    if (name === "fetch" && values("image-size").length === 0) this.#findings.add("fetch-without-size", path);
    const isEncrypted = name !== "fetch" && values("encryption-info").length > 0;
    if (isEncrypted && values("image-digest").length === 0)
      this.#findings.add("encryption-without-digest", path);
  }

  /** What a checked component was copied from has been checked with it. */
  #checked(component: number): void {
    const written = this.#unchecked.get(component);
    this.#unchecked.delete(component);
    for (const source of written?.sources ?? []) {
      if (source !== component) this.#checked(source);
    }
  }

  #lintDependency({ name, path }: PlacedCommand, component: number): void {
    if (name === "dependency-integrity") this.#intact.add(component);
    const isForDependencies = name === "dependency-integrity" || name === "process-dependency";
    if (isForDependencies && !this.#view.dependencies.has(component)) {
      this.#findings.add(
        "dependency-unknown",
        path,
        `${name} is used on component ${component}, which is no dependency.`,
      );
    }
    if (name === "process-dependency" && !this.#intact.has(component))
      this.#findings.add("dependency-unchecked", path);
  }

  #snapshot(): Map<number, Parameters> {
    return joined([this.#parameters]);
  }

  #restore(parameters: ReadonlyMap<number, Parameters>): void {
    this.#parameters.clear();
    for (const [component, values] of joined([parameters])) this.#parameters.set(component, values);
  }
}

/** What may be set if one of the states holds. */
function joined(states: readonly ReadonlyMap<number, Parameters>[]): Map<number, Parameters> {
  const result = new Map<number, Parameters>();
  for (const state of states) {
    for (const [component, parameters] of state) {
      const known = result.get(component) ?? new Map<string, unknown[]>();
      for (const [name, values] of parameters)
        known.set(name, [...new Set([...(known.get(name) ?? []), ...values])]);
      result.set(component, known);
    }
  }
  return result;
}

/** Digests of examples: one byte again and again, or counting nibbles. */
function lintPlaceholder(digest: unknown, path: string, findings: Findings): void {
  const hex = Object.values(recordOf(digest)).find((value) => typeof value === "string");
  if (hex === undefined) return;
  if (/^(..)\1*$/.test(hex) || hex.startsWith("00112233445566778899aabbccddeeff"))
    findings.add("digest-placeholder", path);
}
