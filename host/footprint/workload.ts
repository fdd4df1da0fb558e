/**
 * What a measured module is given to do, so that what it executes and how long it takes can be stated.
 *
 * A workload is one call with operands that are laid out in RAM behind the module's static data. It
 * says what must come of it, and, where there is a verdict, which other operands must be refused:
 * what verifies nothing is small and fast.
 */
import { createCipheriv, createECDH, createHash, createHmac, hkdfSync } from "node:crypto";
import { Status } from "../../assembly/status.ts";
import { generateHssKey, parseTrees, signWithLeaf } from "../keys/hss.ts";

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

/** Bytes that ciphers are given, in RAM beside their plaintext. */
const PLAINTEXT = MESSAGE.subarray(0, 2048);
const NONCE = MESSAGE.subarray(64, 76);
const COUNTER = MESSAGE.subarray(64, 80);
const INFO = MESSAGE.subarray(128, 160);

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
  [
    "hkdf-sha256",
    {
      title: "32 bytes from 32, with salt and info of 32 each",
      entry: "hkdfSha256",
      call: calling(
        ["secret", 32, "salt", 32, "info", 32, "out", 32],
        { secret: KEY, salt: MESSAGE.subarray(96, 128), info: INFO },
        {
          returned: Status.Ok,
          output: Buffer.from(hkdfSync("sha256", KEY, MESSAGE.subarray(96, 128), INFO, 32)),
        },
      ),
    },
  ],
  [
    "aes-ctr",
    {
      title: "2 KiB under a key of 16 bytes",
      entry: "aesCtr",
      call: calling(
        ["key", 16, "counter", "input", PLAINTEXT.length, "out"],
        {
          key: KEY.subarray(0, 16),
          counter: COUNTER,
          input: createCipheriv("aes-128-ctr", KEY.subarray(0, 16), COUNTER).update(PLAINTEXT),
        },
        { output: PLAINTEXT },
      ),
    },
  ],
  [
    "aes-gcm",
    {
      title: "2 KiB under a key of 16 bytes",
      entry: "aesGcm",
      call: calling(
        ["key", 16, "nonce", "input", PLAINTEXT.length, "out"],
        { key: KEY.subarray(0, 16), nonce: NONCE, input: sealed("aes-128-gcm", 16) },
        {
          returned: Status.Ok,
          output: PLAINTEXT,
          forged: { operand: "input", returned: Status.PayloadInauthentic },
        },
      ),
    },
  ],
  [
    "chacha20-poly1305",
    {
      title: "2 KiB",
      entry: "chachaPoly",
      call: calling(
        ["key", "nonce", "input", PLAINTEXT.length, "out"],
        { key: KEY, nonce: NONCE, input: sealed("chacha20-poly1305", 32) },
        {
          returned: Status.Ok,
          output: PLAINTEXT,
          forged: { operand: "input", returned: Status.PayloadInauthentic },
        },
      ),
    },
  ],
  // RFC 3394 §4.1: 128 bits of key data with a 128-bit key encryption key.
  [
    "aes-kw",
    {
      title: "a key of 16 bytes under one of 16",
      entry: "aesKwUnwrap",
      call: calling(
        ["kek", 16, "wrapped", 24, "out"],
        {
          kek: fromHex("000102030405060708090a0b0c0d0e0f"),
          wrapped: fromHex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"),
        },
        {
          returned: Status.Ok,
          output: fromHex("00112233445566778899aabbccddeeff"),
          forged: { operand: "wrapped", returned: Status.WrappedKeyInvalid },
        },
      ),
    },
  ],
  ["ecdh-p256", agreement()],
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
  [
    "hss",
    {
      title: "verify one signature of 32 bytes, a tree H5/W8",
      entry: "hssVerify",
      call: (base) => hashBased()(base),
    },
  ],
  [
    "ml-dsa-44",
    { title: "verify one signature of 32 bytes", entry: "mlDsa44Verify", call: (base) => lattice()(base) },
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

/** The plaintext under the key that begins the message, with its tag behind it. */
function sealed(algorithm: "aes-128-gcm" | "chacha20-poly1305", keyBytes: number): Uint8Array {
  const key = KEY.subarray(0, keyBytes);
  const cipher =
    algorithm === "aes-128-gcm"
      ? createCipheriv(algorithm, key, NONCE)
      : createCipheriv(algorithm, key, NONCE, { authTagLength: 16 });
  return Buffer.concat([cipher.update(PLAINTEXT), cipher.final(), cipher.getAuthTag()]);
}

/** Both sides of an agreement over P-256 know what must come of it. */
function agreement(): Workload {
  const [own, peer] = [createECDH("prime256v1"), createECDH("prime256v1")];
  own.setPrivateKey(KEY);
  peer.setPrivateKey(INFO);
  const point = Uint8Array.from(peer.getPublicKey());
  const [x, y] = [point.subarray(1, 33), point.subarray(33)];
  return {
    title: "one shared secret",
    entry: "ecdhP256",
    call: calling(
      ["secret", "x", "y", "out"],
      { secret: KEY, x, y },
      {
        returned: Status.Ok,
        output: own.computeSecret(point),
        forged: { operand: "y", returned: Status.KeyMalformed },
      },
    ),
  };
}

/** A signature by the longest chains there are, of a key whose making takes a while. */
function hashBased(): Workload["call"] {
  const { key, top } = generateHssKey(parseTrees("H5/W8"), { secret: MESSAGE.subarray(0, 48) });
  const signature = signWithLeaf(key, INFO, 0n, top.leaves);
  return calling(
    ["key", "message", INFO.length, "signature", signature.length],
    { key: key.x, message: INFO, signature },
    { returned: Status.Ok, forged: { operand: "message", returned: Status.SignatureInvalid } },
  );
}

/**
 * A signature of the key whose secret vectors are 0 (FIPS 204 algorithms 1 and 7): t = A 0 + 0 is 0, and with
 * y = 0 for the mask so are w1, z and the hint, whatever the message. Only the challenge remains to be hashed.
 * It is no key to trust, but to verify with it executes, within a thousandth, what any other key does.
 */
function lattice(): Workload["call"] {
  const shake = (bytes: number, ...pieces: readonly Uint8Array[]): Uint8Array =>
    createHash("shake256", { outputLength: bytes }).update(Buffer.concat(pieces)).digest();
  const [seedBytes, keyBytes, hintBytes, commitmentBytes] = [32, 1312, 84, 768];
  const key = new Uint8Array(keyBytes);
  key.set(KEY.subarray(0, seedBytes));
  const representative = shake(64, shake(64, key), Uint8Array.of(0, 0), INFO);
  const challenge = shake(32, representative, new Uint8Array(commitmentBytes));
  // 0 as a coefficient of z is 2^17, four of them in nine bytes.
  const zeros = Buffer.alloc((4 * 256 * 18) / 8, "000002000800200080", "hex");
  const signature = Buffer.concat([challenge, zeros, new Uint8Array(hintBytes)]);
  return calling(
    ["key", "message", INFO.length, 0, 0, "signature"],
    { key, message: INFO, signature },
    { returned: Status.Ok, forged: { operand: "message", returned: Status.SignatureInvalid } },
  );
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
