/**
 * What a warm hit costs, from the process to its end, for this checkout's bundle and for another one's, in turns: a
 * command in a cached image, in a workspace that is a git checkout of some size.
 * Run: npm run bench:warm-hit -- [OTHER_CHECKOUT]
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../scripts/shell.ts";
import { runAction } from "../tests/harness/runner.ts";
import { BARE_IMAGE, ensureBareImage } from "../tests/integration/support/bare-image.ts";
import { median } from "./page.ts";

const rounds = 11;
const files = 2_000;
const own = join(import.meta.dirname, "..");
const checkouts = [own, ...process.argv.slice(2)];

await ensureBareImage();
const folder = await mkdtemp(join(tmpdir(), "agent-runner-bench-"));
const workspace = join(folder, "checkout");
await makeCheckout(workspace);

const inputs = {
  pull: "never",
  "base-image": BARE_IMAGE,
  "cache-container-build": "true",
  "cached-preflight": "echo warm >/tmp/warm",
  command: "test -e /tmp/warm && echo changed >answer.txt",
};

async function hit(checkout: string): Promise<number> {
  const dist = join(checkout, "dist", "index.js");
  const result = await runAction({ inputs, workspace, dist });
  if (result.outputs.conclusion !== "success") throw new Error(result.stdout);
  return result.durationMs;
}

async function makeCheckout(path: string): Promise<void> {
  for (let number = 0; number < files; number++) {
    const place = join(path, `folder-${number % 50}`);
    await mkdir(place, { recursive: true });
    await writeFile(join(place, `file-${number}.txt`), `${number}\n`.repeat(200));
  }
  const git = (...words: string[]) => run("git", ["-C", path, ...words]);
  await git("init", "--quiet");
  await git("add", "--all");
  const author = ["-c", "user.name=bench", "-c", "user.email=bench@example.invalid"];
  await git(...author, "commit", "--quiet", "--message=bench");
}

const times = new Map(checkouts.map((checkout) => [checkout, [] as number[]]));
for (let round = -1; round < rounds; round++) {
  for (const checkout of checkouts) {
    const ms = await hit(checkout);
    if (round >= 0) times.get(checkout)?.push(ms); // the first of each builds the image
  }
}
await rm(folder, { recursive: true, force: true });
const first = median(times.get(own) ?? []);
for (const [checkout, measured] of times) {
  const middle = median(measured);
  const ratio = (first / middle).toFixed(2);
  console.log(
    `${checkout}: median ${middle.toFixed(0)} ms of ${rounds}; this one takes ${ratio} of it, ${(first - middle).toFixed(0)} ms more`,
  );
}
