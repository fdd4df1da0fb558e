/**
 * Mutation of images: WebAssembly modules that do harm where they can, and bytes that are hardly any.
 *
 * A fresh module is a random program of loads, stores and HAL calls on telling addresses, in the one form
 * that the device runs. Others are mutated as bytes, or section by section (WebAssembly 1.0 §5.5).
 */
import { Memory } from "../../assembly/layout.ts";
import { HAL_SIGNATURES } from "../hal.ts";
import { ByteWriter } from "../wasm/byte-writer.ts";
import { Opcode, TypeCode, typeCode } from "../wasm/opcode.ts";
import { mutateBytes } from "./byte-mutation.ts";
import type { Chance } from "./chance.ts";

/** Where something begins or ends on the device, and numbers that overflow. */
const TELLING_NUMBERS: readonly number[] = [
  ...[
    0, 1, 4, 8, 16, 255, 256, 1024, 4096, 27_647, 27_648, 28_671, 28_672, 30_000, 65_536, 0x7fffffff, -1, -4,
    -1024,
  ],
  ...[Memory.FlashBytes - 4, Memory.FlashBytes, Memory.FlashBytes + 4, Memory.RamBase - 1, Memory.RamBase],
  ...[Memory.RamBase + 64, Memory.RamBase + Memory.RamBytes - 4, Memory.RamBase + Memory.RamBytes],
];

const HAL = Object.entries(HAL_SIGNATURES);
/** Every fourth of these is a loop that never ends or a call of itself. */
const STATEMENTS_MAX = 24;

/** A mutation of an image; `other` is one that parts may be taken from. */
export function mutateImage(
  image: Uint8Array,
  other: Uint8Array,
  chance: Chance,
  bytesMax: number,
): Uint8Array<ArrayBuffer> {
  if (chance.oneIn(2)) return randomImage(chance);
  if (chance.oneIn(2)) return mutateBytes(image, chance, { other, bytesMax });
  return mutateSections(image, other, chance).slice(0, bytesMax);
}

/** A module whose `reset` is a random program. */
export function randomImage(chance: Chance): Uint8Array<ArrayBuffer> {
  const module = new ByteWriter(1024).raw(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  const types = new ByteWriter().u32(HAL.length + 1);
  for (const [, { parameters, results }] of HAL) {
    types.byte(TypeCode.Function).u32(parameters.length);
    for (const type of parameters) types.byte(typeCode(type));
    types.u32(results.length);
    for (const type of results) types.byte(typeCode(type));
  }
  section(module, 1, types.raw(TypeCode.Function, 0, 0));
  const imports = new ByteWriter()
    .u32(HAL.length + 1)
    .text("env")
    .text("memory")
    .raw(2, 1, 2, 2);
  HAL.forEach(([name], index) => imports.text("hal").text(name).raw(0).u32(index));
  section(module, 2, imports);
  section(module, 3, new ByteWriter().raw(1).u32(HAL.length));
  const heapBase = Memory.RamBase + chance.pick([0, 64, 1024]);
  section(
    module,
    6,
    new ByteWriter().raw(1, TypeCode.I32, 0, Opcode.I32Const).signed(heapBase).byte(Opcode.End),
  );
  const exports = new ByteWriter().u32(2).text("reset").raw(0).u32(HAL.length).text("__heap_base").raw(3, 0);
  section(module, 7, exports);
  const body = new ByteWriter().byte(0);
  for (let count = chance.below(STATEMENTS_MAX); count > 0; count -= 1) statement(body, chance);
  body.byte(Opcode.End);
  section(module, 10, new ByteWriter().u32(1).u32(body.length).copy(body.finish()));
  return module.finish();
}

function statement(code: ByteWriter, chance: Chance): void {
  const number = (): number => chance.pick(TELLING_NUMBERS);
  const push = (value: number): ByteWriter => code.byte(Opcode.I32Const).signed(value);
  switch (chance.below(10)) {
    case 0:
      push(number())
        .raw(Opcode.FirstLoad, 0)
        .u32(chance.oneIn(4) ? number() : 0)
        .byte(Opcode.Drop);
      return;
    case 1:
      push(number());
      push(number())
        .raw(Opcode.FirstStore, 0)
        .u32(chance.oneIn(4) ? number() : 0);
      return;
    case 2:
      push(number());
      push(number());
      push(number()).raw(Opcode.Prefix, 0x0b, 0);
      return;
    case 3:
      if (chance.oneIn(4)) code.raw(Opcode.Loop, TypeCode.Empty, Opcode.Br, 0, Opcode.End);
      else if (chance.oneIn(3)) code.byte(Opcode.Call).u32(HAL.length);
      else if (chance.oneIn(2)) code.byte(Opcode.Unreachable);
      return;
    default: {
      const index = chance.below(HAL.length);
      for (const type of HAL[index]?.[1].parameters ?? []) {
        if (type === "i32") push(number());
        else code.byte(Opcode.I64Const).signed(number());
      }
      code.byte(Opcode.Call).u32(index).byte(Opcode.Drop);
    }
  }
}

/** Sections doubled, left out, exchanged, or taken from another module. */
function mutateSections(image: Uint8Array, other: Uint8Array, chance: Chance): Uint8Array {
  const sections = sectionsOf(image);
  const at = chance.below(sections.length);
  const section = sections[at] ?? new Uint8Array();
  switch (chance.below(4)) {
    case 0:
      sections.splice(at, 1);
      break;
    case 1:
      sections.splice(chance.below(sections.length), 0, section);
      break;
    case 2:
      sections.splice(at, 1, chance.pick([...sectionsOf(other), section]));
      break;
    default: {
      const to = chance.below(sections.length);
      sections[at] = sections[to] ?? section;
      sections[to] = section;
    }
  }
  const writer = new ByteWriter(image.length + other.length).copy(image.subarray(0, 8));
  for (const part of sections) writer.copy(part);
  return writer.finish();
}

/** The sections of a module with their heads, as far as they can be made out. */
function sectionsOf(module: Uint8Array): Uint8Array[] {
  const sections: Uint8Array[] = [];
  let start = 8;
  while (start < module.length) {
    let length = 0;
    let position = start + 1;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = module[position] ?? 0;
      position += 1;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    sections.push(module.subarray(start, position + length));
    start = position + length;
  }
  return sections;
}

function section(module: ByteWriter, id: number, body: ByteWriter): void {
  module.byte(id).u32(body.length).copy(body.finish());
}
