import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { workspace } from "../../../unit/settings/workspace.ts";
import {
  changesBy,
  clone,
  commit,
  git,
  repository,
  treeOf,
  write,
} from "../../../unit/task/changes/repository.ts";

/** What another clone of the same commit is with the patch applied, as a following job does it. */
function applied(of: string, patch: string | undefined, ...options: string[]): string {
  const other = clone(of, ...options);
  git(other, "apply", "--index", patch ?? "there is no patch");
  return other;
}

const odd = ["a\nb", "-rf", " blank ", "é 😀", "quote\"'$(id)`", "back\\slash", "*", "tab\tx"];
const blob = (size: number, seed: number) =>
  Buffer.from(Array.from({ length: size }, (_, at) => (at * seed * 7919) % 251));

describe("the patch of a task's changes", () => {
  it("makes of another checkout what the workspace is: every kind of change", async () => {
    const origin = repository({
      ".gitignore": "ignored/\n*.o\n",
      same: "same\n",
      changed: "one\ntwo\n",
      gone: "x\n",
      "d/gone/too": "x\n",
      tool: "#!/bin/sh\n",
      plain: "x\n",
      empty: "",
      "becomes/a/file": "x\n",
      "becomes-a-folder": "x\n",
      "becomes-a-link": "x\n",
      "binary-changed": blob(5_000, 3),
      "binary-gone": blob(5_000, 5),
      "no-newline": "x",
      ...Object.fromEntries(odd.map((name) => [`odd/${name}`, `${name}\n`])),
    });
    symlinkSync("same", join(origin, "link"));
    symlinkSync("same", join(origin, "link-becomes-a-file"));
    chmodSync(join(origin, "plain"), 0o644);
    git(origin, "add", "--all");
    git(origin, "commit", "--quiet", "--message=links");
    const folder = clone(origin);
    const { patch, files, warnings } = await changesBy(folder, () => {
      write(folder, "changed", "one\nthree\n");
      rmSync(join(folder, "gone"));
      rmSync(join(folder, "d"), { recursive: true });
      chmodSync(join(folder, "tool"), 0o755);
      write(folder, "new/deep/file", "1\n");
      write(folder, "new/empty", "");
      write(folder, "new/tool", "x\n", 0o755);
      write(folder, "new/binary", blob(10_000, 11));
      write(folder, "binary-changed", blob(5_001, 3));
      rmSync(join(folder, "binary-gone"));
      write(folder, "no-newline", "y");
      write(folder, "empty", "no more");
      rmSync(join(folder, "becomes"), { recursive: true });
      write(folder, "becomes", "a file\n");
      rmSync(join(folder, "becomes-a-folder"));
      write(folder, "becomes-a-folder/x", "x\n");
      rmSync(join(folder, "becomes-a-link"));
      symlinkSync("/etc/passwd", join(folder, "becomes-a-link"));
      rmSync(join(folder, "link"));
      symlinkSync("changed", join(folder, "link"));
      rmSync(join(folder, "link-becomes-a-file"));
      write(folder, "link-becomes-a-file", "x\n");
      linkSync(join(folder, "same"), join(folder, "hard"));
      mkdirSync(join(folder, "empty-folder"));
      write(folder, "ignored/x", "x");
      write(folder, "a.o", "x");
      for (const name of odd) {
        appendFileSync(join(folder, "odd", name), "more\n");
        write(folder, `new/${name}`, name);
      }
      const raw = Buffer.concat([Buffer.from(`${folder}/new/`), Buffer.from([0xff, 0xfe, 0x41])]);
      writeFileSync(raw, "no UTF-8 in its name\n");
    });
    expect(warnings).toEqual([]);
    rmSync(join(folder, "ignored"), { recursive: true });
    rmSync(join(folder, "a.o"));
    expect(treeOf(applied(origin, patch))).toBe(treeOf(folder));
    expect(files).toContainEqual({ path: "gone", status: "deleted", oldMode: "100644" });
    expect(files).toContainEqual({
      path: "tool",
      status: "modified",
      mode: "100755",
      oldMode: "100644",
      size: 10,
    });
    expect(files).toContainEqual({ path: "new/empty", status: "added", mode: "100644", size: 0 });
    expect(files).toContainEqual(expect.objectContaining({ path: "link", mode: "120000" }));
    expect(files).toContainEqual(expect.objectContaining({ path: "new/\ufffd\ufffdA" }));
    expect(files.map(({ path }) => path)).not.toContain("same");
    expect(files.map(({ path }) => path)).not.toContain("ignored/x");
  });

  it("is not there where nothing has changed, and nothing is told", async () => {
    const folder = clone(repository({ a: "1\n", "b/c": "2\n" }));
    const { changes, warnings } = await changesBy(folder, () => {
      readFileSync(join(folder, "a"));
      const later = new Date(Date.now() + 5_000);
      utimesSync(join(folder, "a"), later, later); // touched, and the same
    });
    expect(changes).toEqual({ files: [], patchPath: undefined });
    expect(warnings).toEqual([]);
  });

  it("has a file that kept its size and its time", async () => {
    const origin = repository({ a: "one\n" });
    const folder = clone(origin);
    const { files, patch } = await changesBy(folder, () => {
      const script =
        "touch -r a ../then-$$; printf 'two\\n' >a; touch -r ../then-$$ a; rm ../then-$$";
      execFileSync("bash", ["-c", script], { cwd: folder });
    });
    expect(files).toHaveLength(1);
    expect(readFileSync(join(applied(origin, patch), "a"), "utf8")).toBe("two\n");
  });

  it("has what the task did, not what steps before it had done", async () => {
    const origin = repository({ a: "1\n", b: "1\n", gone: "x\n" });
    const folder = clone(origin);
    write(folder, "a", "changed before\n");
    write(folder, "made-before", "x\n");
    write(folder, "made-before-and-changed", "x\n");
    rmSync(join(folder, "gone"));
    const { files, patch } = await changesBy(folder, () => {
      write(folder, "b", "2\n");
      write(folder, "made-before-and-changed", "y\n");
    });
    expect(files.map(({ path }) => path)).toEqual(["b", "made-before-and-changed"]);
    const other = applied(origin, patch);
    expect(readFileSync(join(other, "made-before-and-changed"), "utf8")).toBe("y\n");
    expect(existsSync(join(other, "made-before"))).toBe(false);
    expect(readFileSync(join(other, "a"), "utf8")).toBe("1\n");
  });

  it("is made against the commit that is checked out, whatever is staged", async () => {
    const origin = repository({ a: "1\n" });
    const folder = clone(origin);
    write(folder, "a", "2\n");
    git(folder, "add", "a");
    const { patch } = await changesBy(folder, () => write(folder, "a", "3\n"));
    expect(readFileSync(join(applied(origin, patch), "a"), "utf8")).toBe("3\n");
  });

  it("does not call absent what is not checked out: a sparse checkout", async () => {
    const origin = repository({ "in/a": "1\n", "out/b": "1\n", top: "1\n" });
    const folder = clone(origin);
    git(folder, "sparse-checkout", "set", "--cone", "in");
    expect(existsSync(join(folder, "out"))).toBe(false);
    const { files, patch } = await changesBy(folder, () => write(folder, "in/a", "2\n"));
    expect(files.map(({ path }) => path)).toEqual(["in/a"]);
    expect(existsSync(join(applied(origin, patch), "out/b"))).toBe(true);
  });

  it("is for a checkout with CRLF line ends, too", async () => {
    const origin = repository({
      ".gitattributes": "* text eol=crlf\n",
      a: "1\r\n2\r\n3\r\n",
      b: "x\r\n",
    });
    const folder = clone(origin);
    expect(git(folder, "show", "HEAD:a")).toBe("1\n2\n3\n");
    const { files, patch, warnings } = await changesBy(folder, () => {
      write(folder, "a", "1\r\ntwo\r\n3\r\n");
      // another owner, which is what handing the workspace over makes of it
      chmodSync(join(folder, "b"), 0o600);
      chmodSync(join(folder, "b"), 0o644);
    });
    expect(files.map(({ path }) => path)).toEqual(["a"]);
    expect(warnings).toEqual([]);
    expect(readFileSync(patch ?? "", "utf8")).toContain("+two\n");
    expect(treeOf(applied(origin, patch))).toBe(treeOf(folder));
  });

  it("has a file that LFS keeps as the file it is", async () => {
    const big = "big content\n".repeat(100);
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 3\n`;
    const origin = repository({ "kept.bin": pointer, "changed.bin": pointer });
    commit(origin, { ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n" });
    const folder = clone(origin);
    const { files, patch } = await changesBy(folder, () => write(folder, "changed.bin", big));
    expect(files.map(({ path }) => path)).toEqual(["changed.bin"]);
    expect(readFileSync(join(applied(origin, patch), "changed.bin"), "utf8")).toBe(big);
  });

  it("does not have a file that LFS has put in the place of its pointer before the task", async () => {
    const content = "what LFS keeps\n";
    const sha = execFileSync("sha256sum", { input: content, encoding: "utf8" }).slice(0, 64);
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha}\nsize ${content.length}\n`;
    const folder = clone(repository({ "a.bin": pointer }));
    // as `git lfs checkout` leaves it: the file is there, and the index says that it is clean
    writeFileSync(join(folder, "a.bin"), content);
    const filters = ["-c", "filter.lfs.clean=cat >/dev/null; git show HEAD:a.bin"];
    write(folder, ".git/info/attributes", "*.bin filter=lfs\n");
    git(folder, ...filters, "add", "a.bin");
    expect(git(folder, "diff", "--cached", "--name-only")).toBe("");
    const { files } = await changesBy(folder, () => {
      chmodSync(join(folder, "a.bin"), 0o600);
      chmodSync(join(folder, "a.bin"), 0o644);
    });
    expect(files).toEqual([]);
  });

  it("is made where objects are named by SHA-256", async () => {
    const origin = repository({ a: "1\n" }, "--object-format=sha256");
    const folder = clone(origin);
    const { patch } = await changesBy(folder, () => write(folder, "a", "2\n"));
    expect(readFileSync(join(applied(origin, patch), "a"), "utf8")).toBe("2\n");
  });

  it("is made in a shallow clone, with packed references and a detached HEAD", async () => {
    const origin = repository({ a: "1\n" });
    commit(origin, { a: "2\n" });
    const folder = clone(origin, "--depth=1");
    git(folder, "checkout", "--quiet", "--detach");
    git(folder, "pack-refs", "--all");
    const { patch } = await changesBy(folder, () => write(folder, "a", "3\n"));
    expect(readFileSync(join(applied(origin, patch), "a"), "utf8")).toBe("3\n");
  });

  it("is made in a working tree beside the repository's own", async () => {
    const origin = repository({ a: "1\n" });
    const folder = join(workspace({}), "tree");
    git(origin, "worktree", "add", "--quiet", folder, "-b", "other");
    const { patch } = await changesBy(folder, () => write(folder, "a", "2\n"));
    expect(readFileSync(join(applied(origin, patch), "a"), "utf8")).toBe("2\n");
  });
});

