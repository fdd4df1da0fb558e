/**
 * Call sites of flash operations: which instruction of which function made the HAL call that an
 * operation belongs to, and through which functions control came there.
 *
 * The engine tells where it is by a stack trace (WebAssembly Web API §"Conventions"), in offsets of
 * the instrumented module. Calls keep their order under instrumentation, so the n-th call of a
 * function is the n-th call of it before. A stack trace per operation costs some ten microseconds:
 * this is for replays and for samples of a campaign, not for every power-on.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Device } from "../../emulator/device.ts";
import { bootedImage, type Subject } from "../../emulator/explore/subject.ts";
import { FLASH_BYTES, RAM_BASE, RAM_BYTES } from "../../emulator/memory-map.ts";
import type { Operation, PowerObserver } from "../../emulator/power.ts";
import type { TraceEvent, TraceSink } from "../../emulator/trace.ts";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { computeFootprint } from "../../emulator/wasm/footprint.ts";
import { instrument, type Build } from "../../emulator/wasm/instrument.ts";
import { InstructionReader } from "../../emulator/wasm/instruction.ts";
import { entryPoints, withSymbols } from "../../emulator/wasm/load.ts";
import { ModuleError } from "../../emulator/wasm/module-error.ts";
import type { DecodedModule } from "../../emulator/wasm/module.ts";
import { Opcode } from "../../emulator/wasm/opcode.ts";
import { computeStack } from "../../emulator/wasm/stack.ts";
import type { SourceMap } from "../glitch/source-map.ts";
import { projectRoot } from "../project.ts";

/** One call instruction. */
export interface CallSite {
  /** What runs there: the bootloader, or an image by its name. */
  readonly module: string;
  readonly functionName: string;
  /** Byte offset of the call in the module as it lies in flash. */
  readonly offset: number;
  /** The line of the call, where the module has a source map. */
  readonly line?: SourceLine;
}

/** How control came to an operation: the HAL call first, then the calls that led there. */
export type CallPath = readonly CallSite[];

/** Where a function is declared. */
export interface SourceLine {
  /** Path from the root of the project, or as a source map has it; with slashes. */
  readonly file: string;
  readonly line: number;
}

/** What call sites are found in. */
export interface CallSiteModules {
  readonly bootloader: Uint8Array;
  readonly subject: Subject;
  /** Twins with the names of functions. */
  readonly symbols: readonly Uint8Array[];
  readonly sourceMaps?: ReadonlyMap<string, SourceMap> | undefined;
}

/** HAL calls that do operations. */
const OPERATION_CALLS: ReadonlySet<string> = new Set(["flash_erase", "flash_program", "counter_advance"]);
const STACK_FRAMES_MAX = 64;
const BUILDS: readonly Build[] = ["fast", "checked", "probed"];

/** See the file comment: looks at power-ons of one device and remembers how each operation came about. */
export class CallSiteRecorder implements PowerObserver, TraceSink {
  /** By number of the operation since power-on; undefined where the engine does not tell. */
  paths: (CallPath | undefined)[] = [];

  readonly #atlas: CallSiteAtlas;
  readonly #device: Device;
  readonly #known = new Map<string, CallPath | undefined>();
  #module: ModuleCalls | undefined;

  constructor(atlas: CallSiteAtlas, device: Device) {
    this.#atlas = atlas;
    this.#device = device;
  }

  event(event: TraceEvent): void {
    if (event.kind === "power-on") {
      this.paths = [];
      this.#module = this.#atlas.bootloader;
    } else if (event.kind === "boot") {
      this.#module = this.#atlas.image(this.#device.flash.bytes, event);
    }
  }

  before(operation: Operation): void {
    const frames = wasmFrames();
    const key = `${this.#module?.name}/${frames}`;
    if (!this.#known.has(key)) this.#known.set(key, this.#module?.path(frames));
    this.paths[operation.index] = this.#known.get(key);
  }
}

/** The modules of a scenario and the calls in them. */
export class CallSiteAtlas {
  readonly bootloader: ModuleCalls;
  readonly #modules: CallSiteModules;
  readonly #images = new Map<string, ModuleCalls>();

