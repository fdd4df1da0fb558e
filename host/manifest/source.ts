/**
 * Where the values of a manifest's JSON come from: files, the payload, integrated payloads.
 */
import { UserError } from "../user-error.ts";

/** What an author brings beside the JSON. */
export interface AuthorSources {
  /** The payload: what `{"from": "payload"}` means. */
  readonly payload?: Uint8Array | undefined;
  /** Reads a file that the JSON names; relative names are the caller's to resolve. */
  readonly readFile?: ((path: string) => Uint8Array) | undefined;
}

/** Sources with the JSON's own defaults resolved. */
export class Sources {
  readonly #given: AuthorSources;
  /** Payloads that the envelope carries, by name. */
  readonly integrated = new Map<string, Uint8Array>();
  /** The manifest's vendor identifier, namespace of class names; undefined if it states none. */
  vendor: Uint8Array | undefined;
  #payloadPath: string | undefined;

  constructor(given: AuthorSources, payloadPath?: string) {
    this.#given = given;
    this.#payloadPath = payloadPath;
  }

  /** The payload that was given, or the file that the JSON names. */
  payload(): Uint8Array {
    if (this.#given.payload !== undefined) return this.#given.payload;
    if (this.#payloadPath !== undefined) return this.file(this.#payloadPath);
    throw new UserError(
      "payload-missing",
      "The manifest needs a payload for its digest and size, and none was given.",
      'Give one with --payload, name it in the JSON as "payload": "FILE", or state digest and size.',
    );
  }

  /** The bytes that `{"from": NAME}` means: "payload" or the name of an integrated payload. */
  named(name: string): Uint8Array {
    if (name === "payload") return this.payload();
    const bytes = this.integrated.get(name);
    if (bytes !== undefined) return bytes;
    const names = ["payload", ...this.integrated.keys()].map((known) => JSON.stringify(known)).join(", ");
    throw new UserError(
      "payload-unknown",
      `The manifest takes a value from ${JSON.stringify(name)}, which is no payload.`,
      `It can take values from ${names}.`,
    );
  }

  /** The content of a file. */
  file(path: string): Uint8Array {
    if (this.#given.readFile === undefined) {
      throw new UserError(
        "file-unavailable",
        `The manifest names the file ${path}, and files cannot be read here.`,
        "Give its bytes instead of its name.",
      );
    }
    return this.#given.readFile(path);
  }
}
