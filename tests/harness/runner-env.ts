/** What the GitHub runner puts into an action's environment. */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { isAlive } from "../../scripts/shell.ts";

export interface ActionFile {
  inputs: Record<string, { default?: string }>;
  /** Relative to the action's folder. */
  main: string;
  /** Absent when the action has no post step. */
  post?: string;
}

export interface Event {
  /** `push`, `pull_request`, `issue_comment`, … */
  name: string;
  /** What the webhook sends; the file at GITHUB_EVENT_PATH. */
  payload: unknown;
}

export const TOKEN = "ghs_harnessharnessharnessharnessharness0";

/**
 * A new folder for a job. Tests look into it after the job, so it stays until its test process has ended: vitest ends
 * its workers without an exit event, and then the next job of another process clears up.
 */
export async function jobFolder(): Promise<string> {
  const prefix = "agent-runner-job-";
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || (await isAlive(Number(owner)))) continue;
    // Housekeeping: another worker may be removing the same, and no test is to fail of it.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {});
  }
  return mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
}

/** Reads an action's metadata; where there is none yet, an action with neither inputs nor another entry. */
export async function readAction(root: string): Promise<ActionFile> {
  const text = await readFile(join(root, "action.yml"), "utf8").catch(() => undefined);
  if (text === undefined) return { inputs: {}, main: "dist/index.js", post: "dist/index.js" };
  const { inputs, runs } = parse(text) as {
    inputs?: ActionFile["inputs"];
    runs: { main: string; post?: string };
  };
  return { inputs: inputs ?? {}, main: runs.main, ...(runs.post ? { post: runs.post } : {}) };
}

/** Every declared input, given or not, as the runner passes it; and what was given without being declared. */
export function inputVariables(
  declared: ActionFile["inputs"],
  given: Record<string, string>,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, input] of Object.entries(declared)) {
    // The only expression that makes sense as a default.
    values[name] = String(input?.default ?? "").replace(/\$\{\{\s*github\.token\s*\}\}/, TOKEN);
  }
  Object.assign(values, given);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      // Only spaces are replaced: a dash stays, which no shell could set.
      `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`,
      value,
    ]),
  );
}

/**
 * The variables that hold for every step of a job.
 *
 * @param dir the job's own folder, in which RUNNER_TEMP and the event's file are made
 */
export async function jobVariables(
  dir: string,
  workspace: string,
  event: Event,
): Promise<Record<string, string>> {
  const temp = join(dir, "_temp");
  const eventPath = join(temp, "_github_workflow", "event.json");
  await mkdir(join(temp, "_github_workflow"), { recursive: true });
  await mkdir(join(dir, "_tool"), { recursive: true });
  await writeFile(eventPath, JSON.stringify(event.payload));
  const pull = event.name.startsWith("pull_request");
  return {
    ...inherited(),
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_ACTION: "__self",
    GITHUB_ACTION_REPOSITORY: "",
    GITHUB_ACTOR: "octocat",
    GITHUB_ACTOR_ID: "583231",
    // Nothing listens there: a test that wants the API starts a stand-in and says where it is.
    GITHUB_API_URL: "http://127.0.0.1:9",
    GITHUB_BASE_REF: pull ? "main" : "",
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_GRAPHQL_URL: "http://127.0.0.1:9/graphql",
    GITHUB_HEAD_REF: pull ? "topic" : "",
    GITHUB_JOB: "test",
    GITHUB_REF: pull ? "refs/pull/1/merge" : "refs/heads/main",
    GITHUB_REF_NAME: pull ? "1/merge" : "main",
    GITHUB_REF_PROTECTED: "false",
    GITHUB_REF_TYPE: "branch",
    GITHUB_REPOSITORY: "Octo-Org/Demo",
    GITHUB_REPOSITORY_ID: "1",
    GITHUB_REPOSITORY_OWNER: "Octo-Org",
    GITHUB_REPOSITORY_OWNER_ID: "2",
    GITHUB_RETENTION_DAYS: "90",
    // Two runs on one machine at the same time must not take each other's containers for their own.
    GITHUB_RUN_ID: String(10_000_000_000 + Math.floor(Math.random() * 1e9)),
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_RUN_NUMBER: "1",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_SHA: "0123456789abcdef0123456789abcdef01234567",
    GITHUB_TRIGGERING_ACTOR: "octocat",
    GITHUB_WORKFLOW: "Test",
    GITHUB_WORKFLOW_REF: "Octo-Org/Demo/.github/workflows/test.yml@refs/heads/main",
    GITHUB_WORKSPACE: workspace,
    RUNNER_ARCH: process.arch === "arm64" ? "ARM64" : "X64",
    RUNNER_ENVIRONMENT: "github-hosted",
    RUNNER_NAME: "Harness",
    RUNNER_OS: "Linux",
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: join(dir, "_tool"),
    // By this the runner finds and ends, after the job, whatever a step has left running.
    RUNNER_TRACKING_ID: `github_${randomUUID()}`,
    RUNNER_WORKSPACE: join(workspace, ".."),
  };
}

/** Of our own environment only what a runner's machine has as well, and nothing of vitest's or npm's. */
function inherited(): Record<string, string> {
  const names =
    "PATH HOME USER LOGNAME SHELL LANG LC_ALL TMPDIR TZ DOCKER_HOST DOCKER_CONFIG NODE_EXTRA_CA_CERTS SSL_CERT_FILE";
  const env: Record<string, string> = {};
  for (const name of names.split(" ")) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