describe("what is told and not in the patch", () => {
  it("is that git obeys something else in a repository further down", async () => {
    const origin = repository({ a: "1\n" });
    git(origin, "submodule", "--quiet", "add", repository({ inside: "1\n" }), "sub");
    git(origin, "commit", "--quiet", "--message=submodule");
    const folder = clone(origin, "--recurse-submodules");
    for (const name of ["settings", "hook", "same"]) {
      git(folder, "init", "--quiet", name);
    }
    const { files, warnings } = await changesBy(folder, () => {
      write(folder, "sub/.git", "gitdir: ../../elsewhere\n");
      git(join(folder, "settings"), "config", "core.fsmonitor", "/tmp/x");
      write(folder, "hook/.git/hooks/post-checkout", "#!/bin/sh\n", 0o755);
      git(join(folder, "same"), "commit", "--quiet", "--allow-empty", "--message=x");
    });
    const told = ["hook/.git", "settings/.git", "sub/.git"];
    expect(files.map(({ path, status }) => [path, status])).toEqual(
      told.map((path) => [path, "modified"]),
    );
    expect(warnings.join("\n")).toContain(
      `another repository inside the workspace: ${told.join(", ")}`,
    );
  });

  it("is what is in another repository, and what git has no name for", async () => {
    const origin = repository({ a: "1\n", "src/tracked": "1\n" });
    git(origin, "submodule", "--quiet", "add", repository({ inside: "1\n" }), "sub");
    git(origin, "commit", "--quiet", "--message=submodule");
    const folder = clone(origin, "--recurse-submodules");
    const refused = ["b/.GIT/config", "git~1", "b/.git.", ".git :x", "c/.git\\x"];
    const { files, patch, warnings } = await changesBy(folder, () => {
      write(folder, "sub/inside", "2\n");
      git(folder, "init", "--quiet", "made");
      write(folder, "made/file", "x\n");
      // a repository of its own does not hide what is the root's
      git(join(folder, "src"), "init", "--quiet");
      write(folder, "src/tracked", "2\n");
      for (const name of refused) {
        write(folder, name, "x\n");
      }
      symlinkSync("a", join(folder, "b/.gitmodules"));
      execFileSync("mkfifo", [join(folder, "pipe")]);
    });
    const told = new Map(files.map(({ path, leftOut }) => [path, leftOut]));
    for (const name of [...refused, "b/.gitmodules"]) {
      expect(told.get(name), name).toBe("git takes no such thing by this name");
    }
    const elsewhere = "it is in another repository inside the workspace";
    expect(told.get("sub/inside")).toBe(elsewhere);
    expect(told.get("made/file")).toBe(elsewhere);
    expect(told.get("pipe")).toBe("it is neither a file nor a link");
    expect(told.get("src/tracked")).toBeUndefined();
    expect(told.has("src/tracked")).toBe(true);
    expect(warnings.join("\n")).toContain("sub/inside");
    const other = applied(origin, patch);
    expect(readFileSync(join(other, "src/tracked"), "utf8")).toBe("2\n");
  });

  it("is what is larger than 50 MiB", async () => {
    const origin = repository({ a: "1\n" });
    const folder = clone(origin);
    const { files, patch, warnings } = await changesBy(folder, () => {
      write(folder, "a", "2\n");
      write(folder, "big", "");
      truncateSync(join(folder, "big"), 50 * 1024 * 1024 + 1);
    });
    expect(files.find(({ path }) => path === "big")?.leftOut).toBe("it is larger than 50 MiB");
    expect(warnings).toEqual([
      "not in the patch of `changes-path`, because it is larger than 50 MiB: big",
    ]);
    expect(existsSync(join(applied(origin, patch), "big"))).toBe(false);
  });

  it("is everything where there is no repository", async () => {
    const folder = workspace({ a: "1", b: "1", gone: "x" });
    const { files, patch } = await changesBy(folder, () => {
      write(folder, "a", "2");
      rmSync(join(folder, "gone"));
    });
    expect(files.map(({ path, status }) => [path, status])).toEqual([
      ["a", "modified"],
      ["gone", "deleted"],
    ]);
    expect(patch).toBeUndefined();
  });

  it("is everything where there is no git, which is said", async () => {
    const folder = clone(repository({ a: "1\n" }));
    const nothing = { PATH: workspace({}) };
    const { files, warnings } = await changesBy(folder, () => write(folder, "a", "2\n"), nothing);
    expect(files).toHaveLength(1);
    expect(warnings).toEqual([
      "no patch could be made of what the task changed: there is no `git` on this machine's PATH",
    ]);
  });
});

