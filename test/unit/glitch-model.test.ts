/**
 * What each glitch model does to each kind of instruction, on programs small enough to say by hand
 * what must come out.
 */
import { describe, expect, it } from "vitest";
import {
  describeEffect,
  formatEffect,
  GLITCH_MODELS,
  GlitchCode,
  parseEffect,
  type Effect,
} from "../../emulator/wasm/glitch-model.ts";
import { GlitchProgram, PROGRAM_RAM } from "../glitch-program.ts";

const skip: Effect = { code: GlitchCode.Skip, bit: 0 };
const keep: Effect = { code: GlitchCode.KeepArgument, bit: 0 };
const invert: Effect = { code: GlitchCode.Invert, bit: 0 };
const one: Effect = { code: GlitchCode.ReturnOne, bit: 0 };
const flipLoad = (bit: number): Effect => ({ code: GlitchCode.FlipLoad, bit });
const flipLocal = (bit: number): Effect => ({ code: GlitchCode.FlipLocal, bit });

/** What the program yields when the only instruction with this text is disturbed. */
function disturb(program: GlitchProgram, text: string, effect: Effect): number | bigint | string {
  const [index, ...others] = program.indicesOf(text);
  if (index === undefined || others.length > 0) throw new Error(`not exactly one: ${text}`);
  return program.disturbed(index, effect).result;
}

const main = (body: string, result = "i32", locals = ""): GlitchProgram =>
  new GlitchProgram(`(func (export "main") (result ${result}) ${locals} ${body})`);

describe("a skipped instruction", () => {
  it("leaves the first operand of an operator", () => {
    const program = main("(i32.sub (i32.const 40) (i32.const 2))");
    expect(program.undisturbed().result).toBe(38);
    expect(disturb(program, "i32.sub", skip)).toBe(40);
    expect(disturb(main("(i64.eq (i64.const 77) (i64.const 5))"), "i64.eq", skip)).toBe(77);
    expect(disturb(main("(i64.extend_i32_s (i32.const -1))", "i64"), "i64.extend_i32_s", skip)).toBe(
      0xffff_ffffn,
    );
    expect(disturb(main("(f64.neg (f64.const 3))", "f64"), "opcode 0x9a", skip)).toBe(3);
    expect(disturb(main("(i32.trunc_sat_f64_s (f64.const 3))"), "opcode 0xfc02", skip)).toBe(0);
  });

  it("yields 0 for a constant, a local and a global", () => {
    expect(disturb(main("(i32.const 9)"), "i32.const 9", skip)).toBe(0);
    const local = main("(local.set 0 (i32.const 7)) (local.get 0)", "i32", "(local i32)");
    expect(disturb(local, "local.get 0", skip)).toBe(0);
    const global = new GlitchProgram(
      `(global $g (mut i32) (i32.const 5)) (func (export "main") (result i32) (global.get $g))`,
    );
    expect(disturb(global, "global.get 0", skip)).toBe(0);
  });

  it("leaves a local, a global or memory as it was", () => {
    const set = main("(local.set 0 (i32.const 7)) (local.get 0)", "i32", "(local i32)");
    expect(disturb(set, "local.set 0", skip)).toBe(0);
    const tee = main("(i32.add (local.tee 0 (i32.const 7)) (local.get 0))", "i32", "(local i32)");
    expect(disturb(tee, "local.tee 0", skip)).toBe(7);
    const global = new GlitchProgram(`(global $g (mut i64) (i64.const 5))
      (func (export "main") (result i64) (global.set $g (i64.const 6)) (global.get $g))`);
    expect(disturb(global, "global.set 0", skip)).toBe(5n);
    const store = new GlitchProgram(
      `(func (export "main") (i32.store (i32.const ${PROGRAM_RAM}) (i32.const 3)))`,
    );
    expect(store.undisturbed().word).toBe(3);
    expect(store.disturbed(2, skip).word).toBe(0);
    const fill = new GlitchProgram(
      `(func (export "main") (memory.fill (i32.const ${PROGRAM_RAM}) (i32.const 1) (i32.const 4)))`,
    );
    expect(fill.undisturbed().word).toBe(0x01010101);
    expect(fill.disturbed(3, skip).word).toBe(0);
  });

  it("leaves the address where a loaded value was to be", () => {
    const program = main(`(i32.load8_u (i32.const ${PROGRAM_RAM}))`);
    expect(program.undisturbed().result).toBe(0);
    expect(disturb(program, "i32.load8_u", skip)).toBe(PROGRAM_RAM);
  });

  it("calls nothing and returns 0, or its first argument", () => {
    const program = new GlitchProgram(`(func $f (param i32 i64) (result i32)
        (call $note (i32.const 1)) (i32.const 33))
      (func (export "main") (result i32) (call $f (i32.const 5) (i64.const 6)))`);
    expect(program.undisturbed()).toMatchObject({ result: 33, notes: [1] });
    const [index = -1] = program.indicesOf("call function[1]");
    expect(program.disturbed(index, skip)).toMatchObject({ result: 0, notes: [] });
    expect(program.disturbed(index, keep)).toMatchObject({ result: 5, notes: [] });
    expect(program.disturbed(index, one)).toMatchObject({ result: 1, notes: [] });
  });

  it("falls through a br_if, into the then-arm of an if, to the end of the block of a br", () => {
    const brIf = main("(block (br_if 0 (i32.const 1)) (return (i32.const 1))) (i32.const 2)");
    expect(brIf.undisturbed().result).toBe(2);
    expect(disturb(brIf, "br_if 0", skip)).toBe(1);
    const branch = main("(if (result i32) (i32.const 0) (then (i32.const 3)) (else (i32.const 4)))");
    expect(disturb(branch, "if", skip)).toBe(3);
    const br = main("(block (if (i32.const 1) (then (br 1))) (return (i32.const 1))) (i32.const 2)");
    expect(br.undisturbed().result).toBe(2);
    expect(disturb(br, "br 1", skip)).toBe(1);
    const value = main("(block (result i32) (br 0 (i32.const 8)))");
    expect(disturb(value, "br 0", skip)).toBe(0);
  });

  it("goes on behind a return and an unreachable", () => {
    const program = new GlitchProgram(`(func $f (param $stop i32) (result i32)
        (if (local.get $stop) (then (return (i32.const 1)))) (i32.const 2))
      (func (export "main") (result i32) (call $f (i32.const 1)))`);
    expect(disturb(program, "return", skip)).toBe(2);
    const trap = main("(if (i32.const 1) (then (unreachable))) (i32.const 6)");
    expect(trap.undisturbed().result).toBe("trap");
    expect(disturb(trap, "unreachable", skip)).toBe(6);
  });
});

