import { sha256 } from "../keys/hash.ts";
import type { SettingName, Settings } from "../settings/schema.ts";
import type { GitHub } from "./api.ts";
import type { GitHubEvent } from "./event.ts";

/**
 * What tells the legs of a matrix apart: GitHub names them nowhere, but they differ in settings.
 * Only settings that a later run of the same leg has again: a prompt may be another one every time,
 * scripts change with the pull request, and of `env` not even a hash should be public.
 */
const legSettings = [
  "environment",
  "base-image",
  "platform",
  "headless-desktop",
  "agent",
  "agent-version",
  "agent-args",
  "prompt-file",
  "command",
  "user",
] as const satisfies readonly SettingName[];

/** The step's place, and the machine, which a matrix may choose, too. */
const stepVariables = ["GITHUB_WORKFLOW", "GITHUB_JOB", "GITHUB_ACTION", "RUNNER_ARCH"];

/**
 * Which comment is whose: the same for a step in every run, another one for another step and for a
 * leg of a matrix with other settings. Legs that differ in nothing of it (in `env` or the prompt
 * alone) share one. Pure.
 */
export function commentKey(environment: NodeJS.ProcessEnv, settings: Settings): string {
  const told = [
    ...stepVariables.map((name) => environment[name] ?? ""),
    ...legSettings.map((name) => settings[name] ?? ""),
  ];
  return `${environment.GITHUB_JOB || "job"}-${sha256(JSON.stringify(told)).slice(0, 12)}`;
}

/** Marks our comment, so that it is found again. */
export function marker(key: string): string {
  return `<!-- agent-runner: ${key.replace(/[^A-Za-z0-9_.-]/g, "_")} -->`;
}

/** The pull request an event is about, or undefined. Untrusted: the number is checked to be one. */
export function pullRequestNumber({ payload }: GitHubEvent): number | undefined {
  const event = payload as
    | {
        pull_request?: { number?: unknown };
        issue?: { number?: unknown; pull_request?: unknown };
      }
    | null
    | undefined;
  const number =
    event?.pull_request?.number ?? (event?.issue?.pull_request ? event.issue.number : undefined);
  return typeof number === "number" && Number.isInteger(number) && number > 0 ? number : undefined;
}

/** Creates the one comment with this key on a pull request, or updates it. */
export async function keepComment(
  github: GitHub,
  pullRequest: number,
  key: string,
  body: string,
): Promise<void> {
  const mark = marker(key);
  const text = `${mark}\n${body}`;
  const existing = await github.findComment(pullRequest, mark);
  if (existing === undefined) {
    await github.createComment(pullRequest, text);
  } else {
    await github.updateComment(existing, text);
  }
}
