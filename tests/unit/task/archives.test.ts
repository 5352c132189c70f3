import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { extract, type Header, pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { type Limit, leftOutText } from "../../../src/task/allowance.ts";
import { archive } from "../../../src/task/archive.ts";
import { extractFiles as extractUpTo, readSmallFiles } from "../../../src/task/extract.ts";
import { workspace } from "../settings/workspace.ts";
import { headerOf } from "./tar-header.ts";

const plenty = { bytes: 1e9, files: 1000 };
const extractFiles = async (source: Readable, folder: string) =>
  (await extractUpTo(source, folder, plenty)).files;

type Entry = [header: Partial<Header> & { name: string }, content?: string];

function tar(...entries: Entry[]): Readable {
  const stream = pack();
  for (const [header, content] of entries) {
    if (content === undefined) stream.entry(header);
    else stream.entry(header, content);
  }
  stream.finalize();
  return Readable.from(stream);
}

const file = (name: string, content: string): Entry => [{ name }, content];

/** Everything that a container should not be able to put on the runner. */
const evil: Entry[] = [
  [{ name: "agents-artifacts/link", type: "symlink", linkname: "/etc/passwd" }],
  [{ name: "agents-artifacts/hard", type: "link", linkname: "agents-artifacts/a" }],
  [{ name: "agents-artifacts/tty", type: "character-device", devmajor: 5 }],
  [{ name: "agents-artifacts/disk", type: "block-device", devmajor: 8 }],
  [{ name: "agents-artifacts/pipe", type: "fifo" }],
];

describe("what a container left", () => {
  it("is unpacked: files and folders, any bytes, any depth", async () => {
    const folder = workspace();
    const found = await extractFiles(
      tar(
        [{ name: "agents-artifacts/", type: "directory" }],
        file("agents-artifacts/a", "one"),
        [{ name: "agents-artifacts/d/", type: "directory" }],
        file("agents-artifacts/d/é b", "two\0"),
        file(`agents-artifacts/${"long/".repeat(40)}name`, "three"),
        file("agents-artifacts/empty", ""),
      ),
      folder,
    );
    expect(found).toEqual(["a", "d/é b", `${"long/".repeat(40)}name`, "empty"]);
    expect(readFileSync(join(folder, "d/é b"), "utf8")).toBe("two\0");
    expect(readFileSync(join(folder, "empty"), "utf8")).toBe("");
  });

  it("has no links, devices and pipes", async () => {
    const folder = workspace();
    const found = await extractFiles(tar(...evil, file("agents-artifacts/a", "kept")), folder);
    expect(found).toEqual(["a"]);
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  // neither outside nor, normalized, under another name inside
  it.each([
    "agents-artifacts/../../escaped",
    "agents-artifacts/../../../etc/escaped",
    "../escaped",
    "../../x/escaped",
    "/escaped",
    "/etc/escaped",
  ])("has nothing that leads out: %s", async (name) => {
    const parent = workspace({ "inner/keep": "" });
    const found = await extractFiles(
      tar(file(name, "evil"), file("agents-artifacts/a", "kept")),
      join(parent, "inner"),
    );
    expect(existsSync(join(parent, "escaped"))).toBe(false);
    expect(readdirSync(parent)).toEqual(["inner"]);
    expect(found).toEqual(["a"]);
  });

  it("never overwrites what is there", async () => {
    const folder = workspace({ a: "mine" });
    const archive = tar(file("agents-artifacts/a", "theirs"), file("agents-artifacts/b", "kept"));
    expect(await extractFiles(archive, folder)).toEqual(["b"]);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("mine");
  });

  /** As it comes through a pipe. */
  async function* piecewise(archive: Readable) {
    for await (const chunk of archive as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += 65_536) yield chunk.subarray(at, at + 65_536);
    }
  }

  // only a large file is still being read when its name turns out to be no good
  it.each([
    ["is there", "taken"],
    ["is too long", "x".repeat(300)],
  ])("loses nothing but a large file whose name %s", async (_what, name) => {
    const folder = workspace({ taken: "mine" });
    const archive = tar(
      file(`agents-artifacts/${name}`, "x".repeat(3_000_000)),
      file("agents-artifacts/b", "kept"),
      file("agents-artifacts/c", "kept, too"),
    );
    expect(await extractFiles(Readable.from(piecewise(archive)), folder)).toEqual(["b", "c"]);
    expect(readFileSync(join(folder, "taken"), "utf8")).toBe("mine");
    expect(readFileSync(join(folder, "c"), "utf8")).toBe("kept, too");
  });

  it("is refused when the archive breaks off", async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of tar(file("agents-artifacts/a", "x".repeat(5000)))) chunks.push(chunk);
    const half = Buffer.concat(chunks).subarray(0, 2000);
    await expect(extractFiles(Readable.from([half]), workspace())).rejects.toThrow();
  });
});

