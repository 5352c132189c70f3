import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { runBlobs } from "../../../../src/images/actions-cache/blobs/run-blobs.ts";
import { parseRange } from "../../../../src/images/actions-cache/loopback/blobs.ts";
import { startLoopbackRegistry } from "../../../../src/images/actions-cache/loopback/server.ts";
import { sha256 } from "../../../../src/keys/hash.ts";
import { clientFor, image, serve } from "../../registry/http.ts";
import { fakeEntries } from "./fake-entries.ts";

/** More than the sockets on the way would take in at once. */
const bytes = randomBytes(20_000_000);
const digest = `sha256:${sha256(bytes)}`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-runner-base-blobs-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * The base's registry has one layer.
 *
 * @param breaks which of its answers end in the middle, from 1
 * @param delayMs it thinks for so long
 */
async function setUp(breaks: (count: number) => boolean, delayMs = 0) {
  let open = 0;
  const answer = (range: string | undefined, response: ServerResponse, count: number) => {
    const part = parseRange(range, bytes.length);
    const { start, end } = typeof part === "object" ? part : { start: 0, end: bytes.length - 1 };
    const body = bytes.subarray(start, end + 1);
    response.writeHead(range === undefined ? 200 : 206, { "content-length": body.length });
    if (!breaks(count)) {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, body.length / 2), () =>
      setTimeout(() => response.destroy(), 50),
    );
  };
  const origin = await serve((request, response, count) => {
    open += 1;
    response.once("close", () => {
      open -= 1;
    });
    setTimeout(() => answer(request.headers.range, response, count), delayMs);
  });
  const base = {
    image: image(origin.address),
    sizes: new Map([[digest, bytes.length]]),
    client: clientFor(20_000),
  };
  const blobs = runBlobs(fakeEntries(), folder, base);
  const registry = await startLoopbackRegistry(blobs, folder, "run1");
  onTestFinished(() => registry.close());
  const [host, secret] = registry.address.split("/");
  const url = `http://${host}/v2/${secret}/agent-runner-env/blobs/${digest}`;
  return { url, origin, blobs, open: () => open };
}

interface Part {
  status: number;
  body: Buffer;
}

/** One request as an engine makes it, from an offset on; what came before it broke off counts. */
function ask(url: string, from: number, hangUpAfter = Number.POSITIVE_INFINITY): Promise<Part> {
  return new Promise((resolve) => {
    const request = get(url, { headers: from > 0 ? { range: `bytes=${from}-` } : {} }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const done = () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) });
      answer.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= hangUpAfter) request.destroy();
      });
      answer.on("error", () => {});
      answer.on("close", done);
    });
    request.on("error", () => {});
  });
}

/** Resumes until all has come, or until the registry says that there is nothing. */
async function download(url: string, before = Buffer.alloc(0)): Promise<Buffer | number> {
  let all = before;
  while (all.length < bytes.length) {
    const { status, body } = await ask(url, all.length);
    if (status >= 400) return status;
    all = Buffer.concat([all, body]);
  }
  return all;
}

describe("a layer that the base's registry serves", () => {
  it("comes whole when the registry breaks off once", async () => {
    const { url, origin } = await setUp((count) => count === 1);
    const got = await download(url);
    expect(Buffer.isBuffer(got) && got.equals(bytes)).toBe(true);
    expect(origin.requests.map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(/^bytes=[1-9]\d*-19999999$/),
    ]);
  });

  it("comes whole however often the engine hangs up", async () => {
    const { url, blobs } = await setUp(() => false);
    let got = Buffer.alloc(0);
    for (let times = 0; times < 6; times += 1) {
      const { status, body } = await ask(url, got.length, 1_000);
      expect(status).toBe(times === 0 ? 200 : 206);
      got = Buffer.concat([got, body]);
    }
    const all = await download(url, got);
    expect(Buffer.isBuffer(all) && all.equals(bytes)).toBe(true);
    expect(blobs.trouble()).toBeUndefined();
  });

  it("is let go of when the engine hangs up before any of it has come", async () => {
    const { url, origin, blobs, open } = await setUp(() => false, 200);
    const request = get(url);
    request.on("error", () => {});
    await expect.poll(() => origin.requests.length).toBe(1);
    expect(open()).toBe(1);
    request.destroy();
    await expect.poll(open).toBe(0);
    expect(blobs.trouble()).toBeUndefined();
  });

  it("is not asked for any more when the registry has broken off three times", async () => {
    const { url, origin, blobs } = await setUp(() => true);
    expect(await download(url)).toBe(404);
    expect(origin.requests).toHaveLength(3);
    expect(blobs.trouble()).toMatch(/abort/);
  });
});
