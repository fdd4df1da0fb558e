/**
 * Comparisons of implementations that verify the same genuine signature.
 */
import { type BenchEffort, type BenchTable, compare } from "./table.ts";

/** One implementation. */
export interface Verifier {
  readonly name: string;
  readonly verify: () => boolean;
}

/**
 * Compares verifiers, after each has refused the signature for another message.
 *
 * @param message what was signed
 * @param load brings key, signature and the message as it stands to where the verifiers read them
 * @throws Error for a wrong verdict: what verifies nothing is fast
 */
export async function compareVerifiers(
  title: string,
  verifiers: readonly Verifier[],
  message: Uint8Array,
  load: () => void,
  effort?: BenchEffort,
): Promise<BenchTable> {
  message[0] = (message[0] ?? 0) ^ 1;
  load();
  for (const { name, verify } of verifiers) {
    if (verify()) throw new Error(`${name} accepted a forged signature`);
  }
  message[0] ^= 1;
  load();
  return compare(
    title,
    verifiers.map(({ name, verify }) => ({
      name,
      run: () => {
        if (!verify()) throw new Error(`${name} rejected a genuine signature`);
      },
    })),
    effort,
  );
}
