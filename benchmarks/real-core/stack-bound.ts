/**
 * The worst-case stack of a translated module on a core: what gcc says of each function's frame and
 * calls (`-fcallgraph-info=su`), along the deepest path.
 */

/** Bytes granted to a function of the C library or of libgcc: theirs are not in gcc's file. */
export const LIBRARY_FRAME_BYTES = 48;

/** The deepest path. */
export interface StackBound {
  readonly bytes: number;
  /** From the entry to the innermost call. */
  readonly path: readonly string[];
}

interface Frame {
  readonly bytes: number;
  readonly callees: Set<string>;
}

const NODE = /^node: \{ title: "([^"]+)" label: "[^"]*?(?:\\n(\d+) bytes \((\w+)[^)]*\))?"/;
const EDGE = /^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/;

/**
 * Finds the deepest path from a function.
 *
 * @param text a .ci file as gcc writes it
 * @throws Error if there is no such function, a frame has no fixed size, or functions call each other in turn
 */
export function stackBound(text: string, entry: string): StackBound {
  const frames = readFrames(text);
  if (!frames.has(entry)) throw new Error(`gcc has compiled no function ${entry}`);
  const known = new Map<string, StackBound>();
  const open = new Set<string>();
  const boundOf = (name: string): StackBound => {
    const seen = known.get(name);
    if (seen !== undefined) return seen;
    if (open.has(name)) throw new Error(`${name} calls itself, so its stack has no bound`);
    open.add(name);
    const frame = frames.get(name);
    let deepest: StackBound = { bytes: 0, path: [] };
    for (const callee of frame?.callees ?? []) {
      const bound = boundOf(callee);
      if (bound.bytes > deepest.bytes) deepest = bound;
    }
    open.delete(name);
    const bytes = frame?.bytes ?? LIBRARY_FRAME_BYTES;
    const bound = { bytes: bytes + deepest.bytes, path: [name, ...deepest.path] };
    known.set(name, bound);
    return bound;
  };
  const { bytes, path } = boundOf(entry);
  return { bytes, path: path.map(plainName) };
}

/** A function's name without the file that gcc adds, wasm2c's prefix, and what gcc has made of it. */
function plainName(name: string): string {
  return name
    .replace(/^.*:/, "")
    .replace(/^(?:w2c_|Z_moduleZ_)/, "")
    .replace(/\.(?:constprop|isra|part)\.\d+/g, "");
}

function readFrames(text: string): Map<string, Frame> {
  const frames = new Map<string, Frame>();
  for (const line of text.split("\n")) {
    const node = NODE.exec(line);
    if (node?.[1] !== undefined && node[2] !== undefined) {
      if (node[3] !== "static") throw new Error(`the frame of ${node[1]} has no fixed size`);
      frames.set(node[1], { bytes: Number(node[2]), callees: new Set() });
    }
  }
  for (const line of text.split("\n")) {
    const edge = EDGE.exec(line);
    if (edge?.[1] !== undefined && edge[2] !== undefined) frames.get(edge[1])?.callees.add(edge[2]);
  }
  return frames;
}
