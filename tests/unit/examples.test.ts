import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agents } from "../../src/agents/agents.ts";
import { readInputs } from "../../src/settings/inputs.ts";
import { loadJob } from "../../src/settings/load.ts";
import { type Happened, readExample, runExample } from "../harness/example.ts";
import { fromFork, payloadOf, pullRequest } from "./github/payloads.ts";

// The workflows that others copy, as GitHub reads them for real payloads. Run for real in integration/examples.

const folder = join(import.meta.dirname, "../../examples");
const files = readdirSync(join(folder, "workflows"));
const token = "ghs_of-the-job";
const secrets = { ANTHROPIC_API_KEY: "sk-ant-of-the-repository" };

/** A comment on a pull request. */
function comment(body: string, association = "MEMBER", at: "pull" | "issue" = "pull"): Happened {
  const payload = payloadOf("issue_comment") as {
    action: string;
    issue: Record<string, unknown>;
    comment: Record<string, unknown>;
  };
  payload.action = "created";
  payload.comment.body = body;
  payload.comment.author_association = association;
  if (at === "pull") payload.issue.pull_request = { url: "https://api.github.com/…" };
  return { name: "issue_comment", payload, token, secrets };
}

function pull(action: string, more: Record<string, unknown> = {}, from = pullRequest): Happened {
  const payload = { ...from(), action, ...more };
  return { name: "pull_request", payload, token, secrets };
}

function ciRun(conclusion: string, more: Record<string, unknown> = {}): Happened {
  const payload = payloadOf("workflow_run") as {
    action: string;
    workflow_run: Record<string, unknown>;
    repository: { full_name: string };
  };
  payload.action = "completed";
  Object.assign(payload.workflow_run, {
    event: "pull_request",
    conclusion,
    head_repository: { full_name: payload.repository.full_name },
    pull_requests: [{ number: 7 }],
    ...more,
  });
  return { name: "workflow_run", payload, token, secrets };
}

const labeled = (name: string, from = pullRequest) => pull("labeled", { label: { name } }, from);
const nightly: Happened = { name: "schedule", payload: {}, token, secrets };
const pushed: Happened = { name: "push", payload: payloadOf("push"), token, secrets };

/** What each is for, and its job. */
const meant: Record<string, [Happened, string]> = {
  "agent-on-comment.yml": [comment("/agent mend it"), "agent"],
  "agent-on-label.yml": [labeled("agent"), "agent"],
  "review-pull-requests.yml": [pull("synchronize"), "review"],
  "fix-failed-ci.yml": [ciRun("failure"), "agent"],
  "triage-issues.yml": [nightly, "triage"],
  "prebuild.yml": [pushed, "prebuild"],
  "share-through-ghcr.yml": [pushed, "images"],
};

it("has an example for each purpose", () => {
  expect(files.toSorted()).toEqual(Object.keys(meant).toSorted());
});

describe.each(Object.entries(meant))("%s", (file, [happened, job]) => {
  const text = readFileSync(join(folder, "workflows", file), "utf8");
  const run = runExample(file, happened);

  it("is read at a glance, and says what it is for", () => {
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
    expect(text).toMatch(/^# [A-Z]/);
  });

  it("runs for what it is meant for, with settings that are right together", async () => {
    expect(Object.keys(run?.given ?? {})).toEqual([job]);
    const { inputs = {}, env = {} } = run?.given[job] ?? {};
    const variables = Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.toUpperCase()}`,
      value,
    ]);
    const raw = readInputs(Object.fromEntries(variables));
    const loaded = await loadJob(raw, join(folder, "agent"), env, { limits: agents });
    expect(loaded.warnings).toEqual([]);
    // an agent never without its version, and the key of its model by name alone
    const { agent, mode } = loaded.settings;
    if (agent !== undefined) expect(loaded.settings["agent-version"]).toBeDefined();
    expect(Object.fromEntries(loaded.environment)).toEqual(
      agent !== undefined && mode === "run" ? secrets : {},
    );
    expect(JSON.stringify(inputs)).not.toContain("sk-ant");
  });

  it("keeps what the agent did after a failure and a time-out, too, and nothing where it did not run", () => {
    if (run?.given[job]?.inputs.env === undefined) return; // no agent
    const outputs = { "transcript-path": "/t/transcript.log", "changes-path": "/t/changes.patch" };
    const wanted = /changes: (?:commit|patch)/.test(text)
      ? Object.values(outputs).reverse()
      : ["/t/transcript.log"];
    expect(run.kept(job, outputs)).toEqual(file === "triage-issues.yml" ? [] : wanted);
    expect(run.kept(job, { "transcript-path": "", "changes-path": "" })).toEqual([]);
  });

  it("has no shell that knows git or GitHub's API, but where issues are read and labelled", () => {
    const shell = Object.values(readExample(file).jobs).flatMap(({ steps }) =>
      steps.flatMap((step) => step.run ?? []),
    );
    expect(shell.length).toBe(file === "triage-issues.yml" ? 2 : 0);
  });
});

describe("nothing runs", () => {
  const jobs = (file: string, happened: Happened) =>
    Object.keys(runExample(file, happened)?.given ?? {});

  it.each([
    ["a comment without the phrase", comment("well done")],
    ["a comment on an issue", comment("/agent mend it", "MEMBER", "issue")],
  ])("of the agent by comment for %s", (_what, happened) => {
    expect(jobs("agent-on-comment.yml", happened)).toEqual([]);
  });

  it.each([
    ["another label", labeled("bug")],
    ["a fork's pull request", labeled("agent", fromFork)],
    ["what is no label", pull("opened")],
  ])("of the agent by label for %s", (_what, happened) => {
    expect(jobs("agent-on-label.yml", happened)).toEqual([]);
  });

  it("of the review for a fork's pull request, or a draft", () => {
    expect(jobs("review-pull-requests.yml", pull("opened", {}, fromFork))).toEqual([]);
    const draft = pull("opened");
    Object.assign(draft.payload.pull_request as object, { draft: true });
    expect(jobs("review-pull-requests.yml", draft)).toEqual([]);
  });

  it.each([
    ["a run that went well", ciRun("success")],
    ["a run of main's", ciRun("failure", { event: "push" })],
    ["a fork's run", ciRun("failure", { head_repository: { full_name: "mallory/demo" } })],
    ["a run whose repository is gone", ciRun("failure", { head_repository: null })],
  ])("to mend CI for %s", (_what, happened) => {
    expect(jobs("fix-failed-ci.yml", happened)).toEqual([]);
  });

  it("with the right to push images for a pull request", () => {
    expect(jobs("share-through-ghcr.yml", pull("opened"))).toEqual(["tests"]);
    const { permissions } = readExample("share-through-ghcr.yml").jobs.tests ?? {};
    expect(permissions).toEqual({ contents: "read", packages: "read" });
  });
});

describe("one waits for the other", () => {
  const group = (file: string, happened: Happened) => runExample(file, happened)?.group;

  it("at one pull request, and nobody else takes the place of a waiting agent", () => {
    const file = "agent-on-comment.yml";
    const asked = group(file, comment("/agent mend it"));
    expect(asked).toBe(group(file, comment("and /agent again", "OWNER")));
    for (const other of [comment("well done"), comment("/agent mend it", "NONE")]) {
      expect(group(file, other)).not.toBe(asked);
    }
    const label = group("agent-on-label.yml", labeled("agent"));
    expect(label).toMatch(/^agent-\d+$/);
    expect(group("agent-on-label.yml", labeled("bug"))).not.toBe(label);
    expect(group("fix-failed-ci.yml", ciRun("failure"))).toBe("fix-7");
  });
});
