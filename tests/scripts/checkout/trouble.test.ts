import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tellFetchTrouble } from "../../../src/checkout/fetch-trouble.ts";
import { Trouble } from "../../../src/log/trouble.ts";
import { once, origin, world } from "../../unit/checkout/world.ts";
import { workspace } from "../../unit/settings/workspace.ts";
import { commit, treeOf, write } from "../../unit/task/changes/repository.ts";

const simple = once(() => origin({ "a.txt": "1\n" }, (work) => commit(work, { "a.txt": "2\n" })));
const token = "ghs_x";

describe("leaves the workspace as it was, and says what to do:", () => {
  it.each([
    [
      "no token",
      {},
      /asks for a login, and there is no token; give the job `permissions: contents: read`/,
    ],
    ["another token", { token: "ghs_y" }, /does not take the token; give the job/],
    ["401", { fault: 401 }, /does not take the token/],
    ["403", { fault: 403 }, /refuses it \(403\); give the job/],
    ["404", { fault: 404 }, /has no such repository for this token \(404\); give the job/],
    ["429", { fault: 429 }, /has trouble of its own \(.*429.*\); run the job again/],
    ["503", { fault: 503 }, /has trouble of its own \(.*503.*\); run the job again/],
  ] as const)("a server that answers with %s", async (_, given, words) => {
    const { fault, ...more } = { fault: undefined, ...given };
    const { checkOut, checkoutMain, folder, server, scratch } = await world(simple(), { token });
    checkoutMain();
    const before = [treeOf(folder), treeOf(join(folder, ".git"))];
    server.fault = fault;
    const done = checkOut({ token: "fault" in given ? token : undefined, ...more });
    await expect(done).rejects.toThrow(words);
    await expect(done).rejects.toBeInstanceOf(Trouble);
    expect([treeOf(folder), treeOf(join(folder, ".git"))]).toEqual(before);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("a server that cannot be reached", async () => {
    const { checkOut, folder } = await world(simple());
    await expect(checkOut({ serverUrl: "http://127.0.0.1:1" })).rejects.toThrow(
      /could not bring the pull request's head from o\/r: .*Failed to connect/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("a server that never answers, when the step is cancelled or the time is over", async () => {
    const { checkOut, folder, server } = await world(simple());
    server.fault = "silence";
    const cancel = new AbortController();
    const cancelled = checkOut({ signal: cancel.signal });
    cancelled.catch(() => {});
    await expect.poll(() => server.requests.length).toBe(1);
    cancel.abort();
    await expect(cancelled).rejects.toThrow("`checkout: head` was cancelled");
    await expect(checkOut({ limitMs: 300 })).rejects.toThrow(
      /^`checkout: head` took longer than .* and was ended; give a smaller `fetch-depth`$/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("no git", async () => {
    const { checkOut } = await world(simple());
    await expect(checkOut({ environment: { PATH: workspace() } })).rejects.toThrow(
      /^`checkout: head` could not bring .* there is no `git` on this machine's PATH$/,
    );
  });
});

it("a disk that is full while files are written says what that means", async () => {
  const { checkOut, folder, request } = await world(simple());
  const bin = workspace();
  const words = "error: unable to write file a.txt: No space left on device";
  write(
    bin,
    "git",
    `#!/bin/sh\n[ "$1" = read-tree ] && { echo '${words}' >&2; exit 128; }\nPATH="\${PATH#*:}" exec git "$@"\n`,
    0o755,
  );
  const environment = { ...request.environment, PATH: `${bin}:${request.environment.PATH}` };
  await expect(checkOut({ environment })).rejects.toThrow(
    /could not write the files of .* the runner's disk is full\. Files there may be those of either commit/,
  );
  expect(readdirSync(folder)).toEqual([]);
});

it("a `.git` that cannot be replaced stays, and that is said", async () => {
  const of = simple();
  const { checkOut, checkoutMain, folder, request } = await world(of);
  checkoutMain();
  const before = treeOf(join(folder, ".git"));
  // the new one is gone when it is to be put in place
  const bin = workspace();
  const own = join(request.scratch, "checkout");
  write(
    bin,
    "git",
    `#!/bin/sh\nPATH="\${PATH#*:}" git "$@" || exit\n[ "$1" != read-tree ] || mv ${own} ${own}-away\nmkdir -p ${own}\n`,
    0o755,
  );
  const environment = { ...request.environment, PATH: `${bin}:${request.environment.PATH}` };
  await expect(checkOut({ environment })).rejects.toThrow(
    /^`checkout: head` could not be done: ENOENT/,
  );
  expect(treeOf(join(folder, ".git"))).toBe(before);
});

it("a server that fails once is asked again", async () => {
  const of = simple();
  const { checkOut, server } = await world(of);
  server.fault = 502;
  server.faults = 1;
  expect(await checkOut()).toMatchObject({ head: of.head });
  expect(server.requests).toHaveLength(4);
});

it.each([
  ["error: file write error: No space left on device", /disk is full/],
  ["fatal: unable to write: Disk quota exceeded", /disk is full/],
  ["remote: Write access to repository not granted.\nfatal: unable to access", /403/],
  ["remote: Repository not found.\nfatal: repository 'https://github.com/o/r/' not found", /404/],
  ["fatal: something\u001b[31m new", /: fatal: something new$/],
])("git's words %j have a meaning", (said, words) => {
  const about = { repository: "o/r", serverUrl: "https://github.com", hasToken: true };
  expect(tellFetchTrouble(said, about)).toMatch(words);
});
