import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isSubmodule, parseIndex } from "../../../../src/task/changes/index-file.ts";
import { clone, git, repository } from "../../../unit/task/changes/repository.ts";

const files = Object.fromEntries(
  ["a", "b/c", "b/d/e", "b/d/eee", "long".repeat(40), 'ü "quoted"\n', "zz/1", "zz/2"].map(
    (path) => [path, `content of ${path}`],
  ),
);

/** What git itself says: mode, id and path. */
function listed(folder: string): string[] {
  return git(folder, "ls-files", "--stage", "-z").split("\0").filter(Boolean).toSorted();
}

function read(folder: string, idBytes = 20): string[] | undefined {
  const index = parseIndex(readFileSync(join(folder, ".git/index")), idBytes);
  const lines = [...(index?.entries ?? [])].map(
    ([path, { id, mode }]) => `${mode.toString(8)} ${id} 0\t${path}`,
  );
  return index && lines.toSorted();
}

describe("git's index", () => {
  it.each(["2", "3", "4"])("is read as git reads it: version %s", (version) => {
    const folder = repository(files);
    if (version === "3") {
      git(folder, "update-index", "--skip-worktree", "a"); // only then there is something for it to say
    }
    git(folder, "update-index", `--index-version=${version}`);
    const bytes = readFileSync(join(folder, ".git/index"));
    expect(bytes.readUInt32BE(4)).toBe(Number(version));
    expect(read(folder)).toEqual(listed(folder));
    expect([...(parseIndex(bytes, 20)?.folders ?? [])].toSorted()).toEqual(["b", "b/d", "zz"]);
  });

  it("is read where objects are named by SHA-256", () => {
    const folder = repository(files, "--object-format=sha256");
    expect(read(folder, 32)).toEqual(listed(folder));
  });

  it("has size and time of each file", () => {
    const folder = repository({ a: "12345" });
    const entry = parseIndex(readFileSync(join(folder, ".git/index")), 20)?.entries.get("a");
    expect(entry?.size).toBe(5);
    expect(Math.abs((entry?.mtimeMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it("tells a submodule from a file", () => {
    const folder = repository({ a: "1" });
    git(folder, "submodule", "--quiet", "add", repository({ b: "2" }), "sub");
    const { entries } = parseIndex(readFileSync(join(folder, ".git/index")), 20) ?? {};
    expect(
      [...(entries ?? [])].filter(([, one]) => isSubmodule(one)).map(([path]) => path),
    ).toEqual(["sub"]);
  });

  it("leaves out what a sparse index has as whole folders", () => {
    const folder = clone(repository(files));
    git(folder, "sparse-checkout", "set", "--cone", "--sparse-index", "b");
    expect(git(folder, "ls-files", "--sparse")).toContain("zz/\n");
    const paths = [...(parseIndex(readFileSync(join(folder, ".git/index")), 20)?.entries ?? [])];
    expect(paths.map(([path]) => path)).toContain("b/c");
    expect(paths.map(([path]) => path)).not.toContain("zz/");
  });

  it("is not known where it is split, of another version, or broken", () => {
    const folder = repository(files);
    const whole = readFileSync(join(folder, ".git/index"));
    git(folder, "update-index", "--split-index");
    expect(read(folder)).toBeUndefined();
    expect(parseIndex(whole.subarray(0, 200), 20)).toBeUndefined();
    expect(parseIndex(Buffer.from("DIRC\0\0\0\u0005\0\0\0\0"), 20)).toBeUndefined();
    expect(parseIndex(Buffer.alloc(0), 20)).toBeUndefined();
  });
});
