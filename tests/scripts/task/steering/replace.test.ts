import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findSteering } from "../../../../src/task/steering/find.ts";
import { replaceSteering } from "../../../../src/task/steering/replace.ts";
import { readState } from "../../../../src/task/steering/state.ts";
import { workspace } from "../../../unit/settings/workspace.ts";
import { commit, git, repository } from "../../../unit/task/changes/repository.ts";
import {
  branchOf,
  checkout,
  everything,
  inDetail,
  replacing,
} from "../../../unit/task/steering/checkout.ts";

describe("what steers an agent in a stranger's checkout", () => {
  it("is the default branch's for the task, nested too, and comes back exactly", async () => {
    const folder = checkout({
      "CLAUDE.md": "stranger\n",
      "AGENTS.md": "the same\n",
      ".claude/settings.json": "{}\n",
      ".claude/hooks/run.sh": "evil\n",
      "src/code.ts": "code\n",
      "src/deep/GEMINI.md": "stranger\n",
      "node_modules/x/agents.md": "stranger\n",
      ".github/workflows/ci.yml": "on: push\n",
      ".github/instructions/a.instructions.md": "stranger\n",
      ".mcp.json": "{}\n",
    });
    chmodSync(join(folder, ".claude/hooks/run.sh"), 0o751);
    symlinkSync("CLAUDE.md", join(folder, "src/CLAUDE.md"));
    utimesSync(join(folder, "CLAUDE.md"), 1_000, 2_000.5);
    const before = inDetail(folder);
    const branch = branchOf({
      "CLAUDE.md": "ours\n",
      "AGENTS.md": "the same\n",
      ".claude/hooks/run.sh": { tool: "ours\n" },
      ".claude/skills/x/SKILL.md": "ours\n",
      "src/deep/GEMINI.md": "ours\n",
      "src/deep/AGENTS.md": "ours\n",
      "src/CLAUDE.md": { link: "../AGENTS.md" },
      ".github/copilot-instructions.md": "ours\n",
      "gone/CLAUDE.md": "about a folder that is not there\n",
      "src/code.ts": "other\n",
    });
    const { replaced, back, scratch, begun } = await replacing(folder, branch);
    expect(begun()).toBe(1);
    const { ".git/": _, ".git/HEAD": __, ...during } = everything(folder);
    expect(during).toEqual({
      ".claude/": "755",
      ".claude/hooks/": "755",
      ".claude/hooks/run.sh": "755 ours\n",
      ".claude/skills/": "755",
      ".claude/skills/x/": "755",
      ".claude/skills/x/SKILL.md": "644 ours\n",
      ".github/": "755",
      ".github/copilot-instructions.md": "644 ours\n",
      ".github/workflows/": "755",
      ".github/workflows/ci.yml": "644 on: push\n",
      "AGENTS.md": "644 the same\n",
      "CLAUDE.md": "644 ours\n",
      "node_modules/": "755",
      "node_modules/x/": "755",
      "src/": "755",
      "src/CLAUDE.md": "-> ../AGENTS.md",
      "src/code.ts": "644 code\n",
      "src/deep/": "755",
      "src/deep/AGENTS.md": "644 ours\n",
      "src/deep/GEMINI.md": "644 ours\n",
    });
    expect(replaced.line).toBe(
      "these files steer an agent and come from the default branch (main, abc1234): .claude/hooks/run.sh, .claude/skills/x/SKILL.md, .github/copilot-instructions.md, CLAUDE.md, src/CLAUDE.md, src/deep/AGENTS.md, src/deep/GEMINI.md (removed: .claude/settings.json, .github/instructions/a.instructions.md, .mcp.json, node_modules/x/agents.md)",
    );
    expect(replaced.warnings).toEqual([]);
    // what is the same here is not asked for; the link's text is
    expect(branch.asked.toSorted()).toEqual(["../AGENTS.md", "ours\n"]);
    expect(readFileSync(replaced.whereIs(".claude/hooks/run.sh") ?? "", "utf8")).toBe("evil\n");
    expect(replaced.whereIs("src/code.ts")).toBeUndefined();
    expect(await back()).toEqual({ warnings: [], unfinished: false });
    expect(inDetail(folder)).toEqual(before);
    expect(await readState(scratch)).toBeUndefined();
    expect(await back()).toEqual({ warnings: [], unfinished: false });
  });

  it("is nothing to talk of where it is the default branch's already", async () => {
    const folder = checkout({ "CLAUDE.md": "ours\n", ".claude/a": "x" });
    const branch = branchOf({ "CLAUDE.md": "ours\n", ".claude/a": "x" });
    const { replaced, back } = await replacing(folder, branch);
    expect([replaced.line, replaced.warnings, replaced.paths]).toEqual([undefined, [], []]);
    expect(branch.asked).toEqual([]);
    await back();
    expect(readFileSync(join(folder, "CLAUDE.md"), "utf8")).toBe("ours\n");
  });

  it("leaves git's own view of the checkout as it was", async () => {
    const folder = repository({ "CLAUDE.md": "head\n", ".claude/x": "head\n", "a/AGENTS.md": "y" });
    commit(folder, { "CLAUDE.md": "stranger\n" });
    const { back } = await replacing(folder, branchOf({ "CLAUDE.md": "ours\n" }));
    expect(git(folder, "status", "--porcelain")).not.toBe("");
    await back();
    expect(git(folder, "status", "--porcelain", "--ignored")).toBe("");
  });

  it.each([
    ["the API does not answer", (files: Record<string, string>) => checkout(files)],
    ["nothing is checked out at the top", (files: Record<string, string>) => workspace(files)],
  ])("is taken away all the same where %s", async (_what, make) => {
    const folder = make({ "sub/CLAUDE.md": "stranger\n" });
    const { replaced, back } = await replacing(folder, new Error("GitHub is down"));
    expect(Object.keys(everything(folder)).filter((path) => path.includes("CLAUDE"))).toEqual([]);
    expect(replaced.line).toBeUndefined();
    expect(replaced.warnings).toEqual([
      expect.stringMatching(
        /taken away for the task.*(?:GitHub is down|no repository).*sub\/CLAUDE\.md$/,
      ),
    ]);
    await back();
    expect(readFileSync(join(folder, "sub/CLAUDE.md"), "utf8")).toBe("stranger\n");
  });

  it("is taken away where GitHub's content is another file's", async () => {
    const folder = checkout({ "CLAUDE.md": "stranger\n" });
    const branch = branchOf({ "CLAUDE.md": "ours\n" });
    const lying = { ...branch, blob: async () => Buffer.from("theirs\n") };
    const { replaced } = await replacing(folder, lying);
    expect(everything(folder)).not.toHaveProperty("CLAUDE.md");
    expect(replaced.warnings.join()).toContain("another file's");
  });

  it("is nothing at all in most checkouts, and nothing is asked of `post` then", async () => {
    const { replaced, begun } = await replacing(checkout({ "a/b": "x" }), branchOf({ c: "x" }));
    expect([begun(), replaced.line, replaced.warnings]).toEqual([0, undefined, []]);
    const unread = await replacing(checkout({ "a/b": "x" }), new Error("down"));
    expect(unread.replaced.warnings).toEqual([]);
  });
});

