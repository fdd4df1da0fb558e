/**
 * How fast does the device verify an Ed25519 signature, and at what cost? `npx tsx benchmarks/ed25519.ts`
 *
 * The modules as they go into flash, one built for speed and one for size, against @noble/curves and
 * OpenSSL, and against libsodium-wrappers where that is installed. The message is short, and everybody
 * hashes it.
 */
import { createPublicKey, verify as opensslVerify } from "node:crypto";
import { fileURLToPath } from "node:url";
import { ed25519 } from "@noble/curves/ed25519.js";
import { Status } from "../assembly/status.ts";
import { type Cost, MeasuredModule, formatCosts, measuredTargets } from "./cost.ts";
import { absenceLine, installedPeer } from "./peer.ts";
import { type BenchEffort, type BenchTable, formatTable } from "./table.ts";
import { compareVerifiers, type Verifier } from "./verifier.ts";

/** Addresses in flash of what is verified. */
const Operand = { Key: 0, Signature: 32, Message: 96 } as const;

/** Time and cost of verifying one genuine signature. */
export interface Ed25519Bench {
  readonly table: BenchTable;
  readonly costs: readonly Cost[];
  /** Peers that are not installed. */
  readonly absent: readonly string[];
}

/** Compares verification of one genuine signature. */
export async function benchEd25519(effort?: BenchEffort): Promise<Ed25519Bench> {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const message = Uint8Array.from(Buffer.from("a firmware manifest"));
  const publicKey = ed25519.getPublicKey(secret);
  const signature = ed25519.sign(message, secret);
  const x = Buffer.from(publicKey).toString("base64url");
  const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });
  const parameters = [Operand.Key, Operand.Message, message.length, Operand.Signature] as const;
  const devices = measuredTargets.map((target) => new MeasuredModule("ed25519", target, "ed25519Verify"));
  const sodium = await sodiumVerifier(signature, message, publicKey);

  const implementations: readonly Verifier[] = [
    ...devices.map((device) => ({
      name: `Brownout (Wasm), built for ${device.target}`,
      verify: () => device.run(...parameters) === Status.Ok,
    })),
    { name: "@noble/curves", verify: () => ed25519.verify(signature, message, publicKey) },
    { name: "node:crypto (OpenSSL)", verify: () => opensslVerify(null, message, key, signature) },
    ...(sodium === undefined ? [] : [sodium]),
  ];
  const load = (): void => {
    for (const { bytes } of devices) {
      bytes.set(publicKey, Operand.Key);
      bytes.set(signature, Operand.Signature);
      bytes.set(message, Operand.Message);
    }
  };
  const table = await compareVerifiers("Ed25519 verification", implementations, message, load, effort);
  const costs = devices.map((device) =>
    device.cost(`Ed25519 verification, built for ${device.target}`, Status.Ok, ...parameters),
  );
  return { table, costs, absent: sodium === undefined ? ["libsodium-wrappers"] : [] };
}

/** The figures as lines of text. */
export function formatEd25519({ table, costs, absent }: Ed25519Bench): string {
  return `${formatTable(table)}\n${formatCosts(costs)}${absenceLine(absent)}`;
}

/** libsodium's verification of the same signature, if it is installed. */
async function sodiumVerifier(
  signature: Uint8Array,
  message: Uint8Array,
  publicKey: Uint8Array,
): Promise<Verifier | undefined> {
  const peer = await installedPeer("libsodium-wrappers");
  const sodium: unknown = peer !== undefined && "default" in peer ? peer.default : peer;
  if (!isSodium(sodium)) return undefined;
  await sodium.ready;
  return {
    name: "libsodium-wrappers",
    verify: () => sodium.crypto_sign_verify_detached(signature, message, publicKey),
  };
}

interface Sodium {
  readonly ready: Promise<void>;
  readonly crypto_sign_verify_detached: (
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ) => boolean;
}

function isSodium(value: unknown): value is Sodium {
  return typeof value === "object" && value !== null && "ready" in value;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatEd25519(await benchEd25519()));
