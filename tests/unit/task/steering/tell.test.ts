import { expect, it } from "vitest";
import { tellReplacement } from "../../../../src/task/steering/tell.ts";

it("the log names every file that was replaced, as long as there are not very many", () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `sub/${at}/CLAUDE.md`);
  const of = (removed: string[]) =>
    tellReplacement({
      ...{ fromBranch: ["AGENTS.md"], removed, leftOut: [], unreadable: [] },
      source: { at: "main, 1111111", isCut: false },
    }).line;
  expect(of(names(30))).toContain(`(removed: ${names(30).join(", ")})`);
  expect(of(names(60))).toMatch(/, sub\/49\/CLAUDE.md, and 10 more\)$/);
});
