/**
 * Testing entry: what decrypts payloads, for tests and for the comparison of traces.
 *
 * Not part of the bootloader. A caller writes operands into the mapped flash below RAM, and reads
 * results from `OUTPUT`.
 */
export { aesDecryptBlock, aesEncryptBatch, aesEncryptBlock, aesForget, aesSetKey } from "../crypto/aes";
export { aesCtrForget, aesCtrInit, aesCtrSeek, aesCtrUpdate } from "../crypto/aes-ctr";
export { aesGcmDecrypt, aesGcmFinal, aesGcmInit } from "../crypto/aes-gcm";
export { aesKwUnwrap } from "../crypto/aes-kw";
export { chacha20Init, chacha20Update } from "../crypto/chacha20";
export { chachaPolyDecrypt, chachaPolyFinal, chachaPolyInit } from "../crypto/chacha20-poly1305";
export { equalConstantTime } from "../crypto/compare";
export { ecdhP256 } from "../crypto/ecdh-p256";
export { hkdfSha256 } from "../crypto/hkdf-sha256";
export { hmacSha256Final, hmacSha256Init, hmacSha256Update } from "../crypto/hmac-sha256";
export { poly1305Final, poly1305Init, poly1305Update } from "../crypto/poly1305";
export { __heap_base };

/** Results: 1 KiB. */
export const OUTPUT = memory.data(1024, 8);
