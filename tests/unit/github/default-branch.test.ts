import { describe, expect, it } from "vitest";
import { defaultBranchOf, Unreadable } from "../../../src/github/default-branch.ts";
import { commit, contentsOfTest, type Entry } from "./contents-server.ts";

async function serve(files: Record<string, Entry>, branch?: string) {
  const server = await contentsOfTest(files, branch);
  const read = (path: string, signal = new AbortController().signal, token?: string) =>
    defaultBranchOf({
      repository: "Octo-Org/Demo",
      token: token ?? "ghs_job",
      apiUrl: server.url,
      signal,
    }).read(path);
  return { server, read };
}

describe("files of the default branch", () => {
  it("are read by the job's token, all at one commit, each once", async () => {
    const { server } = await serve({ "a b/ü#?.sh": "echo ü\n", "b.sh": "echo b\n".repeat(50) });
    const branch = defaultBranchOf({
      repository: "Octo-Org/Demo",
      token: "ghs_job",
      apiUrl: server.url,
      signal: new AbortController().signal,
    });
    const [one, two, again] = await Promise.all([
      branch.read("a b/ü#?.sh"),
      branch.read("b.sh"),
      branch.read("b.sh"),
    ]);
    expect(one.toString()).toBe("echo ü\n");
    expect(two.toString()).toBe("echo b\n".repeat(50));
    expect(again).toBe(two);
    expect(server.requests.toSorted()).toEqual([
      "/repos/Octo-Org/Demo",
      `/repos/Octo-Org/Demo/contents/a%20b/%C3%BC%23%3F.sh?ref=${commit}`,
      `/repos/Octo-Org/Demo/contents/b.sh?ref=${commit}`,
      "/repos/Octo-Org/Demo/git/ref/heads/main",
    ]);
    expect([...server.tokens]).toEqual(["token ghs_job"]);
  });

  it("are those of a branch, whatever it is called", async () => {
    const { read } = await serve({ a: "x" }, "release/1.x");
    expect((await read("a")).toString()).toBe("x");
  });

  it("may be empty", async () => {
    const { read } = await serve({ a: "" });
    expect((await read("a")).length).toBe(0);
  });

  it.each<[string, Entry, RegExp]>([
    [
      "a folder",
      { type: "dir", entries: [] },
      /is a directory on the default branch \(main, 1{7}\)/,
    ],
    ["a link", { type: "symlink", target: "/etc/passwd", size: 11 }, /is a symlink on/],
    ["a submodule", { type: "submodule", size: 0 }, /is a submodule on/],
    [
      "more than the API hands out",
      { type: "file", size: 1_048_577, encoding: "none", content: "" },
      /has 1048577 bytes on .* at most 1048576/,
    ],
    ["half an answer", { type: "file", size: 9, encoding: "base64", content: "eA==" }, /not whole/],
    ["no contents", { type: "file", size: 9, encoding: "none", content: "" }, /not whole/],
    ["a list, as of older folders", { 0: "a" }, /not understood/],
  ])("are refused when it is %s", async (_what, entry, says) => {
    const { read } = await serve({ a: entry });
    await expect(read("a")).rejects.toThrow(says);
    await expect(read("a")).rejects.toBeInstanceOf(Unreadable);
  });

  it("that are not there are told with the commit and the ways out", async () => {
    const { read } = await serve({});
    await expect(read("gone.yml")).rejects.toThrow(
      /does not exist on the default branch \(main, 1111111\).*absolute path.*config-from: checkout/,
    );
  });
});

describe("where the API cannot be used", () => {
  it.each<[RegExp, number]>([
    [/\/Demo$/, 404],
    [/\/Demo$/, 401],
    [/\/ref\//, 403],
    [/\/ref\//, 502],
    [/\/contents\//, 403],
    [/\/contents\//, 500],
  ])("an answer of %s with %s says which, and what to do", async (path, status) => {
    const { server, read } = await serve({ a: "x" });
    server.fault = { path, status };
    const says = `answered ${status} .*contents: read.*config-from: checkout`;
    await expect(read("a")).rejects.toThrow(new RegExp(says));
    await expect(read("a")).rejects.toBeInstanceOf(Unreadable);
  });

  it.each([/\/Demo$/, /\/ref\//, /\/contents\//])(
    "no answer of %s is told as such",
    async (path) => {
      const { server, read } = await serve({ a: "x" });
      server.fault = { path, status: "hang" };
      await expect(read("a", AbortSignal.timeout(200))).rejects.toThrow(/did not answer in time/);
    },
  );

  it("nobody there, no token, no repository", async () => {
    const of = (change: object) =>
      defaultBranchOf({
        repository: "Octo-Org/Demo",
        token: "t",
        apiUrl: "http://127.0.0.1:9",
        signal: new AbortController().signal,
        ...change,
      }).read("a");
    await expect(of({})).rejects.toThrow(/could not be reached.*contents: read/);
    await expect(of({ token: undefined })).rejects.toThrow(/there is no `github-token`/);
    await expect(of({ repository: undefined })).rejects.toThrow(/`GITHUB_REPOSITORY` is not set/);
    await expect(of({ token: undefined })).rejects.toBeInstanceOf(Unreadable);
  });
});
