import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mend } from "../../../../src/task/workspace/mend.ts";
import { told } from "../../../../src/task/workspace/shared.ts";
import { workspace } from "../../settings/workspace.ts";

const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const long = Date.now() - 3_600_000;
const later = Date.now() + 3_600_000;
const modeOf = (path: string) => statSync(path).mode & 0o7777;

describe("a workspace after a task", () => {
  it("has no set-user-ID and set-group-ID on files, whoever put it there and when", async () => {
    const folder = workspace({ "a/shell": "x", group: "x", plain: "x" });
    chmodSync(join(folder, "a/shell"), 0o4755);
    chmodSync(join(folder, "group"), 0o2745); // what may not be executed keeps it when its owner is set
    mkdirSync(join(folder, "shared"));
    chmodSync(join(folder, "shared"), 0o2775);
    const { special, left } = await mend(folder, self, later);
    expect([...special].sort()).toEqual(["a/shell", "group"]);
    expect(modeOf(join(folder, "a/shell"))).toBe(0o755);
    expect(modeOf(join(folder, "group"))).toBe(0o745);
    expect(modeOf(join(folder, "shared"))).toBe(0o2775); // of a folder it only hands the group on
    expect([...left]).toEqual([]);
  });

  it("is looked at where its owner closed a folder, and below names that are no text", async () => {
    const folder = workspace({ "closed/shell": "x" });
    const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]);
    mkdirSync(odd);
    const hidden = Buffer.concat([odd, Buffer.from("/shell")]);
    writeFileSync(hidden, "x");
    chmodSync(hidden, 0o4755);
    chmodSync(join(folder, "closed/shell"), 0o4755);
    chmodSync(join(folder, "closed"), 0o000);
    const { special } = await mend(folder, self, later);
    expect(special.size).toBe(2);
    expect(lstatSync(hidden).mode & 0o7777).toBe(0o755);
    expect(modeOf(join(folder, "closed"))).toBe(0o000);
    chmodSync(join(folder, "closed"), 0o755);
    expect(modeOf(join(folder, "closed/shell"))).toBe(0o755);
  });

  it("is looked at where it is a link to a folder elsewhere", async () => {
    const folder = workspace({ "a/shell": "x" });
    chmodSync(join(folder, "a/shell"), 0o4755);
    const alias = join(workspace(), "alias");
    symlinkSync(folder, alias);
    expect([...(await mend(alias, self, later)).special]).toEqual(["a/shell"]);
    expect(modeOf(join(folder, "a/shell"))).toBe(0o755);
  });

  it("is looked at however deep it is: what no path leads to is moved to where one does", async () => {
    const folder = workspace({ "a/shell": "x", "z/file": "x" });
    chmodSync(join(folder, "a/shell"), 0o4755);
    const descend = 'for _ in {1..50}; do mkdir "$0"; cd "$0"; done; touch shell; chmod 6755 shell';
    execFileSync("bash", ["-ec", descend, "d".repeat(200)], { cwd: join(folder, "z") });
    const { special, moved, left } = await mend(folder, self, long);
    expect(modeOf(join(folder, "a/shell"))).toBe(0o755);
    expect(special.size).toBe(2);
    expect([...left]).toEqual([]);
    expect([...moved]).toHaveLength(2);
    expect(readdirSync(folder).sort()).toEqual(["a", ...[...moved].sort(), "z"]);
    expect((await mend(folder, self, long)).special.size).toBe(0);
  });

  it("is told of its new links that lead out, which stay, and are not followed", async () => {
    const outside = workspace({ shell: "x" });
    chmodSync(join(outside, "shell"), 0o4755);
    const folder = workspace({ "d/file": "x" });
    const links = {
      absolute: "/etc",
      up: "../somewhere",
      "d/inside": "../d/file",
      "d/far": "../../x",
      door: outside,
      dangling: "no/where",
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
    const { leadOut, special } = await mend(folder, self, long);
    expect([...leadOut].sort()).toEqual(["absolute", "d/far", "door", "up"]);
    expect(special.size).toBe(0);
    expect(modeOf(join(outside, "shell"))).toBe(0o4755);
    expect([...(await mend(folder, self, later)).leadOut]).toEqual([]);
  });

  it("keeps what the task has not touched as it was, to the nanosecond", async () => {
    const folder = workspace({ "d/file": "x" });
    symlinkSync("d", join(folder, "link"));
    const paths = ["d", "d/file", "link"].map((name) => join(folder, name));
    const times = () => paths.map((path) => lstatSync(path, { bigint: true }).ctimeNs);
    const before = times();
    await mend(folder, self, later);
    expect(times()).toEqual(before);
  });

  it("that has gone is an error with the reason", async () => {
    await expect(mend(join(workspace(), "gone"), self, long)).rejects.toThrow(/ENOENT/);
  });
});

describe("what the user is told", () => {
  const none = new Set<string>();
  const nothing = { left: none, special: none, removed: none, leadOut: none, moved: none };

  it("is nothing where all is well", () => {
    expect(told(nothing)).toEqual({ warnings: [], notices: [], unfinished: false });
  });

  it("names three paths of each, on one line", () => {
    const leadOut = new Set(["d", "c", "b\n::error::x", "a"]);
    const { notices, warnings } = told({ ...nothing, leadOut, special: new Set(["shell"]) });
    expect(notices).toEqual([expect.stringMatching(/: a, b ::error::x, c and 1 more$/)]);
    expect(warnings).toEqual([expect.stringMatching(/set-user-ID .*: shell$/)]);
  });

  it("is what is left, with the reason, and that it is to be tried again", () => {
    const all = new Set(["shell"]);
    const { warnings, unfinished } = told({ ...nothing, left: all, special: all }, "no such image");
    expect(unfinished).toBe(true);
    expect(warnings).toEqual([
      expect.stringMatching(/not be handed back whole: no such image; .*shell$/),
    ]);
  });
});