describe("an inverted condition", () => {
  it("takes the other way at br_if, if, select and comparisons", () => {
    expect(
      disturb(
        main("(block (br_if 0 (i32.const 1)) (return (i32.const 1))) (i32.const 2)"),
        "br_if 0",
        invert,
      ),
    ).toBe(1);
    expect(
      disturb(
        main("(if (result i32) (i32.const 1) (then (i32.const 3)) (else (i32.const 4)))"),
        "if",
        invert,
      ),
    ).toBe(4);
    expect(disturb(main("(select (i32.const 5) (i32.const 6) (i32.const 1))"), "select", invert)).toBe(6);
    expect(disturb(main("(i32.lt_u (i32.const 1) (i32.const 2))"), "i32.lt_u", invert)).toBe(0);
    expect(disturb(main("(i64.eqz (i64.const 1))"), "i64.eqz", invert)).toBe(1);
  });

  it("goes one target further at br_table, behind the last one to the default", () => {
    const table = (index: number): GlitchProgram =>
      main(`(block (block (block (br_table 0 1 2 (i32.const ${index})))
        (return (i32.const 10))) (return (i32.const 11))) (i32.const 12)`);
    expect(table(0).undisturbed().result).toBe(10);
    expect(disturb(table(0), "br_table", invert)).toBe(11);
    expect(disturb(table(1), "br_table", invert)).toBe(12);
    expect(disturb(table(2), "br_table", skip)).toBe(10);
  });

  it("ends a loop early, or adds a turn", () => {
    const loop = new GlitchProgram(`(func (export "main") (local $i i32)
      (loop (call $note (local.get $i)) (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $i) (i32.const 3)))))`);
    const [first = -1, , last = -1] = loop.indicesOf("br_if 0");
    expect(loop.undisturbed().notes).toEqual([0, 1, 2]);
    expect(loop.disturbed(first, invert).notes).toEqual([0]);
    expect(loop.disturbed(last, invert).notes).toEqual([0, 1, 2, 3]);
  });
});

describe("a flipped bit", () => {
  it("is in the value read and not in what it was read from", () => {
    const twice = `(i32.or (i32.shl (i32.load (i32.const ${PROGRAM_RAM})) (i32.const 16)) (i32.load (i32.const ${PROGRAM_RAM})))`;
    const program = main(twice);
    const [first = -1, second = -1] = program.indicesOf("i32.load");
    expect(program.disturbed(first, flipLoad(3)).result).toBe(8 << 16);
    expect(program.disturbed(second, flipLoad(0)).result).toBe(1);
    const local = main("(i64.add (local.get 0) (local.get 0))", "i64", "(local i64)");
    expect(local.disturbed(1, flipLocal(40)).result).toBe(1n << 40n);
  });
});

