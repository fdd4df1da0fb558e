/** Edge coverage: what is counted, and that counting changes nothing. */
import { describe, expect, it } from "vitest";
import { Phase, Slot } from "../../assembly/layout.ts";
import { decodeModule } from "../../emulator/wasm/decode.ts";
import { EdgeRecorder } from "../../emulator/wasm/edge-coverage.ts";
import { instrument } from "../../emulator/wasm/instrument.ts";
import { genuineContent } from "../../host/fuzz/author.ts";
import { FuzzBench } from "../../host/fuzz/bench.ts";
import { readWasm } from "../wasm-file.ts";
import { assemble } from "../wat.ts";

const MAP = { address: 65_536, bytes: 256 };

/** Runs `main(parameter)` and returns its result with every edge that was counted. */
function count(body: string, parameter: number): { result: unknown; edges: string[] } {
  const module = decodeModule(assemble(`(module (import "env" "memory" (memory 2 2)) ${body})`));
  const recorder = new EdgeRecorder(MAP);
  const bounds = { ramStart: 0, ramEnd: 1024, flashBytes: 0 };
  const { bytes } = instrument(module, { build: "checked", bounds, edges: recorder });
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const { main, "bo:fuel": fuel } = exports;
  if (!(fuel instanceof WebAssembly.Global) || typeof main !== "function") throw new Error("no main");
  fuel.value = 1_000_000n;
  const result: unknown = Reflect.apply(main, undefined, [parameter]);
  const counters = new Uint16Array(memory.buffer, MAP.address, recorder.edges.length);
  const edges = recorder.edges.flatMap(({ kind }, index) => {
    const times = counters[index] ?? 0;
    return times === 0 ? [] : [`${kind} ${times}`];
  });
  return { result, edges };
}

describe("edge coverage", () => {
  const IF = `(func (export "main") (param i32) (result i32) (local i32)
    (if (local.get 0) (then (local.set 1 (i32.const 7)))) (local.get 1))`;
  it("counts the arm that an if has not written down as well", () => {
    expect(count(IF, 1)).toEqual({ result: 7, edges: ["entry 1", "then 1"] });
    expect(count(IF, 0)).toEqual({ result: 0, edges: ["entry 1", "else 1"] });
  });

  const LOOP = `(func (export "main") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (i32.const 2)))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))`;
  it("counts every turn of a loop, and both outcomes of the branch that closes it", () => {
    expect(count(LOOP, 5)).toEqual({ result: 10, edges: ["entry 1", "loop 5", "taken 4", "untaken 1"] });
  });

  const SELECT = `(func (export "main") (param i32) (result i32)
    (select (i32.const 1) (i32.const 2) (local.get 0)))`;
  it("counts a select as the branch that it was in the source", () => {
    expect(count(SELECT, 256)).toEqual({ result: 1, edges: ["entry 1", "taken 1"] });
    expect(count(SELECT, 0)).toEqual({ result: 2, edges: ["entry 1", "untaken 1"] });
  });

  const TABLE = `(func (export "main") (param i32) (result i32)
    (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10))) (return (i32.const 11)))
    (i32.const 12))`;
  it("counts each target of a table, and everything beyond as the default", () => {
    expect([0, 1, 2, -1].map((index) => count(TABLE, index))).toEqual([
      { result: 10, edges: ["entry 1", "case 1"] },
      { result: 11, edges: ["entry 1", "case 1"] },
      { result: 12, edges: ["entry 1", "case 1"] },
      { result: 12, edges: ["entry 1", "case 1"] },
    ]);
  });

  it("refuses a module with more edges than there is room for", () => {
    const add = () => new EdgeRecorder({ address: 0, bytes: 2 });
    const recorder = add();
    recorder.add({ kind: "entry", functionIndex: 0, instructionOffset: 0 });
    expect(() => recorder.add({ kind: "then", functionIndex: 0, instructionOffset: 0 })).toThrow(RangeError);
  });

  it("changes neither what the bootloader does nor the fuel that it burns", () => {
    const { envelope, payload } = genuineContent(2);
    const [counted, plain] = [false, true].map((isPlain) => {
      const bench = new FuzzBench({ bootloader: readWasm("bootloader"), isPlain });
      bench.prepare({ phase: Phase.Staged, activeSlot: Slot.A });
      bench.place(envelope);
      bench.place(payload, 1024);
      const verdict = bench.verify(envelope.length);
      const cycles = [1, 2].map(() => bench.powerOn().cycle);
      return { verdict, cycles, flash: Buffer.from(bench.device.flash.bytes).toString("hex") };
    });
    expect(counted).toEqual(plain);
    expect(counted?.cycles[1]?.booted?.slot).toBe(Slot.B);
  });

  it("cannot be reached by the bootloader: the counters lie in the hole", () => {
    const bench = new FuzzBench({ bootloader: readWasm("bootloader") });
    const start = bench.counters.byteOffset;
    expect(start).toBeGreaterThanOrEqual(102_400);
    expect(start + bench.counters.byteLength).toBeLessThanOrEqual(120_832);
  });
});
