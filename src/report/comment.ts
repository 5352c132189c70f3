import type { StartImage } from "../images/ladder.ts";
import { sha256 } from "../keys/hash.ts";
import { duration } from "../log/text.ts";
import type { Job } from "../settings/load.ts";
import type { SettingName, Settings } from "../settings/schema.ts";
import type { TaskResult } from "../task/ends.ts";
import { code } from "./markdown.ts";

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

/** What a comment tells of a run; there is no image and no exit code where the run ended before its task. */
export interface Told extends Pick<TaskResult, "conclusion" | "failure"> {
  readonly image?: StartImage;
  readonly exitCode?: number;
}

/** The comment's text, Markdown. Pure. */
export function commentBody(
  { settings }: Job,
  { conclusion, exitCode, failure, image }: Told,
  ms: number,
  environment: NodeJS.ProcessEnv,
): string {
  const {
    GITHUB_SERVER_URL: server,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: run,
  } = environment;
  const what = settings.agent ?? "a command";
  const lines = [
    `**Agent Runner: ${conclusion}**`,
    "",
    exitCode === undefined
      ? `- did not run: ${what}, ${duration(ms)} in all`
      : `- ran: ${what}, exit code ${exitCode}, ${duration(ms)} in all`,
  ];
  if (image !== undefined) {
    lines.push(`- image: ${code(image.reference)} (${image.source})`);
  }
  if (failure !== undefined) {
    lines.push(`- why: ${code(failure.message)}`);
  }
  if (server && repository && run) {
    lines.push(`- [the run](${server}/${repository}/actions/runs/${run})`);
  }
  return lines.join("\n");
}
