import { describe, expect, it } from "vitest";
import { isEnough } from "../../../src/policy/permission.ts";

const levels = ["read", "triage", "write", "maintain", "admin"];

describe("a permission", () => {
  it("is enough for what it is, and for all below it, and for nothing above", () => {
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

  it.each(["none", "", "Admin", "release-managers", "constructor"])(
    "%j is enough for none",
    (has) => {
      for (const required of levels) expect(isEnough(has, required)).toBe(false);
    },
  );
});
