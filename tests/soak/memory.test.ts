import { type ChildProcess, fork } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { meter } from "../../src/images/actions-cache/blobs/meter.ts";
import { useCacheService } from "../integration/actions-cache/support.ts";

// A layer of 2 GB in gzip, as an engine pushes it, goes in by the loopback registry, is packed anew, and goes into the
// cache, out of it, and out by the loopback registry. The action's part of it is a process of its own, whose peak is
// read from the kernel.

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
    const begun = await fetch(`${base}/uploads/`, { method: "POST" });
    const pushed = await push(`http://${host}${begun.headers.get("location")}`);
    probe.send({ save: pushed.digest, diffId: pushed.diffId });
    const { digest, ...saved } = (await answer(probe)) as { digest: string };
    expect(saved).toMatchObject({ outcome: "saved" });
    expect(service().entries.at(-1)?.size).toBeGreaterThan(BYTES);
    const got = await fetch(`${base}/${digest}`);
    expect(got.status).toBe(200);
    expect(await hashOf(got.body as AsyncIterable<Uint8Array>)).toBe(digest.slice(7));
    probe.send({ peaks: true });
    const peaks = (await answer(probe)) as Record<"main" | "worker" | "together", number>;
    console.log(`peaks in MB: ${JSON.stringify(peaks)}`);
    expect(peaks.main).toBeLessThan(LIMIT_MB);
    expect(peaks.worker).toBeLessThan(LIMIT_MB);
    expect(peaks.together).toBeLessThan(LIMIT_MB);
  } finally {
    probe.kill("SIGKILL");
    await service().evict(() => true);
  }
}, 400_000);

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

/** Sends the content in gzip, which is made and counted on the way. Answers the digests of both. */
async function push(where: string): Promise<{ digest: string; diffId: string }> {
  const sending = request(where, { method: "PATCH" });
  const status = new Promise((resolve, reject) => {
    sending.on("response", (response) => resolve(response.statusCode));
    sending.on("error", reject);
  });
  const [plain, packed] = [meter(), meter()];
  const gzip = createGzip({ level: 0 }); // what does not compress is only wrapped
  await pipeline(Readable.from(content()), plain.stream(), gzip, packed.stream(), sending);
  expect(await status).toBe(202);
  const digest = packed.digest();
  const done = await fetch(`${where}?digest=${digest}`, { method: "PUT" });
  expect(done.status).toBe(201);
  return { digest, diffId: plain.digest() };
}

function answer(probe: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    probe.once("message", resolve);
    probe.once("exit", (code) => reject(new Error(`the probe ended with ${code}`)));
  });
}
