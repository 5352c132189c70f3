import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunBlobs, runBlobs } from "../../../../src/images/actions-cache/blobs/run-blobs.ts";
import { blobFile, blobKey } from "../../../../src/images/actions-cache/entries/names.ts";
import type { Outcome } from "../../../../src/images/actions-cache/entries/protocol.ts";
import { sha256 } from "../../../../src/keys/hash.ts";
import { fakeEntries } from "./fake-entries.ts";

let root: string;
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "agent-runner-run-blobs-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function newFolder(): Promise<string> {
  folders += 1;
  const folder = join(root, String(folders));
  await mkdir(folder);
  return folder;
}

const digestOf = (bytes: Buffer) => `sha256:${sha256(bytes)}`;
const signal = new AbortController().signal;

describe("a layer that was packed anew", () => {
  const plain = Buffer.concat([Buffer.alloc(50_000, "layer"), randomBytes(1_000)]);
  const gzip = gzipSync(plain);

  /** The engine sends the layer; it is packed anew, and saved if the service takes it. */
  async function send(blobs: RunBlobs, folder: string) {
    const file = join(folder, "upload");
    await writeFile(file, gzip);
    await blobs.put(digestOf(gzip), file, gzip.length);
    const packed = await blobs.repack(digestOf(gzip), digestOf(plain), signal);
    const digest = packed?.digest ?? "";
    return { digest, there: existsSync(join(folder, blobFile(digest))) };
  }

  it("is packed once more when it was not saved and is sent again", async () => {
    const folder = await newFolder();
    const blobs = runBlobs(fakeEntries(), folder, undefined);
    const first = await send(blobs, folder);
    await blobs.free();
    expect(existsSync(join(folder, blobFile(first.digest)))).toBe(false);
    expect(await blobs.has(digestOf(gzip))).toBeUndefined();
    expect(await send(blobs, folder)).toEqual({ digest: first.digest, there: true });
  });

  it("is not asked for again once it was saved", async () => {
    const folder = await newFolder();
    const blobs = runBlobs(fakeEntries(), folder, undefined);
    const { digest } = await send(blobs, folder);
    expect(await blobs.save(digest)).toMatchObject({ outcome: "saved" });
    await blobs.free();
    expect(await blobs.has(digestOf(gzip))).toBe(gzip.length);
    expect((await blobs.repack(digestOf(gzip), digestOf(plain), signal))?.digest).toBe(digest);
  });
});

describe("breaking off what is on its way in", () => {
  const layers = ["1", "2"].map((digit) => ({
    digest: `sha256:${digit.repeat(64)}`,
    size: 100_000_000,
  }));
  const [first = "", second = ""] = layers.map(({ digest }) => digest);

  it("ends the running download, begins no other, and forgets that they failed", async () => {
    const folder = await newFolder();
    const running = Promise.withResolvers<Outcome>();
    let come = false;
    const entries = fakeEntries(async (op, file, key) => {
      if (op !== "restore") return undefined;
      if (!come) return running.promise;
      await writeFile(join(folder, file), "bytes");
      return { outcome: "hit", key };
    });
    entries.close = () => running.resolve({ outcome: "broken", why: "ended", service: false });
    const blobs = runBlobs(entries, folder, undefined);
    blobs.learn({ base: [], blobs: new Map() }, layers);
    const asked = [blobs.get(first), blobs.get(second)];
    await expect.poll(() => entries.asked).toEqual([`restore ${blobKey(first)}`]);
    await blobs.breakOff();
    expect(await Promise.all(asked)).toEqual([undefined, undefined]);
    expect(entries.asked).toHaveLength(1);
    expect(blobs.trouble()).toBeUndefined();
    come = true;
    expect(await blobs.get(second)).toBeDefined();
    expect(await blobs.get(first)).toBeDefined();
  });

  it("leaves the cache alone when nothing is on its way", async () => {
    const entries = fakeEntries();
    await runBlobs(entries, await newFolder(), undefined).breakOff();
    expect(entries.closed).toBe(0);
  });
});

describe("a layer in the cache", () => {
  it("is asked for with the size that its manifest promises, as the most that may come", async () => {
    const entries = fakeEntries();
    const blobs = runBlobs(entries, await newFolder(), undefined);
    const digest = `sha256:${"3".repeat(64)}`;
    blobs.learn({ base: [], blobs: new Map() }, [{ digest, size: 202_000 }]);
    expect(await blobs.get(digest)).toBeUndefined();
    expect(entries.limits).toEqual(new Map([[blobKey(digest), 202_000]]));
  });
});
