/**
 * What the device computes with a secret shows nothing of it: over any secrets, the same branches are
 * taken, the same addresses are loaded and stored, and nothing that takes time depends on them. The public
 * input is the same throughout.
 */
import { createCipheriv, createHash, hkdfSync } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { describe, expect, it } from "vitest";
import { Memory, PayloadKey } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { ObservedModule, type Drive } from "../../emulator/wasm/observed-module.ts";
import type { RunningModule } from "../../emulator/wasm/running-module.ts";
import { compileModule } from "../../host/build/compile.ts";
import type { Patch } from "../../host/build/patch.ts";
import { encodeCbor } from "../../host/manifest/cbor-writer.ts";
import { encryptionInfoBytes } from "../../host/manifest/encryption-json.ts";
import { cipherBuilds } from "../cipher-module.ts";
import { numberToBytes } from "../crypto-module.ts";
import { readWasm } from "../wasm-file.ts";

const bounds = {
  ramStart: Memory.RamBase,
  ramEnd: Memory.WasmPages * 65_536,
  flashBytes: Memory.FlashBytes,
};
const RANDOM_SECRETS = 24;

/** Flash addresses of what a function is given. */
const Place = { Secret: 0, Public: 1024, More: 2048, Message: 4096 } as const;
const messageBytes = 150;
const message = pseudorandom("message", messageBytes);

/** One use of a secret; the bytes in flash that are not given are zeros. */
interface Use {
  readonly name: string;
  /** Length of the secret. */
  readonly secretBytes: number;
  /** All-zero, all-one and random ones, where the use does not say which are possible. */
  readonly secrets?: readonly Uint8Array[];
  /** What else goes with the secret, at `Place.More`: made from it, so not public either. */
  readonly derived?: (secret: Uint8Array) => Uint8Array;
  readonly run: (module: RunningModule, out: number) => unknown;
  /** What `run` returns for every secret. */
  readonly returned?: unknown;
}

const wrapIv = Buffer.alloc(8, 0xa6);
const nonce = pseudorandom("public", 16);
const peer = p256.getPublicKey(numberToBytes(0x1234567n), false).subarray(1);
const order = p256.Point.Fn.ORDER;

