import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { once, origin, world } from "../../unit/checkout/world.ts";
import { workspace } from "../../unit/settings/workspace.ts";
import { commit, git } from "../../unit/task/changes/repository.ts";

const token = "ghs_canaryOfTheJob";
const login = Buffer.from(`x-access-token:${token}`).toString("base64");
const simple = once(() =>
  origin({ "a.txt": "1\n" }, (work) => commit(work, { "a.txt": "2\n" }), { ahead: 1 }),
);

const holds = (folder: string, text: string) =>
  execFileSync("sh", ["-c", 'grep -rlF -e "$1" "$2" || true', "sh", text, folder], {
    encoding: "utf8",
  });

it("the token opens the repository, and is in no argument and no file", async () => {
  const { checkOut, folder, scratch, commands, server } = await world(simple(), { token });
  await checkOut();
  expect(server.logins).toContain(`AUTHORIZATION: basic ${login}`.slice("AUTHORIZATION: ".length));
  expect(commands.all().join("\n")).not.toMatch(new RegExp(`${token}|${login}`));
  for (const text of [token, login]) {
    expect(holds(folder, text) + holds(scratch, text)).toBe("");
  }
});

it("only the fetch has it, and no command has the step's secrets or its settings of git", async () => {
  const { checkOut, commands } = await world(simple(), { token });
  await checkOut();
  const environment = commands.environment();
  expect(environment.split(login)).toHaveLength(2);
  expect(environment).not.toMatch(/canary-of-the-step|GIT_TRACE|\/nowhere/);
});

it("what `actions/checkout` left is not there any more, in its old way and its new one", async () => {
  const of = simple();
  for (const [name, value] of [
    ["http.https://github.com/.extraheader", `AUTHORIZATION: basic ${login}`],
    ["includeIf.gitdir:/w/.git.path", "/tmp/_temp/git-credentials-0e1f.config"],
  ] as const) {
    const { checkOut, checkoutMain, folder } = await world(of);
    checkoutMain();
    git(folder, "config", name, value);
    expect((await checkOut()).notices).toEqual([
      "the login that `actions/checkout` had left in `.git/config` is not there any more: a later step that fetches or pushes needs one of its own",
    ]);
    expect(holds(join(folder, ".git"), login) + holds(join(folder, ".git"), "credentials-")).toBe(
      "",
    );
  }
});

it("the runner's own proxy is the way, as its settings of git say", async () => {
  const of = simple();
  const { checkOut, folder, server, request } = await world(of);
  const HOME = workspace({ ".gitconfig": `[http]\n\tproxy = ${server.url}\n` });
  await checkOut({
    serverUrl: "http://git.invalid",
    environment: { ...request.environment, HOME },
  });
  expect(server.requests[0]).toMatch(/^GET http:\/\/git\.invalid\/o\/r\/info\/refs/);
  expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("2\n");
});
