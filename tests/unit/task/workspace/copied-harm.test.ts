import {
  chmodSync,
  existsSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { syncFromArchive } from "../../../../src/task/workspace/copied.ts";
import type { Room } from "../../../../src/task/workspace/room.ts";
import { workspace } from "../../settings/workspace.ts";
import { headerOf } from "../tar-header.ts";
import { file, folderEntry, link, sync, syncApart, text } from "./archive.ts";

describe("an archive with more than there is room for", () => {
  const roomy = { bytes: 1000, files: 10 };
  const until = async (folder: string, room: Partial<Room>, ...files: [string, number][]) => {
    const stream = pack();
    stream.entry({ name: "workspace/", type: "directory" });
    for (const [name, size] of files) stream.entry({ name: `workspace/${name}` }, "x".repeat(size));
    stream.finalize();
    const sync = syncFromArchive(Readable.from(stream), folder, workspace(), undefined, {
      room: { ...roomy, ...room },
    });
    return sync.then(
      (finish) => finish(),
      ({ message }) => message as string,
    );
  };

  it("ends before it is written, and leaves every file whole", async () => {
    const folder = workspace({ a: "mine", b: "mine", c: "mine" });
    const said = await until(folder, { bytes: 100 }, ["a", 50], ["b", 200], ["new", 1]);
    expect(said).toBe("b has 0.0 MB, and the runner's disk has room for 0.0 MB");
    expect(readdirSync(folder).sort()).toEqual(["a", "b", "c"]);
    expect([text(folder, "a"), text(folder, "b")]).toEqual(["x".repeat(50), "mine"]);
  });

  it("counts what all of it adds, and takes away what it replaces", async () => {
    const folder = workspace({ a: "x".repeat(60), b: "x".repeat(60) });
    const two: [string, number][] = [
      ["a", 61],
      ["b", 61],
    ];
    expect(await until(folder, { bytes: 63 }, ...two)).toBeUndefined();
    expect(await until(workspace(), { bytes: 63 }, ...two)).toMatch(/^b has/);
  });

  it("in number ends, too", async () => {
    const many = Array.from({ length: 5 }, (_, index): [string, number] => [`f${index}`, 1]);
    expect(await until(workspace(), { files: 2 }, ...many)).toMatch(/more than 2 new files/);
    const there = Object.fromEntries(many.map(([name]) => [name, "y"]));
    expect(await until(workspace(there), { files: 2 }, ...many)).toBeUndefined();
  });

  it("in a file with a hole is not read at all", async () => {
    async function* promised() {
      yield headerOf("workspace/hole", 8e9);
      for (let count = 0; count < 1000; count++) yield Buffer.alloc(65_536);
    }
    const reading = syncFromArchive(
      Readable.from(promised()),
      workspace(),
      workspace(),
      undefined,
      { room: { bytes: 7e9, files: 10 } },
    );
    await expect(reading).rejects.toThrow(/^hole has 8000 MB, and the runner's disk has room/);
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

  it("writes and removes nothing where the workspace keeps its own", async () => {
    const folder = workspace({ ".git/config": "mine", ".git/hooks/kept": "mine", gone: "x" });
    const aside = join(workspace(), "aside");
    const apart = { paths: [".git"], aside, wants: (path: string) => !path.includes("objects") };
    await syncApart(
      folder,
      apart,
      folderEntry(".git", 0o700),
      file(".git/config", "evil"),
      file(".git/hooks/new", "evil", 0o755),
      file(".git/objects/12/34", "large"),
      link(".git/link", "/etc"),
      file(".gitignore", "x"),
      [{ name: "hard", type: "link", linkname: "workspace/.git/config" }],
    );
    expect(readdirSync(folder).sort()).toEqual([".git", ".gitignore"]);
    expect(readdirSync(join(folder, ".git")).sort()).toEqual(["config", "hooks"]);
    expect(readdirSync(join(folder, ".git/hooks"))).toEqual(["kept"]);
    expect(text(folder, ".git/config")).toBe("mine");
    expect(readdirSync(join(aside, ".git")).sort()).toEqual(["config", "hooks"]);
    expect(text(aside, ".git/config")).toBe("evil");
  });

  it.each([
    ["has gone", []],
    ["is a file", [file("meta", "evil")]],
    ["is a link", [link("meta", "elsewhere"), file("elsewhere/git/config", "evil")]],
  ])("keeps its own where the folder above it %s", async (_what, entries) => {
    const folder = workspace({ "meta/git/config": "mine", "meta/gone": "x" });
    const apart = { paths: [".git", "meta/git"], aside: workspace(), wants: () => true };
    await syncApart(folder, apart, ...entries);
    expect(text(folder, "meta/git/config")).toBe("mine");
    expect(readdirSync(join(folder, "meta"))).toEqual(["git"]);
  });

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
    await expect(syncFromArchive(Readable.from([half]), folder, workspace())).rejects.toThrow();
    expect(text(folder, "mine")).toBe("mine");
  });

  /** A link in place of a full, read-only folder, and then, while that is replaced, no more. */
  function breaksOff(meanwhile: () => void) {
    const files = Array.from({ length: 500 }, (_, at) => [`ro/full/${at}`, "x"]);
    const folder = workspace(Object.fromEntries(files));
    chmodSync(join(folder, "ro"), 0o555);
    const stream = pack();
    stream.entry({ name: "workspace/", type: "directory" });
    stream.entry({ name: "workspace/ro/full", type: "symlink", linkname: "x" });
    stream.finalize();
    const first = join(folder, "ro/full", readdirSync(join(folder, "ro/full"))[0] as string);
    async function* archive() {
      yield* stream;
      while (existsSync(first)) await new Promise(setImmediate);
      meanwhile();
      throw new Error("broke off");
    }
    return { folder, archive: Readable.from(archive()) };
  }

  it("that breaks off is an error when what was begun is done, and folders are as they were", async () => {
    const { folder, archive } = breaksOff(() => {});
    await expect(syncFromArchive(archive, folder, workspace())).rejects.toThrow("broke off");
    expect(readlinkSync(join(folder, "ro/full"))).toBe("x");
    expect(statSync(join(folder, "ro")).mode & 0o777).toBe(0o555);
  });

  it("that breaks off is told of, and folders are as they were, also when nothing can be tidied up", async () => {
    const scratch = workspace();
    const { folder, archive } = breaksOff(() => {
      rmSync(scratch, { recursive: true });
      writeFileSync(scratch, "");
    });
    await expect(syncFromArchive(archive, folder, scratch)).rejects.toThrow("broke off");
    expect(statSync(join(folder, "ro")).mode & 0o777).toBe(0o555);
  });

  it("that cannot be written is an error with the reason", async () => {
    const scratch = workspace();
    const stream = pack();
    stream.entry({ name: "workspace/", type: "directory" });
    stream.entry({ name: "workspace/a" }, "a");
    stream.finalize();
    async function* archive() {
      rmSync(scratch, { recursive: true });
      yield* stream;
    }
    const archived = Readable.from(archive());
    await expect(syncFromArchive(archived, workspace(), scratch)).rejects.toThrow(/ENOENT/);
  });

  it("that is not known to be whole yet removes nothing and leaves folders as they were", async () => {
    const folder = workspace({ "kept/mine": "mine", top: "top" });
    chmodSync(join(folder, "kept"), 0o555);
    const stream = pack();
    stream.entry({ name: "workspace/", type: "directory", mode: 0o755 });
    stream.entry({ name: "workspace/kept/", type: "directory", mode: 0o700 });
    stream.entry({ name: "workspace/kept/new" }, "new");
    stream.finalize();
    const finish = await syncFromArchive(Readable.from(stream), folder, workspace());
    expect([text(folder, "kept", "mine"), text(folder, "top")]).toEqual(["mine", "top"]);
    expect(statSync(join(folder, "kept")).mode & 0o777).toBe(0o555);
    await finish();
    expect([readdirSync(folder), readdirSync(join(folder, "kept"))]).toEqual([["kept"], ["new"]]);
    expect(statSync(join(folder, "kept")).mode & 0o777).toBe(0o700);
  });

  it.each<[string, Partial<Header>[], string]>([
    ["is empty", [], "archive is empty"],
    ["has a link for a folder", [{ type: "symlink", linkname: "/tmp/x" }], "no folder any more"],
    ["has a pipe for a folder", [{ type: "fifo" }], "no folder any more"],
  ])("that %s is an error, and removes nothing", async (_what, headers, why) => {
    const folder = workspace({ mine: "mine" });
    const stream = pack();
    for (const header of headers) stream.entry({ name: "workspace", ...header });
    stream.finalize();
    await expect(syncFromArchive(Readable.from(stream), folder, workspace())).rejects.toThrow(why);
    expect(text(folder, "mine")).toBe("mine");
  });
});
