/** Kernels: what is remembered is what a run would have come to. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Kernels } from "../../emulator/glitch/kernel.ts";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { assemble } from "../wat.ts";

const RAM_START = 65_536;
const RAM_END = RAM_START + 1024;

/** A kernel that squares the first word into the second one and yields the sum of both. */
const SQUARE = `(module
  (import "env" "memory" (memory 2 2))
  (func $square (param $by i32) (result i32)
    (i32.store offset=4 (i32.const ${RAM_START})
      (i32.mul (i32.load (i32.const ${RAM_START})) (i32.load (i32.const ${RAM_START}))))
    (i32.add (local.get $by)
      (i32.add (i32.load (i32.const ${RAM_START})) (i32.load offset=4 (i32.const ${RAM_START})))))
  (export "square" (func $square)))`;

/** Calls the kernel in runs, each a list of first words, and looks at what it leaves every time. */
function squares(runs: readonly (readonly number[])[]): { readonly computations: number } {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const words = new Int32Array(memory.buffer, RAM_START, 2);
  const place = { memory, ramStart: RAM_START, ramEnd: RAM_END, flashBytes: 0 };
  const kernels = new Kernels(decodeModule(assemble(SQUARE, { names: true })), [0], place, {
    env: { memory },
  });
  for (const run of runs) {
    kernels.begin();
    for (const word of run) {
      words.set([word, 0]);
      const result = kernels.functions["kernel0"]?.(1);
      // Asked first, as it is asked a hundred thousand times.
      if (words[1] === word * word && result === word + word * word + 1) continue;
      expect([word, words[1], result]).toEqual([word, word * word, word + word * word + 1]);
    }
  }
  return kernels;
}

describe("kernels", () => {
  it("look up what they have computed before, whatever run it was in", () => {
    expect(squares([[1, 2, 3], [3, 2, 1], [2]]).computations).toBe(3);
  });

  it("forget what had to give way, also where a run expects it", () => {
    const others = Array.from({ length: 20_000 }, (_, index) => 1 + index);
    // Every run expects 0 for a beginning; some of the others take its place.
    squares(others.flatMap((other) => [[0], [0, other], [other]]));
    // The same where what came last gives way.
    squares([others, [20_000, 30_000], [30_000]]);
  });

  it("leave what the computation leaves, in any order of computations", () => {
    const run = fc.array(fc.nat({ max: 700 }), { maxLength: 700 });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 4 }), (runs) => void squares(runs)),
      { numRuns: 30 },
    );
  });
});
