import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { workspace } from "../../settings/workspace.ts";
import { archiveTime, file, folderEntry, link, sync, text } from "./archive.ts";

describe("after the task the workspace", () => {
  it("has what is new and what has changed, with mode and time, and not what is gone", async () => {
    const folder = workspace({ changed: "old", gone: "x", "gone.d/a": "x", "d/gone": "x" });
    await sync(
      folder,
      file("changed", "new!"),
      folderEntry("d"),
      file("d/new", "n", 0o755),
      folderEntry("empty", 0o700),
    );
    expect(readdirSync(folder).sort()).toEqual(["changed", "d", "empty"]);
    expect(readdirSync(join(folder, "d"))).toEqual(["new"]);
    expect(text(folder, "changed")).toBe("new!");
    expect(statSync(join(folder, "d/new")).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, "d/new")).mtimeMs).toBe(archiveTime.getTime());
    expect(statSync(join(folder, "empty")).mode & 0o777).toBe(0o700);
  });

  it("keeps what is the same untouched: not even its times change", async () => {
    const folder = workspace({ same: "same", mode: "mode" });
    for (const name of ["same", "mode"]) {
      chmodSync(join(folder, name), 0o644);
      utimesSync(join(folder, name), archiveTime, archiveTime);
    }
    symlinkSync("same", join(folder, "link"));
    const before = ["same", "link"].map((name) => lstatSync(join(folder, name), { bigint: true }));
    await sync(folder, file("same", "same"), file("mode", "mode", 0o755), link("link", "same"));
    const after = ["same", "link"].map((name) => lstatSync(join(folder, name), { bigint: true }));
    expect(after.map(({ ino, ctimeNs }) => [ino, ctimeNs])).toEqual(
      before.map(({ ino, ctimeNs }) => [ino, ctimeNs]),
    );
    expect(statSync(join(folder, "mode")).mode & 0o777).toBe(0o755);
  });

  // size and time are no proof: the engine's archives have whole seconds
  it("has a change of the same length that kept its second", async () => {
    const folder = workspace({ a: "one" });
    utimesSync(
      join(folder, "a"),
      archiveTime.getTime() / 1000 + 0.25,
      archiveTime.getTime() / 1000 + 0.25,
    );
    await sync(folder, file("a", "two"));
    expect(text(folder, "a")).toBe("two");
  });

  it("has no set-user-ID and set-group-ID, on new files and on those that are the same", async () => {
    const folder = workspace({ same: "same" });
    await sync(folder, file("same", "same", 0o4755), file("new", "new", 0o6755));
    for (const name of ["same", "new"]) {
      expect(statSync(join(folder, name)).mode & 0o7777).toBe(0o755);
    }
  });

  it("has symbolic links as they are, dangling and absolute ones too", async () => {
    const folder = workspace({ "was-file": "x", target: "x" });
    symlinkSync("elsewhere", join(folder, "moved"));
    await sync(
      folder,
      file("target", "x"),
      link("was-file", "nowhere"),
      link("moved", "/etc/hostname"),
      link("up", "../../.."),
    );
    expect(readlinkSync(join(folder, "was-file"))).toBe("nowhere");
    expect(readlinkSync(join(folder, "moved"))).toBe("/etc/hostname");
    expect(readlinkSync(join(folder, "up"))).toBe("../../..");
  });

  it("has hard links as one file", async () => {
    const folder = workspace({ b: "old" });
    await sync(folder, file("a", "one"), [{ name: "b", type: "link", linkname: "workspace/a" }]);
    expect(text(folder, "b")).toBe("one");
    expect(statSync(join(folder, "a")).ino).toBe(statSync(join(folder, "b")).ino);
  });

  it("may change what was a file into a folder, a folder into a link, and back", async () => {
    const folder = workspace({ file: "x", "folder/deep/a": "x", "linked/a": "x" });
    symlinkSync("linked", join(folder, "link"));
    await sync(
      folder,
      folderEntry("file"),
      file("file/a", "now a folder"),
      file("folder", "now a file"),
      folderEntry("link"),
      file("link/a", "now a folder"),
      link("linked", "link"),
    );
    expect(text(folder, "file/a")).toBe("now a folder");
    expect(text(folder, "folder")).toBe("now a file");
    expect(lstatSync(join(folder, "link")).isDirectory()).toBe(true);
    expect(readlinkSync(join(folder, "linked"))).toBe("link");
  });

  it("keeps read-only folders: they are filled and read-only again", async () => {
    const folder = workspace({ "ro/old": "x" });
    chmodSync(join(folder, "ro"), 0o555);
    await sync(folder, folderEntry("ro", 0o555), folderEntry("ro/in", 0o500), file("ro/in/a", "a"));
    expect(text(folder, "ro/in/a")).toBe("a");
    expect(existsSync(join(folder, "ro/old"))).toBe(false);
    expect(statSync(join(folder, "ro")).mode & 0o777).toBe(0o555);
    expect(statSync(join(folder, "ro/in")).mode & 0o777).toBe(0o500);
  });

  it("keeps files with odd names", async () => {
    const names = [
      "a\nb",
      "-rf",
      " blank ",
      "é 😀",
      "quote\"'$(id)",
      "back\\slash",
      "x".repeat(200),
    ];
    const folder = workspace({ "old\nname": "gone" });
    await sync(folder, ...names.map((name) => file(name, name)));
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
    for (const name of names) expect(text(folder, name)).toBe(name);
  });
});

it("a file of the workspace that looks like a half-written one of ours is a file", async () => {
  const folder = workspace({ a: "old", "a.agent-runner-partial": "mine" });
  utimesSync(join(folder, "a.agent-runner-partial"), archiveTime, archiveTime);
  chmodSync(join(folder, "a.agent-runner-partial"), 0o644);
  await sync(folder, file("a.agent-runner-partial", "mine"), file("a", "new one"));
  expect(text(folder, "a.agent-runner-partial")).toBe("mine");
  expect(text(folder, "a")).toBe("new one");
});

// a half-written file has a name of its own, which must not be longer
it("a name may be as long as names may be", async () => {
  const name = "é".repeat(127);
  const folder = workspace();
  await sync(folder, file(name, "a"));
  expect(readdirSync(folder)).toEqual([name]);
});

it("large files come whole, however early or late they changed", async () => {
  const large = (end: string) => `${"0123456789".repeat(100_000)}${end}`;
  const folder = workspace({ end: large("a"), start: `a${large("")}`, same: large("c") });
  await sync(
    folder,
    file("end", large("b")),
    file("start", `b${large("")}`),
    file("same", large("c")),
  );
  expect(text(folder, "end") === large("b")).toBe(true);
  expect(text(folder, "start") === `b${large("")}`).toBe(true);
  expect(text(folder, "same") === large("c")).toBe(true);
});

it("hard links of the workspace that are still the same stay what they are", async () => {
  const folder = workspace({ a: "one" });
  linkSync(join(folder, "a"), join(folder, "b"));
  utimesSync(join(folder, "a"), archiveTime, archiveTime);
  chmodSync(join(folder, "a"), 0o644);
  mkdirSync(join(folder, "d"));
  await sync(folder, file("a", "one"), [{ name: "b", type: "link", linkname: "workspace/a" }]);
  expect(statSync(join(folder, "a")).nlink).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(["a", "b"]);
});
