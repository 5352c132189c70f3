import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storedBlob } from "../../../../src/images/actions-cache/blobs/blob-cache.ts";
import { type Bundle, writeBundle } from "../../../../src/images/actions-cache/image/bundle.ts";
import {
  fetchImageEntry,
  readSmall,
} from "../../../../src/images/actions-cache/image/image-entry.ts";
import {
  maxBundleBytes,
  maxDocumentBytes,
  smallBytes,
} from "../../../../src/images/actions-cache/limits.ts";
import { sha256 } from "../../../../src/keys/hash.ts";
import { sha } from "../../fakes.ts";
import { fakeEntries } from "./fake-entries.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-runner-image-entry-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a fetch leads to when the entry unpacks to what `unpack` makes. */
function fetched(unpack: (path: string) => Promise<unknown> | unknown) {
  const entries = fakeEntries(async (_op, file, key) => {
    await unpack(join(folder, file));
    return { outcome: "hit", key: `${key}1700000000000` };
  });
  return fetchImageEntry(entries, folder, "env", "k");
}

async function bundleWith(name: string, document: Buffer): Promise<Bundle> {
  const file = join(folder, name);
  await writeFile(file, document);
  const manifest = `sha256:${sha256(document)}`;
  return { manifest, base: [], blobs: new Map([[manifest, storedBlob(file, document.length)]]) };
}

const manifest = Buffer.from(
  JSON.stringify({
    config: { digest: sha("c"), size: 1 },
    layers: [{ digest: sha("1"), size: 2 }],
  }),
);

describe("an image's entry", () => {
  it("is read where it is a file", async () => {
    const bundle = await bundleWith("manifest", manifest);
    expect(await fetched((path) => writeBundle(path, bundle))).toMatchObject({
      entry: { manifest: { config: { digest: sha("c") } } },
    });
  });

  it("is asked for with a limit that all its documents and small layers fit in", async () => {
    const entries = fakeEntries();
    await fetchImageEntry(entries, folder, "env", "k");
    expect([...entries.limits.values()]).toEqual([maxBundleBytes]);
    expect(maxBundleBytes).toBeGreaterThan(127 * smallBytes + 2 * maxDocumentBytes);
    expect(maxBundleBytes).toBeLessThan(150_000_000);
  });

  it.each<[string, (path: string) => Promise<unknown> | unknown]>([
    ["a pipe", (path) => execFileSync("mkfifo", [path])],
    ["a folder", (path) => mkdir(path)],
    ["nothing", () => {}],
    [
      "a link to a file that would do",
      async (path) => {
        const elsewhere = join(folder, "elsewhere");
        await writeBundle(elsewhere, await bundleWith("manifest", manifest));
        await symlink(elsewhere, path);
      },
    ],
  ])("that unpacks to %s is not used, and does not stay", async (_what, unpack) => {
    expect(await fetched(unpack)).toEqual({ wrong: "its entry has no such file" });
    expect((await readdir(folder)).filter((name) => name.startsWith("agent-runner"))).toEqual([]);
  });
});

describe("a document of a bundle", () => {
  it.each([
    [maxDocumentBytes, true],
    [maxDocumentBytes + 1, false],
  ])("of %i bytes is read: %s", async (size, read) => {
    const bundle = await bundleWith("large", Buffer.alloc(size));
    expect((await readSmall(bundle, bundle.manifest)) !== undefined).toBe(read);
  });
});
