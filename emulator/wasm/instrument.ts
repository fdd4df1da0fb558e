/**
 * Rewrites a module so that it runs behind a memory protection unit and a watchdog.
 *
 * Every store is checked against the part of RAM that the module may write, in the checked build
 * every load as well; function entries and loops consume fuel. A bad access or the end of the fuel
 * stops the module with a trap after it has written down where. What is added stands at the end of
 * each index space, so no index of the module moves, and mutable globals under reserved export names
 * are all that the host needs:
 *
 * ```
 * bo:fuel     i64  fuel left; 0 when it was used up
 * bo:site     i32  0, or 1 + index of the site that stopped the module
 * bo:address  i64  bits 31..0 address operand of the bad access, bits 63..32 length if decided at run time
 * bo:instructions, bo:loaded, bo:stored   i64  only when counting
 * ```
 */
import { ByteWriter } from "./byte-writer.ts";
import { sectionOrder } from "./decode.ts";
import type { EdgeRecorder } from "./edge-coverage.ts";
import type { FaultSite } from "./fault.ts";
import { helperBodies, helperTypes } from "./guard.ts";
import type { Bounds, Build, Instrumentation } from "./instrumentation.ts";
import { SectionId } from "./module.ts";
import type { DecodedModule } from "./module.ts";
import { observationExport, type Observer } from "./observation.ts";
import { Opcode, typeCode, TypeCode } from "./opcode.ts";
import type { ValueType } from "./opcode.ts";
import { rewriteBody } from "./rewrite.ts";

export type { Bounds, Build } from "./instrumentation.ts";

export interface InstrumentOptions {
  readonly build: Build;
  readonly bounds: Bounds;
  /** Count executed instructions exactly, and with them the bytes loaded and stored. */
  readonly countInstructions?: boolean;
  /** Count which ways are taken; receives an edge for each counter. */
  readonly edges?: EdgeRecorder;
  /** Hash what an onlooker may see; receives a site for each instruction that shows something. */
  readonly observer?: Observer;
}

/** Export names that instrumentation adds. */
export const reservedExport = {
  fuel: "bo:fuel",
  site: "bo:site",
  address: "bo:address",
  instructions: "bo:instructions",
  loaded: "bo:loaded",
  stored: "bo:stored",
} as const;

export interface InstrumentedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Site `n` is told by the value `n + 1` of `bo:site`. */
  readonly sites: readonly FaultSite[];
  /** Pairs of byte offsets, instrumented and original, of the instructions that the engine may trap at. */
  readonly trapOffsets: Int32Array;
}

/**
 * Instruments a decoded module whose bodies are valid. It applies no policy: memory, imports and
 * exports may be anything that {@link decodeModule} lets through. Custom sections are dropped.
 */
export function instrument(module: DecodedModule, options: InstrumentOptions): InstrumentedModule {
  const firstGlobal = module.globals.length;
  const firstFunction = module.functions.length;
  const counting = options.countInstructions ?? false;
  const firstObserved = firstGlobal + (counting ? 6 : 3);
  const instrumentation: Instrumentation = {
    module,
    build: options.build,
    bounds: options.bounds,
    counting,
    edges: options.edges,
    observer: options.observer,
    sites: [],
    globals: {
      fuel: firstGlobal,
      site: firstGlobal + 1,
      address: firstGlobal + 2,
      instructions: firstGlobal + 3,
      loaded: firstGlobal + 4,
      stored: firstGlobal + 5,
      observed: firstObserved,
      events: firstObserved + 1,
      stopAt: firstObserved + 2,
      stopped: firstObserved + 3,
    },
    functions: {
      fault: firstFunction,
      fuelFault: firstFunction + 1,
      storeRange: firstFunction + 2,
      loadRange: firstFunction + 3,
      probe: firstFunction + 4,
      observe: firstFunction + 5,
    },
  };
  return new ModuleAssembler(instrumentation).assemble();
}

class ModuleAssembler {
  private readonly instrumentation: Instrumentation;
  private readonly module: DecodedModule;
  private readonly helpers: readonly (readonly ValueType[])[];
  /** Offsets within the code section, each with the original offset. */
  private readonly trapOffsets: number[] = [];

  constructor(instrumentation: Instrumentation) {
    this.instrumentation = instrumentation;
    this.module = instrumentation.module;
    this.helpers = helperTypes(instrumentation);
  }

