/**
 * Rules about payloads inside the envelope: whether what is fetched is there and is what is meant.
 */
import { equalBytes } from "../../keys/key.ts";
import { digestOf } from "../digest.ts";
import { fromHex } from "../form.ts";
import { byName, DIGEST_ALGORITHMS } from "../labels.ts";
import type { Moment } from "./flow.ts";
import type { Findings } from "./rule.ts";
import { recordOf } from "./view.ts";

/** Follows fetches; `finish` says which payloads nobody fetched. */
export class PayloadLint {
  readonly #payloads: ReadonlyMap<string, Uint8Array>;
  readonly #findings: Findings;
  readonly #used = new Set<string>();

  /** @param payloads the payloads inside the envelope by name */
  constructor(payloads: ReadonlyMap<string, Uint8Array>, findings: Findings) {
    this.#payloads = payloads;
    this.#findings = findings;
  }

  visit({ command, values }: Moment): void {
    if (command.name !== "fetch") return;
    const uris = values("uri").filter((value) => typeof value === "string");
    for (const uri of uris) {
      const payload = this.#payloads.get(uri);
      if (payload !== undefined) {
        this.#used.add(uri);
        // Several values mean several ways to here, and only one of them belongs to this payload.
        if (uris.length === 1) this.#compare(uri, payload, command.path, values);
      } else if (uri.startsWith("#")) {
        this.#findings.add(
          "payload-missing",
          command.path,
          `The envelope has no payload ${JSON.stringify(uri)}.`,
        );
      }
    }
  }

  finish(): void {
    for (const name of this.#payloads.keys()) {
      if (!this.#used.has(name))
        this.#findings.add(
          "payload-unused",
          "integrated",
          `The payload ${JSON.stringify(name)} is never fetched.`,
        );
    }
  }

  #compare(uri: string, whole: Uint8Array, path: string, values: Moment["values"]): void {
    const name = JSON.stringify(uri);
    const [size] = values("image-size");
    const payload = partOf(whole, values("fetch-arguments"), size);
    if (payload === undefined) return;
    if (typeof size === "number" && values("image-size").length === 1 && size !== payload.length) {
      this.#findings.add(
        "payload-size-mismatch",
        path,
        `The payload ${name} has ${payload.length} bytes, and image-size is ${size}.`,
      );
    }
    const [digest] = values("image-digest");
    const [algorithm, hex] = Object.entries(recordOf(digest))[0] ?? ["", undefined];
    const label = byName(DIGEST_ALGORITHMS, algorithm)?.label;
    if (label === undefined || typeof hex !== "string" || values("image-digest").length !== 1) return;
    // A dependency's digest covers its manifest, not its envelope.
    if (payload[0] === 0xd8 && payload[1] === 0x6b) return;
    const actual = digestOf(payload, label);
    if (actual !== undefined && !equalBytes(actual, fromHex(hex)))
      this.#findings.add(
        "payload-digest-mismatch",
        path,
        `The payload ${name} does not have the image-digest.`,
      );
  }
}

/** The part that fetch-arguments ask for; undefined where it cannot be said which one that is. */
function partOf(payload: Uint8Array, stated: readonly unknown[], size: unknown): Uint8Array | undefined {
  if (stated.length === 0) return payload;
  const { offset } = recordOf(stated[0]);
  if (stated.length > 1 || typeof offset !== "number") return undefined;
  return payload.subarray(offset, typeof size === "number" ? offset + size : undefined);
}
