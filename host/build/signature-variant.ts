/**
 * Bootloaders beside the one that ships: the same sources with switches turned.
 */
import type { Recipe } from "./recipe.ts";
import { WITHOUT_RECOVERY_REPORTS } from "./variant.ts";

const SWITCHES = "assembly/cose/signature-switch.ts";

/**
 * Verifies no P-256, so that there is room for something else. What it would report of its abilities is the
 * default's, so it does not.
 */
function withoutP256(name: string, on: string, exports: string): Recipe {
  return {
    entry: { name, source: "assembly/bootloader.ts", target: "bootloader" },
    patches: [
      WITHOUT_RECOVERY_REPORTS,
      { file: SWITCHES, find: "ECDSA_P256: bool = true", replace: "ECDSA_P256: bool = false" },
      { file: SWITCHES, find: `${on}: bool = false`, replace: `${on}: bool = true` },
      {
        file: "assembly/bootloader.ts",
        find: 'export { ecdsaP256Residue, ecdsaP256Verify } from "./crypto/ecdsa-p256";',
        replace: `export ${exports};`,
      },
    ],
  };
}

/** All of them. */
export const SIGNATURE_VARIANTS: readonly Recipe[] = [
  withoutP256("bootloader-ed25519", "ED25519", '{ ed25519Finish, ed25519Residue } from "./crypto/ed25519"'),
  withoutP256("bootloader-hss", "HSS_LMS", '{ hssResidue } from "./crypto/hss"'),
];
