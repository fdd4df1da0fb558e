/**
 * One hundred thousand mutated envelopes: the bootloader's Wasm and the host's own reading must say the same
 * of each. `npx tsx benchmarks/agreement.ts` does more of them, with other seeds.
 */
import { describe, expect, it } from "vitest";
import { Status } from "../../assembly/status.ts";
import { buildVariant, DEFAULT, NAMED_BUILDS } from "../../host/build/variant.ts";
import { askedCapability } from "../../host/device/module-capability.ts";
import { capabilityOf } from "../../host/manifest/capability.ts";
import { compareReadings } from "../../host/fuzz/agreement.ts";
import { STATUS_TEXT } from "../../host/status-text.ts";
import { readWasm } from "../wasm-file.ts";
import { toHex } from "../vectors.ts";

const ENVELOPES = 100_000;
const ENVELOPES_OF_BUILDS = 20_000;

/** Reasons of the groups 1 to 4 that no envelope has by itself: a device decides them, its state or its build. */
const DECIDED_ON_THE_DEVICE: readonly Status[] = [
  Status.KeyMalformed,
  Status.SequenceTooOld,
  Status.VendorMismatch,
  Status.ClassMismatch,
  Status.DeviceMismatch,
  Status.ImageMismatch,
  Status.ComponentSlotMismatch,
  Status.ManifestAborted,
  Status.ConditionParameterMissing,
  Status.DirectiveParameterMissing,
  Status.TryEachExhausted,
  Status.IdentityUnchecked,
  Status.ImageUnchecked,
  Status.PayloadSizeMismatch,
  Status.NothingInvoked,
  Status.PayloadMissing,
  Status.SeveredMemberMissing,
  Status.DependencyUnchecked,
  Status.DependencyMismatch,
  Status.NotDependency,
  Status.ContentMismatch,
  Status.UseBeforeExpired,
  Status.ImageMatches,
  Status.BatteryTooLow,
  Status.UpdateUnauthorized,
  Status.VersionMismatch,
  Status.WaitTimedOut,
  Status.DependenciesUnsupported,
  Status.EnvelopeTooLarge,
  Status.ImageTooLarge,
  Status.DatagramTooLarge,
  Status.EncryptionMalformed,
  Status.EncryptionUnsupported,
  Status.WrappedKeyMalformed,
  Status.WrappedKeyInvalid,
  Status.RecipientMissing,
  Status.PayloadInauthentic,
];

const codesOfBytes = Object.entries(STATUS_TEXT)
  .filter(([number]) => Number(number) >> 8 < 5)
  .filter(([number]) => !DECIDED_ON_THE_DEVICE.some((status) => status === Number(number)))
  .map(([, { code }]) => code);

describe("device and host", () => {
  it(`give the same verdict for the same reason on ${ENVELOPES} envelopes, and every reason comes up`, () => {
    const { reasons, disagreements } = compareReadings({
      bootloader: readWasm("bootloader"),
      seed: 1,
      envelopes: ENVELOPES,
    });
    const told = disagreements.map(({ envelope, ...codes }) => ({ ...codes, hex: toHex(envelope) }));
    expect(told).toEqual([]);
    expect([...reasons.values()].reduce((sum, count) => sum + count, 0)).toBe(ENVELOPES);
    expect([...reasons.keys()].sort()).toEqual(codesOfBytes.sort());
  }, 600_000);

  it.each(Object.keys(NAMED_BUILDS).filter((name) => name !== "default"))(
    `agree on ${ENVELOPES_OF_BUILDS} envelopes where the host reads for the build that judges: %s`,
    async (name) => {
      const build = NAMED_BUILDS[name] ?? DEFAULT;
      const { module } = await buildVariant(build);
      const capability = capabilityOf(build);
      expect(askedCapability(module)).toEqual(capability);
      const options = { bootloader: module, seed: 1, envelopes: ENVELOPES_OF_BUILDS, capability };
      const { reasons, disagreements } = compareReadings(options);
      const told = disagreements.map(({ envelope, ...codes }) => ({ ...codes, hex: toHex(envelope) }));
      expect(told).toEqual([]);
      expect(reasons.get("ok")).toBeGreaterThan(0);
    },
    600_000,
  );

  it("are seen to disagree where the host reads for another build than the one that judges", () => {
    const options = { bootloader: readWasm("bootloader-managed"), seed: 3, envelopes: 600 };
    const told = compareReadings(options).disagreements.map(({ host }) => host);
    expect(told).toContain("command-unsupported");
  });

  it("are seen to disagree where the device compares no digests", () => {
    const { disagreements } = compareReadings({
      bootloader: readWasm("canary-digest-uncompared"),
      seed: 1,
      envelopes: 1500,
    });
    expect(disagreements).not.toEqual([]);
    for (const { device, host } of disagreements) {
      expect(device).not.toBe(host);
      expect(host).toMatch(/digest-mismatch$/);
    }
  });
});
