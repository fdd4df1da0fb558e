/**
 * What does the device code cost on a real core? `npm run bench:core`, or `npm run bench:core -- --json`.
 *
 * Measured modules and bootloaders are translated to C by wasm2c, compiled by gcc for Cortex-M4 and
 * Cortex-M0+, and run by qemu, which counts instructions; docs/real-core.md says how, and how far to
 * believe it. Where a program that this needs is not installed, it says so in one line and measures
 * nothing.
 */
import { measuredTargets } from "../cost.ts";
import { WORKLOADS } from "../../host/footprint/workload.ts";
import { measureBootloader } from "./boot-measure.ts";
import { CORES, LARGE_CORES } from "./core.ts";
import { measureKernel } from "./kernel-measure.ts";
import { formatBootloaders, formatKernels, formatYardsticks } from "./table.ts";
import { missingPrograms, programVersions } from "./toolchain.ts";
import { measureYardstick, YARDSTICKS } from "./yardstick.ts";

const BOOTLOADERS = ["bootloader", "bootloader-ed25519"];

const missing = missingPrograms();
if (missing !== undefined) {
  console.log(missing);
} else {
  const versions = programVersions();
  const kernels = [...WORKLOADS].flatMap(([name, workload]) =>
    CORES.flatMap((core) => measuredTargets.map((target) => measureKernel(name, target, workload, core))),
  );
  const bootloaders = BOOTLOADERS.flatMap((name) => LARGE_CORES.map((core) => measureBootloader(name, core)));
  const yardsticks = YARDSTICKS.flatMap((each) => CORES.map((core) => measureYardstick(each, core)));
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify({ versions, kernels, bootloaders, yardsticks }, null, 2));
  } else {
    const tables = [formatKernels(kernels), formatBootloaders(bootloaders), formatYardsticks(yardsticks)];
    console.log([versions.join("\n"), ...tables].join("\n\n"));
  }
}
