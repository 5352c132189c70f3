import { defineConfig } from "vitest/config";
import DearAndCheap from "./tests/harness/dear-and-cheap.ts";

// unit: seconds, no engine. scripts: what starts programs: git, the shell scripts that ship, the harness, and zizmor over the workflows, as
// processes. bundle: the built action as a process. integration: a real engine, a real registry. soak: repetitions and
// floods, apart from the others (`npm run soak`). What needs an engine is brought up by scripts/test.ts.
const project = (name: string, seconds: number, more: object = {}) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout: seconds * 1000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    ...more,
  },
});

const withEngine = { globalSetup: ["tests/integration/setup.ts"], hookTimeout: 300_000 };

export default defineConfig({
  test: {
    // Two more than the two cores that CI has: integration tests are at work for about half of their time. For the rest
    // they wait for a limit to pass, a registry, the disk. With five, installations beside each other starve the others.
    maxWorkers: 4,
    sequence: { sequencer: DearAndCheap },
    projects: [
      // Files share a process: loading what they test anew for each took half of all their time. They leave nothing
      // behind in it, in any order (`--sequence.shuffle.files`). Not in threads: one changes the umask.
      project("unit", 30, { isolate: false }),
      project("scripts", 60),
      project("bundle", 60),
      project("integration", 240, withEngine),
      // every kind of engine that people have, each started for it: `npm run test:engines`
      project("engines", 300, withEngine),
      project("soak", 900, withEngine),
    ],
  },
});
