/**
 * JSON whose objects say something twice: parsers take the last and drop the first without a word
 * (RFC 8259 §4), so a second "install" would quietly replace the one that was meant.
 */

/** Strings, with the colon of those that are names, and the brackets between them. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g;
/** What nests deeper is refused by whoever reads it. */
const DEPTH_MAX = 1000;

/**
 * The first name that an object has twice; undefined if there is none.
 *
 * @param text valid JSON
 */
export function repeatedMember(text: string): string | undefined {
  const objects: Set<string>[] = [];
  for (const [token, quoted, colon] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") objects.push(new Set());
    else if (token === "}" || token === "]") objects.pop();
    else if (quoted !== undefined && colon !== undefined) {
      const name = String(JSON.parse(quoted));
      const names = objects.at(-1);
      if (names.has(name)) return name;
      names.add(name);
    }
    if (objects.length > DEPTH_MAX) return undefined;
  }
  return undefined;
}
