/**
 * What does decrypting a payload cost the device, and how fast is it? `npx tsx benchmarks/cipher.ts`
 *
 * Each algorithm is in a module of its own as it goes into flash, against OpenSSL and @noble/curves: 4 KiB
 * of payload by each cipher, and one content key by each way it may arrive.
 */
import { createCipheriv, createDecipheriv, createECDH, hkdfSync } from "node:crypto";
import { fileURLToPath } from "node:url";
import { p256 } from "@noble/curves/nist.js";
import { Status } from "../assembly/status.ts";
import { type Cost, MeasuredModule, formatCosts } from "./cost.ts";
import { type BenchEffort, type BenchTable, type BenchTask, compare, formatTable } from "./table.ts";

const payloadBytes = 4096;
const tagBytes = 16;

/** Addresses in flash of what the device is given. */
const Operand = { Key: 0, Nonce: 32, Peer: 64, Wrapped: 128, Payload: 1024 } as const;

/** Time and cost of everything that decrypts a payload. */
export interface CipherBench {
  readonly tables: readonly BenchTable[];
  readonly costs: readonly Cost[];
}

/** One algorithm; `others` compute the same elsewhere. */
interface Subject {
  readonly title: string;
  readonly module: string;
  readonly entry: string;
  readonly parameters: (out: number) => readonly number[];
  /** What the device's function returns. */
  readonly returned: Status.Ok | undefined;
  /** Operands in flash besides key and nonce. */
  readonly operands: readonly (readonly [address: number, bytes: Uint8Array])[];
  readonly expected: Uint8Array;
  readonly others: readonly BenchTask[];
}

/** Measures each algorithm; one that computes something else ends the benchmark. */
export async function benchCipher(effort?: BenchEffort): Promise<CipherBench> {
  const tables: BenchTable[] = [];
  const costs: Cost[] = [];
  for (const subject of subjects()) {
    const { title, parameters, returned, expected, operands, others } = subject;
    const device = new MeasuredModule(subject.module, "size", subject.entry);
    for (const [address, bytes] of [[Operand.Key, key], [Operand.Nonce, nonce], ...operands] as const)
      device.bytes.set(bytes, address);
    const run = (): void => {
      if (device.run(...parameters(device.result)) !== returned) throw new Error(`${title}: refused`);
    };
    run();
    if (!Buffer.from(expected).equals(device.bytes.subarray(device.result, device.result + expected.length)))
      throw new Error(`${title}: the device computed something else`);
    tables.push(await compare(title, [{ name: "Brownout (Wasm)", run }, ...others], effort));
    costs.push(device.cost(title, returned, ...parameters(device.result)));
  }
  return { tables, costs };
}

const key = Uint8Array.from({ length: 32 }, (_, index) => 3 * index + 1);
const nonce = Uint8Array.from({ length: 16 }, (_, index) => 5 * index + 2);
const payload = Uint8Array.from({ length: payloadBytes }, (_, index) => (index * 31) ^ (index >> 8));

function subjects(): Subject[] {
  return [
    ...[16, 32].map(counterMode),
    sealed("AES-128-GCM", "aes-gcm", "aesGcm"),
    sealed("ChaCha20-Poly1305", "chacha20-poly1305", "chachaPoly"),
    keyWrap(),
    keyAgreement(),
    keyDerivation(),
  ];
}

function counterMode(keyBytes: number): Subject {
  const cipher = `aes-${8 * keyBytes}-ctr`;
  const cipherKey = key.subarray(0, keyBytes);
  return {
    title: `AES-${8 * keyBytes} in counter mode, 4 KiB`,
    module: "aes-ctr",
    entry: "aesCtr",
    parameters: (out) => [Operand.Key, keyBytes, Operand.Nonce, Operand.Payload, payloadBytes, out],
    returned: undefined,
    operands: [[Operand.Payload, payload]],
    expected: createDecipheriv(cipher, cipherKey, nonce).update(payload),
    others: [openssl(() => createDecipheriv(cipher, cipherKey, nonce).update(payload))],
  };
}

function sealed(title: string, module: string, entry: "aesGcm" | "chachaPoly"): Subject {
  const isAes = entry === "aesGcm";
  const cipherKey = isAes ? key.subarray(0, 16) : key;
  const iv = nonce.subarray(0, 12);
  const cipher = isAes
    ? createCipheriv("aes-128-gcm", cipherKey, iv)
    : createCipheriv("chacha20-poly1305", cipherKey, iv, { authTagLength: tagBytes });
  const ciphertext = Buffer.concat([cipher.update(payload), cipher.final()]);
  const tag = cipher.getAuthTag();
  const open = (): void => {
    const decipher = isAes
      ? createDecipheriv("aes-128-gcm", cipherKey, iv)
      : createDecipheriv("chacha20-poly1305", cipherKey, iv, { authTagLength: tagBytes });
    decipher.setAuthTag(tag).update(ciphertext);
    decipher.final();
  };
  return {
    title: `${title}, 4 KiB`,
    module,
    entry,
    parameters: (out) => [
      Operand.Key,
      ...(isAes ? [16] : []),
      Operand.Nonce,
      Operand.Payload,
      payloadBytes,
      out,
    ],
    returned: Status.Ok,
    operands: [[Operand.Payload, Buffer.concat([ciphertext, tag])]],
    expected: payload,
    others: [openssl(open)],
  };
}

function keyWrap(): Subject {
  const kek = key.subarray(0, 16);
  const contentKey = nonce;
  const initial = Buffer.alloc(8, 0xa6);
  const wrapped = createCipheriv("id-aes128-wrap", kek, initial).update(contentKey);
  return {
    title: "AES-128 key unwrap, one key of 128 bits",
    module: "aes-kw",
    entry: "aesKwUnwrap",
    parameters: (out) => [Operand.Key, 16, Operand.Wrapped, wrapped.length, out],
    returned: Status.Ok,
    operands: [[Operand.Wrapped, wrapped]],
    expected: contentKey,
    others: [openssl(() => createDecipheriv("id-aes128-wrap", kek, initial).update(wrapped))],
  };
}

function keyAgreement(): Subject {
  const peer = p256.getPublicKey(Uint8Array.from(key).reverse(), false);
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(key);
  return {
    title: "ECDH on P-256",
    module: "ecdh-p256",
    entry: "ecdhP256",
    parameters: (out) => [Operand.Key, Operand.Peer, Operand.Peer + 32, out],
    returned: Status.Ok,
    operands: [[Operand.Peer, peer.subarray(1)]],
    expected: ecdh.computeSecret(peer),
    others: [
      { name: "@noble/curves", run: () => void p256.getSharedSecret(key, peer) },
      openssl(() => ecdh.computeSecret(peer)),
    ],
  };
}

function keyDerivation(): Subject {
  const derive = (): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", key, new Uint8Array(0), payload.subarray(0, 42), 16));
  return {
    title: "HKDF-SHA-256, one key of 128 bits",
    module: "hkdf-sha256",
    entry: "hkdfSha256",
    parameters: (out) => [Operand.Key, 32, Operand.Key, 0, Operand.Payload, 42, out, 16],
    returned: Status.Ok,
    operands: [[Operand.Payload, payload]],
    expected: derive(),
    others: [openssl(derive)],
  };
}

function openssl(run: () => unknown): BenchTask {
  return { name: "node:crypto (OpenSSL)", run: () => void run() };
}

/** The figures as lines of text. */
export function formatCipher({ tables, costs }: CipherBench): string {
  return [...tables.map(formatTable), formatCosts(costs)].join("\n\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatCipher(await benchCipher()));
