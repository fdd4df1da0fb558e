import { defineConfig } from "vitest/config";

const EXHAUSTIVE = "test/exhaustive/**/*.test.ts";

export default defineConfig({
  test: {
    // What tries everything there is takes as long as all the rest, and has a command of its own.
    projects: [
      { extends: true, test: { name: "usual", include: ["test/**/*.test.ts"], exclude: [EXHAUSTIVE] } },
      { extends: true, test: { name: "exhaustive", include: [EXHAUSTIVE] } },
    ],
    testTimeout: 60_000,
    // The default leaves a core idle, which on two cores is half of them.
    maxWorkers: "100%",
    // Files share what they import: loading it anew for each takes a fifth of the time.
    pool: "threads",
    isolate: false,
    coverage: { provider: "v8", include: ["emulator/**", "host/**"] },
  },
});
