/**
 * The cache of compiled images: exact content, refusals too, and a bound.
 */

import { describe, expect, it } from "vitest";
import {
  FLASH_BYTES,
  HAL_SIGNATURES,
  loadModule,
  ModuleError,
  RAM_BASE,
  RAM_BYTES,
} from "../../emulator/index.ts";
import { ImageCache } from "../../emulator/image-cache.ts";
import { moduleOf } from "./device-fixture.ts";

function countingCache() {
  const compiled: Uint8Array[] = [];
  const cache = new ImageCache((bytes) => {
    compiled.push(bytes);
    return loadModule(bytes, {
      ramBase: RAM_BASE,
      ramBytes: RAM_BYTES,
      flashBytes: FLASH_BYTES,
      build: "fast",
      requiredExports: ["reset"],
      allowedImports: HAL_SIGNATURES,
    });
  });
  return { cache, compiled, memory: new Uint8Array(131072) };
}

describe("the cache of compiled images", () => {
  it("compiles equal content once, wherever and however aligned it lies", () => {
    const { cache, compiled, memory } = countingCache();
    const image = moduleOf("(nop)");
    memory.set(image, 28672);
    memory.set(image, 63489);
    const loaded = cache.load(memory, 28672, image.length);
    expect(loaded).not.toBeInstanceOf(ModuleError);
    expect(cache.load(memory, 63489, image.length)).toBe(loaded);
    expect(compiled).toHaveLength(1);
  });

  it("tells contents apart that differ in any one byte", () => {
    const { cache, compiled, memory } = countingCache();
    const image = moduleOf("(nop)");
    memory.set(image, 0);
    cache.load(memory, 0, image.length);
    for (let offset = 0; offset < image.length; offset += 1) {
      memory[offset] = (memory[offset] ?? 0) ^ 1;
      cache.load(memory, 0, image.length);
      expect(compiled).toHaveLength(offset + 2);
      memory[offset] = (memory[offset] ?? 0) ^ 1;
    }
    cache.load(memory, 0, image.length - 1);
    expect(compiled).toHaveLength(image.length + 2);
  });

  it("remembers a refusal", () => {
    const { cache, compiled, memory } = countingCache();
    const refused = cache.load(memory, 0, 40);
    expect(refused).toBeInstanceOf(ModuleError);
    expect(cache.load(memory, 0, 40)).toBe(refused);
    expect(compiled).toHaveLength(1);
  });

  it("forgets what was not used for longest, beyond its bound", () => {
    const { cache, compiled, memory } = countingCache();
    for (let length = 1; length <= 100; length += 1) {
      cache.load(memory, 0, length);
      cache.load(memory, 0, 1);
    }
    expect(cache.size).toBe(64);
    expect(compiled).toHaveLength(100);
    cache.load(memory, 0, 2);
    expect(compiled).toHaveLength(101);
  });
});