const uses: readonly Use[] = [
  {
    name: "the key of HMAC-SHA-256, of less than a block",
    secretBytes: 32,
    run: (module, out) => {
      module.call("hmacSha256Init", Place.Secret, 32);
      module.call("hmacSha256Update", Place.Message, messageBytes);
      module.call("hmacSha256Final", out);
    },
  },
  {
    name: "the key of HMAC-SHA-256, of more than a block",
    secretBytes: 100,
    run: (module, out) => {
      module.call("hmacSha256Init", Place.Secret, 100);
      module.call("hmacSha256Final", out);
    },
  },
  ...[16, 24, 32].flatMap((keyBytes): Use[] => [
    {
      name: `the key of AES-${keyBytes * 8}, expanded, and a block, encrypted and decrypted`,
      secretBytes: keyBytes + 16,
      run: (module, out) => {
        module.call("aesSetKey", Place.Secret, keyBytes);
        copySecret(module, keyBytes, 16, out);
        module.call("aesEncryptBlock", out);
        module.call("aesDecryptBlock", out);
        module.call("aesEncryptBatch", out);
        module.call("aesForget");
      },
    },
    {
      name: `the key of AES-${keyBytes * 8} in counter mode, and the message`,
      secretBytes: keyBytes + messageBytes,
      run: (module, out) => {
        module.call("aesSetKey", Place.Secret, keyBytes);
        module.call("aesCtrInit", Place.Public, 0);
        module.call("aesCtrUpdate", Place.Secret + keyBytes, messageBytes, out);
        module.call("aesCtrForget");
      },
    },
    {
      name: `the key of AES-${keyBytes * 8} key wrap, and the key that is wrapped`,
      secretBytes: keyBytes + 16,
      derived: (secret) =>
        createCipheriv(`id-aes${keyBytes * 8}-wrap`, secret.subarray(0, keyBytes), wrapIv).update(
          secret.subarray(keyBytes),
        ),
      run: (module, out) => module.call("aesKwUnwrap", Place.Secret, keyBytes, Place.More, 24, out),
      returned: Status.Ok,
    },
    {
      name: `the key of AES-${keyBytes * 8} key wrap that is the wrong one`,
      secretBytes: keyBytes,
      run: (module, out) => module.call("aesKwUnwrap", Place.Secret, keyBytes, Place.Message, 40, out),
      returned: Status.WrappedKeyInvalid,
    },
  ]),
  {
    name: "the key of AES-128-GCM, and the message",
    secretBytes: 16 + 60,
    derived: (secret) => {
      const cipher = createCipheriv("aes-128-gcm", secret.subarray(0, 16), nonce);
      cipher.setAAD(message.subarray(0, 20));
      return Buffer.concat([cipher.update(secret.subarray(16)), cipher.final(), cipher.getAuthTag()]);
    },
    run: (module, out) => {
      module.call("aesSetKey", Place.Secret, 16);
      module.call("aesGcmInit", Place.Public, 16, Place.Message, 20);
      module.call("aesGcmDecrypt", Place.More, 60, out);
      return module.call("aesGcmFinal", Place.More + 60);
    },
    returned: Status.Ok,
  },
  {
    name: "the key of ChaCha20-Poly1305, and the message",
    secretBytes: 32 + 150,
    derived: (secret) => {
      const iv = nonce.subarray(0, 12);
      const options = { authTagLength: 16 };
      const cipher = createCipheriv("chacha20-poly1305", secret.subarray(0, 32), iv, options);
      cipher.setAAD(message.subarray(0, 20), { plaintextLength: 150 });
      return Buffer.concat([cipher.update(secret.subarray(32)), cipher.final(), cipher.getAuthTag()]);
    },
    run: (module, out) => {
      module.call("chachaPolyInit", Place.Secret, Place.Public, Place.Message, 20);
      module.call("chachaPolyDecrypt", Place.More, 150, out);
      return module.call("chachaPolyFinal", Place.More + 150);
    },
    returned: Status.Ok,
  },
  {
    name: "the secret of HKDF-SHA-256",
    secretBytes: 32,
    run: (module, out) =>
      module.call("hkdfSha256", Place.Secret, 32, Place.Public, 16, Place.Message, 42, out, 100),
    returned: Status.Ok,
  },
  {
    name: "the private key of ECDH on P-256",
    secretBytes: 32,
    secrets: [
      ...[1n, 2n, 3n, 8n, 15n, 16n, 1n << 128n, 1n << 255n, order - 1n, order - 2n, order - 3n, order >> 1n],
      ...Array.from({ length: RANDOM_SECRETS }, (_, index) => {
        const wide = BigInt(`0x${Buffer.from(pseudorandom(`scalar ${index}`, 40)).toString("hex")}`);
        return (wide % (order - 1n)) + 1n;
      }),
    ].map((scalar) => numberToBytes(scalar)),
    run: (module, out) => module.call("ecdhP256", Place.Secret, Place.Public + 64, Place.Public + 96, out),
    returned: Status.Ok,
  },
  {
    name: "what is compared in constant time, and where it differs",
    secretBytes: 64,
    run: (module) => {
      module.call("equalConstantTime", Place.Secret, Place.Secret + 32, 32);
      module.call("equalConstantTime", Place.Secret, Place.Public, 16);
    },
  },
];

describe.each(cipherBuilds)("%s, observed,", (name) => {
  const module = new ObservedModule(readWasm(name), bounds, readWasm(`${name}.symbols`));

  it.each(uses)("shows nothing of $name", { timeout: 120_000 }, (use) => {
    const secrets = use.secrets ?? secretsOf(use.secretBytes);
    expect(secrets.length).toBeGreaterThanOrEqual(RANDOM_SECRETS + 2);
    const [first, ...others] = secrets.map((secret) => driveOf(use, secret));
    if (first === undefined) throw new Error("there are secrets");
    const reference = module.observe(first);
    expect(reference.events).toBeGreaterThan(use.secretBytes);
    for (const drive of others) {
      const { hash, events } = module.observe(drive);
      const isSame = hash === reference.hash && events === reference.events;
      expect(isSame ? undefined : module.divergence(first, drive)?.message).toBeUndefined();
    }
  });
});

