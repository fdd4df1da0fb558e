/** Observation of executions: every kind of leak is found, and nothing else is taken for one. */
import { describe, expect, it } from "vitest";
import { ObservedModule, type Divergence, type Drive } from "../../emulator/wasm/observed-module.ts";
import { assemble } from "../wat.ts";

const bounds = { ramStart: 0, ramEnd: 65_536, flashBytes: 0 };

/** The function `leak` gets the secret; others are there for it. */
function observed(body: string): ObservedModule {
  const text = `(module (import "env" "memory" (memory 1 1)) ${body})`;
  return new ObservedModule(assemble(text, { names: true }), bounds);
}

function withSecret(secret: number | bigint): Drive {
  return (module) => {
    module.call("leak", secret);
  };
}

function divergence(body: string, one: number | bigint, other: number | bigint): Divergence | undefined {
  return observed(body).divergence(withSecret(one), withSecret(other));
}

function i32(code: string): string {
  return `(func $leak (export "leak") (param i32) (result i32) (local i32) ${code})`;
}

function i64(code: string): string {
  return `(func $leak (export "leak") (param i64) (result i64) ${code})`;
}

describe("an observed execution", () => {
  it.each([
    [
      "an if",
      "branch",
      i32("(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 1)))"),
      0,
      1,
    ],
    ["a br_if", "branch", i32("(block (br_if 0 (local.get 0)) (return (i32.const 1))) (i32.const 1)"), 0, 1],
    ["a br_table", "branch", i32("(block (block (br_table 0 1 1 (local.get 0))) (nop)) (i32.const 1)"), 1, 2],
    ["a select", "select", i32("(select (i32.const 1) (i32.const 2) (local.get 0))"), 0, 1],
    ["a load", "load", i32("(i32.load8_u (local.get 0))"), 0, 1],
    ["a wide load with an offset", "load", i32("(i32.load offset=16 (local.get 0))"), 4, 8],
    ["a store", "store", i32("(i32.store8 (local.get 0) (i32.const 1)) (i32.const 1)"), 0, 1],
    [
      "where bytes are copied to",
      "range",
      i32("(memory.copy (local.get 0) (i32.const 9) (i32.const 1)) (i32.const 1)"),
      0,
      1,
    ],
    [
      "where bytes are copied from",
      "range",
      i32("(memory.copy (i32.const 9) (local.get 0) (i32.const 1)) (i32.const 1)"),
      0,
      1,
    ],
    [
      "how many bytes are filled",
      "range",
      i32("(memory.fill (i32.const 9) (i32.const 1) (local.get 0)) (i32.const 1)"),
      0,
      1,
    ],
    ["a dividend", "division", i32("(i32.div_u (local.get 0) (i32.const 3))"), 1, 2],
    ["a divisor", "division", i32("(i32.rem_s (i32.const 7) (local.get 0))"), 1, 2],
    [
      "the high half of a dividend",
      "division",
      i64("(i64.div_u (local.get 0) (i64.const 3))"),
      1n,
      1n << 40n,
    ],
    ["a shift", "shift", i32("(i32.shl (i32.const 7) (local.get 0))"), 1, 2],
    ["a rotation", "shift", i64("(i64.rotr (i64.const 7) (local.get 0))"), 1n, 2n],
  ])("shows %s that depends on a secret", (_, kind, body, one, other) => {
    const found = divergence(body, one, other);
    expect(found).toMatchObject({ kind, functionName: "leak" });
    expect(divergence(body, one, one)).toBeUndefined();
  });

  it("shows an indirect call that depends on a secret", () => {
    const body = `(type $t (func (result i32))) (table 2 2 funcref) (elem (i32.const 0) $a $b)
      (func $a (result i32) (i32.const 1)) (func $b (result i32) (i32.const 1))
      ${i32("(call_indirect (type $t) (local.get 0))")}`;
    expect(divergence(body, 0, 1)).toMatchObject({ kind: "call", functionName: "leak" });
  });

  it("shows neither what is computed nor what is loaded, stored or filled", () => {
    const body = i32(`(i32.store (i32.const 8) (local.get 0))
      (memory.fill (i32.const 16) (local.get 0) (i32.const 4))
      (local.set 1 (i32.mul (i32.xor (local.get 0) (i32.load (i32.const 16))) (i32.const 7)))
      (i32.rotl (i32.add (local.get 1) (i32.eqz (local.get 0))) (i32.const 5))`);
    for (const secret of [1, 0x80, -1]) expect(divergence(body, 0, secret)).toBeUndefined();
  });

  it("tells a condition from another one only by whether it is 0", () => {
    const body = i32("(select (i32.const 1) (i32.const 2) (local.get 0))");
    expect(divergence(body, 1, 256)).toBeUndefined();
  });

  it("finds the first of many events that differ, and the function it is in", () => {
    const body = `${i32(`(loop $again (call $step (i32.ge_u (local.get 1) (local.get 0)))
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get 1) (i32.const 100)))) (i32.const 0)`)}
      (func $step (param i32) (if (local.get 0) (then (nop))))`;
    // Two events to a turn; the executions part in turn 40.
    expect(divergence(body, 40, 70)).toMatchObject({ kind: "branch", functionName: "step", event: 80 });
  });

  it("finds where one execution ends before the other", () => {
    const body = i32("(loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 0)");
    expect(divergence(body, 3, 5)).toMatchObject({ kind: "branch", event: 2 });
    const branchless = `(func $leak (export "leak") (param i32))
      (func (export "more") (result i32) (i32.load (i32.const 0)))`;
    const twice: Drive = (module) => {
      module.call("more");
      module.call("more");
    };
    const once: Drive = (module) => {
      module.call("more");
    };
    expect(observed(branchless).divergence(once, twice)).toMatchObject({ kind: "load", event: 1 });
  });

  it("computes what it computes unobserved", () => {
    const results: unknown[] = [];
    observed(i64("(i64.rem_u (i64.rotl (local.get 0) (local.get 0)) (i64.const 1000003))")).observe(
      (module) => {
        results.push(module.call("leak", 123_456_789_012_345n));
      },
    );
    const rotated = BigInt.asUintN(64, (123_456_789_012_345n << 57n) | (123_456_789_012_345n >> 7n));
    expect(results).toEqual([rotated % 1_000_003n]);
  });

  it("lets a fault through that is not its own", () => {
    const module = observed(i32("(unreachable)"));
    expect(() => module.divergence(withSecret(0), withSecret(1))).toThrow(WebAssembly.RuntimeError);
  });
});