describe("a stranger's odd shapes", () => {
  it("are moved as they are: links, a linked folder, a pipe, a hard link, closed modes, odd names", async () => {
    const elsewhere = workspace({ "settings.json": "outside\n", "CLAUDE.md": "outside\n" });
    const folder = checkout({ kept: "x", "odd \n é/CLAUDE.md": "x", "h/AGENTS.md": "linked" });
    symlinkSync(elsewhere, join(folder, ".claude"));
    symlinkSync("/nowhere", join(folder, "AGENTS.md"));
    symlinkSync(elsewhere, join(folder, "linked"));
    mkdirSync(join(folder, "p/.gemini"), { recursive: true });
    chmodSync(join(folder, "p/.gemini"), 0o500);
    execFileSync("mkfifo", [join(folder, "GEMINI.md")]);
    linkSync(join(folder, "kept"), join(folder, ".mcp.json"));
    const before = inDetail(folder);
    const outside = inDetail(elsewhere);
    const branch = branchOf({
      ".claude/settings.json": "ours\n",
      "GEMINI.md": "ours\n",
      "linked/CLAUDE.md": "would be written elsewhere\n",
      "odd \n é/CLAUDE.md": "ours\n",
    });
    const { back } = await replacing(folder, branch);
    const during = everything(folder);
    expect(during).toMatchObject({
      ".claude/": "755",
      ".claude/settings.json": "644 ours\n",
      "GEMINI.md": "644 ours\n",
      "odd \n é/CLAUDE.md": "644 ours\n",
      kept: "644 x",
    });
    expect(during).not.toHaveProperty("AGENTS.md");
    expect(inDetail(elsewhere)).toEqual(outside);
    expect(await back()).toEqual({ warnings: [], unfinished: false });
    expect(inDetail(folder)).toEqual(before);
    expect(inDetail(elsewhere)).toEqual(outside);
  });

  it("are a link where `.github` should be: what it leads to is seen by nobody", async () => {
    const folder = checkout({ "theirs/copilot-instructions.md": "stranger\n" });
    symlinkSync("theirs", join(folder, ".github"));
    const { replaced, back } = await replacing(
      folder,
      branchOf({ ".github/copilot-instructions.md": "ours\n" }),
    );
    expect(everything(folder)).toMatchObject({
      ".github/": "755",
      ".github/copilot-instructions.md": "644 ours\n",
    });
    expect(replaced.is(".github")).toBe(true);
    expect(replaced.is(".github/workflows/x.yml")).toBe(true);
    expect(replaced.is("theirs/x")).toBe(false);
    expect(await back()).toEqual({ warnings: [], unfinished: false });
    expect(readlinkSync(join(folder, ".github"))).toBe("theirs");
  });

  it("are more than can be looked through: then there is no task", async () => {
    const folder = checkout({ "a/b/CLAUDE.md": "x" });
    await expect(findSteering(folder, { limitMs: 0 })).rejects.toThrow(
      /could not be replaced, so no task is started: there is too much/,
    );
    const cancelled = AbortSignal.abort();
    await expect(
      replaceSteering({
        ...{ workspace: folder, scratch: workspace(), signal: cancelled },
        ...{ tree: async () => branchOf({}), begun: () => {} },
      }),
    ).rejects.toThrow();
    expect(readFileSync(join(folder, "a/b/CLAUDE.md"), "utf8")).toBe("x");
  });
});

