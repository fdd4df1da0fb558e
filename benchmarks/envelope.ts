/**
 * How long does the device take from an envelope to its verdict, the signature check left aside?
 * `npx tsx benchmarks/envelope.ts`
 *
 * The bootloader's `verify` on an envelope in flash: outer map, authentication wrapper, SHA-256 of the
 * Sig_structure, COSE_Sign1 and trust anchor, SHA-256 of the manifest, the manifest and every command of it.
 * Left aside is the one call that verifies ECDSA: the module is built from the same sources with that call
 * replaced by its answer. It runs as it would lie in flash, not instrumented; instructions are counted in an
 * instrumented twin, and those of the bootloader that ships, with ECDSA, beside them.
 *
 * The peer is the decoder of cbor2 in the same process: once on the envelope alone, whose parts are byte strings
 * to it, and once with everything opened that the device reads. It hashes, checks and judges nothing.
 */
import { fileURLToPath } from "node:url";
import { decode, Tag } from "cbor2";
import { Slot } from "../assembly/layout.ts";
import { Status } from "../assembly/status.ts";
import { HAL_SIGNATURES } from "../emulator/hal.ts";
import { FLASH_BYTES, RAM_BASE, RAM_BYTES, slotRange, WASM_PAGES } from "../emulator/memory-map.ts";
import { profileNamed } from "../emulator/profile.ts";
import { loadModule } from "../emulator/wasm/load.ts";
import { stripCustomSections } from "../emulator/wasm/strip.ts";
import { compileModule } from "../host/build/compile.ts";
import { identityOf, manufacture } from "../host/device/factory.ts";
import { ownModule } from "../host/device/wasm-file.ts";
import { generateKey } from "../host/keys/key.ts";
import { createEnvelope } from "../host/manifest/create.ts";
import { signEnvelope } from "../host/manifest/sign.ts";
import { type BenchEffort, type BenchTable, type BenchTask, compare, formatTable } from "./table.ts";

/** What was measured. */
export interface EnvelopeSpeed {
  readonly table: BenchTable;
  readonly envelopeBytes: number;
  /** Instructions from the envelope to its verdict, without the ECDSA verification and with it. */
  readonly instructions: { readonly withoutSignature: number; readonly withSignature: number };
}

/** The standard update of docs/manifest.md, with a text that travels in the envelope. */
const MANIFEST = {
  sequenceNumber: 2,
  component: ["app"],
  vendor: { domain: "brownout.example" },
  class: { name: "sensor" },
  uri: "coap://update.brownout.example/suit/payload",
  text: { en: { "manifest-description": "A firmware update.", "update-description": "It is faster." } },
  severable: ["text"],
};

/** Runs that are timed together, for the clock counts whole microseconds. */
const BATCH = 32;

/** The one call that is left aside. */
const WITHOUT_SIGNATURE = {
  file: "assembly/cose/sign1.ts",
  find: "ecdsaP256Verify(anchorX, anchorY, DIGEST, signature)",
  replace: "Status.Ok",
};

/** A device's memory with a bootloader, its device page and an envelope, and that bootloader's verdict. */
class Judge {
  readonly #memory = new WebAssembly.Memory({ initial: WASM_PAGES, maximum: WASM_PAGES });
  readonly #bytes = new Uint8Array(this.#memory.buffer);
  readonly #bootloader: Uint8Array;
  readonly #address: number;
  readonly #length: number;
  readonly #verify: (address: number, length: number) => unknown;

