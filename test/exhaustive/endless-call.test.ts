/**
 * A call that never ends, given to `brownout footprint`: told within a minute.
 */
import { afterAll, expect, it } from "vitest";
import { RAM_BASE } from "../../emulator/memory-map.ts";
import { Workshop } from "../cli/workshop.ts";
import { assemble } from "../wat.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

it("says that a call which never ends has used its fuel up", { timeout: 60_000 }, async () => {
  const endless = `(module
    (import "env" "memory" (memory 2 2))
    (global (export "__heap_base") i32 (i32.const ${RAM_BASE}))
    (func (export "go") (loop $again (br $again))))`;
  workshop.write("endless.wasm", assemble(endless));
  const { exitCode, err } = await workshop.run("footprint endless.wasm --call go()");
  expect(exitCode).toBe(2);
  expect(err).toContain("The fuel is used up in");
});
