import { expect, it } from "vitest";
import { withDoubt } from "../../../src/modes/doubt.ts";
import { trustIn } from "../../../src/policy/trust.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { gitHubOfTest, type Reply } from "../../harness/github/server.ts";
import { fromFork, pullRequest } from "../github/payloads.ts";

const compare = "GET /repos/:owner/:repo/compare/*basehead";
const own = { name: "pull_request", payload: pullRequest() };
const commits = (...messages: string[]): Reply => ({
  body: {
    total_commits: messages.length,
    commits: messages.map((message) => ({ commit: { message } })),
  },
});

async function doubt(
  answer: Reply,
  { event = own, inputs = {} }: { event?: typeof own; inputs?: Record<string, string> } = {},
) {
  const server = await gitHubOfTest({ [compare]: () => answer });
  const given = readInputs({ INPUT_AGENT: "claude", "INPUT_GITHUB-TOKEN": "ghs_job", ...inputs });
  const step = { GITHUB_API_URL: server.url, GITHUB_REPOSITORY: "Octo-Org/Demo" };
  const found = await withDoubt(event, given, step, new AbortController().signal);
  return { trusted: trustIn(found.event).trusted, ...found, asked: server.requests.length };
}

it("a pull request of people's commits stays trusted, for one request", async () => {
  expect(await doubt(commits("one", "two"))).toMatchObject({ trusted: true, asked: 1 });
});

it("one agent's commit among them takes the trust away, whoever pushed it", async () => {
  const found = await doubt(commits("one", "mend\n\nAgent-Runner: https://x", "two"));
  expect(found).toMatchObject({
    trusted: false,
    event: { doubt: expect.stringContaining("agent") },
  });
});

it.each([
  [{ status: 403, body: { message: "Resource not accessible by integration" } }],
  [{ status: 500, body: { message: "Server Error" } }],
  [{ body: { commits: "none" } }],
  [{ body: { total_commits: 251, commits: [] } }],
])("an answer that does not tell takes it away, too: %j", async (answer) => {
  expect(await doubt(answer)).toMatchObject({ trusted: false });
});

it("where GitHub cannot be reached the event decides, and the log says so", async () => {
  const given = readInputs({ INPUT_AGENT: "claude", "INPUT_GITHUB-TOKEN": "ghs_job" });
  const step = { GITHUB_API_URL: "http://127.0.0.1:9", GITHUB_REPOSITORY: "Octo-Org/Demo" };
  const found = await withDoubt(own, given, step, new AbortController().signal);
  expect(trustIn(found.event).trusted).toBe(true);
  expect(found.unknown).toMatch(/could not be read whether an agent wrote/);
});

it("nothing is asked where it makes no difference", async () => {
  const fork = await doubt(commits("x"), { event: { ...own, payload: fromFork() } });
  expect(fork).toMatchObject({ trusted: false, asked: 0 });
  const plain = await doubt(commits("x"), { inputs: { INPUT_AGENT: "", INPUT_COMMAND: "true" } });
  expect(plain).toMatchObject({ trusted: true, asked: 0 });
  const nobody = await doubt(commits("x"), { inputs: { "INPUT_GITHUB-TOKEN": "" } });
  expect(nobody).toMatchObject({ trusted: true, asked: 0 });
});
