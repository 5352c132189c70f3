import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Blob,
  type BlobCache,
  storedBlob,
} from "../../../../src/images/actions-cache/blobs/blob-cache.ts";
import { parseRange } from "../../../../src/images/actions-cache/loopback/blobs.ts";
import {
  type LoopbackRegistry,
  startLoopbackRegistry,
} from "../../../../src/images/actions-cache/loopback/server.ts";

const digestOf = (bytes: Buffer | string) =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const bytes = randomBytes(100_000);
const digest = digestOf(bytes);

describe("the loopback registry", () => {
  let folder: string;
  let registry: LoopbackRegistry;
  const kept = new Map<string, Blob>();
  const blobs: BlobCache = {
    has: async (wanted) => kept.get(wanted)?.size,
    get: async (wanted) => kept.get(wanted),
    put: async (put, file, size) => void kept.set(put, storedBlob(file, size)),
  };
  const url = (path: string) => {
    const [host, secret] = registry.address.split("/");
    return `http://${host}/v2/${secret}/agent-runner-env/${path}`;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "agent-runner-loopback-"));
    registry = await startLoopbackRegistry(blobs, folder, "run1");
  });
  afterAll(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  const begin = async () => {
    const answer = await fetch(url("blobs/uploads/"), { method: "POST" });
    expect(answer.status).toBe(202);
    return `http://${registry.address.split("/")[0]}${answer.headers.get("location")}`;
  };
  const patch = (where: string, body: Buffer) =>
    fetch(where, { method: "PATCH", body: new Uint8Array(body) });

  it("answers nobody who does not know the secret, but that there is a registry", async () => {
    const host = `http://${registry.address.split("/")[0]}`;
    expect((await fetch(`${host}/v2/`)).status).toBe(200);
    for (const path of [
      "/",
      "/v2/_catalog",
      "/v2/x/agent-runner-env/blobs/uploads/",
      "/v2/agent-runner-env/manifests/k",
    ]) {
      for (const method of ["GET", "POST", "PUT", "DELETE"]) {
        expect((await fetch(host + path, { method })).status, `${method} ${path}`).toBe(404);
      }
    }
    expect(registry.address).toMatch(/^127\.0\.0\.1:\d+\/run1-[0-9a-f]{32}$/);
  });

  it("takes a blob in pieces and gives it back, whole and in ranges", async () => {
    expect((await fetch(url(`blobs/${digest}`), { method: "HEAD" })).status).toBe(404);
    const where = await begin();
    const first = await patch(where, bytes.subarray(0, 60_000));
    expect(first.headers.get("range")).toBe("0-59999");
    expect((await patch(where, bytes.subarray(60_000))).status).toBe(202);
    const done = await fetch(`${where}?digest=${digest}`, { method: "PUT" });
    expect([done.status, done.headers.get("docker-content-digest")]).toEqual([201, digest]);
    const head = await fetch(url(`blobs/${digest}`), { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "100000"]);
    const whole = await fetch(url(`blobs/${digest}`));
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const rest = await fetch(url(`blobs/${digest}`), { headers: { range: "bytes=99990-" } });
    expect([rest.status, rest.headers.get("content-range")]).toEqual([
      206,
      "bytes 99990-99999/100000",
    ]);
    expect(Buffer.from(await rest.arrayBuffer()).equals(bytes.subarray(99_990))).toBe(true);
    const beyond = await fetch(url(`blobs/${digest}`), { headers: { range: "bytes=100000-" } });
    expect(beyond.status).toBe(416);
  });

  it("takes a blob in one request", async () => {
    const text = Buffer.from("monolithic");
    const where = url(`blobs/uploads/?digest=${digestOf(text)}`);
    const done = await fetch(where, { method: "POST", body: new Uint8Array(text) });
    expect(done.status).toBe(201);
    expect(kept.has(digestOf(text))).toBe(true);
  });

  it("refuses bytes that are not the digest's, and forgets them", async () => {
    const where = await begin();
    await patch(where, Buffer.from("something else"));
    const wanted = digestOf("something");
    const done = await fetch(`${where}?digest=${wanted}`, { method: "PUT" });
    expect([
      done.status,
      ((await done.json()) as { errors: { code: string }[] }).errors[0]?.code,
    ]).toEqual([400, "DIGEST_INVALID"]);
    expect(kept.has(wanted)).toBe(false);
    expect((await patch(where, Buffer.from("more"))).status).toBe(404);
    expect((await readdir(folder)).length).toBe(kept.size);
  });

  it("takes and gives manifests, by tag and by digest, with their media type", async () => {
    const mediaType = "application/vnd.docker.distribution.manifest.v2+json";
    const manifest = JSON.stringify({ mediaType, layers: [] });
    const put = await fetch(url("manifests/key"), { method: "PUT", body: manifest });
    expect([put.status, put.headers.get("docker-content-digest")]).toEqual([
      201,
      digestOf(manifest),
    ]);
    expect(registry.pushed("agent-runner-env:key")).toBe(digestOf(manifest));
    for (const name of ["key", digestOf(manifest)]) {
      const got = await fetch(url(`manifests/${name}`));
      expect([got.status, got.headers.get("content-type")]).toEqual([200, mediaType]);
      expect(await got.text()).toBe(manifest);
    }
    expect((await fetch(url("manifests/other"))).status).toBe(404);
  });

  it("breaks off rather than ending well when a blob's stream fails", async () => {
    const broken = digestOf("broken");
    kept.set(broken, {
      size: 1_000,
      open: async () => {
        const { Readable } = await import("node:stream");
        return Readable.from(
          (async function* () {
            yield Buffer.alloc(10);
            throw new Error("gone");
          })(),
        );
      },
    });
    const answer = await fetch(url(`blobs/${broken}`));
    await expect(answer.arrayBuffer()).rejects.toThrow();
    kept.delete(broken);
  });

  it("serves many at once", async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(url(`blobs/${digest}`))).arrayBuffer()),
    );
    expect(all.every((one) => Buffer.from(one).equals(bytes))).toBe(true);
  });
});

describe("a range of bytes", () => {
  it.each([
    [undefined, undefined],
    ["bytes=0-", { start: 0, end: 99 }],
    ["bytes=10-19", { start: 10, end: 19 }],
    ["bytes=10-500", { start: 10, end: 99 }],
    ["bytes=100-", "invalid"],
    ["bytes=20-10", "invalid"],
    ["bytes=-5", undefined],
    ["lines=1-2", undefined],
  ])("%s", (header, range) => {
    expect(parseRange(header, 100)).toEqual(range);
  });
});
