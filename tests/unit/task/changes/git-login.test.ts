import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mayHaveLogin, withoutLogin } from "../../../../src/checkout/git-login.ts";
import { repositoryState } from "../../../../src/task/changes/git-differences.ts";
import { copyRepository } from "../../../../src/task/changes/git-folder.ts";
import { workspace } from "../../settings/workspace.ts";

const login = "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46Z2hzX2NhbmFyeQ==";
const config = (line: string) =>
  `[core]\n\tbare = false\n[http "https://github.com/"]\n${line}[remote "origin"]\n\turl = https://github.com/o/r\n`;

it.each([
  `\textraheader = ${login}\n`,
  `extraHeader=${login}\n`,
  `  EXTRAHEADER = AUTHORIZATION: basic \\\n  eC1hY2Nlc3M=\n`,
  `\textraheader = \r\n`,
  "\tpath = /home/runner/work/_temp/git-credentials-0e1f.config\n",
])("a login that checkout left is not among the settings: %j", (line) => {
  expect(withoutLogin(config(line))).toBe(config(""));
});

it("everything else is, to the byte", () => {
  const other = config("\tproxy = http://localhost # extraheader = x\n");
  expect(withoutLogin(other)).toBe(other);
});

it.each([
  ["config", true],
  ["config.worktree", true],
  ["modules/sub/config", true],
  ["config/x", false],
  ["refs/heads/my-config", false],
])("the settings of a repository and of its submodules are looked at: %s", (path, may) => {
  expect(mayHaveLogin(path)).toBe(may);
});

it("the task's copy has no login, a submodule's neither, and nothing is told of that", async () => {
  const text = config(`\textraheader = ${login}\n`);
  const from = workspace({
    config: text,
    HEAD: "ref: refs/heads/main\n",
    "modules/sub/config": text,
  });
  const to = workspace();
  await copyRepository(from, to, "/run/agent-runner-git", true);
  for (const path of ["config", "modules/sub/config"]) {
    expect(readFileSync(join(from, path), "utf8")).toBe(text);
    expect(readFileSync(join(to, path), "utf8")).toBe(config(""));
  }
  expect(await repositoryState(to)).toEqual(await repositoryState(from));
});
