/**
 * A measured module's workload as C, for runtime/kernel-bench.c.
 */
import type { Call, Piece } from "../../host/footprint/workload.ts";

/** The text of case.h. @param call the call as C */
export function caseText(call: string, { pieces, returned, output, forged }: Call): string {
  return [
    `#define CALL ${returned === undefined ? `(${call}, 0u)` : call}`,
    `#define OUTPUT_ADDRESS ${output?.address ?? pieces[0]?.address ?? 0}u`,
    `#define OUTPUT_BYTES ${output?.bytes.length ?? 0}u`,
    ...piecesText("genuine", pieces),
    ...(forged === undefined ? [] : ["#define FORGED", ...piecesText("forged", forged.pieces)]),
    "",
  ].join("\n");
}

/** A call of a translated module's function. */
export function wasmCall(entry: string, parameters: readonly number[]): string {
  return `Z_moduleZ_${exportName(entry)}(${["&instance", ...parameters.map((each) => `${each}u`)].join(", ")})`;
}

function piecesText(name: string, pieces: readonly Piece[]): string[] {
  return [
    ...pieces.map(({ bytes }, index) => `static const u8 ${name}_${index}[] = {${[...bytes].join(",")}};`),
    `static const piece ${name}[] = {`,
    ...pieces.map(({ address, bytes }, index) => `  {${address}u, ${bytes.length}u, ${name}_${index}},`),
    "};",
  ];
}

/** A name as wasm2c spells it: letters and digits as they are, but Z, and everything else by its code. */
function exportName(name: string): string {
  return name.replace(/[^a-zA-Y0-9_]/g, (other) => `Z${other.charCodeAt(0).toString(16).toUpperCase()}`);
}
