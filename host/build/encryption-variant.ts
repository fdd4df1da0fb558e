/**
 * What encrypted payloads need: a bootloader that takes an encryption-info for what it is, and firmware
 * whose update agent decrypts. The same sources as the others, with switches turned.
 */
import { Feature } from "../../assembly/feature.ts";
import type { Recipe } from "./recipe.ts";
import { switchPatch, WITHOUT_RECOVERY_REPORTS } from "./variant.ts";

const DECRYPTING = [switchPatch("DecryptingAgent", Feature.DecryptingAgent, true)];

/** All of them. */
export const ENCRYPTION_VARIANTS: readonly Recipe[] = [
  {
    entry: { name: "bootloader-encrypted", source: "assembly/bootloader.ts", target: "bootloader" },
    patches: [switchPatch("EncryptedPayloads", Feature.EncryptedPayloads, true), WITHOUT_RECOVERY_REPORTS],
  },
  {
    entry: { name: "decrypting-1", source: "assembly/firmware/firmware-1.ts", target: "small" },
    patches: DECRYPTING,
  },
  {
    entry: { name: "decrypting-2", source: "assembly/firmware/firmware-2.ts", target: "small" },
    patches: DECRYPTING,
  },
];
