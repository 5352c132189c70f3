import { defineConfig } from "vitest/config";

// Three kinds of tests: unit (seconds, no engine), bundle (the built action as a process), and
// integration (a real engine, a real registry). The last two need what `npm test` brings up.
export default defineConfig({
  test: {
    // one more than the two cores that CI has: many tests wait for a limit to pass
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: "unit",
          include: ["tests/unit/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        test: {
          name: "bundle",
          include: ["tests/bundle/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 30_000,
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        test: {
          name: "integration",
          include: ["tests/integration/**/*.test.ts"],
          globalSetup: ["tests/integration/setup.ts"],
          testTimeout: 240_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 10_000 } },
        },
      },
    ],
  },
});
