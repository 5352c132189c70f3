import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { storedBlob } from "../../src/images/actions-cache/blobs/blob-cache.ts";
import { repackLayer } from "../../src/images/actions-cache/blobs/repack.ts";

// Node's own stream added an empty frame about once in fifty times (nodejs/node#66078). Costs 30 s.
test("a layer is packed into the same bytes a thousand times", async () => {
  const folder = await mkdtemp(join(tmpdir(), "agent-runner-repack-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const content = Buffer.concat([randomBytes(40_000), Buffer.alloc(160_000, "layer ")]);
  const diffId = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  const layer = join(folder, "layer");
  const packed = gzipSync(content);
  await writeFile(layer, packed);
  const digests = new Set<string | undefined>();
  for (let time = 0; time < 1_000; time++) {
    const target = join(folder, "target");
    digests.add((await repackLayer(storedBlob(layer, packed.length), diffId, target))?.digest);
  }
  expect([...digests]).toEqual([expect.stringMatching(/^sha256:/)]);
});
