/**
 * Testing entry: opens encrypted payloads of every kind, in one piece each.
 *
 * Not part of the bootloader or of any firmware, which decrypts in counter mode only, while it receives.
 */
import { AES_GCM_TAG_BYTES, aesGcmDecrypt, aesGcmFinal, aesGcmInit } from "../crypto/aes-gcm";
import { CounterWidth, aesCtrForget, aesCtrInit, aesCtrUpdate } from "../crypto/aes-ctr";
import { aesSetKey } from "../crypto/aes";
import {
  CHACHA_POLY_TAG_BYTES,
  chachaPolyDecrypt,
  chachaPolyFinal,
  chachaPolyInit,
} from "../crypto/chacha20-poly1305";
import {
  ContentAlgorithm,
  contentAlgorithm,
  contentHeader,
  contentHeaderBytes,
  contentIv,
  contentIvBytes,
  contentKeyBytes,
  openEncryption,
} from "../cose/encrypt";
import { Status } from "../status";

export { __heap_base };

/** The content key, then results: 1 KiB. */
export const OUTPUT = memory.data(1024, 8);

/** `["Encrypt", protected header, h'']` (RFC 9052 §5.3), the header being short. */
const ENC_STRUCTURE = memory.data<u8>([0x83, 0x67, 0x45, 0x6e, 0x63, 0x72, 0x79, 0x70, 0x74]);
const ADDITIONAL = memory.data(40);

/**
 * Opens a detached ciphertext with the content key that an encryption-info holds for a secret.
 *
 * @param kind a `PayloadKey` @param out the plaintext
 * @returns what `openEncryption` returns, or PayloadInauthentic
 */
export function openPayload(
  info: u32,
  infoBytes: u32,
  kind: u32,
  secret: usize,
  ciphertext: usize,
  ciphertextBytes: u32,
  out: usize,
): i32 {
  const status = openEncryption(info, infoBytes, kind, secret, OUTPUT);
  if (status != Status.Ok) return status;
  if (contentAlgorithm < 0) {
    aesSetKey(OUTPUT, contentKeyBytes);
    aesCtrInit(contentIv, CounterWidth.Whole);
    aesCtrUpdate(ciphertext, ciphertextBytes, out);
    aesCtrForget();
    return Status.Ok;
  }
  if (ciphertextBytes < AES_GCM_TAG_BYTES || contentHeaderBytes > 23) return Status.EncryptionMalformed;
  const additionalBytes = describeContent();
  const textBytes = ciphertextBytes - AES_GCM_TAG_BYTES;
  if (contentAlgorithm == ContentAlgorithm.ChaCha20Poly1305) {
    chachaPolyInit(OUTPUT, contentIv, ADDITIONAL, additionalBytes);
    chachaPolyDecrypt(ciphertext, ciphertextBytes - CHACHA_POLY_TAG_BYTES, out);
    return chachaPolyFinal(ciphertext + textBytes);
  }
  aesSetKey(OUTPUT, contentKeyBytes);
  aesGcmInit(contentIv, contentIvBytes, ADDITIONAL, additionalBytes);
  aesGcmDecrypt(ciphertext, textBytes, out);
  return aesGcmFinal(ciphertext + textBytes);
}

/** Writes the Enc_structure of what was opened; returns its length. */
function describeContent(): u32 {
  memory.copy(ADDITIONAL, ENC_STRUCTURE, 9);
  store<u8>(ADDITIONAL, 0x40 | contentHeaderBytes, 9);
  memory.copy(ADDITIONAL + 10, contentHeader, contentHeaderBytes);
  store<u8>(ADDITIONAL + 10 + contentHeaderBytes, 0x40);
  return contentHeaderBytes + 11;
}
