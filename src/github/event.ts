import { readFile } from "node:fs/promises";
import { parseJson } from "../log/json.ts";

/** The event that started the job, as the runner hands it over. */
export interface GitHubEvent {
  readonly name: string;
  /** Untrusted: a stranger may have written parts of it. */
  readonly payload: unknown;
  /** Why its head is not trusted although the event is: what was found out about its commits. */
  readonly doubt?: string | undefined;
}

/** Undefined outside of GitHub Actions. A payload that cannot be read counts as empty. */
export async function readEvent(environment: NodeJS.ProcessEnv): Promise<GitHubEvent | undefined> {
  const { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path } = environment;
  if (!name) {
    return undefined;
  }
  const text = path ? await readFile(path, "utf8").catch(() => "") : "";
  return { name, payload: parseJson(text) };
}
