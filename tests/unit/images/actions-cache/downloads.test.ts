import { closeSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  archiveByWords,
  whatIsWrong,
} from "../../../../src/images/actions-cache/entries/downloads.ts";
import { workspace } from "../../settings/workspace.ts";

describe("a download", () => {
  it.each([
    ["1000", undefined],
    ["1001", /has 0\.0 MB, and at most/],
    [undefined, /does not say how large/],
    ["-1", /does not say how large/],
    ["1e1", /does not say how large/],
    ["", /does not say how large/],
  ])("of %j bytes, where 1000 may come", (length, says) => {
    const headers = length === undefined ? {} : { "content-length": length };
    const wrong = whatIsWrong({ statusCode: 200, headers }, 1000);
    expect(wrong?.why ?? "nothing").toMatch(says ?? /^nothing$/);
    expect(wrong?.refused ?? true).toBe(true);
  });

  it("that is an error's text is none, and may be asked for again", () => {
    expect(whatIsWrong({ statusCode: 403, headers: {} }, 1000)).toEqual({
      why: "the entry's archive is answered with 403",
      refused: false,
    });
  });
});

describe("the archive that was downloaded", () => {
  function heard(file: string, ...lines: string[]) {
    const path = join(workspace(), file);
    writeFileSync(path, "archive");
    const words = archiveByWords();
    for (const line of lines) words.hear(line.replace("PATH", path.replaceAll("%", "%25")));
    return words;
  }
  const restored = "Cache restored successfully\n";

  it.each([
    ["cache.tzst", "zstd"],
    ["100%25.tgz", "gzip"],
  ])("is opened when all is said to be done: %s", (file, packedWith) => {
    const words = heard(file, "::debug::Archive path: PATH\n", "Cache Size: ~0 MB\n", restored);
    const archive = words.take();
    expect(archive).toMatchObject({ packedWith });
    const { descriptor } = archive as { descriptor: number };
    expect(readFileSync(descriptor, "utf8")).toBe("archive");
    closeSync(descriptor);
    expect(words.take()).toBeUndefined();
  });

  it.each([
    ["nothing was restored", ["::debug::Archive path: PATH\n"]],
    ["it was not named", [restored]],
    ["it is named elsewhere in a line", ["Cache hit for: ::debug::Archive path: PATH\n", restored]],
  ])("is not there where %s", (_what, lines) => {
    expect(heard("cache.tzst", ...lines).take()).toBeUndefined();
  });
});
