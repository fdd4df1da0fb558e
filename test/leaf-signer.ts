/**
 * Signs with an HSS/LMS key until it is killed, and releases each signature as a line: the leaves that
 * it was made with, from the signature itself.
 */
import { readFileSync, writeSync } from "node:fs";
import { signWithLeaf } from "../host/keys/hss.ts";
import { readPrivateKey } from "../host/keys/key-file.ts";
import { takeLeaf } from "../host/keys/leaf-state.ts";
import { LMS_KEY_BYTES, lmsSignatureBytes, wordAt } from "../host/keys/lms.ts";

const file = process.argv[2] ?? "";
const key = readPrivateKey(Uint8Array.from(readFileSync(file)), file);
if (key.kty !== "HSS-LMS") throw new Error("not an HSS/LMS key");
const [top] = key.trees;
if (top === undefined) throw new Error("a key without trees");
const below = 4 + lmsSignatureBytes(top) + LMS_KEY_BYTES;
const message = Uint8Array.of(process.pid & 255, (process.pid >> 8) & 255);
for (;;) {
  const { leaf, topLeaves } = takeLeaf(file, key, file);
  const signature = signWithLeaf(key, message, leaf, topLeaves);
  writeSync(1, `${wordAt(signature, 4)}.${wordAt(signature, below)}\n`);
}
