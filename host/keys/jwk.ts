/**
 * JSON Web Keys, RFC 7517, RFC 7518 §6.2 and RFC 8037 §2.
 */
import { z } from "zod";
import { UserError } from "../user-error.ts";
import { algorithmError, curveError, FORMATS } from "./cose-key.ts";
import { checkedEdwardsKey } from "./ed25519.ts";
import {
  KEY_DAMAGED,
  Algorithm,
  ALGORITHM_NAMES,
  checkedKey,
  type AlgorithmNumber,
  type EcKey,
  type EdwardsKey,
  type Key,
} from "./key.ts";

const JwkSchema = z.looseObject({
  kty: z.string(),
  crv: z.string().optional(),
  x: z.string().optional(),
  y: z.string().optional(),
  d: z.string().optional(),
  alg: z.string().optional(),
  kid: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
});

/** The key as a JWK; `kid` is its text if it is printable, otherwise base64url. */
export function jwkOf(key: EcKey | EdwardsKey): Record<string, string> {
  return {
    ...(key.kty === "OKP"
      ? { kty: "OKP", crv: key.crv, x: base64url(key.x) }
      : { kty: "EC", crv: key.crv, x: base64url(key.x), y: base64url(key.y) }),
    ...(key.d === undefined ? {} : { d: base64url(key.d) }),
    ...(key.alg === undefined ? {} : { alg: nameOf(key.alg) }),
    ...(key.kid === undefined ? {} : { kid: kidText(key.kid) }),
  };
}

/**
 * Reads a JWK.
 *
 * `alg` pins as in a COSE_Key: "ES256" is -7, "ESP256" is -9, "EdDSA" is -8 and "Ed25519" is -19.
 *
 * @throws UserError key-malformed, key-type-unsupported, key-curve-unsupported,
 *   key-algorithm-unsupported, key-use-forbidden, or what `checkedKey` throws
 */
export function readJwk(text: string, name: string): Key {
  const jwk = parseJwk(text, name);
  if (jwk.kty !== "EC" && jwk.kty !== "OKP") {
    throw new UserError(
      "key-type-unsupported",
      `${name}: the JWK has key type ${jwk.kty}; this build uses EC and OKP.`,
      "Give a P-256 key.",
    );
  }
  if (jwk.crv !== (jwk.kty === "EC" ? "P-256" : "Ed25519")) throw curveError(jwk.crv ?? "unknown", name);
  const uses = jwk.key_ops ?? ["verify"];
  if ((jwk.use !== undefined && jwk.use !== "sig") || !(uses.includes("sign") || uses.includes("verify"))) {
    throw new UserError(
      "key-use-forbidden",
      `${name}: the JWK is not for signatures (use or key_ops).`,
      "Give a key that is made for signatures.",
    );
  }
  const fields = {
    x: field(jwk.x, "x", name),
    d: field(jwk.d, "d", name),
    alg: algorithm(jwk.alg, name),
    kid: jwk.kid === undefined ? undefined : new TextEncoder().encode(jwk.kid),
  };
  if (jwk.kty === "OKP") return checkedEdwardsKey(fields, name);
  return checkedKey({ ...fields, y: field(jwk.y, "y", name) }, name);
}

function parseJwk(text: string, name: string): z.infer<typeof JwkSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError("key-malformed", `${name}: this starts like JSON but is not.`, FORMATS, { cause });
  }
  if (typeof json === "object" && json !== null && "keys" in json) {
    throw new UserError("key-malformed", `${name}: this is a set of JWKs.`, "Give a file with one key.");
  }
  const parsed = JwkSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  throw new UserError(
    "key-malformed",
    `${name}: this is JSON but not a JWK (member ${where || "kty"}).`,
    FORMATS,
  );
}

function field(text: string | undefined, member: string, name: string): Uint8Array | undefined {
  if (text === undefined) return undefined;
  if (!/^[A-Za-z0-9_-]+$/.test(text)) {
    throw new UserError(
      "key-malformed",
      `${name}: ${member} of the JWK is not base64url without padding.`,
      KEY_DAMAGED,
    );
  }
  return Uint8Array.from(Buffer.from(text, "base64url"));
}

function algorithm(value: string | undefined, name: string): AlgorithmNumber | undefined {
  if (value === undefined) return undefined;
  const known = ALGORITHM_NAMES.find((each) => each === value);
  if (known !== undefined) return Algorithm[known];
  throw algorithmError(value, name);
}

function nameOf(algorithm: AlgorithmNumber): string {
  return ALGORITHM_NAMES.find((name) => Algorithm[name] === algorithm) ?? "";
}

function kidText(kid: Uint8Array): string {
  const text = Buffer.from(kid).toString("utf8");
  return /^[\x20-\x7e]*$/.test(text) ? text : base64url(kid);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
