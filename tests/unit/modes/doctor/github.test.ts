import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { clock, github } from "../../../../src/modes/doctor/github.ts";
import { told, worldOf } from "./world.ts";

async function asked(status: number, date = new Date()) {
  const server = createServer((_, response) => {
    const headers = { "content-type": "application/json", date: date.toUTCString() };
    response.writeHead(status, headers).end(JSON.stringify({ message: "Bad credentials" }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = { GITHUB_REPOSITORY: "team/it", GITHUB_API_URL: url };
  const { world } = await worldOf({ environment, inputs: { "github-token": "ghs_s3cret" } });
  return told(await github.at(world)).map((line) => line.replaceAll(url, "API"));
}

it("answers to the token", async () => {
  expect(await asked(200)).toEqual(["ok GitHub: API answers for team/it"]);
});

it.each([
  [401, /^problem GitHub: API answers 401: Bad credentials.* → give the job `contents: read`/],
  [502, /^problem GitHub: API cannot be asked: Bad credentials.* → check the network/],
])("says what %i asks for", async (status, expected) => {
  expect(await asked(status)).toEqual([expect.stringMatching(expected)]);
});

it("is asked in vain where time is over", async () => {
  const environment = { GITHUB_REPOSITORY: "team/it", GITHUB_API_URL: "http://127.0.0.1:9" };
  const inputs = { "github-token": "ghs_s3cret" };
  const { world } = await worldOf({ environment, inputs, signal: AbortSignal.abort() });
  expect(told(await github.at(world))).toEqual([
    expect.stringMatching(/^problem GitHub: http:\/\/127\.0\.0\.1:9 did not answer in time → /),
  ]);
});

it.each([
  [{}, { "github-token": "t" }, "there is no repository to ask about"],
  [{ GITHUB_REPOSITORY: "team/it" }, {}, "there is no `github-token`"],
])("is not asked with %j and %j", async (environment, inputs, why) => {
  expect(told(await github.at((await worldOf({ environment, inputs })).world))).toEqual([
    `ok GitHub: its API is not asked: ${why}`,
  ]);
});

it.each([
  [0, []],
  [59_000, []],
  [3_600_000, [expect.stringMatching(/^problem clock: it is 3600 s ahead of GitHub's → set /)]],
  [-120_000, [expect.stringMatching(/^problem clock: it is 120 s behind GitHub's → set /)]],
])("a clock that is %i ms ahead", (ahead, expected) => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(told(clock(new Date(now - ahead).toUTCString(), now))).toEqual(expected);
});

it("no time is no other time", () => {
  expect(clock(undefined, 0)).toEqual([]);
});
