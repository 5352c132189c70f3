import { spawn } from "node:child_process";
import { once } from "node:events";
import { ensureEngine } from "./engine.ts";

// `npm test`: brings an engine if none answers, builds the action, runs every test but the soak and the other engines, and ends the
// engine if it was started here. Further words go to vitest.
const words = process.argv.slice(2);
const projects = words.includes("--project") ? [] : ["--project", "!soak", "--project", "!engines"];

async function run(command: string, ...args: string[]): Promise<number> {
  const child = spawn(command, args, { stdio: "inherit" });
  const [code] = await once(child, "exit");
  return code ?? 1;
}

// Side by side: an engine's installation waits for the network, and the build for the processor.
const [engine, built] = await Promise.all([ensureEngine(), run("node", "scripts/build.ts")]);
try {
  process.exitCode = built === 0 ? await run("vitest", "run", ...projects, ...words) : built;
} finally {
  await engine.stop();
}
