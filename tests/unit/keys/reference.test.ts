import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRegistryPath, nameOf, parseReference, variant } from "../../../src/keys/reference.ts";
import { cpuMs } from "../cpu.ts";

const digest = `sha256:${"0a".repeat(32)}`;

describe("parseReference", () => {
  it.each([
    ["debian", [undefined, "debian", undefined, undefined]],
    ["debian:12", [undefined, "debian", "12", undefined]],
    ["lunamidori5/pixelarch:emerald", [undefined, "lunamidori5/pixelarch", "emerald", undefined]],
    ["ghcr.io/owner/image", ["ghcr.io", "owner/image", undefined, undefined]],
    ["localhost/image:a", ["localhost", "image", "a", undefined]],
    ["localhost:5000/image", ["localhost:5000", "image", undefined, undefined]],
    ["127.0.0.1:5000/a/b/c:V1.0_x-y", ["127.0.0.1:5000", "a/b/c", "V1.0_x-y", undefined]],
    ["[::1]:5000/image:1", ["[::1]:5000", "image", "1", undefined]],
    [`debian@${digest}`, [undefined, "debian", undefined, digest]],
    [`ghcr.io/o/i:12@${digest}`, ["ghcr.io", "o/i", "12", digest]],
    ["a__b/c---d.e", [undefined, "a__b/c---d.e", undefined, undefined]],
  ])("%s", (text, [registry, repository, tag, found]) => {
    expect(parseReference(text)).toEqual({ registry, repository, tag, digest: found });
  });

  it.each([
    "",
    " ",
    "debian 12",
    "debian: 12",
    "-debian",
    "--privileged",
    "-v/:/host",
    "debian:",
    "debian:-x",
    "debian:.x",
    "Debian",
    "owner/Debian",
    "https://ghcr.io/o/i",
    "debian@sha256:abc",
    `debian@sha256:${"A".repeat(64)}`,
    `debian@md5:${"a".repeat(32)}`,
    "/debian",
    "debian/",
    "a//b",
    "debian\n",
    "debian:12\n--privileged",
    `debian:${"a".repeat(129)}`,
    "débian",
  ])("%j is none", (text) => {
    expect(parseReference(text)).toBeUndefined();
  });

  it.each(["a", "a-", "a."])("answers at once to a long run of %j", (piece) => {
    const text = `${piece.repeat(100_000)}:!`;
    expect(cpuMs(() => parseReference(text))).toBeLessThan(500);
  });
});

describe("nameOf", () => {
  it.each([
    ["debian:12", "debian"],
    [`localhost:5000/a/b@${digest}`, "localhost:5000/a/b"],
  ])("%s is %s", (text, name) => {
    expect(nameOf(parseReference(text) as never)).toBe(name);
  });
});

describe("isRegistryPath", () => {
  it.each(["ghcr.io/owner/name", "localhost:5000", "127.0.0.1:5000/a", "a.example/x-y/z__1"])(
    "%s is one",
    (text) => expect(isRegistryPath(text)).toBe(true),
  );
  it.each(["https://ghcr.io/a", "ghcr.io/", "ghcr.io/a b", "-x", "ghcr.io/A", "ghcr.io/a:tag", ""])(
    "%j is none",
    (text) => expect(isRegistryPath(text)).toBe(false),
  );
});

describe("variant", () => {
  const of = (text: string) => variant(parseReference(text) as never);

  it.each([
    ["debian:12", "12"],
    ["debian", "latest"],
    ["ghcr.io/owner/name", "latest"],
    [`ghcr.io/owner/my.image@${digest}`, "my.image"],
    [`ghcr.io/owner/my.image:7@${digest}`, "7"],
    ["debian:Bookworm", "bookworm"],
    ["debian:__-Odd.Tag--", "odd.tag"],
    ["debian:12345678901234567", "1234567890123456"],
    ["debian:123456789012345-7", "123456789012345"],
    ["debian:_______________abc", "a"],
    ["debian:________________abc", "base"],
    ["debian:_", "base"],
  ])("of %s is %s", (text, expected) => {
    expect(of(text)).toBe(expected);
  });

  it("is always a valid beginning of a key", () => {
    const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
    fc.assert(
      fc.property(tag, (text) => {
        expect(of(`debian:${text}`)).toMatch(/^[a-z0-9](?:[a-z0-9_.-]{0,14}[a-z0-9])?$/);
      }),
    );
  });

  it("replaces what no tag has, should a reference ever bring it", () => {
    expect(variant({ registry: undefined, repository: "a", tag: "Ä b/c", digest: undefined })).toBe(
      "b_c",
    );
  });
});
