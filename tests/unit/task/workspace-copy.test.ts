import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { syncFromArchive } from "../../../src/task/workspace-copy.ts";
import { workspace } from "../settings/workspace.ts";

type Entry = [header: Partial<Header> & { name: string }, content?: string];

const then = new Date("2024-05-06T07:08:09Z");

/** As `docker cp container:/workspace -` makes it. */
function sync(folder: string, ...entries: Entry[]): Promise<void> {
  const stream = pack();
  stream.entry({ name: "workspace/", type: "directory", mode: 0o755 });
  for (const [header, content] of entries) {
    const named = { mtime: then, ...header, name: `workspace/${header.name}` };
    if (content === undefined) stream.entry(named);
    else stream.entry(named, content);
  }
  stream.finalize();
  return syncFromArchive(Readable.from(stream), folder);
}

const file = (name: string, content: string, mode = 0o644): Entry => [{ name, mode }, content];
const folderEntry = (name: string, mode = 0o755): Entry => [
  { name: `${name}/`, type: "directory", mode },
];
const link = (name: string, linkname: string): Entry => [{ name, type: "symlink", linkname }];
const text = (...path: string[]) => readFileSync(join(...path), "utf8");

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
    expect(statSync(join(folder, "d/new")).mtimeMs).toBe(then.getTime());
    expect(statSync(join(folder, "empty")).mode & 0o777).toBe(0o700);
  });

  it("keeps what is the same untouched: not even its times change", async () => {
    const folder = workspace({ same: "same", mode: "mode" });
    for (const name of ["same", "mode"]) {
      chmodSync(join(folder, name), 0o644);
      utimesSync(join(folder, name), then, then);
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

  // BUG src/task/workspace-copy.ts:100: size and time are no proof; the engine's archives have whole seconds
  it("has a change of the same length that kept its second", async () => {
    const folder = workspace({ a: "one" });
    utimesSync(join(folder, "a"), then.getTime() / 1000 + 0.25, then.getTime() / 1000 + 0.25);
    await sync(folder, file("a", "two"));
    expect(text(folder, "a")).toBe("two");
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
    await sync(folder, file("a", "one"), [
      { name: "b", type: "link", linkname: "workspace/a" },
    ]);
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
    const names = ["a\nb", "-rf", " blank ", "é 😀", 'quote"\'$(id)', "back\\slash", "x".repeat(200)];
    const folder = workspace({ "old\nname": "gone" });
    await sync(folder, ...names.map((name) => file(name, name)));
    expect(readdirSync(folder).sort()).toEqual([...names].sort());
    for (const name of names) expect(text(folder, name)).toBe(name);
  });
});

describe("an archive that means harm", () => {
  it.each(["../escaped", "../../escaped", "a/../../escaped", "a/../../../etc/escaped"])(
    "writes nothing outside by %s",
    async (name) => {
      const parent = workspace({ "inner/mine": "mine" });
      await sync(join(parent, "inner"), file("mine", "mine"), file(name, "evil"));
      expect(readdirSync(parent)).toEqual(["inner"]);
      expect(readdirSync(join(parent, "inner"))).toEqual(["mine"]);
    },
  );

  it("writes nothing through a link that it made", async () => {
    const outside = workspace({ kept: "kept" });
    const folder = workspace();
    await sync(folder, link("door", outside), file("door/evil", "evil"), file("door/kept", "evil"));
    expect(readdirSync(outside)).toEqual(["kept"]);
    expect(text(outside, "kept")).toBe("kept");
  });

  it("writes nothing through a link that the workspace had, and removes nothing behind it", async () => {
    const outside = workspace({ kept: "kept", "d/kept": "kept" });
    const folder = workspace();
    symlinkSync(outside, join(folder, "door"));
    symlinkSync(join(outside, "kept"), join(folder, "file"));
    await sync(folder, file("door/d/kept", "evil"), file("file", "evil"));
    expect(text(outside, "d/kept")).toBe("kept");
    expect(text(outside, "kept")).toBe("kept");
    expect(text(folder, "file")).toBe("evil");
    await sync(folder);
    expect(text(outside, "d/kept")).toBe("kept");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("makes no hard link to a file outside", async () => {
    const outside = workspace({ secret: "secret" });
    const folder = workspace();
    symlinkSync(outside, join(folder, "door"));
    await sync(
      folder,
      link("door", outside),
      [{ name: "a", type: "link", linkname: join(outside, "secret") }],
      [{ name: "b", type: "link", linkname: "workspace/door/secret" }],
      [{ name: "c", type: "link", linkname: "workspace/../../secret" }],
    );
    expect(readdirSync(folder)).toEqual(["door"]);
  });

  it("puts no devices and pipes there", async () => {
    const folder = workspace();
    await sync(
      folder,
      [{ name: "tty", type: "character-device", devmajor: 5 }],
      [{ name: "disk", type: "block-device", devmajor: 8 }],
      [{ name: "pipe", type: "fifo" }],
      file("a", "a"),
    );
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("that breaks off is an error, and removes nothing", async () => {
    const folder = workspace({ mine: "mine" });
    const chunks: Buffer[] = [];
    const stream = pack();
    stream.entry({ name: "workspace/new" }, "x".repeat(5000));
    stream.finalize();
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const half = Buffer.concat(chunks).subarray(0, 2000);
    await expect(syncFromArchive(Readable.from([half]), folder)).rejects.toThrow();
    expect(text(folder, "mine")).toBe("mine");
  });
});

it("a file of the workspace that looks like a half-written one of ours is a file", async () => {
  const folder = workspace({ a: "old", "a.agent-runner-partial": "mine" });
  utimesSync(join(folder, "a.agent-runner-partial"), then, then);
  chmodSync(join(folder, "a.agent-runner-partial"), 0o644);
  await sync(folder, file("a.agent-runner-partial", "mine"), file("a", "new one"));
  expect(text(folder, "a.agent-runner-partial")).toBe("mine");
  expect(text(folder, "a")).toBe("new one");
});

it("hard links of the workspace that are still the same stay what they are", async () => {
  const folder = workspace({ a: "one" });
  linkSync(join(folder, "a"), join(folder, "b"));
  utimesSync(join(folder, "a"), then, then);
  chmodSync(join(folder, "a"), 0o644);
  mkdirSync(join(folder, "d"));
  await sync(folder, file("a", "one"), [{ name: "b", type: "link", linkname: "workspace/a" }]);
  expect(statSync(join(folder, "a")).nlink).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(["a", "b"]);
});