describe("code that leaks", () => {
  it("is told from code that does not: the windows of a verification show the scalar", () => {
    const build = new ObservedModule(readWasm("crypto-testing"), bounds, readWasm("crypto-testing.symbols"));
    const drive =
      (scalar: bigint): Drive =>
      (running, memory) => {
        memory.set(numberToBytes(scalar).reverse(), addressOf(running, "KEY_SCALAR"));
        memory.set(numberToBytes(1n).reverse(), addressOf(running, "BASE_SCALAR"));
        memory.set(peer, 0);
        running.call("multiplyAdd");
      };
    expect(build.divergence(drive(0x1234567n), drive(0x1234568n))?.kind).toBe("branch");
  });

  it(
    "is found in the device's own sources, were they written as anyone would",
    { timeout: 120_000 },
    async () => {
      const entry = { name: "leaky", source: "assembly/testing/cipher.ts", target: "testing" } as const;
      const { module: bytes } = await compileModule(entry, leaks, false);
      const leaky = new ObservedModule(bytes, bounds);
      for (const [name, kinds] of [
        ["the private key of ECDH on P-256", ["load"]],
        ["the key of AES-128-GCM, and the message", ["branch", "select"]],
        ["the key of ChaCha20-Poly1305, and the message", ["shift"]],
      ] as const) {
        const use = uses.find((one) => one.name === name);
        if (use === undefined) throw new Error(`there is a use of ${name}`);
        const [one, other] = (use.secrets ?? secretsOf(use.secretBytes)).slice(-2);
        if (one === undefined || other === undefined) throw new Error("there are secrets");
        expect(kinds).toContain(leaky.divergence(driveOf(use, one), driveOf(use, other))?.kind);
      }
    },
  );
});

/** A table that is indexed, a bit that is asked for, and a rotation by more for some data: all compute the same. */
const leaks: readonly Patch[] = [
  {
    file: "assembly/crypto/ecdh-p256.ts",
    find: "    const mask = ((entry ^ index) - 1) >> 31;\n",
    replace:
      "    multiple = ODD_MULTIPLES + entry * Point.Bytes;\n    const mask = ((entry ^ index) - 1) >> 31;\n",
  },
  {
    file: "assembly/crypto/aes-gcm.ts",
    find: "    sumHigh ^= high & mask;\n",
    replace: "    if (mask !== 0) sumHigh ^= high;\n",
  },
  {
    file: "assembly/crypto/chacha20.ts",
    find: "  d = rotl<u32>(d ^ a, 16);\n",
    replace: "  d = rotl<u32>(d ^ a, 16 + ((a >> 31) << 5));\n",
  },
];

describe("an encryption-info that is opened with the device's secret", () => {
  const encryption = new ObservedModule(
    readWasm("testing/encryption"),
    bounds,
    readWasm("testing/encryption.symbols"),
  );

  /** Opens the same encryption-info but for the wrapped key, which follows from the secret. */
  function driveOf(kind: PayloadKey, secret: Uint8Array, contentKey: Uint8Array): Drive {
    const info = infoFor(kind, secret, contentKey);
    return (module, memory) => {
      memory.set(secret, Place.Secret);
      memory.set(info, Place.Public);
      memory.set(message, Place.Message);
      const out = addressOf(module, "OUTPUT") + 512;
      const parameters = [Place.Public, info.length, kind, Place.Secret, Place.Message, messageBytes, out];
      expect(module.call("openPayload", ...parameters)).toBe(Status.Ok);
    };
  }

  it.each([
    ["a key encryption key for AES-128", PayloadKey.Kek128, 16],
    ["a key encryption key for AES-256", PayloadKey.Kek256, 32],
    ["a private key on P-256", PayloadKey.P256, 32],
  ])("shows nothing of it or of the content key: %s", { timeout: 120_000 }, (_, kind, secretBytes) => {
    const [first, ...others] = Array.from({ length: RANDOM_SECRETS }, (__, index) =>
      driveOf(kind, pseudorandom(`secret ${index}`, secretBytes), pseudorandom(`content ${index}`, 16)),
    );
    if (first === undefined) throw new Error("there are secrets");
    for (const drive of others) expect(encryption.divergence(first, drive)?.message).toBeUndefined();
  });
});