  assemble(): InstrumentedModule {
    const output = new ByteWriter(this.module.bytes.length * 3);
    output.copy(this.module.bytes, 0, 8);
    let codeStart = 0;
    for (const id of sectionOrder) {
      const body = this.section(id);
      if (body === undefined) continue;
      output.byte(id).u32(body.length);
      if (id === SectionId.Code) codeStart = output.length;
      output.copy(body);
    }
    const trapOffsets = Int32Array.from(this.trapOffsets, (offset, position) =>
      position % 2 === 0 ? offset + codeStart : offset,
    );
    return { bytes: output.finish(), sites: this.instrumentation.sites, trapOffsets };
  }

  /** The new body of a section, or undefined if there is none. */
  private section(id: SectionId): Uint8Array | undefined {
    switch (id) {
      case SectionId.Type:
        return this.appended(id, this.module.types.length, this.helpers, (writer, type) => {
          writer.byte(TypeCode.Function).u32(type.length);
          for (const parameter of type) writer.byte(typeCode(parameter));
          writer.u32(0);
        });
      case SectionId.Function: {
        const declared = this.module.functions.length - this.module.importedFunctionCount;
        return this.appended(id, declared, this.helpers, (writer, _type, position) => {
          writer.u32(this.module.types.length + position);
        });
      }
      case SectionId.Global: {
        const declared = this.module.globals.filter((global) => !global.imported).length;
        return this.appended(id, declared, this.addedGlobals(), (writer, { type }) => {
          writer.raw(typeCode(type), 1, type === "i32" ? Opcode.I32Const : Opcode.I64Const, 0, Opcode.End);
        });
      }
      case SectionId.Export:
        return this.appended(
          id,
          this.module.exports.length,
          this.addedGlobals(),
          (writer, { name }, position) => {
            writer
              .text(name)
              .byte(3)
              .u32(this.module.globals.length + position);
          },
        );
      case SectionId.Code:
        return this.code();
      default: {
        const section = this.module.sections.find((entry) => entry.id === id);
        return section && this.module.bytes.subarray(section.bodyStart, section.end);
      }
    }
  }

  private addedGlobals(): { name: string; type: ValueType }[] {
    const added: { name: string; type: ValueType }[] = [
      { name: reservedExport.fuel, type: "i64" },
      { name: reservedExport.site, type: "i32" },
      { name: reservedExport.address, type: "i64" },
    ];
    const { counting, observer } = this.instrumentation;
    const { instructions, loaded, stored } = reservedExport;
    const counters = counting ? [instructions, loaded, stored] : [];
    const observed = observer === undefined ? [] : Object.values(observationExport);
    return [...added, ...[...counters, ...observed].map((name) => ({ name, type: "i64" as const }))];
  }

  /** The section of the module with more elements behind its own. */
  private appended<T>(
    id: SectionId,
    count: number,
    added: readonly T[],
    write: (writer: ByteWriter, element: T, position: number) => void,
  ): Uint8Array {
    const writer = new ByteWriter().u32(count + added.length);
    const section = this.module.sections.find((entry) => entry.id === id);
    if (section !== undefined) {
      const countBytes = lengthOfNumber(this.module.bytes, section.bodyStart);
      writer.copy(this.module.bytes, section.bodyStart + countBytes, section.end);
    }
    added.forEach((element, position) => {
      write(writer, element, position);
    });
    return writer.finish();
  }

  private code(): Uint8Array {
    const writer = new ByteWriter(this.module.bytes.length * 3);
    const defined = this.module.functions.slice(this.module.importedFunctionCount);
    const helpers = helperBodies(this.instrumentation);
    writer.u32(defined.length + helpers.length);
    for (const entry of defined) {
      const { bytes, trapOffsets } = rewriteBody(this.instrumentation, entry);
      writer.u32(bytes.length);
      trapOffsets.forEach((offset, position) => {
        this.trapOffsets.push(position % 2 === 0 ? offset + writer.length : offset);
      });
      writer.copy(bytes);
    }
    for (const body of helpers) writer.u32(body.length).copy(body);
    return writer.finish();
  }
}

/** How many bytes the LEB128 number at `start` takes. */
function lengthOfNumber(bytes: Uint8Array, start: number): number {
  let length = 1;
  while ((bytes[start + length - 1] ?? 0) >= 0x80) length++;
  return length;
}
