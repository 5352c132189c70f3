import { describe, expect, it } from "vitest";
import {
  mostArchiveBytes,
  mostBytes,
  whatIsRefused,
} from "../../../../src/images/actions-cache/entries/member.ts";

const promised = { file: "sha256-a", maxBytes: 1_000_000 };
const good = { name: "sha256-a", type: "file", size: 1_000_000 } as const;

describe("a member of an entry's archive", () => {
  it("is taken where it is the file that was saved", () => {
    expect(whatIsRefused(good, promised, 0)).toBeUndefined();
  });

  it.each(["/etc/passwd", "../sha256-a", "./sha256-a", "sha256-a/", "sha256-aa", "sha256-a\n", ""])(
    "is refused under any other name: %j",
    (name) => {
      expect(whatIsRefused({ ...good, name }, promised, 0)).toMatch(/which is not what was saved$/);
    },
  );

  it.each([
    ["symlink", "a symbolic link"],
    ["link", "a hard link"],
    ["directory", "a folder"],
    ["fifo", "a pipe"],
    ["character-device", "a device"],
    ["block-device", "a device"],
    ["contiguous-file", "something unknown"],
    [null, "something unknown"],
  ] as const)("is refused as %s", (type, shown) => {
    expect(whatIsRefused({ ...good, type: type as "file" }, promised, 0)).toBe(
      `the entry's archive has sha256-a as ${shown}`,
    );
  });

  it("is refused where its holes would be filled in", () => {
    const pax = { "GNU.sparse.major": "1" };
    expect(whatIsRefused({ ...good, pax }, promised, 0)).toMatch(/as a sparse file$/);
  });

  it("is refused a second time", () => {
    expect(whatIsRefused(good, promised, 1)).toMatch(/has sha256-a twice$/);
  });

  it.each([1_000_001, 2 ** 80])("is refused with %d bytes, of a million", (size) => {
    expect(whatIsRefused({ ...good, size }, promised, 0)).toMatch(/at most 1\.0 MB were promised$/);
  });

  it("is named on one line, and not at length", () => {
    const name = `\u001B[31m../x\n::error::${"y".repeat(500)}`;
    const refused = whatIsRefused({ ...good, name }, promised, 0) ?? "";
    expect(refused).toMatch(/^the entry's archive has \.\.\/x ::error::y+…, which is not/);
    expect(refused.length).toBeLessThan(170);
  });
});

describe("how much may come", () => {
  it("is what was promised, and of a small archive less", () => {
    expect(mostBytes(5_000_000, 5_000)).toBe(5_000_000);
    expect(mostBytes(6e9, 202_000)).toBe(84_200_000);
    expect(mostBytes(6e9, 2e9)).toBe(6e9);
  });

  it("leaves an archive of what does not compress its headers", () => {
    expect(mostArchiveBytes(2_000_000_000)).toBe(2_021_000_000);
    expect(mostArchiveBytes(0)).toBe(1_000_000);
  });
});
