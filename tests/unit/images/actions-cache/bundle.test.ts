import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storedBlob } from "../../../../src/images/actions-cache/blobs/blob-cache.ts";
import { readBundle, writeBundle } from "../../../../src/images/actions-cache/image/bundle.ts";
import { readSmall } from "../../../../src/images/actions-cache/image/image-entry.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-runner-bundle-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const contents = [Buffer.from("a manifest"), Buffer.from([0, 10, 255]), Buffer.from("config")];
const [manifest = "", , config = ""] = contents.map(digestOf);

async function written(): Promise<string> {
  const blobs = new Map();
  for (const [index, bytes] of contents.entries()) {
    const file = join(folder, `part-${index}`);
    await writeFile(file, bytes);
    blobs.set(digestOf(bytes), storedBlob(file, bytes.length));
  }
  const file = join(folder, "bundle");
  const size = await writeBundle(file, { manifest, base: [digestOf(Buffer.from("b"))], blobs });
  expect(size).toBe((await readFile(file)).length);
  return file;
}

describe("an image's bundle", () => {
  it("gives back what went in", async () => {
    const bundle = await readBundle(await written());
    expect(bundle).toMatchObject({ manifest, base: [digestOf(Buffer.from("b"))] });
    for (const bytes of contents) {
      expect(bundle && (await readSmall(bundle, digestOf(bytes)))).toEqual(bytes);
    }
  });

  it("does not give bytes that are not their digest's", async () => {
    const file = await written();
    const bytes = await readFile(file);
    bytes[bytes.length - 1] = 0;
    await writeFile(file, bytes);
    const bundle = await readBundle(file);
    expect(bundle && (await readSmall(bundle, config))).toBeUndefined();
    expect(bundle && (await readSmall(bundle, manifest))).toEqual(contents[0]);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ["cut off", (bytes) => bytes.subarray(0, -1)],
    ["longer", (bytes) => Buffer.concat([bytes, bytes])],
    [
      "another format",
      (bytes) =>
        Buffer.from(bytes.toString("latin1").replace('"format":1', '"format":2'), "latin1"),
    ],
    ["no bundle", () => Buffer.from("hello")],
    ["nothing", () => Buffer.alloc(0)],
  ])("that is %s is none", async (_what, change) => {
    const file = await written();
    await writeFile(file, change(await readFile(file)));
    expect(await readBundle(file)).toBeUndefined();
  });
});
