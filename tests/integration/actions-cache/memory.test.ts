import { type ChildProcess, fork } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useCacheService } from "./support.ts";

// A layer of 2 GB goes in by the loopback registry, into the cache, out of it, and out by the loopback registry. The
// action's part of it is a process of its own, whose peak is read from the kernel.

const service = useCacheService();
const BYTES = 2_000_000_000;
const LIMIT_MB = 250;
const block = randomBytes(16_000_000);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-runner-memory-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("memory stays under 250 MB while a layer of 2 GB passes", async () => {
  const probe = fork(join(import.meta.dirname, "memory-probe.ts"), [folder], {
    env: { ...process.env, ...service().env() },
    execArgv: [],
  });
  service().azureNames = true;
  try {
    const { address } = (await answer(probe)) as { address: string };
    const [host, secret] = address.split("/");
    const base = `http://${host}/v2/${secret}/agent-runner-env/blobs`;
    const digest = `sha256:${await hashOf(content())}`;
    const begun = await fetch(`${base}/uploads/`, { method: "POST" });
    const where = `http://${host}${begun.headers.get("location")}?digest=${digest}`;
    await put(where);
    probe.send({ save: digest, size: BYTES });
    expect(await answer(probe)).toMatchObject({ outcome: "saved" });
    expect(service().entries.at(-1)?.size).toBeGreaterThan(BYTES);
    const got = await fetch(`${base}/${digest}`);
    expect(got.status).toBe(200);
    expect(await hashOf(got.body as AsyncIterable<Uint8Array>)).toBe(digest.slice(7));
    probe.send({ peaks: true });
    const { main, worker } = (await answer(probe)) as { main: number; worker: number };
    console.log(`peaks: ${main} MB, its worker ${worker} MB`);
    expect(main).toBeLessThan(LIMIT_MB);
    expect(worker).toBeLessThan(LIMIT_MB);
  } finally {
    probe.kill("SIGKILL");
    await service().evict(() => true);
  }
}, 230_000);

/** Nothing that compresses: a block repeats only after 16 MB. */
async function* content(): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < BYTES; sent += block.length) {
    for (let at = 0; at < block.length; at += 1_000_000) yield block.subarray(at, at + 1_000_000);
  }
}

async function hashOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest("hex");
}

async function put(where: string): Promise<void> {
  const sending = request(where, { method: "PUT" });
  const status = new Promise((resolve, reject) => {
    sending.on("response", (response) => resolve(response.statusCode));
    sending.on("error", reject);
  });
  await pipeline(Readable.from(content()), sending);
  expect(await status).toBe(201);
}

function answer(probe: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    probe.once("message", resolve);
    probe.once("exit", (code) => reject(new Error(`the probe ended with ${code}`)));
  });
}
