import { chmodSync, mkdirSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { extract } from "tar-stream";
import { describe, expect, it } from "vitest";
import { folderArchive } from "../../../src/task/folder-archive.ts";
import { workspace } from "../settings/workspace.ts";

const owner = { uid: 1001, gid: 1002 };

async function entriesOf(folder: string, target = "/github/workspace") {
  const entries = new Map<string, object>();
  const reading = folderArchive(folder, target, owner).pipe(extract());
  for await (const entry of reading) {
    let text = "";
    for await (const chunk of entry) text += chunk;
    const { name, type, mode, uid, gid, linkname } = entry.header;
    entries.set(name, { type, mode, uid, gid, linkname, text });
  }
  return entries;
}

describe("a folder as an archive", () => {
  it("has files, folders and links, all of one owner", async () => {
    const folder = workspace({ "a/run.sh": "run\n", empty: "" });
    chmodSync(join(folder, "a", "run.sh"), 0o4755);
    chmodSync(join(folder, "a"), 0o2700);
    symlinkSync("/elsewhere", join(folder, "link"));
    const entries = await entriesOf(folder);
    const given = (more: object) => expect.objectContaining({ ...owner, ...more });
    const root = "github/workspace";
    expect([...entries.keys()].sort()).toEqual(
      [root, `${root}/a`, `${root}/a/run.sh`, `${root}/empty`, `${root}/link`].map((name) =>
        entries.has(name) ? name : `${name}/`,
      ),
    );
    const at = (name: string) => entries.get(name) ?? entries.get(`${name}/`);
    expect(at(`${root}/a`)).toEqual(given({ type: "directory", mode: 0o700 }));
    expect(at(`${root}/a/run.sh`)).toEqual(given({ type: "file", mode: 0o755, text: "run\n" }));
    expect(at(`${root}/empty`)).toEqual(given({ type: "file", text: "" }));
    expect(at(`${root}/link`)).toEqual(given({ type: "symlink", linkname: "/elsewhere" }));
  });

  it("keeps many files, and one that is larger than a pipe holds", async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`d/${n}`, `${n}`]));
    const folder = workspace({ ...many, large: "x".repeat(3_000_000) });
    mkdirSync(join(folder, "none"));
    utimesSync(join(folder, "large"), 1, 1);
    const entries = await entriesOf(folder);
    expect(entries.size).toBe(304);
    expect((entries.get("github/workspace/large") as { text: string }).text.length).toBe(3_000_000);
  });

  it("fails where a file cannot be read, and does not end as if it were whole", async () => {
    await expect(entriesOf(join(workspace(), "absent"))).resolves.toEqual(new Map());
    const stream = folderArchive(workspace({ file: "text" }), "/w", owner);
    stream.destroy(new Error("the engine has gone"));
    await expect(stream.toArray()).rejects.toThrow();
  });
});
