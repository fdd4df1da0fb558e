/**
 * What the host encrypts for a device, the device opens, and nobody else does; and nothing that an
 * encryption-info may say makes the device do anything but refuse it.
 */
import { createCipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PayloadKey } from "../../assembly/layout.ts";
import { Status } from "../../assembly/status.ts";
import { encodeCbor, Tagged, type Cbor } from "../../host/manifest/cbor-writer.ts";
import { CONTENT_ALGORITHM_NAMES, encryptPayload } from "../../host/manifest/encrypt.ts";
import { encryptionInfoBytes } from "../../host/manifest/encryption-json.ts";
import { agreementHolder, kekHolder } from "../encrypted-update.ts";
import { EncryptionModule } from "../encryption-module.ts";
import { fromHex, toHex } from "../vectors.ts";

const holders = [
  kekHolder(16),
  kekHolder(16),
  kekHolder(32),
  kekHolder(32),
  agreementHolder(),
  agreementHolder(),
] as const;
const holder = fc.constantFrom(...holders);
const algorithm = fc.constantFrom(...CONTENT_ALGORITHM_NAMES);
const payload = fc.uint8Array({ maxLength: 500 });
const device = new EncryptionModule();

describe("an encrypted payload", () => {
  it("is opened by every recipient, whatever the algorithms, and by nobody else", () => {
    const some = fc.subarray([...holders], { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(some, algorithm, payload, holder, (chosen, name, plaintext, one) => {
        const recipients = chosen.map(({ file }) => ({ key: file, kid: "kid" }));
        const { info, ciphertext } = encryptPayload(plaintext, recipients, name);
        const { status, bytes } = device.open(info, one.kind, one.bytes, ciphertext);
        if (chosen.includes(one)) {
          expect(status).toBe(Status.Ok);
          expect(toHex(bytes.slice(0, plaintext.length))).toBe(toHex(plaintext));
        } else {
          const mayBe = chosen.some(({ kind }) => kind === one.kind);
          expect(status).toBe(mayBe ? Status.WrappedKeyInvalid : Status.RecipientMissing);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("is opened with AES-256 key wrap behind key agreement (-31), where COSE_KDF_Context is longer", () => {
    const [, , , , one] = holders;
    const sender = createECDH("prime256v1");
    const point = sender.generateKeys();
    if (one.file.kind !== "p256") throw new Error("the fifth holder has a key on P-256");
    const { x, y } = one.file.key;
    const shared = sender.computeSecret(Buffer.concat([Uint8Array.of(4), x, y]));
    const nobody = [null, null, null];
    const supplementary = [256, encodeCbor(new Map([[1, -31]])), Buffer.from("SUIT Payload Encryption")];
    const context = encodeCbor([-5, nobody, nobody, supplementary]);
    const key = new Uint8Array(hkdfSync("sha256", shared, new Uint8Array(0), context, 32));
    const contentKey = randomBytes(16);
    const wrapping = createCipheriv("id-aes256-wrap", key, Buffer.alloc(8, 0xa6)).update(contentKey);
    const info = encryptionInfoBytes({
      algorithm: "A128CTR",
      iv: "00".repeat(16),
      recipients: [
        {
          algorithm: "ECDH-ES+A256KW",
          ephemeral: { x: toHex(point.subarray(1, 33)), y: toHex(point.subarray(33)) },
          key: toHex(wrapping),
        },
      ],
    });
    const plaintext = Buffer.from("This is a real firmware image.");
    const ciphertext = createCipheriv("aes-128-ctr", contentKey, new Uint8Array(16)).update(plaintext);
    const { status, bytes } = device.open(info, one.kind, one.bytes, ciphertext);
    expect([status, Buffer.from(bytes).toString()]).toEqual([Status.Ok, plaintext.toString()]);
  });

  it("is refused, never worse, where any byte of its encryption-info was changed", () => {
    fc.assert(
      fc.property(holder, algorithm, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, name, at, change) => {
        const { info, ciphertext } = encryptPayload(new Uint8Array(40), [{ key: one.file }], name);
        const place = at % info.length;
        info[place] = (info[place] ?? 0) ^ change;
        const { status, bytes } = device.open(info, one.kind, one.bytes, ciphertext);
        // In counter mode the initialisation vector is not authentic; the image's digest finds that.
        if (status === Status.Ok) expect([name, toHex(bytes)]).not.toEqual([name, "00".repeat(40)]);
        if (!name.endsWith("CTR")) expect(status).not.toBe(Status.Ok);
      }),
      { numRuns: 300 },
    );
  });

  it("is refused for any bytes in place of an encryption-info", () => {
    const near = fc.tuple(holder, fc.nat(), fc.uint8Array({ maxLength: 20 })).map(([one, at, more]) => {
      const { info } = encryptPayload(new Uint8Array(8), [{ key: one.file }]);
      return Uint8Array.from([...info.slice(0, at % info.length), ...more]);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), near), holder, (info, { kind, bytes }) => {
        expect(device.open(info, kind, bytes, new Uint8Array(64)).status).not.toBe(Status.Ok);
      }),
      { numRuns: 300 },
    );
  });
});

const secret = fromHex("61616161616161616161616161616161");
const ctr: Cbor = new Map<Cbor, Cbor>([
  [1, -65534],
  [5, new Uint8Array(16)],
]);
const none = new Uint8Array(0);
const wrapped = new Uint8Array(24);
const kw: Cbor = [none, new Map([[1, -3]]), wrapped];

describe("an encryption-info is refused", () => {
  it.each<[string, Cbor, Status]>([
    ["that is no COSE_Encrypt", new Tagged(16, [none, ctr, null, [kw]]), Status.EncryptionMalformed],
    ["without recipients", new Tagged(96, [none, ctr, null, []]), Status.EncryptionMalformed],
    [
      "with more recipients than the limit",
      new Tagged(96, [none, ctr, null, [kw, kw, kw, kw, kw]]),
      Status.EncryptionUnsupported,
    ],
    ["that carries its ciphertext", new Tagged(96, [none, ctr, none, [kw]]), Status.EncryptionMalformed],
    ["without an IV", new Tagged(96, [none, new Map([[1, -65534]]), null, [kw]]), Status.EncryptionMalformed],
    [
      "in counter mode that says it is protected",
      new Tagged(96, [encodeCbor(new Map([[1, -65534]])), new Map([[5, new Uint8Array(16)]]), null, [kw]]),
      Status.EncryptionMalformed,
    ],
    [
      "with a GCM that is not protected",
      new Tagged(96, [
        none,
        new Map<Cbor, Cbor>([
          [1, 1],
          [5, new Uint8Array(12)],
        ]),
        null,
        [kw],
      ]),
      Status.EncryptionMalformed,
    ],
    [
      "with an algorithm that nobody knows",
      new Tagged(96, [
        none,
        new Map<Cbor, Cbor>([
          [1, -9],
          [5, new Uint8Array(16)],
        ]),
        null,
        [kw],
      ]),
      Status.EncryptionUnsupported,
    ],
    [
      "with a critical header",
      new Tagged(96, [encodeCbor(new Map<Cbor, Cbor>([[2, [1]]])), ctr, null, [kw]]),
      Status.EncryptionUnsupported,
    ],
    [
      "with a wrapped key of another length",
      new Tagged(96, [none, ctr, null, [[none, new Map([[1, -3]]), new Uint8Array(32)]]]),
      Status.WrappedKeyMalformed,
    ],
    ["with a key wrapped by another key", new Tagged(96, [none, ctr, null, [kw]]), Status.WrappedKeyInvalid],
    [
      "for nobody here",
      new Tagged(96, [none, ctr, null, [[none, new Map([[1, -5]]), wrapped]]]),
      Status.RecipientMissing,
    ],
  ])("%s", (_, info, status) => {
    expect(device.open(encodeCbor(info), PayloadKey.Kek128, secret, new Uint8Array(40)).status).toBe(status);
  });

  it.each<[string, object, Status]>([
    ["that is no point of the curve", { x: "11".repeat(32), y: "22".repeat(32) }, Status.KeyMalformed],
    ["of which one coordinate is a sign", { x: "11".repeat(32), y: true }, Status.EncryptionUnsupported],
    [
      "of which a coordinate is short",
      { x: "11".repeat(31), y: "22".repeat(32) },
      Status.EncryptionMalformed,
    ],
  ])("with an ephemeral key %s", (_, ephemeral, status) => {
    const recipient = { algorithm: "ECDH-ES+A128KW", ephemeral, key: "00".repeat(24) } as const;
    const json = { algorithm: "A128CTR", iv: "00".repeat(16), recipients: [recipient] } as const;
    const info = encryptionInfoBytes({
      ...json,
      recipients: [{ ...recipient, ephemeral: { x: "", y: "", ...ephemeral } }],
    });
    const one = holders[4];
    expect(device.open(info, one.kind, one.bytes, new Uint8Array(8)).status).toBe(status);
  });
});
