/**
 * How long the action's entry takes to start: from the process to the first line it writes, for this checkout and
 * for another one, in turns. Run: npm run bench:entry -- [OTHER_CHECKOUT]
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const rounds = 15;
const own = join(import.meta.dirname, "..");
const checkouts = [own, ...process.argv.slice(2)];

/** An input that is refused at once: all modules are loaded, and nothing is started. */
function start(checkout: string): number {
  const begin = performance.now();
  spawnSync(process.execPath, [join(checkout, "dist", "index.js")], {
    env: { PATH: process.env.PATH, INPUT_MODE: "none" },
  });
  return performance.now() - begin;
}

const times = new Map(checkouts.map((checkout) => [checkout, [] as number[]]));
for (let round = 0; round < rounds; round++) {
  for (const checkout of checkouts) {
    times.get(checkout)?.push(start(checkout));
  }
}
const medians = checkouts.map((checkout) => {
  const sorted = (times.get(checkout) ?? []).toSorted((one, other) => one - other);
  return { checkout, median: sorted[Math.floor(rounds / 2)] ?? 0 };
});
const [first] = medians;
for (const { checkout, median } of medians) {
  const ratio = (median / (first?.median ?? 1)).toFixed(2);
  console.log(`${checkout}: median ${median.toFixed(0)} ms of ${rounds}, ratio ${ratio}`);
}
