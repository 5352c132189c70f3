import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { changesBy, clone, git, repository, write } from "../../../unit/task/changes/repository.ts";

const forCommit = { forCommit: true };

describe("the tree of a task's changes", () => {
  it("has what git would commit: LF for a file checked out with CRLF, and no bytes that are there", async () => {
    const origin = repository({ crlf: "one\ntwo\n", tool: "x\n", gone: "x\n", same: "x\n" });
    const folder = clone(origin, "--config=core.autocrlf=true");
    const { changes, warnings } = await changesBy(
      folder,
      () => {
        write(folder, "crlf", "one\r\nthree\r\n");
        chmodSync(join(folder, "tool"), 0o755);
        rmSync(join(folder, "gone"));
      },
      process.env,
      forCommit,
    );
    expect(warnings).toEqual([]);
    const head = git(folder, "rev-parse", "HEAD").trim();
    expect(changes?.tree?.commit).toBe(head);
    const entries = changes?.tree?.entries ?? [];
    expect(entries.map(({ path, mode }) => [path, mode])).toEqual([
      ["crlf", "100644"],
      ["gone", undefined],
      ["tool", "100755"],
    ]);
    expect(entries[2]).toMatchObject({
      contentPath: undefined,
      id: expect.stringMatching(/^\w+$/),
    });
    expect(readFileSync(entries[0]?.contentPath ?? "", "utf8")).toBe("one\nthree\n");
    git(folder, "add", "--all");
    expect(git(folder, "write-tree").trim()).toBe(changes?.tree?.id);
  });

  it("is not there without a checkout, and it is said why", async () => {
    const folder = repository({ a: "1\n" });
    rmSync(join(folder, ".git"), { recursive: true });
    const { changes } = await changesBy(
      folder,
      () => write(folder, "a", "2\n"),
      process.env,
      forCommit,
    );
    expect(changes?.files).toHaveLength(1);
    expect(changes?.noTree).toMatch(/no checkout.*actions\/checkout/);
  });

  it("costs nothing where none is wanted", async () => {
    const folder = clone(repository({ a: "1\n" }));
    const { changes, patch, scratch } = await changesBy(folder, () => write(folder, "a", "2\n"));
    expect(existsSync(patch ?? "")).toBe(true);
    expect(changes?.tree).toBeUndefined();
    expect(readdirSync(scratch)).toEqual(["changes.patch"]);
  });

  it("is none, and neither is a patch, where nobody wants the changes: they are listed", async () => {
    const folder = clone(repository({ a: "1\n" }));
    const act = () => {
      write(folder, "a", "2\n");
      write(folder, "large", Buffer.alloc(51 * 1024 * 1024));
    };
    const told = await changesBy(folder, act, process.env, { listOnly: true });
    expect(told.files.map(({ path }) => path).toSorted()).toEqual(["a", "large"]);
    expect(told.patch).toBeUndefined();
    expect(told.warnings).toEqual([]);
    expect(readdirSync(told.scratch)).toEqual([]);
  });

  it("is none where Git LFS is to keep a file, which a pointer has to stand for", async () => {
    const folder = clone(repository({ ".gitattributes": "*.bin filter=lfs -text\n" }));
    const act = () => {
      write(folder, "plain", "x\n");
      write(folder, "sub/a.bin", "x\n");
    };
    const { changes, patch, warnings } = await changesBy(folder, act, process.env, forCommit);
    expect(changes?.tree).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/sub\/a\.bin is kept by Git LFS/)]);
    expect(existsSync(patch ?? "")).toBe(true);
  });

  it("has the bytes of every size, once for each content", async () => {
    const folder = clone(repository({ a: "1\n" }));
    const sizes = [0, 1, 65_535, 65_536, 65_537, 300_000];
    const bytes = sizes.map((size) => Buffer.alloc(size, `blob 5\n${size}\n`));
    const act = () => {
      bytes.forEach((content, at) => {
        write(folder, `new/${at}`, content);
        write(folder, `same/${at}`, content);
      });
    };
    const { changes } = await changesBy(folder, act, process.env, forCommit);
    const { entries = [], folder: kept = "" } = changes?.tree ?? {};
    expect(readdirSync(kept)).toHaveLength(sizes.length);
    expect(entries).toHaveLength(2 * sizes.length);
    for (const { path, contentPath } of entries) {
      const own = bytes[Number(path.split("/")[1])] ?? Buffer.of();
      expect(readFileSync(contentPath ?? "").equals(own), path).toBe(true);
    }
  });
});
