/**
 * What a measured module is given to do, so that what it executes and how long it takes can be stated.
 *
 * A workload is one call with operands that are laid out in RAM behind the module's static data. It
 * says what must come of it, and, where there is a verdict, which other operands must be refused:
 * what verifies nothing is small and fast.
 */
import { createHash, createHmac } from "node:crypto";
import { Status } from "../../assembly/status.ts";

/** Bytes at an address of the module's address space. */
export interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** One call. */
export interface Call {
  readonly parameters: readonly number[];
  /** What lies in RAM before it. */
  readonly pieces: readonly Piece[];
  /** What it returns; undefined where it returns nothing. */
  readonly returned: number | undefined;
  /** What it leaves in RAM, if that is its result. */
  readonly output: Piece | undefined;
  /** Operands in place of those above that must be refused, and what is returned then. */
  readonly forged: { readonly pieces: readonly Piece[]; readonly returned: number } | undefined;
}

/** What a measured module does. */
export interface Workload {
  /** In words: "one signature of 19 bytes". */
  readonly title: string;
  /** The exported function. */
  readonly entry: string;
  /** The call, its operands at `base` and above, a multiple of 8. */
  readonly call: (base: number) => Call;
}

/** Bytes that hashes are given. */
const MESSAGE_BYTES = 4096;

/** Workloads by the name of the module in assembly/measured/. */
export const WORKLOADS: ReadonlyMap<string, Workload> = new Map([
  ["sha256", { title: "4 KiB", entry: "sha256", call: hashing("sha256") }],
  ["sha512", { title: "4 KiB", entry: "sha512", call: hashing("sha512") }],
  ["hmac-sha256", { title: "4 KiB under a key of 32 bytes", entry: "hmacSha256", call: authenticating }],
  // RFC 6979 appendix A.2.5: P-256, SHA-256, message "sample".
  [
    "p256",
    {
      title: "verify one signature of a digest",
      entry: "ecdsaP256Verify",
      call: verifying(["x", "y", "digest", "signature"], "digest", {
        x: fromHex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
        y: fromHex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
        digest: createHash("sha256").update("sample").digest(),
        signature: fromHex(
          "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ),
      }),
    },
  ],
  // RFC 8032 §7.1, test 3.
  [
    "ed25519",
    {
      title: "verify one signature of 2 bytes",
      entry: "ed25519Verify",
      call: verifying(["key", "message", 2, "signature"], "message", {
        key: fromHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
        message: fromHex("af82"),
        signature: fromHex(
          "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
      }),
    },
  ],
]);

/** A hash of a message, called with pointer, length and out-pointer. */
function hashing(algorithm: string): (base: number) => Call {
  return (base) => {
    const bytes = message();
    const output = { address: base + bytes.length, bytes: createHash(algorithm).update(bytes).digest() };
    return {
      parameters: [base, bytes.length, output.address],
      pieces: [{ address: base, bytes }],
      returned: undefined,
      output,
      forged: undefined,
    };
  };
}

function authenticating(base: number): Call {
  const key = message().subarray(0, 32);
  const bytes = message();
  const pieces = [
    { address: base, bytes: key },
    { address: base + key.length, bytes },
  ];
  const tag = createHmac("sha256", key).update(bytes).digest();
  const output = { address: base + key.length + bytes.length, bytes: tag };
  return {
    parameters: [base, key.length, base + key.length, bytes.length, output.address],
    pieces,
    returned: undefined,
    output,
    forged: undefined,
  };
}

/**
 * A verification, called with pointers to its operands, or numbers.
 *
 * @param order of the parameters: names of operands, or numbers as they are
 * @param signed the operand that is forged in one bit
 */
function verifying(
  order: readonly (string | number)[],
  signed: string,
  operands: Readonly<Record<string, Uint8Array>>,
): (base: number) => Call {
  return (base) => {
    const addresses = new Map<string, number>();
    const pieces: Piece[] = [];
    let address = base;
    for (const [name, bytes] of Object.entries(operands)) {
      addresses.set(name, address);
      pieces.push({ address, bytes });
      // Every operand begins at a multiple of 8, as in a program.
      address += (bytes.length + 7) & ~7;
    }
    const addressOf = (name: string): number => addresses.get(name) ?? 0;
    const forged = (operands[signed] ?? new Uint8Array()).map((byte, index) =>
      index === 0 ? byte ^ 1 : byte,
    );
    return {
      parameters: order.map((each) => (typeof each === "number" ? each : addressOf(each))),
      pieces,
      returned: Status.Ok,
      output: undefined,
      forged: {
        pieces: [{ address: addressOf(signed), bytes: forged }],
        returned: Status.SignatureInvalid,
      },
    };
  };
}

function message(): Uint8Array {
  return Uint8Array.from({ length: MESSAGE_BYTES }, (_, index) => (index * 31) ^ (index >> 8));
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