describe("what a tree asks git to run", () => {
  it("is not run: settings, attributes, replacements and hooks of the workspace and of repositories in it", async () => {
    const canary = join(workspace({}), "canary");
    const origin = repository({ a: "1\n", "sub/x": "1\n" });
    const folder = clone(origin);
    const run = `touch ${canary}; cat`;
    for (const [name, value] of Object.entries({
      "core.fsmonitor": `touch ${canary}`,
      "core.pager": run,
      "diff.external": `touch ${canary}`,
      "filter.x.clean": run,
      "filter.x.process": run,
      "diff.x.textconv": run,
      "diff.x.command": run,
    })) {
      git(folder, "config", name, value);
    }
    write(folder, ".gitattributes", "* filter=x diff=x\n");
    const { patch } = await changesBy(folder, () => {
      write(folder, "a", "2\n");
      git(folder, "init", "--quiet", "sub");
      git(join(folder, "sub"), "config", "core.fsmonitor", `touch ${canary}`);
      write(folder, "sub/x", "2\n");
    });
    expect(existsSync(canary)).toBe(false);
    expect(readFileSync(patch ?? "", "utf8")).toContain("+2\n");
  });

  it("is not asked for: settings of the machine and of the step", async () => {
    const canary = join(workspace({}), "canary");
    const home = workspace({ attributes: "* binary\n" });
    write(home, ".gitconfig", `[core]\n\tattributesFile = ${home}/attributes\n`);
    const origin = repository({ a: "1\n" });
    const folder = clone(origin);
    const environment = {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: home,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "core.attributesFile",
      GIT_CONFIG_VALUE_0: `${home}/attributes`,
      GIT_DIR: join(folder, ".git"),
      GIT_TRACE: canary,
    };
    const { patch } = await changesBy(folder, () => write(folder, "a", "2\n"), environment);
    expect(readFileSync(patch ?? "", "utf8")).toMatch(/^\+2$/m);
    expect(existsSync(canary)).toBe(false);
  });

  it("is not followed: a link in the place of a file or folder", async () => {
    const outside = workspace({ secret: "a secret\n", "deep/secret": "a secret\n" });
    const origin = repository({ a: "1\n", "d/deep/secret": "1\n" });
    const folder = clone(origin);
    const { patch } = await changesBy(folder, () => {
      rmSync(join(folder, "a"));
      symlinkSync(join(outside, "secret"), join(folder, "a"));
      renameSync(join(folder, "d"), join(folder, "e"));
      symlinkSync(outside, join(folder, "d"));
    });
    expect(readFileSync(patch ?? "", "utf8")).not.toContain("a secret");
    expect(treeOf(applied(origin, patch))).toBe(treeOf(folder));
  });
});
