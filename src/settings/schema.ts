import { z } from "zod";
import { isRegistryPath, parseReference } from "../keys/reference.ts";
import { isBotLogin, isUserLogin } from "../policy/starters.ts";
import {
  amount,
  choice,
  flag,
  flagOr,
  flagsByName,
  lines,
  metaOf,
  minutes,
  minutesOr,
  names,
  optionalChoice,
  runsPerDay,
  text,
  textOr,
} from "./types.ts";

// The only place a setting is defined. The action's inputs, the environment file, the command
// line's flags, the README's tables and the file's JSON Schema all follow from this object.
//
// `fromFile` marks what a file may set on every event. What only acts inside the container is marked: a file names the
// scripts and the command that run there, so it can do all that anyway. Not marked is what reaches out of it: to what
// others use (stores, `rebuild`), to the runner and its network (`mounts`, `network`, `user`, `builder`, `session-path`),
// to the step's secrets (`build-secrets`, logins, tokens, of `env` the lines that name a variable of the step), or to
// GitHub (`comment`, `required-permission`), and what a run is for (`mode`).

const path = { allowed: "the path of a file, relative to the workspace" };

const script = (group: "image" | "preflights", description: string) =>
  text({
    group,
    fromFile: true,
    description,
    verbatim: true,
    allowed: "the text of a bash script",
  });

const scriptFile = (group: "image" | "preflights", name: string) =>
  text({
    group,
    fromFile: true,
    description: `The same from a file; not together with \`${name}\`.`,
    ...path,
  });