  constructor(modules: CallSiteModules) {
    this.#modules = modules;
    this.bootloader = new ModuleCalls("bootloader", modules.bootloader, modules);
  }

  /** The image that was handed control, or undefined: none that the scenario knows. */
  image(
    flash: Uint8Array,
    booted: { readonly slot: number; readonly address: number; readonly length: number },
  ): ModuleCalls | undefined {
    const image = bootedImage(this.#modules.subject, flash, booted);
    if (image === undefined) return undefined;
    let calls = this.#images.get(image.name);
    if (calls === undefined) {
      calls = new ModuleCalls(image.name, image.bytes, this.#modules);
      this.#images.set(image.name, calls);
    }
    return calls;
  }

  /** Every call of a HAL function that does operations, in the modules that have run so far. */
  operationSites(): CallSite[] {
    return [this.bootloader, ...this.#images.values()].flatMap((calls) => calls.operationSites());
  }
}

/** The calls of one module, before and after instrumentation. */
class ModuleCalls {
  readonly name: string;
  readonly #module: DecodedModule | undefined;
  readonly #sourceMap: SourceMap | undefined;
  /** Per build: the original offset of each call by its offset in the instrumented module. */
  readonly #tables = new Map<Build, ReadonlyMap<number, number>>();

  constructor(
    name: string,
    bytes: Uint8Array,
    { symbols, sourceMaps }: Pick<CallSiteModules, "symbols" | "sourceMaps">,
  ) {
    this.name = name;
    this.#module = decodeWithNames(bytes, symbols);
    this.#sourceMap = sourceMaps?.get(name);
  }

  /** The path that stack frames tell, innermost first, as `35:1733 38:1a92`; undefined if they tell none. */
  path(frames: string): CallPath | undefined {
    const module = this.#module;
    if (module === undefined || frames === "") return undefined;
    const places = frames.split(" ").map((frame) => {
      const [index = "", offset = ""] = frame.split(":");
      return { index: Number(index), offset: Number.parseInt(offset, 16) };
    });
    for (const build of BUILDS) {
      const table = this.#table(module, build);
      const path = places.flatMap(({ index, offset }) => {
        const original = table.get(offset);
        if (original === undefined) return [];
        return [this.#site(module.functions[index]?.name ?? "", original)];
      });
      if (path.length === places.length) return path;
    }
    return undefined;
  }

  operationSites(): CallSite[] {
    const module = this.#module;
    if (module === undefined) return [];
    const imports = module.imports.filter(({ kind }) => kind === "function");
    return module.functions.flatMap((entry) =>
      callsIn(module, entry.index)
        .filter(({ target }) => {
          const imported = imports[target];
          return imported?.module === "hal" && OPERATION_CALLS.has(imported.name);
        })
        .map(({ offset }) => this.#site(entry.name, offset)),
    );
  }

  #site(functionName: string, offset: number): CallSite {
    const site = { module: this.name, functionName, offset };
    const place = this.#sourceMap?.placeOf(offset);
    return place === undefined ? site : { ...site, line: { file: place.file, line: place.line } };
  }

  #table(module: DecodedModule, build: Build): ReadonlyMap<number, number> {
    const known = this.#tables.get(build);
    if (known !== undefined) return known;
    const table = callOffsets(module, build);
    this.#tables.set(build, table);
    return table;
  }
}

/** Looks on with stack traces deep enough and in the engine's own words; restores both. */
export function withCallStacks<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  Error.stackTraceLimit = STACK_FRAMES_MAX;
  Error.prepareStackTrace = (_error, frames) => frames.map(String).join("\n");
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (before === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Object.defineProperty(Error, "prepareStackTrace", before);
  }
}

/** A call site in words: "eraseSlot at byte 0x1733 of the bootloader". */
export function siteText({ module, functionName, offset }: CallSite): string {
  const where = module === "bootloader" ? "the bootloader" : module;
  return `${shortName(functionName)} at byte 0x${offset.toString(16)} of ${where}`;
}

/** A path in words: "writeRecord at byte 0x2d0e of the bootloader, called by journalAppend". */
export function pathText([site, ...callers]: CallPath): string {
  if (site === undefined) return "";
  const source = sourceOf(site);
  return [
    `${siteText(site)}${source === undefined ? "" : ` (${source.file}:${source.line})`}`,
    ...callers.map(({ functionName }) => `called by ${shortName(functionName)}`),
  ].join(", ");
}

/** A function's name without the path of its file: "assembly/flash/page/eraseSlot" is "eraseSlot". */
export function shortName(functionName: string): string {
  return functionName.slice(functionName.lastIndexOf("/") + 1);
}

/** The line of a call if its module has a source map, else where its function is declared. */
export function sourceOf({ line, functionName }: CallSite): SourceLine | undefined {
  return line ?? sourceLineOf(functionName);
}

/**
 * Where a function of AssemblyScript is declared. Its name is the path of its file and its own name;
 * of any other function, or without the file, this is undefined.
 */
export function sourceLineOf(functionName: string): SourceLine | undefined {
  const slash = functionName.lastIndexOf("/");
  const file = `${functionName.slice(0, slash)}.ts`;
  if (slash < 0 || file.includes("..") || file.startsWith("~")) return undefined;
  const absolute = path.join(projectRoot, file);
  if (!existsSync(absolute)) return undefined;
  const name = shortName(functionName).split(/[#<|]/)[0] ?? "";
  const lines = readFileSync(absolute, "utf8").split("\n");
  const line = lines.findIndex((text) => text.includes(`function ${name}(`));
  return line < 0 ? undefined : { file, line: line + 1 };
}

/** The frames of this moment that are WebAssembly, innermost first, as `35:1733 38:1a92`. */
function wasmFrames(): string {
  const { stack = "" } = new Error();
  const frames: string[] = [];
  for (const match of stack.matchAll(/wasm-function\[(\d+)\]:0x([0-9a-f]+)/gi)) {
    frames.push(`${match[1]}:${match[2]}`);
  }
  return frames.join(" ");
}

function decodeWithNames(bytes: Uint8Array, symbols: readonly Uint8Array[]): DecodedModule | undefined {
  try {
    const module = decodeModule(bytes);
    for (const twin of symbols) {
      try {
        return withSymbols(module, decodeModule(twin));
      } catch (error) {
        if (!(error instanceof ModuleError) || error.code !== "symbols-mismatch") throw error;
      }
    }
    return module;
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
}

/** The original offset of each call by its offset after the instrumentation that the device does. */
function callOffsets(module: DecodedModule, build: Build): ReadonlyMap<number, number> {
  const options = { ramBase: RAM_BASE, ramBytes: RAM_BYTES, flashBytes: FLASH_BYTES };
  const stack = computeStack(module, { ...options, roots: entryPoints(module, {}) });
  const { linearRamEnd } = computeFootprint(module, stack, options);
  const bounds = { ramStart: RAM_BASE, ramEnd: linearRamEnd, flashBytes: FLASH_BYTES };
  const instrumented = decodeModule(instrument(module, { build, bounds }).bytes);
  const offsets = new Map<number, number>();
  for (const { index } of module.functions) {
    const own = callsIn(instrumented, index).filter(({ target }) => target < module.functions.length);
    callsIn(module, index).forEach(({ offset }, position) => {
      const now = own[position];
      if (now !== undefined) offsets.set(now.offset, offset);
    });
  }
  return offsets;
}

interface Call {
  readonly offset: number;
  /** The function, or -1: whichever an indirect call finds. */
  readonly target: number;
}

function callsIn(module: DecodedModule, functionIndex: number): Call[] {
  const body = module.functions[functionIndex]?.body;
  if (body === undefined) return [];
  const calls: Call[] = [];
  const reader = new InstructionReader(module.bytes, body.codeStart, body.end);
  while (reader.next()) {
    if (reader.opcode === Opcode.Call) calls.push({ offset: reader.offset, target: reader.index });
    else if (reader.opcode === Opcode.CallIndirect) calls.push({ offset: reader.offset, target: -1 });
  }
  return calls;
}
