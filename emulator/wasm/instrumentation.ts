/**
 * What the parts of the instrumentation share: its bounds, and the indices of what it adds.
 */
import type { EdgeRecorder } from "./edge-coverage.ts";
import type { FaultSite } from "./fault.ts";
import type { DecodedModule } from "./module.ts";
import type { ObservationGlobals, Observer } from "./observation.ts";

/**
 * Checked: stores, loads and fuel. Fast: stores and fuel. Probed: as checked, and loads from flash
 * meet what the hazard map of ../hazard.ts says. All burn the same fuel.
 */
export type Build = "checked" | "fast" | "probed";

/** What the module may touch; addresses and sizes in bytes, none at 4 GiB or above. */
export interface Bounds {
  /** Stores and loads are allowed in `[ramStart, ramEnd)`. */
  readonly ramStart: number;
  readonly ramEnd: number;
  /** Loads are allowed in `[0, flashBytes)`. */
  readonly flashBytes: number;
}

/** Indices of what is added, and what the added code needs to know. */
export interface Instrumentation {
  readonly module: DecodedModule;
  readonly build: Build;
  readonly bounds: Bounds;
  readonly counting: boolean;
  /** Counts edges where it is there. */
  readonly edges: EdgeRecorder | undefined;
  /** Hashes what an onlooker may see where it is there. */
  readonly observer: Observer | undefined;
  readonly sites: FaultSite[];
  readonly globals: ObservationGlobals & {
    fuel: number;
    site: number;
    address: number;
    instructions: number;
    loaded: number;
    stored: number;
  };
  readonly functions: {
    fault: number;
    fuelFault: number;
    storeRange: number;
    loadRange: number;
    probe: number;
    observe: number;
  };
}
