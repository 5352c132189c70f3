import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { once, origin, tip, world } from "../../unit/checkout/world.ts";
import { workspace } from "../../unit/settings/workspace.ts";
import { commit, git, write } from "../../unit/task/changes/repository.ts";

const plain = once(() => origin({ "a.txt": "1\n" }, () => {}));

describe("nothing is run", () => {
  it("of what stands in the repository that was there: hooks, filters, monitors, other programs", async () => {
    const of = origin({ "a.txt": "1\n", ".gitattributes": "*.txt filter=evil\n" }, (work) =>
      commit(work, { "a.txt": "2\n", "b.txt": "b\n" }),
    );
    const { checkOut, checkoutMain, folder } = await world(of);
    checkoutMain();
    const canary = join(workspace(), "ran");
    const evil = join(workspace({}), "evil");
    write(evil, "../evil.sh", `#!/bin/sh\ntouch ${canary}\ncat\n`, 0o755);
    const program = `${evil}.sh`;
    const hooks = ["post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"];
    for (const hook of hooks)
      write(folder, `.git/hooks/${hook}`, `#!/bin/sh\ntouch ${canary}\n`, 0o755);
    write(
      folder,
      ".git/more",
      `[core]\n\tfsmonitor = ${program}\n\thooksPath = ${folder}/.git/hooks\n`,
    );
    const settings: [string, string][] = [
      ["include.path", join(folder, ".git/more")],
      ["core.fsmonitor", program],
      ["core.sshCommand", program],
      ["core.gitProxy", program],
      ["core.alternateRefsCommand", program],
      ["credential.helper", `!${program}`],
      ["filter.evil.smudge", program],
      ["filter.evil.clean", program],
      ["filter.evil.process", program],
      ["remote.origin.uploadpack", program],
      ["url.ext::sh.insteadOf", "http://"],
      ["protocol.allow", "always"],
      ["uploadpack.packObjectsHook", program],
    ];
    for (const [name, value] of settings) git(folder, "config", name, value);
    // the trap works
    git(folder, "status");
    expect(existsSync(canary)).toBe(true);
    rmSync(canary);
    await checkOut();
    expect(existsSync(canary)).toBe(false);
    expect(tip(folder)).toBe(of.head);
    expect(readFileSync(join(folder, "b.txt"), "utf8")).toBe("b\n");
    // and of it all nothing is left for others to run
    expect(existsSync(join(folder, ".git/hooks"))).toBe(false);
    expect(readFileSync(join(folder, ".git/config"), "utf8")).not.toContain(program);
  });

  it("by an index that names files elsewhere, which stay", async () => {
    const { checkOut, checkoutMain, folder } = await world(plain());
    checkoutMain();
    const victim = workspace({ victim: "stays\n" });
    const named = `xx/${basename(victim)}/victim`;
    const blob = git(folder, "rev-parse", "HEAD:a.txt").trim();
    git(folder, "update-index", "--add", "--cacheinfo", `100644,${blob},${named}`);
    const index = readFileSync(join(folder, ".git/index"), "latin1");
    writeFileSync(
      join(folder, ".git/index"),
      index.replace(named, named.replace("xx", "..")),
      "latin1",
    );
    // git itself would follow it
    expect(git(folder, "ls-files")).toContain("../");
    const { warnings } = await checkOut();
    expect(warnings).toEqual([expect.stringMatching(/could not be told/)]);
    expect(readFileSync(join(victim, "victim"), "utf8")).toBe("stays\n");
  });

  it("of the machine's settings", async () => {
    const of = origin({ "a.txt": "1\n", ".gitattributes": "*.txt filter=evil\n" }, (work) =>
      commit(work, { "a.txt": "2\n" }),
    );
    const { checkOut, folder, request } = await world(of);
    const canary = join(workspace(), "ran");
    const HOME = workspace({
      ".gitconfig": `[filter "evil"]\n\tsmudge = touch ${canary}; cat\n[init]\n\ttemplateDir = /nowhere\n[core]\n\tautocrlf = true\n`,
    });
    await checkOut({ environment: { ...request.environment, HOME } });
    expect(existsSync(canary)).toBe(false);
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("2\n");
  });
});

describe("a stranger's tree", () => {
  it("has its links as they are, and nothing is written through one", async () => {
    const outside = workspace();
    const of = origin({ "a.txt": "1\n", "lib/x.txt": "1\n" }, (work) => {
      symlinkSync(outside, join(work, "out"));
      commit(work, { "lib/x.txt": "2\n", "new/y.txt": "y\n" });
    });
    const { checkOut, checkoutMain, folder } = await world(of);
    checkoutMain();
    // as an earlier step could leave them
    git(folder, "rm", "-r", "--quiet", "--cached", "lib");
    git(workspace(), "-C", folder, "clean", "-dfxq");
    symlinkSync(outside, join(folder, "lib"));
    symlinkSync(outside, join(folder, "new"));
    await checkOut();
    expect(readlinkSync(join(folder, "out"))).toBe(outside);
    expect(readdirSync(outside)).toEqual([]);
    expect(lstatSync(join(folder, "lib")).isDirectory()).toBe(true);
    expect(readFileSync(join(folder, "new/y.txt"), "utf8")).toBe("y\n");
    expect(git(folder, "status", "--porcelain")).toBe("");
  });

  it("keeps its LFS pointers and gets no submodules, which is said", async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 5\n`;
    const of = origin({ "a.txt": "1\n" }, (work) => {
      write(work, ".gitmodules", '[submodule "s"]\n\tpath = s\n\turl = --upload-pack=touch\n');
      git(work, "update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},s`);
      commit(work, {
        "b.bin": pointer,
        ".gitattributes": "*.bin filter=lfs diff=lfs -text\n",
        ".lfsconfig": "[lfs]\n\turl = http://127.0.0.1:1\n",
      });
    });
    const { checkOut, folder } = await world(of);
    const { warnings, notices } = await checkOut();
    expect(warnings).toEqual([]);
    expect(notices).toEqual([
      expect.stringMatching(/brings no submodules/),
      expect.stringMatching(/^files that Git LFS keeps are pointers/),
    ]);
    expect(readFileSync(join(folder, "b.bin"), "utf8")).toBe(pointer);
  });

  it.each([
    ["a branch", { base: { ref: "x:refs/heads/main", sha: "1".repeat(40) } }],
    ["a branch", { base: { ref: "--upload-pack=touch", sha: "1".repeat(40) } }],
    ["a branch", { base: { ref: "a/../b", sha: "1".repeat(40) } }],
    ["a commit", { head: { sha: "--upload-pack=touch" } }],
    ["a repository", { repository: "o/r --upload-pack=x" }],
    ["a server", { serverUrl: "ext::sh -c x" }],
    ["a server", { serverUrl: "https://github.com@example.com" }],
    ["a number", { number: -1 }],
  ])("names %s by what is none: refused before git is asked: %j", async (_, more) => {
    const { checkOut, commands } = await world(plain());
    await expect(checkOut(more)).rejects.toThrow(/by a name that none can have$/);
    expect(commands.all()).toEqual([]);
  });
});
