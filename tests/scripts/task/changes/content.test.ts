import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  blobId,
  isCheckoutOf,
  lfsPointer,
  readBytes,
} from "../../../../src/task/changes/content.ts";
import { workspace } from "../../../unit/settings/workspace.ts";

it("only a regular file is read, of at most so many bytes: no link, and nothing that would wait", () => {
  const folder = workspace({ file: "12345" });
  symlinkSync("file", join(folder, "link"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  const read = (name: string, most = 5) => readBytes(join(folder, name), most)?.toString();
  expect(read("file")).toBe("12345");
  expect(read("file", 4)).toBeUndefined();
  for (const name of ["link", "pipe", ".", "absent"]) {
    expect(read(name), name).toBeUndefined();
  }
});

it("a blob has the name that git gives it", () => {
  const folder = workspace();
  for (const [idBytes, format] of [
    [20, "sha1"],
    [32, "sha256"],
  ] as const) {
    execFileSync("git", ["init", "--quiet", `--object-format=${format}`, format], { cwd: folder });
    const options = { cwd: join(folder, format), input: "a\r\n", encoding: "utf8" } as const;
    const id = execFileSync("git", ["hash-object", "--stdin"], options).trim();
    expect(blobId(Buffer.from("a\r\n"), idBytes)).toBe(id);
  }
});

it("a file is a checkout of a blob as it is, with CRLF line ends, and in the place of an LFS pointer", () => {
  const bytes = Buffer.from("1\r\n2\r\n");
  expect(isCheckoutOf(bytes, blobId(bytes, 20))).toBe(true);
  expect(isCheckoutOf(bytes, blobId(bytes, 32))).toBe(true);
  expect(isCheckoutOf(bytes, blobId(Buffer.from("1\n2\n"), 20))).toBe(true);
  expect(isCheckoutOf(bytes, blobId(lfsPointer(bytes), 20))).toBe(true);
  expect(isCheckoutOf(bytes, blobId(Buffer.from("1\n3\n"), 20))).toBe(false);
});
