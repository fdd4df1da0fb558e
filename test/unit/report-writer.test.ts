/**
 * The parts of the report writer on the device: reasons, the CBOR writer's bounds, and how it reads what
 * nobody need have believed.
 */
import { instantiateSync } from "@assemblyscript/loader";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memory } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { instrument, reservedExport } from "../../emulator/wasm/instrument.ts";
import { CborNode } from "../../host/manifest/cbor-node.ts";
import { createEnvelope } from "../../host/manifest/create.ts";
import { STATUS_TEXT } from "../../host/status-text.ts";
import { readWasm } from "../wasm-file.ts";

type ReportExports = {
  readonly INPUT: WebAssembly.Global;
  readonly HOLES: WebAssembly.Global;
  readonly [reservedExport.fuel]: WebAssembly.Global;
  reasonFor(status: number): number;
  commandOf(status: number): number;
  clearHoles(): void;
  readSubject(address: number, capacityBytes: number): void;
  findCommand(command: number, place: number): void;
  writerOpen(address: number, capacityBytes: number): void;
  writeHead(major: number, argument: bigint): void;
  position(): number;
};

const memory = new WebAssembly.Memory({ initial: Memory.WasmPages, maximum: Memory.WasmPages });
const bounds = { ramStart: Memory.RamBase, ramEnd: Memory.WasmPages * 65536, flashBytes: Memory.FlashBytes };
const { bytes: guarded } = instrument(decodeModule(readWasm("testing/report")), { build: "checked", bounds });
const { exports } = instantiateSync<ReportExports>(guarded, {
  env: { memory },
  hal: { flash_check: () => 0 },
});
const bytes = new Uint8Array(memory.buffer);
const view = new DataView(memory.buffer);
const input = Number(exports.INPUT.value);
const holes = Number(exports.HOLES.value);

/** Starts a call with as much fuel as any needs. */
function refuel(): void {
  exports[reservedExport.fuel].value = 10_000_000n;
}

describe("the reason of a status", () => {
  const statuses = Object.keys(STATUS_TEXT).map(Number);

  it("is one of the draft's for every status, and ok for ok alone", () => {
    expect(statuses.length).toBeGreaterThan(80);
    for (const status of statuses) {
      refuel();
      const reason = exports.reasonFor(status);
      expect(reason === 0, String(status)).toBe(status === 0);
      expect(reason).toBeLessThanOrEqual(11);
    }
  });

  it.each([
    [Status.CborTruncated, 1],
    [Status.AuthenticationMissing, 4],
    [Status.CoseMalformed, 2],
    [Status.ArgumentMalformed, 1],
    [Status.KeyMalformed, 11],
    [Status.Unsigned, 4],
    [Status.SignatureInvalid, 4],
    [Status.AlgorithmUnprotected, 2],
    [Status.SequenceTooOld, 10],
    [Status.ComponentUnknown, 6],
    [Status.SharedCommandForbidden, 5],
    [Status.SoftFailureForbidden, 8],
    [Status.VendorMismatch, 10],
    [Status.ImageMismatch, 10],
    [Status.DirectiveParameterMissing, 11],
    [Status.PayloadMissing, 11],
    [Status.CriticalHeader, 2],
    [Status.ComponentUnauthorized, 7],
    [Status.CosignatureMissing, 4],
    [Status.DependencyUnchecked, 10],
    [Status.ContentMismatch, 10],
    [Status.VersionMismatch, 10],
    [Status.WaitTimedOut, 11],
    [Status.DraftTooOld, 1],
    [Status.CommandUnsupported, 5],
    [Status.ParameterUnknown, 8],
    [Status.AlgorithmUnsupported, 3],
    [Status.DependenciesUnsupported, 6],
    [Status.EnvelopeTooLarge, 11],
    [Status.TooManyComponents, 6],
    [Status.NestingTooDeep, 5],
    [Status.TooManySignatures, 2],
    [Status.NumberTooLarge, 1],
    [Status.DatagramTooLarge, 11],
    [Status.TooManyDependencies, 6],
    [Status.FlashFailed, 11],
    [Status.SelfTestFailed, 11],
  ])("of 0x%s is %i", (status, reason) => {
    refuel();
    expect(exports.reasonFor(status)).toBe(reason);
  });
});

