import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { whatIsWrongWithArchive } from "../../../../src/images/actions-cache/archive-check.ts";
import { workspace } from "../../settings/workspace.ts";

const reference = "agent-runner-env:key";
const [blob, config] = ["blobs/sha256/1", "blobs/sha256/2"];
const manifestOf = (RepoTags: string[] | null, Layers = [blob]) => [
  { Config: config, RepoTags, Layers },
];
const indexOf = (annotations: Record<string, string>) => ({ manifests: [{ annotations }] });
const own = indexOf({
  "io.containerd.image.name": `docker.io/library/${reference}`,
  "org.opencontainers.image.ref.name": "key",
});

type Member = Partial<Header> & { name: string };
type Document = [name: string, content: unknown];

/** What is wrong with an archive that has two blobs and these documents. */
async function wrongWith(...documents: Document[]): Promise<string | undefined> {
  return wrongWithMembers([], documents);
}

async function wrongWithMembers(members: Member[], documents: Document[]) {
  const file = join(workspace(), "image.tar");
  const stream = pack();
  stream.entry({ name: blob }, "layer");
  stream.entry({ name: config }, "config");
  for (const member of members) {
    stream.entry(member as Header, member.type === "file" ? "content" : "");
  }
  for (const [name, content] of documents) {
    stream.entry({ name }, typeof content === "string" ? content : JSON.stringify(content));
  }
  stream.finalize();
  await pipeline(stream, createWriteStream(file));
  return whatIsWrongWithArchive(file, reference);
}

const good: Document = ["manifest.json", manifestOf([reference])];

describe("an archive of docker save", () => {
  it.each<[string, Document[]]>([
    ["with its one image", [good, ["index.json", own]]],
    ["of an engine that writes no index", [good]],
    ["with names as some programs write them", [["./manifest.json", manifestOf([reference])]]],
  ])("is taken %s", async (_what, documents) => {
    expect(await wrongWith(...documents)).toBe(undefined);
  });

  it.each<[string, Document[], string]>([
    ["is empty", [], "empty"],
    [
      "has two images",
      [["manifest.json", [...manifestOf([reference]), ...manifestOf([])]]],
      "empty",
    ],
    ["has no layers", [["manifest.json", manifestOf([reference], [])]], "lacks all layers"],
    ["lacks a layer", [["manifest.json", manifestOf([reference], ["gone"])]], "lacks gone"],
    ["has another name", [["manifest.json", manifestOf(["debian:12"])]], "named debian:12"],
    [
      "has another name in its index",
      [
        good,
        ["index.json", indexOf({ "io.containerd.image.name": "docker.io/library/debian:12" })],
      ],
      "named docker.io/library/debian:12",
    ],
    [
      "has another name by the annotation that counts where the first is missing",
      [good, ["index.json", indexOf({ "org.opencontainers.image.ref.name": "debian:12" })]],
      "named debian:12",
    ],
    [
      "hides its index behind a dot",
      [good, ["./index.json", indexOf({ "io.containerd.image.name": "debian:12" })]],
      "named debian:12",
    ],
    ["has two indexes", [good, ["index.json", own], ["./index.json", own]], "index.json twice"],
    ["has an index that cannot be read", [good, ["index.json", "{"]], "cannot be read"],
    [
      "has an index too large to read",
      [good, ["index.json", " ".repeat(2_000_000)]],
      "cannot be read",
    ],
  ])("is refused when it %s", async (_what, documents, says) => {
    expect(await wrongWith(...documents)).toContain(says);
  });
});

describe("a member of an archive of docker save", () => {
  it.each<[string, Member]>([
    ["a folder", { name: "blobs/", type: "directory" }],
    [
      "a layer that is another's",
      { name: "a/layer.tar", type: "symlink", linkname: "../b/layer.tar" },
    ],
    ["a layer that is another", { name: "a/layer.tar", type: "link", linkname: blob }],
  ])("may be %s", async (_what, member) => {
    expect(await wrongWithMembers([member], [good])).toBe(undefined);
  });

  it.each<[string, Member, string]>([
    ["an absolute name", { name: "/etc/x", type: "file" }, "/etc/x, which leads out"],
    ["a name that leads out", { name: "a/../../x", type: "file" }, "a/../../x, which leads out"],
    [
      "a link that leads out",
      { name: "a/x", type: "symlink", linkname: "../../x" },
      "a/x, a link that leads out",
    ],
    [
      "a link to an absolute name",
      { name: "x", type: "symlink", linkname: "/etc/shadow" },
      "x, a link that leads out",
    ],
    [
      "a hard link that leads out",
      { name: "a/x", type: "link", linkname: "../x" },
      "a/x, a link that leads out",
    ],
    ["a device", { name: "x", type: "character-device" }, "x, which is neither a file"],
    [
      "a file with holes",
      { name: "x", type: "file", pax: { "GNU.sparse.size": "6000000000" } },
      "x, which is neither a file",
    ],
  ])("is refused with %s", async (_what, member, says) => {
    expect(await wrongWithMembers([member], [good])).toContain(`the archive has ${says}`);
  });
});
