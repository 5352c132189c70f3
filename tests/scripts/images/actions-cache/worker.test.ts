import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { cacheWorker } from "../../../../src/images/actions-cache/entries/worker.ts";

// A worker's program that answers at once, but for what is called "slow".
const program = `
process.on("message", ({ id, key }) => {
  if (key.startsWith("slow")) return;
  process.send({ id, done: { outcome: "hit", key: String(process.pid) } });
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: true });
`;

let root: string;
let folder: string;
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "agent-runner-worker-")));
  await writeFile(join(root, "program.mjs"), program);
  folder = await mkdtemp(join(root, "entries-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function worker(limitMs: number, name = "program.mjs") {
  const signal = new AbortController().signal;
  const { PATH } = process.env;
  const options = { folder, environment: { PATH }, entry: join(root, name), signal };
  const entries = cacheWorker({ ...options, stallMs: limitMs, lookupMs: limitMs });
  onTestFinished(() => entries.close());
  return entries;
}

describe("the worker", () => {
  it("that is closed breaks off what is under way, and another answers the next question", async () => {
    const entries = worker(60_000);
    const first = await entries.lookup("file", "quick");
    const slow = entries.restore("file", "slow", 1_000);
    entries.close();
    expect(await slow).toMatchObject({ outcome: "broken", service: false });
    const second = await entries.lookup("file", "quick");
    expect(second).toMatchObject({ outcome: "hit" });
    expect(second).not.toEqual(first);
  });

  it("has time to start, however little a question has", async () => {
    await writeFile(join(root, "late.mjs"), `setTimeout(() => {${program}}, 2_000);`);
    expect(await worker(500, "late.mjs").lookup("file", "quick")).toMatchObject({ outcome: "hit" });
  });

  it("that ends is given up with its last words", async () => {
    const dies = 'process.on("message", () => { throw new Error("no more"); });';
    await writeFile(join(root, "dies.mjs"), `${dies}process.send({ ready: true });`);
    expect(await worker(60_000, "dies.mjs").lookup("file", "quick")).toMatchObject({
      outcome: "broken",
      why: expect.stringMatching(/^its worker ended: ./),
    });
  });

  it("that stands still is given up, and says at what", async () => {
    const entries = worker(1_000);
    const key = `slow-${"k".repeat(100)}`;
    const why = `nothing moved for 1 s in the upload of ${key.slice(0, 50)}…, so the cache is given up for this run`;
    const broken = { outcome: "broken", why, service: true };
    expect(await entries.save("file", key)).toEqual(broken);
    expect(await entries.lookup("file", "quick")).toEqual(broken);
  });
});
