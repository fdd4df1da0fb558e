/**
 * The examples of draft-ietf-suit-manifest, through the command line.
 */
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { fromHex, loadVectors } from "../vectors.ts";
import { Workshop } from "./workshop.ts";

const Examples = z.object({ vectors: z.array(z.object({ name: z.string(), hex: z.string() })) });
const Keys = z.object({ cose_keys: z.record(z.string(), z.object({ x: z.string(), y: z.string() })) });

const Judged = z.object({ file: z.string(), ok: z.boolean(), reason: z.string() });

const examples = loadVectors("suit-manifest-37", Examples)?.vectors ?? [];
const key = loadVectors("keys", Keys)?.cose_keys["suit-draft-p256"];
const workshop = new Workshop();
afterAll(() => workshop.remove());

describe.skipIf(examples.length === 0 || key === undefined)(
  "the examples of draft-ietf-suit-manifest-37",
  () => {
    /** Writes the examples and the author's key as files. */
    const prepare = (): void => {
      for (const { name, hex } of examples) workshop.write(name, fromHex(hex));
      const base64url = (hex = ""): string => Buffer.from(hex, "hex").toString("base64url");
      const jwk = { kty: "EC", crv: "P-256", x: base64url(key?.x), y: base64url(key?.y) };
      workshop.write("author.jwk", JSON.stringify(jwk));
    };
    const judge = async (files: readonly string[], by: string): Promise<z.infer<typeof Judged>[]> => {
      const { out } = await workshop.run(
        `manifest verify ${files.join(" ")} --key author.jwk --json --by ${by}`,
      );
      return out
        .trimEnd()
        .split("\n")
        .map((line) => Judged.parse(JSON.parse(line)));
    };

    it.each(["device", "host"])(
      "are accepted where they are signed, and only there, by the %s",
      async (by) => {
        prepare();
        const names = examples.map(({ name }) => name);
        for (const { file, ok, reason } of await judge(names, by)) {
          const isSigned = !file.includes("unsigned");
          expect({ file, ok, reason }).toEqual({ file, ok: isSigned, reason: isSigned ? "ok" : "unsigned" });
        }
      },
    );

    it("are refused for the same reason by device and host when a bit is flipped", async () => {
      prepare();
      const files: string[] = [];
      for (const { name, hex } of examples.filter((example) => !example.name.includes("unsigned"))) {
        const bytes = fromHex(hex);
        for (let at = 3; at < bytes.length; at += 23) {
          const flipped = bytes.slice();
          flipped[at] = (flipped[at] ?? 0) ^ 4;
          files.push(`${name}-${at}`);
          workshop.write(`${name}-${at}`, flipped);
        }
      }
      const device = await judge(files, "device");
      expect(device).toEqual(await judge(files, "host"));
      expect(device.filter(({ ok }) => ok)).toEqual([]);
    });

    it("are inspected without complaint", async () => {
      prepare();
      for (const { name } of examples) {
        const { exitCode, out } = await workshop.run(`manifest inspect ${name}`);
        expect(exitCode).toBe(0);
        expect(out).toMatch(/^Sequence number [0-9]+$/m);
      }
    });
  },
);