export const schema = z.object({
  mode: choice(["run", "prebuild", "plan", "doctor", "clean", "validate", "split"], "run", {
    group: "what to do",
    description:
      "`run` a task; `prebuild` builds and publishes the images and runs none; `plan` prints the layers, their keys and where each would come from, and builds nothing; `doctor` looks at engine, builder, mounts, registries, cache, proxy and disk, and says what to do.",
    notYet: ["clean", "validate", "split"],
  }),
  environment: text({
    group: "what to do",
    description:
      "An environment file (YAML) with these settings; inputs given in the workflow win, and what reaches out of the container counts only for trusted events.",
    ...path,
  }),
  "config-from": optionalChoice(["checkout", "default-branch"], {
    group: "what to do",
    description:
      "Where the environment file, scripts and prompt files are read: in the `checkout`, or through GitHub's API from the repository's `default-branch`. That is the default for events that strangers can cause (a comment, a fork, `pull_request_target`, `workflow_run`); for others it is the `checkout`.",
  }),
  "on-cache-error": choice(["continue", "fail"], "continue", {
    group: "what to do",
    fromFile: true,
    description:
      "`continue` takes the slow way when a store or a build fails; `fail` ends the step, for testing a set-up.",
  }),

  "base-image": textOr("lunamidori5/pixelarch:emerald", {
    group: "image",
    fromFile: true,
    description: "What everything starts from. It needs `bash`.",
    check: (value) => parseReference(value) !== undefined,
    allowed: "an image reference such as `debian:12` or `ghcr.io/owner/image@sha256:…`",
  }),
  platform: text({
    group: "image",
    fromFile: true,
    description: "The platform of the image, such as `linux/arm64`; the engine's own if not given.",
    pattern: /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/,
    allowed: "`os/architecture` or `os/architecture/variant`, such as `linux/arm64`",
  }),
  // which copy of the base counts: the key is made of its content, and what is built on it of that
  pull: choice(["always", "missing", "never"], "always", {
    group: "image",
    fromFile: true,
    description:
      "Whose base image counts: `always` asks its registry, `missing` lets a local copy win, `never` takes only a local copy.",
  }),
  "headless-desktop": choice(["true", "false", "optional"], "false", {
    group: "image",
    fromFile: true,
    description:
      "A desktop on `DISPLAY=:1` for the task; with `optional` a desktop that does not come up is a warning.",
  }),
  "cache-desktop-build": flag(false, {
    group: "image",
    fromFile: true,
    description: "Keep the installed desktop as an image of its own.",
  }),
  "cache-container-build": flag(false, {
    group: "image",
    fromFile: true,
    description: "Keep what the cached preflight installs as an image.",
  }),
  "desktop-install-script": script(
    "image",
    "Installs the desktop instead of the script that ships.",
  ),
  "desktop-install-script-file": scriptFile("image", "desktop-install-script"),
  "desktop-setup-script": script(
    "image",
    "Configures the desktop instead of the script that ships.",
  ),
  "desktop-setup-script-file": scriptFile("image", "desktop-setup-script"),
  "record-desktop": flag(false, {
    group: "image",
    fromFile: true,
    description:
      "Record the desktop as a video among the artifacts. The desktop layer grows by what `ffmpeg` needs.",
  }),
  "cached-files": lines({
    group: "image",
    fromFile: true,
    description:
      "Files that the cached preflight reads (lockfiles and the like), one glob a line, relative to the workspace. It finds them under `/tmp/agents-cached-files`, and a change in one makes a new key.",
    check: (line) => !line.startsWith("/") && !line.split("/").includes(".."),
    allowed: "one glob a line, relative to the workspace, without `..`",
  }),
  "cache-version": text({
    group: "image",
    fromFile: true,
    description: "Change it to build everything again.",
    pattern: /^[A-Za-z0-9_.-]{1,64}$/,
    allowed: "up to 64 letters, digits, `_`, `.` and `-`",
  }),
  builder: text({
    group: "image",
    description: "A buildx builder to build with; the engine's own if not given.",
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]*$/,
    allowed: "the name of a buildx builder, as `docker buildx ls` shows it",
  }),
  "build-timeout": minutesOr(10, {
    group: "image",
    fromFile: true,
    description:
      "Minutes a layer's build may take; then it is ended, and what it would have installed is installed at task start.",
  }),
  "build-secrets": lines({
    group: "image",
    description:
      "Secrets for the build scripts, one `ID` or `ID=VARIABLE` a line: the value of that environment variable of the step is at `/run/secrets/ID`, and in no image. Not given for events that strangers can cause.",
    // `agent-runner-…` are ours: the certificates of `ca-certificates` come in the same way
    check: (line) =>
      /^(?!agent-runner-)[A-Za-z0-9_][A-Za-z0-9_.-]*(?:=[A-Za-z_][A-Za-z0-9_]*)?$/.test(line),
    allowed: "one `ID` or `ID=VARIABLE` a line, no `ID` with `agent-runner-` in front",
  }),

  "cached-preflight": script(
    "preflights",
    "Bash that installs what tasks need; it runs when the image is built.",
  ),
  "cached-preflight-file": scriptFile("preflights", "cached-preflight"),
  "run-preflight": script(
    "preflights",
    "Bash that prepares this task; it is sourced at every start, so what it exports reaches the agent.",
  ),
  "run-preflight-file": scriptFile("preflights", "run-preflight"),
  "settings-preflight": script("preflights", "The same, sourced before the run preflight."),
  "settings-preflight-file": scriptFile("preflights", "settings-preflight"),
  "environment-preflight": script(
    "preflights",
    "The single preflight of older environments, sourced after the run preflight.",
  ),
  "environment-preflight-file": scriptFile("preflights", "environment-preflight"),

  registry: text({
    group: "stores",
    description: "Where images are shared, such as `ghcr.io/owner/name`.",
    check: (value) => isRegistryPath(value.toLowerCase()) && /[.:/]|^localhost$/.test(value),
    allowed: "a registry and path without a scheme, such as `ghcr.io/owner/name`",
  }),
  "registry-username": text({
    group: "stores",
    description: "User of `registry`; without one, what `docker login` left is used.",
    pattern: /^[^\s:]+$/,
    allowed: "a user name without spaces and colons",
  }),
  "registry-password": text({
    group: "stores",
    description: "Password or token of the registry's user.",
    secret: true,
  }),
  push: choice(["auto", "always", "never"], "auto", {
    group: "stores",
    description:
      "Whether images built here are pushed to `registry`: `auto` only for trusted events (never for forks, comments, `pull_request_target`).",
  }),
  rebuild: flag(false, {
    group: "stores",
    description:
      "Build (without build cache) and publish even on a hit; for a weekly `prebuild` that picks up security updates.",
  }),
  "actions-cache": choice(["auto", "off", "read-only", "read-write"], "auto", {
    group: "stores",
    description:
      "Whether images are kept in the Actions cache: `auto` where no registry can be pushed to, and only read for untrusted events.",
  }),

  agent: optionalChoice(["codex", "claude", "gemini", "copilot"], {
    group: "task",
    fromFile: true,
    description: "The coding agent to run; it gets the prompt on standard input.",
  }),
  "agent-version": text({
    group: "task",
    fromFile: true,
    description:
      "The agent's version, or `latest`: it is installed with npm, as a layer of its own. Without it the image has to have the agent.",
    pattern: /^[A-Za-z0-9][A-Za-z0-9.+-]*$/,
    allowed: "a version such as `1.2.3`, or `latest`",
  }),
  "agent-model": text({
    group: "task",
    fromFile: true,
    description: "The model the agent uses, by the name its tool knows it by.",
    pattern: /^[A-Za-z0-9][\w.:/@[\]-]*$/,
    allowed: "the name of a model",
  }),
  "agent-max-turns": text({
    group: "task",
    fromFile: true,
    description: "How many turns the agent may take.",
    pattern: /^[1-9]\d{0,3}$/,
    allowed: "a whole number from 1 to 9999",
  }),
  "agent-max-cost": text({
    group: "task",
    description:
      "What one run of the agent may cost, in US dollars; for tools that tell it (claude).",
    pattern: /^(?:0*[1-9]\d{0,5}(?:\.\d{1,4})?|0*\.\d{0,3}[1-9]\d*)$/,
    allowed: "an amount above 0 in US dollars, such as `2.50`",
  }),
  "agent-settings": text({
    group: "task",
    fromFile: true,
    description:
      "The agent's own settings, in its tool's format: the path of a file in the workspace, or the text itself.",
    verbatim: true,
    allowed: "the path of a file, relative to the workspace, or the text of one",
  }),
  "agent-mcp": text({
    group: "task",
    fromFile: true,
    description: "A file with the MCP servers of the agent, as JSON with `mcpServers`.",
    ...path,
  }),
  "agent-schema": text({
    group: "task",
    fromFile: true,
    description:
      "A JSON Schema for the agent's answer: the path of a file, or the text itself. The answer is checked against it and is the output `structured-output`.",
    verbatim: true,
    allowed: "the path of a file, relative to the workspace, or the text of a JSON Schema",
  }),
  "agent-output": choice(["turns", "final", "raw"], "turns", {
    group: "task",
    fromFile: true,
    description:
      "What the log shows of the agent: its `turns` as they come, only its `final` message, or its tool's `raw` stream.",
  }),
  "agent-args": lines({
    group: "task",
    fromFile: true,
    description: "Further arguments for the agent, one a line.",
    check: () => true,
    allowed: "one argument a line",
  }),
  prompt: text({
    group: "task",
    fromFile: true,
    description: "What the agent is to do. With `command` it is the command's standard input.",
    verbatim: true,
  }),
  "prompt-file": text({
    group: "task",
    fromFile: true,
    description: "The same from a file; not together with `prompt`.",
    ...path,
  }),
  resume: text({
    group: "task",
    fromFile: true,
    description:
      "Go on with an earlier session of the agent, by its output `session-id`; `session-path` has it.",
    pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    allowed: "the id of a session",
  }),
  "session-path": text({
    group: "task",
    description:
      "A folder that keeps the agent's sessions, so that a later run can `resume` one: put it into an artifact or a cache. Relative to the workspace, or absolute.",
    allowed: "the path of a folder",
  }),
  command: text({
    group: "task",
    fromFile: true,
    description: "Shell text to run instead of an agent, as in a `run:` step.",
    verbatim: true,
    allowed: "the text of a bash script",
  }),
  "task-timeout": minutes({
    group: "task",
    fromFile: true,
    description: "Minutes the task may take, fractions allowed; no limit of its own if not given.",
  }),
  "artifacts-limit": amount(
    { bytes: 2e9, files: 10_000 },
    {
      group: "task",
      description:
        "How much of the artifacts (and of an agent's sessions) is copied out of the container. What is left there is told.",
      default: "2g, 10000 files",
    },
  ),
  env: text({
    group: "task",
    fromFile: true,
    description:
      "Environment of the task, one `NAME=value` or `NAME` (the step's own value) a line.",
    verbatim: true,
    secret: true,
    allowed: "one `NAME=value` or `NAME` a line",
  }),
  mask: flagsByName({
    group: "task",
    description:
      "Which values of `env` are secrets, one `NAME: false` or `NAME: true` a line, for names where the rule is wrong. The rule: a value given by its name alone is a secret, and a `NAME=value` is one if the name has a word such as `KEY` or `TOKEN` in it.",
  }),
  user: textOr("image", {
    group: "task",
    description: "Who the task runs as: the `image`'s user, the `runner`'s, or `uid[:gid]`.",
    pattern: /^(?:image|runner|\d{1,10}(?::\d{1,10})?)$/,
    allowed: "`image`, `runner` or `uid[:gid]` in numbers",
  }),
  "allow-sudo": flag(false, {
    group: "task",
    description:
      "Let the task gain root's rights in its container by `sudo` and other set-user-ID programs. The cached preflight does not need it: it has a build's rights.",
  }),
  "container-workdir": textOr("/workspace", {
    group: "task",
    fromFile: true,
    description: "Where the workspace is mounted and everything starts.",
    check: (value) =>
      /^\/[^,\n"]+$/.test(value) && !value.split("/").includes("..") && /[^/.]/.test(value),
    allowed: "an absolute path in the container other than `/`, without `..`, commas or quotes",
  }),
  network: text({
    group: "task",
    description: "The engine's network for the task; its default bridge if not given.",
    pattern: /^(?!host$)[A-Za-z0-9][A-Za-z0-9_.-]*$/i,
    allowed:
      "the name of a network, or `none`; not `host`, where the task would reach what listens on the runner alone",
  }),
  proxy: choice(["auto", "off"], "auto", {
    group: "task",
    description:
      "Whether builds and tasks get the proxies of the step (`HTTPS_PROXY`, `NO_PROXY` and their kind). They are in no image and no key; what Docker's own configuration or `env` says of one wins.",
  }),
  "ca-certificates": textOr("auto", {
    group: "task",
    description:
      "Further authorities that builds, tasks and the action itself trust, without being part of an image: a file in PEM form, or with `auto` the files that the step's `NODE_EXTRA_CA_CERTS`, `SSL_CERT_FILE` and their kind name; `off` for none.",
    allowed: "the path of a file, relative to the workspace or absolute, `auto` or `off`",
  }),
  mounts: lines({
    group: "task",
    description:
      "Further mounts, one a line, in the words of `docker run --mount`: `type=bind,source=…,target=…`. Nothing of the machine's or the runner's own. What the task writes there is not handed back to the runner's user, as the workspace is.",
    check: (line) => /^type=(?:bind|volume|tmpfs),/.test(line),
    allowed: "one `type=bind|volume|tmpfs,…` a line",
  }),
  cpus: text({
    group: "task",
    fromFile: true,
    description: "How many processors the task may use.",
    pattern: /^(?:0*[1-9]\d*(?:\.\d+)?|0*\.\d*[1-9]\d*|0+\.\d*[1-9]\d*)$/,
    allowed: "a number above 0, such as `2` or `1.5`",
  }),
  memory: text({
    group: "task",
    description: "How much memory the task may use.",
    pattern: /^[1-9]\d*[bkmg]?$/i,
    allowed: "a number with `b`, `k`, `m` or `g`, such as `4g`",
  }),

  "github-token": text({
    group: "GitHub",
    description:
      "Token for GitHub's API; defaults to the job's own. It never enters the container.",
    secret: true,
  }),
  "trigger-phrase": text({
    group: "GitHub",
    description:
      "Start only where somebody asks for it: a comment, review or issue with this phrase at the beginning of a line, such as `/agent`, or a label or assignment of that name. The question, the pull request and its thread become the agent's prompt. Everything else ends as `skipped`.",
    pattern: /^[/@!#]?[A-Za-z0-9][\w-]{0,62}(?:\[bot\])?$/,
    allowed: "one word, such as `/agent` or `@agent`",
  }),
  "trigger-label": text({
    group: "GitHub",
    description:
      "The label that asks; without it the trigger phrase's own word: `agent` for `/agent`.",
    check: (value) => value.length <= 50,
    allowed: "the name of a label",
  }),
  "trigger-assignee": text({
    group: "GitHub",
    description:
      "Whose assignment asks; without it the trigger phrase's own word: `agent` for `@agent`.",
    check: (value) => isBotLogin(value),
    allowed: "the login of a user or app",
  }),
  "allow-forks": flag(false, {
    group: "GitHub",
    description:
      "Answer questions about pull requests from forks, too. Such a run gets none of the step's secrets but the model's key, and hands over a patch only.",
  }),
  checkout: optionalChoice(["head", "none"], {
    group: "GitHub",
    description:
      "`head` brings the pull request's head, as it was when somebody asked, into the workspace, with the base to compare with; `none` keeps what is there. `head` if somebody asks at a pull request by `trigger-phrase`, else `none`.",
  }),
  "fetch-depth": text({
    group: "GitHub",
    description:
      "How many commits `checkout: head` brings, `0` for all; as far as the merge base if not given.",
    pattern: /^\d{1,7}$/,
    allowed: "a whole number; `0` for all",
  }),
  changes: choice(["none", "patch", "commit", "pull-request"], "patch", {
    group: "GitHub",
    description:
      "What becomes of the agent's changes: a `patch` (the output `changes-path`); besides that a `commit` on the pull request's branch, or a `pull-request` from a branch of its own to the same base. The token needs `contents: write`, and `pull-requests: write` for the last. Never on a fork; what cannot be committed stays a patch.",
  }),
  "allow-workflow-changes": flag(false, {
    group: "GitHub",
    description:
      "Commit changes below `.github/workflows`, too. The job's own token may not; give another `github-token`.",
  }),
  context: names({
    group: "GitHub",
    description:
      "What the agent gets of GitHub as files, without a token: `diff`, `thread`, `checks`, `logs` (the ends of failed jobs' logs), with commas between them.",
    check: (value) => ["diff", "thread", "checks", "logs"].includes(value),
    allowed: "`diff`, `thread`, `checks` and `logs`, with commas between them",
  }),
  review: flag(false, {
    group: "GitHub",
    description:
      "Make one review with line comments of the agent's answer. The agent has to be able to give structured answers (claude and codex), and the token needs `pull-requests: write`.",
  }),
  comment: flagOr("sticky", {
    group: "GitHub",
    description:
      "Tell the pull request what ran and what the agent answered. `true` answers each question by a comment of its own, and is the default with `trigger-phrase`; without a question, and with `sticky`, it keeps one comment up to date. The token needs `pull-requests: write`, at issues `issues: write`.",
  }),
  "max-runs-per-day": runsPerDay({
    group: "GitHub",
    description:
      "How often one person may ask within 24 hours, and all together: `10` or `10, 50 in all`. Counted from the answers in the repository.",
  }),
  "required-permission": optionalChoice(["none", "read", "triage", "write", "maintain", "admin"], {
    group: "GitHub",
    description:
      "The permission on the repository that everybody needs who caused the run: the event's sender, the run's actor, and who re-ran it. Otherwise nothing is started, in any mode. If not given, it is `write` for comments, reviews, labels, assignments and whatever else a stranger can cause with the repository's rights; `none` lets anybody start it, bots too.",
  }),
  "allow-users": names({
    group: "GitHub",
    description: "People who may start it whatever their permission, with commas between them.",
    check: isUserLogin,
    allowed: "logins of people, with commas between them",
  }),
  "allow-bots": names({
    group: "GitHub",
    description:
      "Bots that may start it, with commas between them: `dependabot, renovate`. Where a permission is required, no other bot may.",
    check: isBotLogin,
    allowed: "names of bots, with commas between them",
  }),
});

/** All settings, checked; their names are the inputs' names. */
export type Settings = z.output<typeof schema>;
export type SettingName = keyof Settings;

export const settingNames = Object.keys(schema.shape) as SettingName[];

/** What the schema says of one setting. */
export function about(name: SettingName) {
  return metaOf(schema.shape[name]);
}

/** The script settings: each has a twin with `-file` appended. */
export const scriptSettings = [
  "desktop-install-script",
  "desktop-setup-script",
  "cached-preflight",
  "settings-preflight",
  "run-preflight",
  "environment-preflight",
] as const satisfies readonly SettingName[];
export type ScriptSetting = (typeof scriptSettings)[number];

/** What starts a step only where somebody asks. */
export const triggerSettings = [
  "trigger-phrase",
  "trigger-label",
  "trigger-assignee",
] as const satisfies readonly SettingName[];
