import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { isAgentsMessage } from "../../../src/policy/agent-written.ts";
import { commitMessage, titleOf } from "../../../src/policy/commit-message.ts";

it.each([
  ["fixes #12: the tests", "Agent: fixes 12: the tests"],
  ["closes octo-org/demo#3 and GH-4", "Agent: closes octo-org/demo3 and 4"],
  ["resolves https://github.com/octo-org/demo/issues/5 now", "Agent: resolves (link) now"],
  ["@octo-org/team, look", "Agent: octo-org/team, look"],
  ["[skip ci] ***NO_CI*** do it", "Agent: skip ci do it"],
  ["\n\n  second line first \n\nCo-authored-by: a <a@b.c>", "Agent: second line first"],
  ["Co-authored-by: a <a@b.c>", "Agent: Co-authored-by: a ab.c"],
  ["a\u001b[31m\u0000b\u202ec\u200bd", "Agent: abcd"],
  ["<!-- x --> `code`", "Agent: !-- x -- code"],
  ["resolves ht*tps://github.com/octo-org/demo/issues/5", "Agent: resolves (link)"],
  ["closes https\u200b://github.com/octo-org/demo/issues/5", "Agent: closes (link)"],
  ["closes G\u200bH-4 and GH-GH-4", "Agent: closes 4 and 4"],
  ["", "Agent: changes"],
  ["x".repeat(500), `Agent: ${"x".repeat(64)}…`],
])("a title of %j does nothing on GitHub: %j", (words, title) => {
  expect(titleOf(words)).toBe(title);
});

it("takes no time for a long line", () => {
  expect(titleOf("a.".repeat(32_768))).toHaveLength(72);
});

it("has one trailer as git reads it, whatever was asked", () => {
  const run = "https://github.com/octo-org/demo/actions/runs/7";
  const message = commitMessage(titleOf("Signed-off-by: a <a@b.c>\n\nSigned-off-by: b"), run);
  const trailers = execFileSync("git", ["interpret-trailers", "--parse"], { input: message });
  expect(trailers.toString()).toBe(`Agent-Runner: ${run}\n`);
  expect(isAgentsMessage(message)).toBe(true);
});
