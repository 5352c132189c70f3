import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { jobFor } from "../../../src/modes/job.ts";
import { readInputs } from "../../../src/settings/inputs.ts";
import { fakeLog } from "../fakes.ts";
import { contentsOfTest } from "../github/contents-server.ts";
import { pullRequest } from "../github/payloads.ts";
import { eventCases } from "../policy/events.ts";
import { workspace } from "../settings/workspace.ts";

const signal = new AbortController().signal;

/** The command of the file that was read, and what of it counted. */
async function of(
  environment: NodeJS.ProcessEnv,
  inputs: Record<string, string> = {},
  log = fakeLog(),
) {
  const api = await contentsOfTest({ "agent.yml": "command: branch\npush: always\n" });
  const folder = workspace({ "agent.yml": "command: checkout\npush: always\n" });
  const given = readInputs({
    INPUT_ENVIRONMENT: "agent.yml",
    "INPUT_GITHUB-TOKEN": "ghs_job",
    ...inputs,
  });
  const step = { ...environment, GITHUB_API_URL: api.url, GITHUB_REPOSITORY: "Octo-Org/Demo" };
  const { job } = await jobFor(given, folder, step, signal, log);
  return [
    job.settings.command,
    job.settings.push,
    api.requests.some((one) => !one.includes("/compare/")),
  ];
}

const inActions = { GITHUB_ACTIONS: "true" };

it.each(eventCases.filter(({ name }) => name !== ""))(
  "$name, trusted: $trusted (%#)",
  async ({ name, payload, trusted }) => {
    const path = join(workspace(), "event.json");
    writeFileSync(path, JSON.stringify(payload) ?? "");
    const event = { ...inActions, GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path };
    expect(await of(event)).toEqual(
      trusted ? ["checkout", "always", false] : ["branch", "auto", true],
    );
    // the workflow's word is where the file is, and not what it may set
    const may = trusted ? "always" : "auto";
    expect(await of(event, { "INPUT_CONFIG-FROM": "checkout" })).toEqual(["checkout", may, false]);
    const asked = await of(event, { "INPUT_CONFIG-FROM": "default-branch" });
    expect(asked).toEqual(["branch", may, true]);
  },
);

it("a job whose event nobody knows trusts nothing", async () => {
  expect(await of(inActions)).toEqual(["branch", "auto", true]);
});

it("where an agent wrote the code the log says why it is a stranger's, also before there is no job", async () => {
  const payload = pullRequest();
  Object.assign(payload.pull_request.head, { ref: "agent/77" });
  const path = join(workspace(), "event.json");
  writeFileSync(path, JSON.stringify(payload));
  const event = { ...inActions, GITHUB_EVENT_NAME: "pull_request", GITHUB_EVENT_PATH: path };
  for (const wrong of [{}, { "INPUT_PROMPT-FILE": "only-there.md" }]) {
    const log = fakeLog();
    const job = of(event, wrong, log);
    await ("INPUT_PROMPT-FILE" in wrong ? expect(job).rejects.toThrow() : job);
    expect(log.lines).toEqual([
      expect.stringMatching(/^notice: the code is taken for a stranger's, because an agent wrote/),
    ]);
  }
});

it("on a terminal there is no event, and the file is its user's own", async () => {
  expect(await of({})).toEqual(["checkout", "always", false]);
});