describe("the command that ends with a status", () => {
  it.each([
    [Status.CommandUnsupported, 0],
    [Status.ParameterUnknown, 20],
    [Status.VendorMismatch, 1],
    [Status.PayloadMissing, 21],
    [Status.ComponentUnauthorized, 63],
    [Status.DependencyUnchecked, 11],
    [Status.DependencyMismatch, 7],
    [Status.NotDependency, 8],
    [Status.ContentMismatch, 6],
    [Status.UseBeforeExpired, 4],
    [Status.WaitTimedOut, 29],
    [Status.WrappedKeyInvalid, 63],
  ])("of 0x%s is %i", (status, command) => {
    refuel();
    expect(exports.commandOf(status)).toBe(command);
  });
});

describe("the CBOR writer", () => {
  it("writes the shortest head of any argument, as the strict reader asks for", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 64n) - 1n), fc.integer({ min: 0, max: 64 }), (number, shift) => {
        const argument = number >> BigInt(shift);
        refuel();
        exports.writerOpen(input, 64);
        exports.writeHead(0, argument);
        expect(CborNode.read(bytes.slice(input, exports.position()))?.integer()).toBe(argument);
      }),
    );
  });

  it("writes nothing at or behind its limit", () => {
    for (let capacity = 0; capacity < 9; capacity += 1) {
      refuel();
      bytes.fill(0xa5, input, input + 128);
      exports.writerOpen(input, capacity);
      exports.writeHead(0, 1n << 40n);
      exports.writeHead(0, 1n << 40n);
      expect(exports.position()).toBeLessThanOrEqual(input + capacity);
      expect(bytes.subarray(input + capacity, input + 128).every((byte) => byte === 0xa5)).toBe(true);
    }
  });
});

describe("what a report is about", () => {
  const envelope = createEnvelope(
    {
      sequenceNumber: 7,
      component: ["app"],
      vendor: { domain: "brownout.example" },
      class: { name: "class1" },
      uri: "coap://update.example/app",
      referenceUri: "https://update.example/7",
    },
    { payload: new Uint8Array(100) },
  );

  it("is found in an envelope: sequence number, URI, digest", () => {
    refuel();
    bytes.set(envelope, 0);
    exports.clearHoles();
    exports.readSubject(0, 2000);
    expect(view.getBigUint64(holes + 8, true)).toBe(7n);
    const uri = view.getUint32(holes + 11 * 8, true);
    const uriBytes = view.getUint32(holes + 11 * 8 + 4, true);
    expect(Buffer.from(bytes.slice(uri, uri + uriBytes)).toString()).toBe("https://update.example/7");
    expect(view.getUint32(holes + 12 * 8 + 4, true)).toBe(32);
  });

  it("is told by its place where there is one, and by its kind alone where there is none", () => {
    bytes.set(envelope, 0);
    const matches = [...Buffer.from(envelope).toString("hex").matchAll(/030f/g)].map(
      ({ index }) => index / 2,
    );
    const [first = 0, second = 0] = matches.filter((at) => at > 100);
    const sectionOf = (place: number): bigint => {
      refuel();
      exports.clearHoles();
      exports.readSubject(0, 2000);
      exports.findCommand(3, place);
      return view.getBigUint64(holes + 4 * 8, true);
    };
    // Both validate (7) and install (20) match the image; install runs first.
    expect([first, second].map((at) => sectionOf(at + 2))).toEqual([7n, 20n]);
    expect(sectionOf(0)).toBe(20n);
    expect(sectionOf(first)).toBe(0n);
  });

  it("is looked for in any bytes at the very end of flash, in bounded time, without a fault", () => {
    const mutation = fc.record({
      at: fc.nat(envelope.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
    });
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(mutation, { maxLength: 5 }).map((mutations) => {
        const changed = envelope.slice();
        for (const { at, bytes: patch } of mutations) changed.set(patch.subarray(0, changed.length - at), at);
        return changed;
      }),
    );
    fc.assert(
      fc.property(hostile, fc.nat(35), fc.nat(511), (content, command, place) => {
        const address = Memory.FlashBytes - content.length;
        bytes.set(content, address);
        refuel();
        exports.clearHoles();
        exports.readSubject(address, content.length);
        exports.findCommand(command, place);
        const chain = view.getUint32(holes + 13 * 8, true);
        expect(chain).toBeGreaterThanOrEqual(Memory.RamBase);
        expect(view.getUint32(holes + 13 * 8 + 4, true)).toBe(bytes[chain] === 0x81 ? 2 : 1);
        const digest = view.getUint32(holes + 12 * 8, true);
        expect(digest + 32 <= Memory.FlashBytes || digest >= Memory.RamBase).toBe(true);
        const uri = view.getUint32(holes + 11 * 8, true);
        expect(uri + view.getUint32(holes + 11 * 8 + 4, true)).toBeLessThanOrEqual(Memory.FlashBytes);
      }),
      { numRuns: 3000 },
    );
  });
});
