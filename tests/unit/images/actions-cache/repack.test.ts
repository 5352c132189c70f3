import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storedBlob } from "../../../../src/images/actions-cache/blobs/blob-cache.ts";
import { repackLayer } from "../../../../src/images/actions-cache/blobs/repack.ts";

const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const content = Buffer.concat([Buffer.alloc(500_000, "layer"), randomBytes(1_000)]);

describe("packing a layer anew", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "agent-runner-repack-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const repack = async (bytes: Buffer, diffId: string) => {
    const file = join(folder, "layer");
    await writeFile(file, bytes);
    const target = join(folder, "target");
    return { result: await repackLayer(storedBlob(file, bytes.length), diffId, target), target };
  };

  it("changes gzip to zstd, and nothing in it", async () => {
    const { result, target } = await repack(gzipSync(content), digestOf(content));
    const packed = await readFile(target);
    expect(result).toEqual({ digest: digestOf(packed), size: packed.length });
    expect(zstdDecompressSync(packed).equals(content)).toBe(true);
  });

  // tests/soak/repack.test.ts does it a thousand times: what went wrong did so once in fifty
  it("gives the same bytes each time, so that the cache stores a layer once", async () => {
    const digests = new Set<string | undefined>();
    for (let time = 0; time < 10; time++) {
      const { result } = await repack(gzipSync(content), digestOf(content));
      digests.add(result?.digest);
    }
    expect(digests.size).toBe(1);
  });

  it.each<[string, Buffer, string]>([
    ["is not compressed", content, digestOf(content)],
    ["is not what the config says", gzipSync(content), digestOf(Buffer.from("other"))],
    ["is cut off", gzipSync(content).subarray(0, 900), digestOf(content)],
  ])("leaves a layer that %s", async (_what, bytes, diffId) => {
    await rm(join(folder, "target"), { force: true });
    const { result, target } = await repack(bytes, diffId);
    expect(result).toBeUndefined();
    expect(existsSync(target)).toBe(false);
  });
});
