import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    // The default leaves a core idle, which on two cores is half of them.
    maxWorkers: "100%",
    coverage: { provider: "v8", include: ["emulator/**", "host/**"] },
  },
});
