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
const MESSAGE = Uint8Array.from({ length: 4096 }, (_, index) => (index * 31) ^ (index >> 8));
const KEY = MESSAGE.subarray(0, 32);

/** Workloads by the name of the module in assembly/measured/. */
export const WORKLOADS: ReadonlyMap<string, Workload> = new Map([
  ["sha256", hashing("sha256")],
  ["sha512", hashing("sha512")],
  [
    "hmac-sha256",
    {
      title: "4 KiB under a key of 32 bytes",
      entry: "hmacSha256",
      call: calling(
        ["key", KEY.length, "message", MESSAGE.length, "out"],
        { key: KEY, message: MESSAGE },
        { output: createHmac("sha256", KEY).update(MESSAGE).digest() },
      ),
    },
  ],
  // RFC 6979 appendix A.2.5: P-256, SHA-256, message "sample".
  [
    "p256",
    {
      title: "verify one signature of a digest",
      entry: "ecdsaP256Verify",
      call: calling(
        ["x", "y", "digest", "signature"],
        {
          x: fromHex("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"),
          y: fromHex("7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"),
          digest: createHash("sha256").update("sample").digest(),
          signature: fromHex(
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
              "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
          ),
        },
        { returned: Status.Ok, forged: { operand: "digest", returned: Status.SignatureInvalid } },
      ),
    },
  ],
  // RFC 8032 §7.1, test 3.
  [
    "ed25519",
    {
      title: "verify one signature of 2 bytes",
      entry: "ed25519Verify",
      call: calling(
        ["key", "message", 2, "signature"],
        {
          key: fromHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
          message: fromHex("af82"),
          signature: fromHex(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
              "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
          ),
        },
        { returned: Status.Ok, forged: { operand: "message", returned: Status.SignatureInvalid } },
      ),
    },
  ],
]);

function hashing(algorithm: string): Workload {
  const output = createHash(algorithm).update(MESSAGE).digest();
  return {
    title: "4 KiB",
    entry: algorithm,
    call: calling(["message", MESSAGE.length, "out"], { message: MESSAGE }, { output }),
  };
}

/** What must come of a call. */
interface Outcome {
  readonly returned?: number;
  /** What lies at `out` afterwards. */
  readonly output?: Uint8Array;
  /** The operand that is wrong if one bit of it is, and what is returned then. */
  readonly forged?: { readonly operand: string; readonly returned: number };
}

/**
 * A call with pointers to its operands, or numbers.
 *
 * @param order of the parameters: names of operands, `out` for where the output goes, or numbers as they are
 */
function calling(
  order: readonly (string | number)[],
  operands: Readonly<Record<string, Uint8Array>>,
  { returned, output, forged }: Outcome,
): (base: number) => Call {
  return (base) => {
    const places = new Map<string, Piece>();
    let address = base;
    for (const [name, bytes] of Object.entries(operands)) {
      places.set(name, { address, bytes });
      // Every operand begins at a multiple of 8, as in a program.
      address += (bytes.length + 7) & ~7;
    }
    const out = address;
    const placeOf = (name: string): Piece => places.get(name) ?? { address: out, bytes: new Uint8Array() };
    return {
      parameters: order.map((each) => (typeof each === "number" ? each : placeOf(each).address)),
      pieces: [...places.values()],
      returned,
      output: output && { address: out, bytes: output },
      forged: forged && { pieces: [oneBitOff(placeOf(forged.operand))], returned: forged.returned },
    };
  };
}

function oneBitOff({ address, bytes }: Piece): Piece {
  return { address, bytes: bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte)) };
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
