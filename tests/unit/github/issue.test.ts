import { expect, it } from "vitest";
import { readIssue } from "../../../src/github/issue.ts";
import { repositoryOfTest, serve } from "./asked-about.ts";

it("reads an issue", async () => {
  const { api } = await serve(repositoryOfTest());
  expect(await readIssue(api, 8)).toEqual({
    number: 8,
    title: "The door squeaks",
    body: "",
    author: "mona",
    state: "open",
  });
});

it("says in a sentence why an issue cannot be read", async () => {
  const { api, server } = await serve(repositoryOfTest());
  expect(await readIssue(api, 9)).toMatch(
    /^Issue #9 cannot be read: GitHub answered 404 \(.*\)\. The token needs `issues: read`\.$/,
  );
  server.faults.set("GET /repos/:owner/:repo/issues/:number", {
    status: 403,
    body: { message: "API rate limit exceeded" },
  });
  expect(await readIssue(api, 8)).toBe(
    "Issue #8 cannot be read: GitHub answered 403 (API rate limit exceeded).",
  );
  server.faults.set("GET /repos/:owner/:repo/issues/:number", {
    body: { number: 3, title: "Moved", user: null, state: "open" },
  });
  expect(await readIssue(api, 8)).toBe(
    "Issue #8 cannot be read: GitHub answered with another one.",
  );
});
