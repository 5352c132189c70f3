import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runBlobs } from "../../../../src/images/actions-cache/blobs/run-blobs.ts";
import type { Outcome } from "../../../../src/images/actions-cache/entries/protocol.ts";
import { saveImage } from "../../../../src/images/actions-cache/image/save-image.ts";
import { sha256 } from "../../../../src/keys/hash.ts";
import { fakeEntries } from "./fake-entries.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-runner-save-image-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Saves an image of large layers; `answer` is what the service says to the save of that number, from 1. */
async function save(
  answer: (count: number) => Outcome | undefined | Promise<Outcome | undefined>,
  large = 3,
) {
  let count = 0;
  const entries = fakeEntries((op) => {
    count += op === "save" ? 1 : 0;
    return op === "save" ? answer(count) : undefined;
  });
  const blobs = runBlobs(entries, folder, undefined);
  const put = async (bytes: Buffer) => {
    const digest = `sha256:${sha256(bytes)}`;
    const file = join(folder, `upload-${digest}`);
    await writeFile(file, bytes);
    await blobs.put(digest, file, bytes.length);
    return { digest, size: bytes.length };
  };
  const json = (value: unknown) => put(Buffer.from(JSON.stringify(value)));
  const layers = await Promise.all(
    Array.from({ length: large }, async () => put(randomBytes(1_100_000))),
  );
  const config = await json({
    os: "linux",
    architecture: "amd64",
    rootfs: { diff_ids: layers.map(({ digest }) => digest) },
  });
  const { digest } = await json({ config, layers });
  const before = { bytes: 0, entries: 0 };
  const { signal } = new AbortController();
  const tools = { entries, blobs, folder, now: () => 1, before, signal };
  return saveImage({ name: "env", key: "k" }, digest, tools);
}

describe("what a save tells of itself", () => {
  it("is all that was sent, and that the image is whole", async () => {
    expect(await save(() => undefined)).toMatchObject({
      outcome: "sent",
      saved: { bytes: 4_000, entries: 4, whole: true },
    });
  });

  it("is what had been sent when it ended early", async () => {
    const broken: Outcome = { outcome: "broken", why: "reset", service: false };
    expect(await save((count) => (count > 1 ? broken : undefined))).toMatchObject({
      outcome: "failed",
      why: "reset",
      saved: { bytes: 1_000, entries: 1, whole: false },
    });
    expect((await save(() => broken)).saved).toBeUndefined();
  });

  it("is what to do about a token that only reads", async () => {
    const done = await save(() => ({ outcome: "denied", why: "cache write denied: read-only" }));
    expect(done.outcome).toBe("denied");
    expect(done.why).toMatch(/^cache write denied: read-only \(.*only reads.*`push` to the branch/);
  });
});

describe("the layers of an image", () => {
  /** How many saves are under way whenever one begins. */
  async function together(answer: (count: number) => Outcome | undefined) {
    const open: number[] = [];
    let running = 0;
    await save(async (count) => {
      running += 1;
      open.push(running);
      await new Promise((done) => setTimeout(done, 20));
      running -= 1;
      return answer(count);
    }, 5);
    return open;
  }

  it("are saved two at a time after the first, and the image's own entry when all are there", async () => {
    expect(await together(() => undefined)).toEqual([1, 1, 2, 2, 2, 1]);
  });

  it("are saved no further once one has failed", async () => {
    const broken: Outcome = { outcome: "broken", why: "reset", service: false };
    expect(await together(() => broken)).toEqual([1]);
    expect(await together((count) => (count > 1 ? broken : undefined))).toEqual([1, 1, 2]);
  });
});
