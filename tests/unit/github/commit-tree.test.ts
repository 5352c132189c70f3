import { describe, expect, it } from "vitest";
import { defaultBranchOf, Unreadable } from "../../../src/github/default-branch.ts";
import { contentsOfTest, type Entry } from "./contents-server.ts";

async function treeOf(files: Record<string, Entry>, how: { cut?: boolean; fault?: number } = {}) {
  const server = await contentsOfTest(files);
  server.cut = how.cut ?? false;
  server.fault = how.fault === undefined ? undefined : { path: /trees/, status: how.fault };
  const access = {
    repository: "Octo-Org/Demo",
    token: "ghs_job",
    apiUrl: server.url,
    signal: new AbortController().signal,
  };
  const tree = defaultBranchOf(access).tree((folder) => folder === "wanted");
  return { server, tree };
}

const pathsOf = async (tree: Awaited<ReturnType<typeof treeOf>>["tree"]) =>
  (await tree).entries.map(({ path, mode }) => `${mode} ${path}`).toSorted();

describe("the default branch's list of paths", () => {
  it("is one commit's, by one request, and holds what can be read by its names", async () => {
    const { tree, server } = await treeOf({ "a/b.md": "b\n", c: { type: "symlink", target: "a" } });
    expect(await pathsOf(tree)).toEqual(["040000 a", "100644 a/b.md", "120000 c"]);
    const { at, isCut, entries, blob } = await tree;
    expect([at, isCut]).toEqual(["main, 1111111", false]);
    const idOf = (path: string) => entries.find((entry) => entry.path === path)?.id ?? "";
    expect((await blob(idOf("a/b.md"))).toString()).toBe("b\n");
    expect((await blob(idOf("c"))).toString()).toBe("a");
    expect(server.requests.filter((request) => request.includes("/trees/"))).toHaveLength(1);
  });

  it("has the top and what is wanted below it, where GitHub's list is cut off", async () => {
    const files = { "wanted/x/y": "1", "other/x": "2", top: "3" };
    const { tree } = await treeOf(files, { cut: true });
    expect(await pathsOf(tree)).toEqual([
      "040000 other",
      "040000 wanted",
      "040000 wanted/x",
      "100644 top",
      "100644 wanted/x/y",
    ]);
    expect((await tree).isCut).toBe(true);
  });

  it("that cannot be had is a reason", async () => {
    const { tree } = await treeOf({}, { fault: 403 });
    const error = await tree.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Unreadable);
    expect((error as Error).message).toMatch(/^GitHub's API answered 403 .*`contents: read`$/);
  });
});
