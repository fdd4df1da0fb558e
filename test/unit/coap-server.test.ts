/** The CoAP server at the far end of the link, datagram by datagram. */
import { describe, expect, it } from "vitest";
import { CoapServer } from "../../emulator/coap-server.ts";
import { block2, decodeMessage, optionOf, pathOptions, request, uint } from "../coap-message.ts";

const BLOCK_SIZES = [16, 32, 64, 128, 256, 512, 1024];

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 255);
}

function ascii(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** Pulls a resource block by block, as a client that checks every answer. */
function pull(server: CoapServer, path: string, blockBytes: number): Uint8Array {
  const body: number[] = [];
  for (let number = 0; ; number += 1) {
    const options = [...pathOptions(path), block2(number, false, blockBytes)];
    const answer = decodeMessage(server.answer(request({ messageId: number, options })));
    expect(answer?.code).toBe(0x45);
    const value = (optionOf(answer, 23) ?? []).reduce((sum, byte) => sum * 256 + byte, 0);
    expect([value >> 4, 16 << (value & 7)]).toEqual([number, blockBytes]);
    body.push(...(answer?.payload ?? []));
    if ((value & 8) === 0) return Uint8Array.from(body);
    expect(answer?.payload.length).toBe(blockBytes);
  }
}

describe("CoapServer", () => {
  const server = new CoapServer(
    new Map([
      ["/temperature", Uint8Array.from(ascii("22.3 C"))],
      ["/status", pattern(400)],
      ["/large", pattern(3000)],
    ]),
  );

  it("answers the basic GET of RFC 7252 Appendix A, figure 16", () => {
    const datagram = Uint8Array.from([0x40, 0x01, 0x7d, 0x34, 0xbb, ...ascii("temperature")]);
    const answer = decodeMessage(server.answer(datagram));
    expect(answer).toMatchObject({
      type: 2,
      code: 0x45,
      messageId: 0x7d34,
      token: [],
      payload: ascii("22.3 C"),
    });
  });

  it("echoes the token of RFC 7252 Appendix A, figure 17", () => {
    const datagram = Uint8Array.from([0x41, 0x01, 0x7d, 0x35, 0x20, 0xbb, ...ascii("temperature")]);
    const answer = decodeMessage(server.answer(datagram));
    expect(answer).toMatchObject({ type: 2, code: 0x45, messageId: 0x7d35, token: [0x20] });
  });

  it("serves the block sequence of the example in RFC 7959 §3.1", () => {
    const asked = [0, 1, 2, 3].map((number) => {
      const options = [...pathOptions("/status"), block2(number, false, 128)];
      return optionOf(decodeMessage(server.answer(request({ options }))), 23);
    });
    expect(asked).toEqual([uint(0x0b), uint(0x1b), uint(0x2b), uint(0x33)]);
  });

  it("starts a transfer by blocks when the client did not ask for one (RFC 7959 §2.4)", () => {
    const answer = decodeMessage(server.answer(request({ options: pathOptions("/large") })));
    expect(optionOf(answer, 23)).toEqual(uint(0x0e));
    expect(answer?.payload.length).toBe(1024);
  });

  it("sends what fits one message without Block2 when none was asked for", () => {
    const answer = decodeMessage(server.answer(request({ options: pathOptions("/temperature") })));
    expect(optionOf(answer, 23)).toBeUndefined();
  });

  it("serves smaller blocks than asked for when it is told to, from the same byte on", () => {
    const small = new CoapServer(new Map([["/status", pattern(400)]]), { blockBytesMax: 64 });
    const options = [...pathOptions("/status"), block2(1, false, 256)];
    const answer = decodeMessage(small.answer(request({ options })));
    expect(optionOf(answer, 23)).toEqual(uint(4 * 16 + 8 + 2));
    expect(answer?.payload).toEqual([...pattern(400).slice(256, 320)]);
  });

  it("refuses to be set up with a size that is no block size", () => {
    expect(() => new CoapServer(new Map(), { blockBytesMax: 100 })).toThrow(RangeError);
  });

  it.each([0, 1, 255, 256, 257, 8192, 34816])(
    "delivers %i bytes intact in blocks of every size",
    (length) => {
      const content = pattern(length);
      const one = new CoapServer(new Map([["/x", content]]));
      for (const blockBytes of BLOCK_SIZES) expect(pull(one, "/x", blockBytes)).toEqual(content);
    },
  );

  it("tells the size of the whole to a client that asks, and only to that one (RFC 7959 §4)", () => {
    const options = [...pathOptions("/large"), block2(0, false, 256)];
    const asking = request({ options: [...options, [28, []]] });
    expect(optionOf(decodeMessage(server.answer(asking)), 28)).toEqual(uint(3000));
    expect(optionOf(decodeMessage(server.answer(request({ options }))), 28)).toBeUndefined();
  });

  it("gives every block of a resource the same entity tag, and another content another one", () => {
    const tagOf = (peer: CoapServer, number: number) =>
      optionOf(
        decodeMessage(
          peer.answer(request({ options: [...pathOptions("/status"), block2(number, false, 64)] })),
        ),
        4,
      );
    expect(tagOf(server, 0)?.length).toBe(8);
    expect(tagOf(server, 3)).toEqual(tagOf(server, 0));
    const other = new CoapServer(new Map([["/status", pattern(401)]]));
    expect(tagOf(other, 0)).not.toEqual(tagOf(server, 0));
  });

  it("does not change when its caller changes the bytes it was given", () => {
    const content = pattern(10);
    const own = new CoapServer(new Map([["/x", content]]));
    content.fill(0);
    expect(decodeMessage(own.answer(request({ options: pathOptions("/x") })))?.payload).toEqual([
      ...pattern(10),
    ]);
  });

  it.each([
    ["4.04 for a path it does not have", { options: pathOptions("/nothing") }, 0x84],
    ["4.04 for a query", { options: [...pathOptions("/status"), [15, ascii("a=b")]] }, 0x84],
    ["4.04 for one segment that contains a slash", { options: [[11, ascii("a/b")]] }, 0x84],
    ["4.05 for POST", { code: 0x02, options: pathOptions("/status") }, 0x85],
    ["4.05 for DELETE", { code: 0x04, options: pathOptions("/status") }, 0x85],
    ["4.06 for a format it does not have", { options: [...pathOptions("/status"), [17, uint(60)]] }, 0x86],
    ["4.02 for an unknown critical option", { options: [[9, [1]], ...pathOptions("/status")] }, 0x82],
    ["4.02 for Block2 of four bytes", { options: [...pathOptions("/status"), [23, [0, 0, 0, 4]]] }, 0x82],
    ["4.02 for Block2 twice", { options: [...pathOptions("/status"), [23, [4]], [23, [4]]] }, 0x82],
    ["4.00 for the reserved block size", { options: [...pathOptions("/status"), [23, [7]]] }, 0x80],
    [
      "4.00 for a block beyond the end",
      { options: [...pathOptions("/status"), block2(4, false, 128)] },
      0x80,
    ],
    [
      "2.05 in spite of an unknown elective option",
      { options: [...pathOptions("/status"), [60, [1]]] },
      0x45,
    ],
  ] as const)("answers %s", (_, parts, code) => {
    const answer = decodeMessage(server.answer(request({ ...parts, token: [1, 2, 3] })));
    expect(answer).toMatchObject({ type: 2, code, messageId: 0x7d34, token: [1, 2, 3] });
  });

  it("answers a non-confirmable request with a non-confirmable response", () => {
    const answer = decodeMessage(server.answer(request({ type: 1, options: pathOptions("/temperature") })));
    expect(answer).toMatchObject({ type: 1, code: 0x45 });
  });

  it.each([
    ["an empty message, which is a ping (RFC 7252 §4.3)", [0x40, 0, 0x12, 0x34]],
    ["an empty message with a token", [0x41, 0, 0x12, 0x34, 1]],
    ["a response nobody asked for", [0x40, 0x45, 0x12, 0x34]],
    ["a code of a reserved class", [0x40, 0x21, 0x12, 0x34]],
    ["a token longer than 8 bytes", [0x49, 1, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ["a token that is cut off", [0x42, 1, 0x12, 0x34, 1]],
    ["an option that is cut off", [0x40, 1, 0x12, 0x34, 0xb5, 0x61]],
    ["a reserved option length", [0x40, 1, 0x12, 0x34, 0xbf, 0x61]],
    ["a payload marker with no payload", [0x40, 1, 0x12, 0x34, 0xff]],
  ])("resets %s when it is confirmable and ignores it otherwise", (_, bytes) => {
    const [head = 0, ...rest] = bytes;
    expect(server.answer(Uint8Array.from(bytes))).toEqual(Uint8Array.of(0x70, 0, 0x12, 0x34));
    expect(server.answer(Uint8Array.of(head | 0x10, ...rest))).toBeUndefined();
  });

  it.each([
    ["nothing", []],
    ["half a header", [0x40, 1, 0x12]],
    ["another version", [0x80, 1, 0x12, 0x34]],
    ["an acknowledgement", [0x60, 0, 0x12, 0x34]],
    ["a reset", [0x70, 0, 0x12, 0x34]],
  ])("ignores %s", (_, bytes) => {
    expect(server.answer(Uint8Array.from(bytes))).toBeUndefined();
  });
});
