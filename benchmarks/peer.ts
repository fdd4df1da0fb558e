/**
 * Peers that take part in a comparison only where they happen to be installed.
 */

/** What a package exports, or undefined if it is not installed. */
export async function installedPeer(name: string): Promise<object | undefined> {
  try {
    const peer: unknown = await import(name);
    return typeof peer === "object" && peer !== null ? peer : undefined;
  } catch {
    return undefined;
  }
}

/** The line that says which peers are missing from a comparison; empty if none is. */
export function absenceLine(names: readonly string[]): string {
  return names.length === 0 ? "" : `\nnot installed, so not compared: ${names.join(", ")}`;
}