describe("links of the default branch", () => {
  it("that lead to what steers are links, others are what they lead to there", async () => {
    const folder = checkout({ "docs/guide.md": "stranger\n", "docs/rules/a.md": "stranger\n" });
    const { replaced, back } = await replacing(
      folder,
      branchOf({
        "AGENTS.md": "ours\n",
        "CLAUDE.md": { link: "AGENTS.md" },
        "GEMINI.md": { link: "docs/guide.md" },
        "docs/guide.md": { link: "real/guide.md" },
        "docs/real/guide.md": { tool: "real\n" },
        ".claude/rules": { link: "../docs/rules" },
        "docs/rules/a.md": "a\n",
        "docs/rules/b/c.md": "c\n",
        ".claude/out": { link: "../../etc" },
        ".claude/abs": { link: "/etc/passwd" },
        ".claude/loop": { link: "../loop" },
        loop: { link: "loop" },
        ".claude/top": { link: ".." },
        ".agents": { submodule: true },
      }),
    );
    const { ".git/": _, ".git/HEAD": __, ...during } = everything(folder);
    expect(during).toMatchObject({
      "CLAUDE.md": "-> AGENTS.md",
      "GEMINI.md": "755 real\n",
      ".claude/rules/a.md": "644 a\n",
      ".claude/rules/b/c.md": "644 c\n",
      "docs/guide.md": "644 stranger\n",
    });
    const left = [".agents", ".claude/abs", ".claude/loop", ".claude/out", ".claude/top"];
    for (const path of left) {
      expect(during).not.toHaveProperty([path]);
      expect(replaced.warnings.join()).toContain(path);
    }
    await back();
    expect(Object.keys(everything(folder)).filter((path) => !path.startsWith(".git"))).toEqual([
      ...["docs/", "docs/guide.md", "docs/rules/", "docs/rules/a.md"],
    ]);
  });

  it("or paths that no git would check out are not written", async () => {
    const folder = checkout({});
    await replacing(
      folder,
      branchOf({
        "../CLAUDE.md": "x",
        "/CLAUDE.md": "x",
        "a//CLAUDE.md": "x",
        ".claude/../../x": "x",
        ".claude/.git/config": "x",
        "./AGENTS.md": "x",
      }),
    );
    expect(Object.keys(everything(folder))).toEqual([".git/", ".git/HEAD"]);
  });
});
