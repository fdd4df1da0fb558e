/**
 * SHA-256 on the device: a message whose length in bits does not fit in 32 bits.
 */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { CryptoModule } from "../crypto-module.ts";
import { toHex } from "../vectors.ts";

it("states the length of a message beyond half a gigabyte in full", () => {
  const piece = Uint8Array.from({ length: 1024 }, (_, index) => index);
  const pieces = 2 ** 19 + 1;
  const expected = createHash("sha256");
  for (let index = 0; index < pieces; index++) expected.update(piece);
  function* message(): Generator<Uint8Array> {
    for (let index = 0; index < pieces; index++) yield piece;
  }
  expect(toHex(new CryptoModule("crypto-release").sha256Streamed(message()))).toBe(expected.digest("hex"));
});