describe("more than may come out of a container", () => {
  const out = async (limit: Limit, ...entries: Entry[]) => {
    const folder = workspace();
    const { files, leftOut } = await extractUpTo(tar(...entries), folder, limit);
    return { files, folder, said: leftOutText(leftOut, "the artifacts") };
  };

  it("in bytes is left there and told, and smaller files still come", async () => {
    const { files, folder, said } = await out(
      { bytes: 10, files: 10 },
      file("a/one", "123456"),
      file("a/two", "1234567"),
      file("a/three", "1234"),
      file("a/four", "1"),
    );
    expect(files).toEqual(["one", "three"]);
    expect(readdirSync(folder).sort()).toEqual(["one", "three"]);
    expect(said).toMatch(/^2 files of the artifacts \(.*two \(0\.0 MB\), four .*`artifacts-limit`/);
  });

  it("in number is left there and told, folders counted", async () => {
    const { files, said } = await out(
      { bytes: 100, files: 4 },
      ...["a/1", "a/d/e/2", "a/d/3", "a/4"].map((name) => file(name, "x")),
    );
    expect(files).toEqual(["1", "d/e/2"]);
    expect(said).toMatch(/^2 files .*: d\/3 .*, 4 /);
    const { said: many } = await out(
      { bytes: 100, files: 1 },
      ...["1", "2", "3", "4", "5", "6", "7", "8"].map((name) => file(`a/${name}`, "x")),
    );
    expect(many).toMatch(
      /^7 files .*, 6 \(0\.0 MB\), and 2 more\. `artifacts-limit` is .* and 1 files$/,
    );
  });

  it("is not even read to its end", async () => {
    let sent = 0;
    async function* endless() {
      yield headerOf("a/hole", 8e9);
      while (sent < 1000) {
        sent += 1;
        yield Buffer.alloc(65_536);
      }
    }
    const { files, leftOut } = await extractUpTo(Readable.from(endless()), workspace(), plenty);
    expect(files).toEqual([]);
    expect(sent).toBeLessThan(100);
    expect(leftOutText(leftOut, "the artifacts")).toMatch(/hole \(8000 MB\); what comes after/);
    const notes = await readSmallFiles(Readable.from(endless()), new Map([["pid", 10]]));
    expect(notes).toEqual(new Map());
  });

  it("is nothing where all of it may", async () => {
    expect((await out(plenty, file("a/b", "x"), ...evil)).said).toBeUndefined();
  });

  it("by its names makes no terminal talk", async () => {
    const { said } = await out({ bytes: 0, files: 1 }, file("a/\u001b[31mx\n::warning::y", "x"));
    expect(said).toContain(": x ::warning::y (0.0 MB)");
  });
});

it("what cannot be written on this machine is told", async () => {
  const circle = join(workspace(), "circle");
  symlinkSync(circle, circle);
  const { files, failed } = await extractUpTo(tar(file("a/b/c", "x")), circle, plenty);
  expect(files).toEqual([]);
  expect(failed?.message).toMatch(/ELOOP/);
});

describe("small files", () => {
  it("are read by name, the large ones and all else left", async () => {
    const found = await readSmallFiles(
      tar(
        file("state/pid", "7"),
        file("state/large", "x".repeat(11)),
        ...evil,
        file("state/failed", "a\0b"),
        file("state/whatever", "no name of ours"),
      ),
      new Map([
        ["pid", 1],
        ["large", 10],
        ["failed", 3],
        ["passwd", 100],
      ]),
    );
    expect(Object.fromEntries(found)).toEqual({
      pid: Buffer.from("7"),
      failed: Buffer.from("a\0b"),
    });
  });
});

describe("what enters a container", () => {
  it("is one archive with the folders first, by their modes, below /", async () => {
    const entries = [
      { path: "/run/agent-runner/start.sh", content: "#!", mode: 0o755 },
      { path: "/run/agent-runner/environment", content: Buffer.from([1, 0]), mode: 0o600 },
    ];
    const reading = extract();
    const seen: unknown[] = [];
    archive(entries, ["/run/agent-runner", "/run/agent-runner/state"]).pipe(reading);
    for await (const entry of reading) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      const { name, type, mode } = entry.header;
      seen.push([name.replace(/\/$/, ""), type, mode, Buffer.concat(chunks).toString()]);
    }
    expect(seen).toEqual([
      ["run/agent-runner", "directory", 0o755, ""],
      ["run/agent-runner/state", "directory", 0o755, ""],
      ["run/agent-runner/start.sh", "file", 0o755, "#!"],
      ["run/agent-runner/environment", "file", 0o600, "\x01\0"],
    ]);
  });
});
