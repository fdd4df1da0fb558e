/**
 * A bootloader as it is run under test: checked in every load and store, its edges counted.
 */
import { Memory } from "../../assembly/layout.ts";
import { closureOf } from "../glitch/kernel-purity.ts";
import { HAL_SIGNATURES } from "../hal.ts";
import { decodeModule } from "../wasm/decode.ts";
import { EdgeRecorder, type Edge, type EdgeMap } from "../wasm/edge-coverage.ts";
import { instrument } from "../wasm/instrument.ts";
import { entryPoints, LoadedModule, loadModule, withSymbols } from "../wasm/load.ts";
import type { DecodedModule } from "../wasm/module.ts";
import type { FaultMap, RunningModule } from "../wasm/running-module.ts";

/** The hole between flash and RAM: no check lets an access in, and the checked build has no other use for it. */
const EDGE_MAP: EdgeMap = { address: Memory.FlashBytes, bytes: Memory.RamBase - Memory.FlashBytes };

/** A bootloader under test. */
export class FuzzModule extends LoadedModule {
  /** Every edge of a function that can be reached from outside. */
  readonly edges: readonly Edge[];
  readonly functionNames: readonly string[];
  /** The instance that ran last. */
  running: RunningModule | undefined;

  constructor(loaded: LoadedModule, module: WebAssembly.Module, faults: FaultMap, edges: readonly Edge[]) {
    super(module, loaded.footprint, "checked", faults);
    this.edges = edges;
    this.functionNames = faults.functionNames;
  }

  override instantiate(imports: WebAssembly.Imports): RunningModule {
    this.running = super.instantiate(imports);
    return this.running;
  }

  /** The counters in a device's memory, one for each edge. */
  countersIn(memory: Uint8Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
    return new Uint16Array(memory.buffer, EDGE_MAP.address, this.edges.length);
  }
}

/**
 * Loads a bootloader for tests.
 *
 * @param symbols the same code with the names of its functions
 * @throws ModuleError for one that the device refuses, or for foreign symbols
 */
export function loadFuzzModule(bytes: Uint8Array, symbols?: Uint8Array): FuzzModule {
  const loaded = loadModule(bytes, {
    ramBase: Memory.RamBase,
    ramBytes: Memory.RamBytes,
    flashBytes: Memory.FlashBytes,
    build: "checked",
    requiredExports: ["reset", "__heap_base"],
    allowedImports: HAL_SIGNATURES,
  });
  const decoded = decodeModule(bytes);
  const module = symbols === undefined ? decoded : withSymbols(decoded, decodeModule(symbols));
  const reached = reachable(module);
  const recorder = new EdgeRecorder(EDGE_MAP, (index) => reached.has(index));
  const instrumented = instrument(module, {
    build: "checked",
    bounds: {
      ramStart: Memory.RamBase,
      ramEnd: loaded.footprint.linearRamEnd,
      flashBytes: Memory.FlashBytes,
    },
    edges: recorder,
  });
  const faults = {
    sites: instrumented.sites,
    trapOffsets: instrumented.trapOffsets,
    functionNames: module.functions.map((entry) => entry.name),
  };
  return new FuzzModule(loaded, new WebAssembly.Module(instrumented.bytes), faults, recorder.edges);
}

/** Functions that `reset` and `verify` can get to. */
function reachable(module: DecodedModule): Set<number> {
  const roots = entryPoints(module, {});
  if (module.startFunction !== undefined) roots.push(module.startFunction);
  return closureOf(module, [...roots, ...module.elements.flatMap(({ functions }) => functions)]);
}
