import { describe, expect, it } from "vitest";
import { parseDeb822, parseOneLine } from "../../../scripts/apt-sources.ts";

describe("apt's sources", () => {
  it("reads the classic format", () => {
    const text = [
      "# deb http://off.example/debian bookworm main",
      "deb http://a.example/debian bookworm main contrib",
      "deb [arch=amd64 signed-by=/k.gpg] http://b.example/debian  bookworm-updates non-free main",
      "deb-src http://a.example/debian bookworm main",
      "deb http://c.example/other stable extra",
    ].join("\n");
    expect(parseOneLine(text)).toEqual([
      { uri: "http://a.example/debian", suite: "bookworm" },
      { uri: "http://b.example/debian", suite: "bookworm-updates", signedBy: "/k.gpg" },
    ]);
  });

  it("reads the newer format", () => {
    const text = [
      "Types: deb deb-src",
      "# a comment",
      "URIs: http://a.example/debian",
      "Suites: bookworm bookworm-updates",
      "Components: main",
      "Signed-By: /k.gpg",
      "",
      "Types: deb",
      "URIs: http://b.example/debian",
      "Suites: bookworm-security",
      "Components: main",
      "Signed-By:",
      " -----BEGIN PGP PUBLIC KEY BLOCK-----",
      "",
      "Enabled: no",
      "Types: deb",
      "URIs: http://c.example/debian",
      "Suites: bookworm",
      "Components: main",
    ].join("\n");
    expect(parseDeb822(text)).toEqual([
      { uri: "http://a.example/debian", suite: "bookworm", signedBy: "/k.gpg" },
      { uri: "http://a.example/debian", suite: "bookworm-updates", signedBy: "/k.gpg" },
      { uri: "http://b.example/debian", suite: "bookworm-security" },
    ]);
  });
});
