/** What a step must not leave behind, and where a secret must not turn up. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect } from "vitest";
import { attempt, type RunResult } from "../../../scripts/shell.ts";
import type { StepResult } from "../../harness/runner.ts";

interface Account {
  username: string;
  password: string;
}

interface Options {
  /** Whose password must not turn up anywhere. */
  account?: Account;
  /** The engine that the step used, if not the default one. */
  env?: Record<string, string>;
  /** Another command than docker's. */
  ps?: Listing;
}

/** Runs the engine's own command. */
export type Listing = (...args: string[]) => Promise<RunResult>;

/** No container, no process, no file but transcript and artifacts, no login. */
export async function nothingLeft(
  result: StepResult,
  {
    account,
    env = { DOCKER_HOST: process.env.DOCKER_HOST ?? "" },
    ps = (...args) => attempt("docker", args, { env }),
  }: Options = {},
): Promise<void> {
  const { runId } = result.state;
  expect(runId).toMatch(/^[0-9a-f]{16}$/);
  const filter = `label=io.agent-runner.run=${runId}`;
  const listed = await ps("ps", "--all", "--quiet", "--filter", filter);
  expect(listed).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(result.orphans).toEqual([]);
  const files = await filesIn(result.temp);
  const unexpected = files
    .map((file) => relative(result.temp, file))
    .filter((file) => !/^_(?:github_workflow|runner_file_commands)\//.test(file))
    .filter((file) => !new RegExp(`^agent-runner-${runId}/transcript.log$`).test(file));
  expect(unexpected).toEqual([]);
  if (account) await expectNowhere(result, files, account);
}

/** Neither the password nor the form in which docker keeps it. */
async function expectNowhere(result: StepResult, files: string[], account: Account) {
  const { username, password } = account;
  const secrets = [password, Buffer.from(`${username}:${password}`).toString("base64")];
  const { stdout, log, summary, outputs, state, env, annotations, post } = result;
  // The lines that may hold it are those that hide it.
  const said = stdout.split("\n").filter((line) => !line.startsWith("::add-mask::"));
  const texts = [said.join("\n"), log, summary, post?.stdout ?? "", post?.summary ?? ""];
  texts.push(JSON.stringify({ outputs, state, env, annotations }));
  texts.push(...(await Promise.all(files.map((file) => readFile(file, "latin1")))));
  for (const secret of secrets) {
    expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  }
}

/** Every file and link below a folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}
