/**
 * Bootloaders beside the one that ships: the same sources with switches turned.
 */
import type { Entry } from "./compile.ts";
import type { Patch } from "./patch.ts";

/** A build of patched sources that is right, unlike a canary. */
export interface SignatureVariant {
  readonly entry: Entry;
  readonly patches: readonly Patch[];
}

const SWITCHES = "assembly/cose/signature-switch.ts";

/** All of them. */
export const SIGNATURE_VARIANTS: readonly SignatureVariant[] = [
  {
    // Trusts Ed25519 keys instead of P-256 ones; for both there is no room in the boot partition.
    entry: { name: "bootloader-ed25519", source: "assembly/bootloader.ts", target: "bootloader" },
    patches: [
      { file: SWITCHES, find: "ECDSA_P256: bool = true", replace: "ECDSA_P256: bool = false" },
      { file: SWITCHES, find: "ED25519: bool = false", replace: "ED25519: bool = true" },
      {
        file: "assembly/bootloader.ts",
        find: 'export { ecdsaP256Residue, ecdsaP256Verify } from "./crypto/ecdsa-p256";',
        replace: 'export { ed25519Finish, ed25519Residue } from "./crypto/ed25519";',
      },
    ],
  },
];
