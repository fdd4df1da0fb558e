/**
 * The matrix: one row per feature, measured one after another, each kept as soon as it is there.
 */
import { profileNamed } from "../../emulator/profile.ts";
import { measureBoots, type BootCosts, type BootParts, type DeviceCost } from "./boot-cost.ts";
import { timeOf, type TimeEffort } from "./call-time.ts";
import type { Feature, FeatureModule } from "./feature.ts";
import { rowName, type FootprintRow, type Work } from "./footprint-row.ts";
import { MeasuredCall } from "./measured-call.ts";
import { measureSize } from "./module-size.ts";
import { hasOwnUpdate, ownUpdate } from "./own-update.ts";
import { costOfFuel } from "./part-cost.ts";
import { WORKLOADS } from "./workload.ts";

/** What is measured of each row. */
export interface MatrixOptions {
  /** Names of the parts that time and energy are simulated for. */
  readonly profiles: readonly string[];
  /** How long calls are timed; not at all where undefined. */
  readonly effort: TimeEffort | undefined;
}

/** Rows that are finished, by what they were measured from. */
export interface RowStore {
  find(feature: Feature): FootprintRow | undefined;
  keep(feature: Feature, row: FootprintRow): void;
}

/**
 * Measures features.
 *
 * @param onRow is told before each, with how many are done
 * @throws ModuleError or UserError for a module that cannot be measured
 */
export async function measureMatrix(
  features: readonly Feature[],
  options: MatrixOptions,
  store?: RowStore,
  onRow: (name: string, done: number) => void = () => undefined,
): Promise<FootprintRow[]> {
  const rows: FootprintRow[] = [];
  for (const feature of features) {
    onRow(rowName(feature), rows.length);
    const kept = store?.find(feature);
    const row = kept ?? (await measureFeature(feature, options));
    if (kept === undefined) store?.keep(feature, row);
    rows.push(row);
  }
  return rows;
}

async function measureFeature(feature: Feature, options: MatrixOptions): Promise<FootprintRow> {
  const loaded = await feature.load();
  const workload = feature.kind === "measured" ? WORKLOADS.get(feature.workName) : undefined;
  const size = measureSize(loaded.module, { symbols: loaded.symbols, entry: workload?.entry });
  return {
    feature: feature.feature,
    build: feature.build,
    ...size,
    works: worksOf(feature, loaded, options),
  };
}

function worksOf(feature: Feature, { module }: FeatureModule, options: MatrixOptions): Work[] {
  if (feature.kind === "measured") return callWorks(feature, module, options);
  if (feature.kind === "firmware" || !hasOwnUpdate(feature.workName)) return [];
  return bootWorks(options.profiles, (name) => ownUpdate(feature.workName, module, profileNamed(name)));
}

/** The call that a measured module's workload asks for; its result must be right. */
function callWorks({ workName }: Feature, module: Uint8Array<ArrayBuffer>, options: MatrixOptions): Work[] {
  const workload = WORKLOADS.get(workName);
  if (workload === undefined) return [];
  const device = new MeasuredCall(module, workload.entry);
  const { parameters, pieces, returned, output, forged } = workload.call((device.result + 7) & ~7);
  const place = (those: typeof pieces): void => {
    for (const { address, bytes } of those) device.bytes.set(bytes, address);
  };
  if (forged !== undefined) {
    place(pieces);
    place(forged.pieces);
    if (device.run(...parameters) !== forged.returned) throw new Error(`${workName} accepts a forgery`);
  }
  place(pieces);
  const counted = device.count(...parameters);
  const left = output && device.bytes.subarray(output.address, output.address + output.bytes.length);
  if (counted.returned !== returned || (left && Buffer.compare(left, output.bytes) !== 0)) {
    throw new Error(
      `${workName} does not do what its workload says: it returned ${String(counted.returned)}`,
    );
  }
  const time = options.effort && timeOf(() => void device.run(...parameters), options.effort);
  return [
    {
      title: workload.title,
      instructions: counted.instructions,
      ...(time === undefined ? {} : { time }),
      parts: costOfFuel(counted.fuel, options.profiles),
    },
  ];
}

/**
 * The boots of a device on each part. Instructions are those on the first.
 *
 * @param partsOf makes the device on the part of a name
 */
export function bootWorks(profiles: readonly string[], partsOf: (profile: string) => BootParts): Work[] {
  const costs = profiles.map((profile) => ({ profile, costs: measureBoots(partsOf(profile)) }));
  const workOf = (title: string, pick: (each: BootCosts) => DeviceCost | undefined): Work[] => {
    const instructions = costs[0] && pick(costs[0].costs)?.instructions;
    if (instructions === undefined) return [];
    const parts = costs.flatMap(({ profile, costs: each }) => {
      const cost = pick(each);
      return cost === undefined ? [] : [{ profile, micros: cost.micros, nanojoules: cost.nanojoules }];
    });
    return [{ title, instructions, parts }];
  };
  return [
    ...workOf("boot confirmed firmware", ({ boot }) => boot),
    ...workOf("a whole update", ({ update }) => update),
  ];
}
