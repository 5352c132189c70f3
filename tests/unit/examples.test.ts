import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { agents } from "../../src/agents/agents.ts";
import { askOf, triggersOf } from "../../src/policy/ask.ts";
import { readInputs } from "../../src/settings/inputs.ts";
import { loadJob } from "../../src/settings/load.ts";
import { type Happened, readExample, runExample } from "../harness/example.ts";
import {
  ciEnded,
  commented,
  fromFork,
  given,
  labeled,
  nightly,
  pulled,
  pushedToMain,
} from "../harness/example-events.ts";

// The workflows that others copy, as GitHub reads them for real payloads. Run for real in integration/examples.

const folder = join(import.meta.dirname, "../../examples");
const files = readdirSync(join(folder, "workflows"));
const { secrets } = given;

/** What each is for, and its job. */
const meant: Record<string, [Happened, string]> = {
  "agent-on-comment.yml": [commented("/agent mend it"), "agent"],
  "agent-on-label.yml": [labeled("agent"), "agent"],
  "review-pull-requests.yml": [pulled("synchronize"), "review"],
  "fix-failed-ci.yml": [ciEnded("failure"), "agent"],
  "triage-issues.yml": [nightly, "triage"],
  "prebuild.yml": [pushedToMain, "prebuild"],
  "share-through-ghcr.yml": [pushedToMain, "images"],
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

  it("is asked by what it is meant for, where it waits to be asked", () => {
    const phrase = run?.given[job]?.inputs["trigger-phrase"];
    if (phrase === undefined) return;
    const triggers = triggersOf(phrase, undefined, undefined);
    const question = file === "agent-on-comment.yml" ? "mend it" : "";
    expect(triggers && askOf(triggers, happened)).toMatchObject({
      ask: { question, isPullRequest: true },
      refused: undefined,
    });
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
    ["a comment without the phrase", commented("well done")],
    ["a comment on an issue", commented("/agent mend it", { at: "issue" })],
  ])("of the agent by comment for %s", (_what, happened) => {
    expect(jobs("agent-on-comment.yml", happened)).toEqual([]);
  });

  it.each([
    ["another label", labeled("bug")],
    ["a fork's pull request", labeled("agent", fromFork)],
    ["what is no label", pulled("opened")],
  ])("of the agent by label for %s", (_what, happened) => {
    expect(jobs("agent-on-label.yml", happened)).toEqual([]);
  });

  it("of the review for a fork's pull request, or a draft", () => {
    expect(jobs("review-pull-requests.yml", pulled("opened", {}, fromFork))).toEqual([]);
    const draft = pulled("opened");
    Object.assign(draft.payload.pull_request as object, { draft: true });
    expect(jobs("review-pull-requests.yml", draft)).toEqual([]);
  });

  it.each([
    ["a run that went well", ciEnded("success")],
    ["a run of main's", ciEnded("failure", { event: "push" })],
    ["a fork's run", ciEnded("failure", { head_repository: { full_name: "mallory/demo" } })],
    ["a run whose repository is gone", ciEnded("failure", { head_repository: null })],
  ])("to mend CI for %s", (_what, happened) => {
    expect(jobs("fix-failed-ci.yml", happened)).toEqual([]);
  });

  it("with the right to push images for a pull request", () => {
    expect(jobs("share-through-ghcr.yml", pulled("opened"))).toEqual(["tests"]);
    const { permissions } = readExample("share-through-ghcr.yml").jobs.tests ?? {};
    expect(permissions).toEqual({ contents: "read", packages: "read" });
  });
});

describe("one waits for the other", () => {
  const group = (file: string, happened: Happened) => runExample(file, happened)?.group;

  it("at one pull request, and nobody else takes the place of a waiting agent", () => {
    const file = "agent-on-comment.yml";
    const asked = group(file, commented("/agent mend it"));
    expect(asked).toBe(group(file, commented("and\n/agent again", { association: "OWNER" })));
    for (const other of [
      commented("well done"),
      commented("/agent mend it", { association: "NONE" }),
    ]) {
      expect(group(file, other)).not.toBe(asked);
    }
    const label = group("agent-on-label.yml", labeled("agent"));
    expect(label).toMatch(/^agent-\d+$/);
    expect(group("agent-on-label.yml", labeled("bug"))).not.toBe(label);
    expect(group("fix-failed-ci.yml", ciEnded("failure"))).toBe("fix-7");
  });
});