describe("the rewritten module", () => {
  const program = new GlitchProgram(
    `(global $g (mut i32) (i32.const 3))
     (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
     (func (export "main") (param $n i32) (result i32) (local $sum i32)
       (loop $next
         (local.set $sum (i32.add (local.get $sum) (call $twice (local.get $n))))
         (i32.store (i32.const ${PROGRAM_RAM}) (local.get $sum))
         (call $note (local.get $sum))
         (global.set $g (i32.add (global.get $g) (i32.const 1)))
         (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
       (i32.add (local.get $sum) (global.get $g)))`,
    [4],
  );

  it("computes what the original computes as long as the glitch is not reached", () => {
    expect(program.undisturbed()).toEqual(program.original());
    expect(program.disturbed(program.sites.length, skip)).toEqual(program.original());
  });

  it("disturbs one instruction only: the one at the index", () => {
    const changed = program.indicesOf("call function[1]").map((index) => program.disturbed(index, skip));
    expect(changed.map(({ notes }) => notes)).toEqual([
      [0, 6, 10, 12],
      [8, 8, 12, 14],
      [8, 14, 14, 16],
      [8, 14, 18, 18],
    ]);
  });

  it("is disturbed at every index by every effect, and never leaves RAM", () => {
    for (const { index, effect } of program.faults()) {
      const { result } = program.disturbed(index, effect);
      expect(typeof result === "number" || result === "trap", formatEffect(effect)).toBe(true);
    }
    expect(program.faults().length).toBeGreaterThan(100);
  });

  it("stops a run that a glitch has made endless", () => {
    const started = main(
      "(local.set 0 (i32.const 1)) (loop (br_if 0 (i32.eqz (local.get 0)))) (i32.const 1)",
      "i32",
      "(local i32)",
    );
    expect(started.disturbed(started.indicesOf("local.set 0")[0] ?? -1, skip).result).toBe("trap");
  });
});

describe("a second glitch", () => {
  it("hits in the same straight run of code, in a later one, and in a function called since", () => {
    const twice = new GlitchProgram(`
      (func $f (param i32) (result i32) (i32.add (local.get 0) (i32.const 16)))
      (func (export "main") (result i32)
        (i32.add (i32.add (i32.const 1) (i32.const 2)) (call $f (i32.add (i32.const 4) (i32.const 8)))))`);
    expect(twice.undisturbed().result).toBe(31);
    const [first = -1] = twice.indicesOf("i32.const 1");
    const at = (text: string): number => (twice.indicesOf(text)[0] ?? -1) - first;
    const both = (text: string) => twice.disturbedTwice(first, skip, at(text), skip).result;
    expect(both("i32.const 2")).toBe(28);
    expect(both("i32.const 8")).toBe(22);
    expect(both("i32.const 16")).toBe(14);
  });

  it("counts the instructions of the run that the first one has disturbed", () => {
    const branching = main("(if (result i32) (i32.const 1) (then (i32.const 10)) (else (i32.const 20)))");
    const [condition = -1] = branching.indicesOf("i32.const 1");
    // Index 0 is the condition, 1 the if, 2 the constant of the arm that is taken.
    expect(branching.disturbedTwice(condition, skip, 1, invert).result).toBe(10);
    expect(branching.disturbedTwice(condition, skip, 2, skip).result).toBe(0);
  });

  it("does nothing if the run ends before it, or if it is none", () => {
    const program = main("(i32.add (i32.const 40) (i32.const 2))");
    expect(program.disturbedTwice(0, skip, 100, skip)).toEqual(program.disturbed(0, skip));
    expect(program.disturbedTwice(0, skip, 0, skip)).toEqual(program.disturbed(0, skip));
  });

  it("may hit the instruction behind the first, and neither of them a third time", () => {
    const loop = main(
      "(local.set 0 (i32.const 5)) (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0))) (i32.const 7)",
      "i32",
      "(local i32)",
    );
    const [sub = -1] = loop.indicesOf("i32.sub");
    expect(loop.disturbedTwice(sub, skip, 1, skip).result).toBe(7);
    expect(loop.disturbedTwice(sub, skip, 3, invert).result).toBe(7);
  });
});

describe("the text of an effect", () => {
  it("is read back as the same effect", () => {
    const effects = [skip, keep, invert, one, flipLoad(0), flipLoad(63), flipLocal(31)];
    expect(effects.map(formatEffect)).toEqual(["s", "a", "i", "o", "l0", "l63", "v31"]);
    for (const effect of effects) {
      expect(parseEffect(formatEffect(effect))).toEqual(effect);
      expect(describeEffect(effect)).toMatch(/\w/);
    }
    for (const text of ["", "x", "l64", "l", "ss", "S"]) expect(parseEffect(text)).toBeUndefined();
    expect(GLITCH_MODELS).toHaveLength(5);
  });
});
