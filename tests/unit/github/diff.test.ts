import { describe, expect, it } from "vitest";
import { readDiff } from "../../../src/github/diff.ts";
import type { Comparison } from "../../harness/github/state.ts";
import { repositoryOfTest, serve, sha } from "./asked-about.ts";

const route = "GET /repos/:owner/:repo/compare/:basehead";
const files = [{ filename: "door.ts", status: "modified", additions: 2, deletions: 1 }];

async function served(comparison?: Comparison) {
  const state = repositoryOfTest();
  if (comparison) state.comparisons.set(`${sha("a")}...${sha("b")}`, comparison);
  const { server, api } = await serve(state);
  return { server, read: () => readDiff(api, sha("a"), sha("b")) };
}

describe("the diff of a head", () => {
  it("is read as GitHub tells it", async () => {
    const text = "diff --git a/döör.ts b/döör.ts\n+ü\n";
    const { read, server } = await served({ diff: text, files });
    expect(await read()).toEqual({ kind: "patch", text });
    expect(server.requests).toEqual([`GET /repos/Octo-Org/Demo/compare/${sha("a")}...${sha("b")}`]);
  });

  it("is read where it comes as bytes", async () => {
    const { read, server } = await served({ diff: "", files });
    server.faults.set(route, {
      headers: { "content-type": "application/vnd.github.diff" },
      body: "+ü\n",
    });
    expect(await read()).toEqual({ kind: "patch", text: "+ü\n" });
  });

  it("is a list of files where it is too large", async () => {
    const { read } = await served({ diff: undefined, files });
    expect(await read()).toEqual({ kind: "files", files });
  });

  it("is a sentence where GitHub does not tell it", async () => {
    const { read, server } = await served();
    expect(await read()).toMatch(
      /^The diff cannot be read: GitHub answered 404 \(.*\)\. The token needs `contents: read`\.$/,
    );
    server.faults.set(route, { status: 500, body: { message: "Server Error" } });
    expect(await read()).toMatch(/^The diff cannot be read: GitHub answered 500 /);
    server.faults.set(route, (call) =>
      call.headers.accept === "application/vnd.github.diff"
        ? { status: 406, body: {} }
        : { body: { files: [{}] } },
    );
    expect(await read()).toBe("The diff cannot be read: GitHub's answer is not understood.");
  });
});
