import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../../src/keys/hash.ts";
import { findCachedFiles } from "../../../src/settings/cached-files.ts";
import { messagesOf, workspace } from "./workspace.ts";

const paths = async (folder: string, ...globs: string[]) =>
  (await findCachedFiles(folder, globs)).map(({ path }) => path).sort();

describe("cached-files", () => {
  it("finds regular files with mode and raw bytes, hidden ones too", async () => {
    const folder = workspace({ "a.lock": "a\r\n", ".npmrc": "", "bin/tool": "x", "b.txt": "" });
    chmodSync(join(folder, "a.lock"), 0o600);
    chmodSync(join(folder, "bin/tool"), 0o744);
    const found = await findCachedFiles(folder, ["*.lock", ".npmrc", "bin/**"]);
    expect(
      found.map(({ source: _, ...file }) => file).sort((a, b) => (a.path < b.path ? -1 : 1)),
    ).toEqual([
      { path: ".npmrc", mode: "644", sha256: sha256("") },
      { path: "a.lock", mode: "644", sha256: sha256("a\r\n") },
      { path: "bin/tool", mode: "755", sha256: sha256("x") },
    ]);
  });

  it("takes a file once, however many globs match it", async () => {
    const folder = workspace({ "a.lock": "" });
    expect(await paths(folder, "*", "a.*", "a.lock")).toEqual(["a.lock"]);
  });

  it("says 755 only if the owner may execute it", async () => {
    const folder = workspace({ a: "" });
    chmodSync(join(folder, "a"), 0o655);
    expect((await findCachedFiles(folder, ["a"]))[0]?.mode).toBe("644");
  });

  it("leaves git's own, where the job's login may be", async () => {
    const folder = workspace({ ".git/config": "x", "sub/.git/config": "x", ".gitignore": "" });
    expect(await paths(folder, "**")).toEqual([".gitignore"]);
    await expect(paths(folder, ".git/*")).rejects.toThrow(/matches no regular file/);
  });

  it("leaves links and folders", async () => {
    const folder = workspace({ "a.lock": "", "d/x": "" });
    symlinkSync("a.lock", join(folder, "link.lock"));
    symlinkSync("d", join(folder, "linked"));
    mkdirSync(join(folder, "folder.lock"));
    expect(await paths(folder, "**")).toEqual(["a.lock", "d/x"]);
    await expect(paths(folder, "link.lock")).rejects.toThrow(/matches no regular file/);
  });

  // a glob may name the linked folder itself
  it.each(["out/*", "out/hostname", "o*/hostname", "**/hostname"])(
    "never leads out of the workspace by a linked folder: %s",
    async (glob) => {
      const outside = workspace({ hostname: "secret of the runner" });
      const folder = workspace({ a: "" });
      symlinkSync(outside, join(folder, "out"));
      await expect(paths(folder, glob)).rejects.toThrow(/matches no regular file/);
    },
  );

  // `..` in ways that only a reader of globs understands
  it.each([
    "\\.\\./\\.\\./_temp/git*",
    "{..,x}/{..,x}/_temp/git*",
    "@(..)/@(..)/_temp/git*",
    "[.][.]/[.][.]/_temp/git*",
    "../../_temp/git-token",
    ".{.,x}/../_temp/git*",
  ])("never leads out of the workspace, however it is written: %s", async (glob) => {
    const job = workspace({ "_temp/git-token": "secret of the runner", "demo/demo/a": "" });
    await expect(paths(join(job, "demo", "demo"), glob)).rejects.toThrow(
      /leads out of the workspace|matches no regular file/,
    );
  });

  it("says so where a glob leads out of the workspace", async () => {
    const job = workspace({ "_temp/git-token": "secret of the runner", "demo/demo/a": "" });
    await expect(paths(join(job, "demo", "demo"), "\\.\\./\\.\\./_temp/git*")).rejects.toThrow(
      /leads out of the workspace, to "\.\.\/\.\.\/_temp\/git-token"/,
    );
  });

  it("has a glob that matches nothing as a problem of the setting", async () => {
    const messages = await messagesOf({
      inputs: { command: "true", "cached-preflight": "x", "cached-files": "a\n*.lock" },
      files: { a: "" },
    });
    expect(messages).toEqual([expect.stringMatching(/^cached-files: "\*\.lock" matches no/)]);
  });
});
