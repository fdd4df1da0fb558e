/**
 * The emulated device: everything that a host, a page or a test may use of it.
 *
 * Pure TypeScript, for Node and browsers alike; no wall clock, no randomness, no input or output.
 */

export type { ByCause, Timing } from "./clock.ts";
export { CoapServer, type CoapServerOptions } from "./coap-server.ts";
export { COUNTER_COUNT, type Counters } from "./counters.ts";
export { CutError, CutPower, formatCut, formatCuts, parseCut, parseCuts, type Cut } from "./cut.ts";
export { formatDefect, parseDefect, type Defect } from "./defect.ts";
export {
  Device,
  DeviceError,
  type BootedImage,
  type DeviceOptions,
  type DeviceState,
  type RememberedState,
  type PowerCycle,
  type PowerOnOptions,
} from "./device.ts";
export { NO_BITS, type DeviceBit, type DeviceBitKind, type DeviceBits } from "./device-bits.ts";
export { nanojoulesOf } from "./energy.ts";
export type { Flash } from "./flash.ts";
export { HAL_SIGNATURES, type LogLine, type Surroundings } from "./hal.ts";
export type { LinkPeer } from "./link.ts";
export { LossyLink } from "./lossy-link.ts";
export {
  contains,
  DEVICE_PAGE,
  FLASH_BYTES,
  journalRange,
  otherSlot,
  partitionAt,
  PARTITION_NAMES,
  RAM_BASE,
  RAM_BYTES,
  slotHolding,
  slotRange,
  WASM_PAGES,
  type FlashRange,
  type Layout,
  type PartitionName,
} from "./memory-map.ts";
export {
  powerLoss,
  type CounterOperation,
  type FlashOperation,
  type Operation,
  type PowerLoss,
  type AgedContent,
  type FlashPart,
  type PowerObserver,
  type TornOutcome,
} from "./power.ts";
export {
  defectiveProfile,
  parseProfile,
  PROFILE_NAMES,
  ProfileError,
  profileNamed,
  type Figure,
  type Grade,
  type Micros,
  type Profile,
  type UnitRule,
  type WriteLimit,
} from "./profile.ts";
export { RADIO_IMAGE_BYTES_MAX, runningRadioImage, withRadio, type RadioImage } from "./radio.ts";
export {
  buildDevicePage,
  encodeJournalRecord,
  journalStrideBytes,
  payloadAddress,
  provision,
  ProvisionError,
  type DevicePageOptions,
  type JournalFields,
  type ProvisionOptions,
  type SlotContent,
} from "./provision.ts";
export {
  PLAIN_TEAR_CLASSES,
  TEAR_CLASSES,
  tornBytes,
  tornVariant,
  tornVariants,
  type TearClass,
  type TornVariant,
} from "./tear.ts";
export { TraceRecorder, type PowerCycleEnd, type Stage, type TraceEvent, type TraceSink } from "./trace.ts";
export type { Violation, ViolationRule } from "./violation.ts";
export { faultOf, type Fault, type FaultKind } from "./wasm/fault.ts";
export type { Footprint } from "./wasm/footprint.ts";
export type { Build } from "./wasm/instrument.ts";
export { loadModule, type LoadedModule, type LoadOptions } from "./wasm/load.ts";
export { ModuleError, type ModuleErrorCode } from "./wasm/module-error.ts";
export type { RunningModule } from "./wasm/running-module.ts";
export { stripCustomSections } from "./wasm/strip.ts";