  constructor(bootloader: Uint8Array, key: ReturnType<typeof generateKey>, envelope: Uint8Array) {
    const profile = profileNamed("class1");
    const device = manufacture({
      profile,
      bootloader,
      trusted: [key],
      identity: identityOf({ vendor: "brownout.example", class: "sensor" }),
      components: ["app"],
    });
    this.#bytes.set(device.memory);
    this.#bootloader = bootloader;
    this.#address = slotRange(profile.layout, Slot.B).address;
    this.#length = envelope.length;
    this.#bytes.set(envelope, this.#address);
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(Uint8Array.from(bootloader)),
      this.#imports(),
    );
    const verify = exports["verify"];
    if (typeof verify !== "function") throw new TypeError("The bootloader has no export verify.");
    this.#verify = (address, length) => Reflect.apply(verify, undefined, [address, length]);
  }

  /** The verdict by the module as it lies in flash. */
  run(): unknown {
    return this.#verify(this.#address, this.#length);
  }

  /** Changes one byte of the envelope, counted from its end. */
  spoil(fromEnd: number): void {
    const at = this.#address + this.#length - fromEnd;
    this.#bytes[at] = (this.#bytes[at] ?? 0) ^ 1;
  }

  /** Instructions until the verdict. */
  instructions(): number {
    const loaded = loadModule(this.#bootloader, {
      ramBase: RAM_BASE,
      ramBytes: RAM_BYTES,
      flashBytes: FLASH_BYTES,
      build: "fast",
      requiredExports: ["verify", "__heap_base"],
      allowedImports: HAL_SIGNATURES,
      entryPoints: ["verify"],
      countInstructions: true,
    });
    const running = loaded.instantiate(this.#imports());
    running.fuel = 2 ** 40;
    const verdict = running.call("verify", this.#address, this.#length);
    const { executedInstructions } = running;
    if (verdict !== Status.Ok || executedInstructions === undefined) {
      throw new Error(`The counted call returned ${String(verdict)}.`);
    }
    return executedInstructions;
  }

  /** Flash that can be read, and nothing else: a verdict needs no more of the HAL. */
  #imports(): WebAssembly.Imports {
    const refuse = (): never => {
      throw new Error("A verdict must not use this part of the HAL.");
    };
    const hal = Object.fromEntries(Object.keys(HAL_SIGNATURES).map((name) => [name, refuse]));
    return { env: { memory: this.#memory }, hal: { ...hal, flash_check: () => Status.Ok } };
  }
}

/** Opens byte strings that hold CBOR, to the depth to which the device reads them. */
function decodeAll(envelope: Uint8Array): void {
  const members = mapOf(decode(envelope, { preferMap: true }));
  const [digest, ...blocks] = open(members.get(2)) as Uint8Array[];
  open(digest);
  for (const block of blocks) open(block);
  const manifest = mapOf(open(members.get(3)));
  const common = mapOf(open(manifest.get(3)));
  for (const sequence of [common.get(4), manifest.get(7), manifest.get(9), manifest.get(20)]) {
    for (const item of open(sequence) as unknown[]) {
      const parameters: unknown = item instanceof Map ? item.get(3) : undefined;
      if (parameters instanceof Uint8Array) open(parameters);
    }
  }
}

function open(bytes: unknown): unknown {
  if (!(bytes instanceof Uint8Array)) throw new TypeError("This is no byte string.");
  return decode(bytes, { preferMap: true });
}

function mapOf(value: unknown): Map<unknown, unknown> {
  const content: unknown = value instanceof Tag ? value.contents : value;
  if (content instanceof Map) return content;
  throw new TypeError("This is no map.");
}

/** Builds the module and compares. */
export async function benchEnvelope(effort?: BenchEffort): Promise<EnvelopeSpeed> {
  const key = generateKey();
  const payload = new TextEncoder().encode("an image");
  const envelope = signEnvelope(createEnvelope(MANIFEST, { payload }), key);
  const entry = { name: "bootloader", source: "assembly/bootloader.ts", target: "bootloader" } as const;
  const { module } = await compileModule(entry, [WITHOUT_SIGNATURE], false);
  const judge = new Judge(stripCustomSections(module), key, envelope);
  // What judges nothing is fast: the text, which only its digest in the manifest vouches for, is changed.
  judge.spoil(1);
  const spoilt = judge.run();
  if (spoilt !== Status.SeveredDigestMismatch)
    throw new Error(`A spoilt envelope came to ${String(spoilt)}.`);
  judge.spoil(1);
  const table = await compare(
    `Envelope of ${envelope.length} bytes to verdict, without the signature check`,
    [
      batched("Brownout (Wasm), judged", () => {
        if (judge.run() !== Status.Ok) throw new Error("A genuine envelope was refused.");
      }),
      batched("cbor2, the envelope decoded", () => void decode(envelope, { preferMap: true })),
      batched("cbor2, all of it decoded", () => decodeAll(envelope)),
    ],
    effort,
  );
  return {
    table: { ...table, rows: table.rows.map((row) => ({ ...row, micros: row.micros / BATCH })) },
    envelopeBytes: envelope.length,
    instructions: {
      withoutSignature: judge.instructions(),
      withSignature: new Judge(ownModule("bootloader"), key, envelope).instructions(),
    },
  };
}

function batched(name: string, run: () => void): BenchTask {
  return {
    name,
    run: () => {
      for (let count = 0; count < BATCH; count += 1) run();
    },
  };
}

/** The figures as lines of text. */
export function formatEnvelope({ table, instructions }: EnvelopeSpeed): string {
  const { withoutSignature, withSignature } = instructions;
  return [
    formatTable(table),
    `${withoutSignature.toLocaleString("en")} instructions; ${withSignature.toLocaleString("en")} with the signature check`,
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatEnvelope(await benchEnvelope()));
