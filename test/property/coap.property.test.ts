/** CoAP on both ends of the link, over the space of messages and of mere bytes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CoapServer } from "../../emulator/coap-server.ts";
import { loadDeviceCodec } from "../coap-codec.ts";
import { decodeMessage, encodeMessage, optionOf, uint, type CoapMessage } from "../coap-message.ts";

const device = loadDeviceCodec();
const server = new CoapServer(
  new Map([
    ["/suit/envelope", new Uint8Array(700).fill(1)],
    ["/suit/payload", new Uint8Array()],
  ]),
);

const byte = fc.nat(255);
const bytes = (maxLength: number) => fc.array(byte, { maxLength });

/** Options in ascending order, numbers and lengths across all three forms of RFC 7252 §3.1. */
const options = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(3, 4, 11, 12, 17, 23, 28), fc.nat(300), fc.nat(65535)),
      fc.oneof(bytes(8), bytes(40), fc.constant(Array.from({ length: 280 }, () => 7))),
    ),
    { maxLength: 6 },
  )
  .map((list) => list.sort(([left], [right]) => left - right));

const message: fc.Arbitrary<CoapMessage> = fc.record({
  type: fc.nat(3),
  code: fc.oneof(fc.constantFrom(0x01, 0x45, 0x84), fc.integer({ min: 1, max: 255 })),
  messageId: fc.nat(65535),
  token: bytes(8),
  options,
  payload: bytes(64),
});

/** Bytes that look like a message at least at the start, and messages with a few bytes changed. */
const nearlyMessage = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  bytes(40).map((rest) => Uint8Array.of(0x60, 0x45, 0, 0, ...rest)),
  fc.tuple(message, fc.array(fc.tuple(fc.nat(80), byte), { maxLength: 4 })).map(([original, changes]) => {
    const encoded = encodeMessage(original);
    for (const [index, value] of changes) if (index < encoded.length) encoded[index] = value;
    return encoded;
  }),
  fc.tuple(message, fc.nat(80)).map(([original, length]) => encodeMessage(original).slice(0, length)),
);

function numberOf(value: readonly number[]): bigint {
  return value.reduce((sum, next) => sum * 256n + BigInt(next), 0n);
}

/** Whether the device may accept these options: only ones it understands may be critical. */
function isAcceptable({ code, options: list }: CoapMessage): boolean {
  if (code === 0) return true;
  const critical = list.filter(([number]) => number % 2 === 1);
  const [, value] = critical[0] ?? [23, []];
  const isBlock = critical.length === 0 || (critical.length === 1 && critical[0]?.[0] === 23);
  return isBlock && value.length <= 3 && ((value.at(-1) ?? 0) & 7) !== 7;
}

describe("CoAP", () => {
  it("on the device, accepts exactly what RFC 7252 §3 allows and reads it as an independent reader does", () => {
    fc.assert(
      fc.property(nearlyMessage, (datagram) => {
        const read = device.read(datagram);
        const expected = decodeMessage(datagram);
        if (expected === undefined || !isAcceptable(expected)) {
          expect(read).toBeUndefined();
          return;
        }
        const { type, code, messageId, token, payload } = expected;
        const tokenBytes = token.length;
        expect(read).toMatchObject({ type, code, messageId, tokenBytes, token: numberOf(token), payload });
        const block = optionOf(expected, 23);
        expect(read?.block).toBe(block === undefined ? undefined : Number(numberOf(block)));
      }),
      { numRuns: 3000 },
    );
  });

  it("on the device, asks for a block in a message that an independent reader understands", () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1), fc.nat(2175), fc.nat(6), (resource, number, sizeExponent) => {
        const block = number * 16 + sizeExponent;
        const expected = {
          type: 0,
          code: 0x01,
          options: [
            [11, [...new TextEncoder().encode("suit")]],
            [11, [...new TextEncoder().encode(resource === 0 ? "envelope" : "payload")]],
            // A value of 0 takes one byte, which RFC 7252 §3.2 allows; Size2 goes with the first block.
            [23, block === 0 ? [0] : uint(block)],
            ...(number === 0 ? [[28, []]] : []),
          ],
          payload: [],
        };
        expect(decodeMessage(device.writeGet(resource, block))).toMatchObject(expected);
      }),
    );
  });

  it("on the device, asks different questions with different message ids and tokens", () => {
    const seen = new Set<string>();
    for (const resource of [0, 1]) {
      for (let number = 0; number < 2176; number += 1) {
        const { messageId, token } = decodeMessage(device.writeGet(resource, number * 16)) ?? {};
        expect(numberOf(token ?? [])).toBe(BigInt(messageId ?? -1));
        seen.add(String(messageId));
      }
    }
    expect(seen.size).toBe(2 * 2176);
  });

  it("at the far end, answers any bytes with nothing, a reset, or a response that its asker can match", () => {
    fc.assert(
      fc.property(nearlyMessage, (datagram) => {
        const answer = server.answer(datagram.slice());
        if (answer === undefined) return;
        const read = decodeMessage(answer);
        expect(read?.messageId).toBe((datagram[2] ?? 0) * 256 + (datagram[3] ?? 0));
        if (read?.type !== 3) expect(read?.token).toEqual(decodeMessage(datagram)?.token);
      }),
      { numRuns: 3000 },
    );
  });

  it("at the far end, answers the same bytes the same, whatever came in between", () => {
    fc.assert(
      fc.property(nearlyMessage, nearlyMessage, (first, second) => {
        const before = server.answer(first);
        server.answer(second);
        expect(server.answer(first)).toEqual(before);
      }),
    );
  });

  it("makes the two ends understand each other for every block of a resource", () => {
    const content = Uint8Array.from({ length: 8000 }, (_, index) => index & 255);
    const far = new CoapServer(new Map([["/suit/envelope", content]]));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6 }), fc.nat(511), (sizeExponent, index) => {
        const blockBytes = 16 << sizeExponent;
        const number = index % Math.ceil(content.length / blockBytes);
        const answer = far.answer(device.writeGet(0, number * 16 + sizeExponent)) ?? new Uint8Array();
        const end = (number + 1) * blockBytes;
        const more = end < content.length ? 8 : 0;
        const read = device.read(answer);
        expect(read).toMatchObject({ type: 2, code: 0x45, block: number * 16 + more + sizeExponent });
        expect(read?.payload).toEqual([...content.slice(number * blockBytes, end)]);
        expect(read?.sizeBytes).toBe(number === 0 ? content.length : undefined);
        expect(read?.entityTag).not.toBe(0n);
      }),
    );
  });
});
