/**
 * Windows: which part of a boot is disturbed. Hash and signature take most of the instructions and
 * decide nothing by themselves, so they have windows of their own, and the rest of the boot stays small
 * enough for every instruction of it to be tried. The window `all` is everything at once.
 */

/**
 * Names of the windows: the boot without its kernels, one of the kernels, what verifies the signature without
 * the arithmetic that it calls, or all of it.
 */
export const GLITCH_WINDOWS = ["boot", "hash", "decision", "signature", "all"] as const;
/** One of them. */
export type GlitchWindow = (typeof GLITCH_WINDOWS)[number];

/** The functions of our bootloaders that hash. */
const HASHES = ["assembly/crypto/sha256/hashBlocks", "assembly/crypto/sha512/hashBlocks"] as const;
const CHAIN = "assembly/crypto/sha256-chain/sha256Chain";
/** Those that verify a signature; of HSS/LMS, the chains that take nearly all of its time. */
const SIGNATURES = [
  "assembly/crypto/ecdsa-p256/ecdsaP256Verify",
  "assembly/crypto/ecdsa-p256/ecdsaP256Residue",
  "assembly/crypto/ed25519/ed25519Finish",
  "assembly/crypto/ed25519/ed25519Residue",
  CHAIN,
] as const;
/** What calls the chains, and decides. */
const CHAINS_CALLER = "assembly/cose/sign1/verifyHss";
/** The functions that have a campaign of their own. */
export const KERNELS: readonly string[] = [...SIGNATURES, ...HASHES];

/** Instructions of the signature window that are drawn at random unless stated otherwise. */
export const SIGNATURE_SAMPLE = 1000;

/** What a window disturbs and what it takes for granted. */
export interface WindowOptions {
  readonly window: GlitchWindow;
  /** The bootloader with the names of its functions. */
  readonly symbols: Uint8Array;
  /** Functions that are neither disturbed nor run more than once per input. */
  readonly kernels: readonly string[];
  /** Disturb only these functions and what they call; every function that is no kernel if absent. */
  readonly within?: readonly string[];
  /** Disturb these functions alone, and not what they call. */
  readonly isShallow?: boolean;
}

/** What a window means for a bootloader that has these kernels. */
export function windowOptions(
  window: GlitchWindow,
  { kernels, symbols }: Pick<WindowOptions, "kernels" | "symbols">,
): WindowOptions {
  const hash = kernels.filter((name) => HASHES.some((known) => known === name));
  const signature = kernels.filter((name) => !hash.includes(name));
  switch (window) {
    case "boot":
      return { symbols, window, kernels };
    case "hash":
      return { symbols, window, kernels: signature, within: hash };
    case "decision": {
      const within = signature.map((name) => (name === CHAIN ? CHAINS_CALLER : name));
      const others = kernels.filter((name) => !within.includes(name));
      return { symbols, window, kernels: others, within, isShallow: true };
    }
    case "signature":
      return { symbols, window, kernels: hash, within: signature };
    case "all":
      return { symbols, window, kernels: [] };
  }
}