/** The encryption-info for a secret, its ephemeral key always the same. */
function infoFor(kind: PayloadKey, secret: Uint8Array, contentKey: Uint8Array): Uint8Array {
  const wrap = (kek: Uint8Array): string =>
    createCipheriv(`id-aes${kek.length * 8}-wrap`, kek, wrapIv).update(contentKey, undefined, "hex");
  const common = { algorithm: "A128CTR", iv: Buffer.from(nonce).toString("hex") } as const;
  if (kind !== PayloadKey.P256) {
    const algorithm = kind === PayloadKey.Kek128 ? "A128KW" : "A256KW";
    return encryptionInfoBytes({ ...common, recipients: [{ algorithm, key: wrap(secret) }] });
  }
  const algorithm = "ECDH-ES+A128KW";
  const own = numberToBytes(0x7654321n);
  const point = Buffer.from(p256.getPublicKey(own, false));
  const shared = p256.getSharedSecret(own, p256.getPublicKey(secret)).subarray(1);
  const nobody = [null, null, null];
  const header = encodeCbor(new Map([[1, -29]]));
  const context = encodeCbor([-3, nobody, nobody, [128, header, Buffer.from("SUIT Payload Encryption")]]);
  const kek = new Uint8Array(hkdfSync("sha256", shared, new Uint8Array(0), context, 16));
  const ephemeral = { x: point.toString("hex", 1, 33), y: point.toString("hex", 33) };
  return encryptionInfoBytes({ ...common, recipients: [{ algorithm, ephemeral, key: wrap(kek) }] });
}

/** The secret to its place, and everything public to its own. */
function driveOf(use: Use, secret: Uint8Array): Drive {
  return (running, memory) => {
    memory.set(secret, Place.Secret);
    memory.set(nonce, Place.Public);
    memory.set(peer, Place.Public + 64);
    memory.set(message, Place.Message);
    if (use.derived !== undefined) memory.set(use.derived(secret), Place.More);
    const returned = use.run(running, addressOf(running, "OUTPUT"));
    if (returned !== use.returned) throw new Error(`${use.name}: the device returned ${String(returned)}`);
  };
}

/** All zeros, all ones, and random ones. */
function secretsOf(length: number): Uint8Array[] {
  const random = Array.from({ length: RANDOM_SECRETS }, (_, index) =>
    pseudorandom(`secret ${index}`, length),
  );
  return [new Uint8Array(length), new Uint8Array(length).fill(0xff), ...random];
}

/** Moves part of the secret into RAM with the device's own counter mode, whose key stream is known. */
function copySecret(module: RunningModule, from: number, length: number, out: number): void {
  module.call("aesCtrInit", Place.Public, 0);
  module.call("aesCtrUpdate", Place.Secret + from, length, out);
}

/** The address that an exported global holds. */
function addressOf(module: RunningModule, name: string): number {
  const cell = module.exports[name];
  if (!(cell instanceof WebAssembly.Global)) throw new TypeError(`the module exports no ${name}`);
  return Number(cell.value);
}

/** The same bytes for the same name, in every run. */
function pseudorandom(name: string, length: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash("sha256").update(`${name} ${index}`).digest(),
  );
  return Uint8Array.from(Buffer.concat(blocks)).subarray(0, length);
}
