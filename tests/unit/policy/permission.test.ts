import { describe, expect, it } from "vitest";
import { isEnough, type Level, levelOf } from "../../../src/policy/permission.ts";

const levels: Level[] = ["none", "read", "triage", "write", "maintain", "admin"];

it("a permission is enough for what it is, and for all below it, and for nothing above", () => {
  for (const [has, level] of levels.entries()) {
    for (const [wanted, required] of levels.entries()) {
      expect([level, required, isEnough(level, required)]).toEqual([
        level,
        required,
        has >= wanted,
      ]);
    }
  }
});

describe("what somebody may do", () => {
  it.each([
    // built-in roles: by their names, which the older word folds
    ["none", "none", "none"],
    ["read", "read", "read"],
    ["read", "triage", "triage"],
    ["write", "write", "write"],
    ["write", "maintain", "maintain"],
    ["admin", "admin", "admin"],
    // custom ones: by what they are based on
    ["read", "release-managers", "read"],
    ["write", "release-managers", "write"],
    ["admin", "release-managers", "admin"],
    ["write", "Maintain", "write"],
    ["read", "Admin", "read"],
    ["read", "constructor", "read"],
    ["write", undefined, "write"],
    // contradictions: the lower
    ["read", "admin", "triage"],
    ["none", "write", "none"],
    ["write", "admin", "maintain"],
    ["admin", "read", "read"],
  ] as const)("is, by %s and the role %s, %s", (permission, role, level) => {
    expect(levelOf({ permission, role, isBot: false })).toBe(level);
  });
});
