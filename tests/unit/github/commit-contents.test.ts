import { describe, expect, it } from "vitest";
import type { Api } from "../../../src/github/client.ts";
import { sendContents, type TreeEntry } from "../../../src/github/commit-contents.ts";
import { blobId } from "../../../src/task/changes/content.ts";

function entryOf(path: string, bytes: Buffer): TreeEntry {
  return { path, mode: "100644", id: blobId(bytes, 20), content: async () => bytes };
}

/** A GitHub that keeps every blob, and remembers them. */
function keeping() {
  const blobs: string[] = [];
  let onTheirWay = 0;
  let most = 0;
  const api: Api = {
    repository: "octo-org/demo",
    async call(_route, { content } = {}) {
      blobs.push(String(content));
      onTheirWay += 1;
      most = Math.max(most, onTheirWay);
      await Promise.resolve();
      onTheirWay -= 1;
      const sha = blobId(Buffer.from(String(content), "base64"), 20);
      return { status: 201, data: { sha } };
    },
    pages: () => {
      throw new Error("no list is asked for");
    },
  };
  return { api, blobs, most: () => most };
}

const large = Buffer.alloc(4 * 1024 * 1024, "x");

describe("a commit's contents", () => {
  it("go along with the tree where they are text, to the last sign", async () => {
    const { api, blobs } = keeping();
    const text = "\uFEFFa\r\nç😀\u2028";
    const sent = await sendContents(api, [
      entryOf("a", Buffer.from(text)),
      { path: "gone", mode: undefined, id: "", content: undefined },
    ]);
    const known = new Map([[blobId(Buffer.from(text), 20), text]]);
    expect(sent).toEqual({ value: known });
    expect(blobs).toEqual([]);
  });

  it.each<[string, readonly TreeEntry[], number]>([
    ["bytes that are no UTF-8", [entryOf("a", Buffer.of(0x61, 0xff))], 1],
    ["a NUL", [entryOf("a", Buffer.from("a\0b"))], 1],
    ["nothing at all", [entryOf("a", Buffer.alloc(0))], 1],
    ["what does not fit", [entryOf("a", large), entryOf("b", Buffer.from("b"))], 1],
    ["text of two paths that does not fit twice", [entryOf("a", large), entryOf("b", large)], 1],
    ["each content once", [1, 2, 1, 2].map((one, at) => entryOf(`${at}`, Buffer.of(255, one))), 2],
  ])("are sent on their own: %s", async (_name, entries, count) => {
    const { api, blobs } = keeping();
    expect(await sendContents(api, entries)).toHaveProperty("value");
    expect(blobs).toHaveLength(count);
  });

  it("are sent few at once, and no more than GitHub takes", async () => {
    const { api, blobs, most } = keeping();
    const all = Array.from({ length: 201 }, (_, at) => entryOf(`${at}`, Buffer.of(255, 0, at)));
    expect(await sendContents(api, all)).toMatchObject({
      why: expect.stringMatching(/^more than 200 /),
    });
    expect(blobs).toHaveLength(200);
    expect(most()).toBe(4);
  });
});
