import { readdir } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { DefaultBranch } from "../github/default-branch.ts";
import { canonicalScript, NotAScript } from "../keys/script.ts";
import type { Trust } from "../policy/trust.ts";
import {
  type AgentFiles,
  type AgentLimits,
  readMcp,
  readSchema,
  readTextOrFile,
  whatTheAgentLacks,
} from "./agent-files.ts";
import { findCachedFiles, type StagedFile } from "./cached-files.ts";
import { certificatesFor } from "./certificates.ts";
import { at, checkSettings } from "./check.ts";
import { type ReadFile, readConfigFile } from "./config-files.ts";
import { whyNoWorkdir } from "./container-folders.ts";
import { withEnvironmentFile } from "./environment.ts";
import { whatIsWrongWithMounts } from "./mounts.ts";
import { BadInput, type Problem, quote } from "./problem.ts";
import { type Origin, originOf, type RawSettings } from "./raw.ts";
import { reviewSchema, whyNoReview } from "./review.ts";
import { isRunnersOwn, variableOf } from "./runners-own.ts";
import { type ScriptSetting, type Settings, scriptSettings } from "./schema.ts";
import { readTaskEnvironment } from "./task-environment.ts";
import { leadsOut, shownPath, UnusableFile } from "./workspace-file.ts";

/** A user's script: canonical text, and what messages call it. */
export interface Script {
  readonly text: string;
  /** `cached-preflight` or the path of its file, relative to the workspace. */
  readonly label: string;
  /** Set when it is a file in the workspace, for annotations. */
  readonly file?: string | undefined;
}

/** A build secret: its id, and the variable of the step that holds its value. */
export interface BuildSecret {
  readonly id: string;
  readonly variable: string;
  readonly value: string;
}

/** Everything the user said, checked and read: the end of the input, the start of the plan. */
export interface Job {
  readonly settings: Settings;
  readonly workspace: string;
  /** Only scripts that have something left in canonical form. */
  readonly scripts: Partial<Record<ScriptSetting, Script>>;
  readonly cachedFiles: readonly StagedFile[];
  readonly prompt: Buffer | undefined;
  readonly agentFiles: AgentFiles;
  /** Environment of the task, in order, names unique. */
  readonly environment: ReadonlyMap<string, string>;
  /** What builds and tasks trust beside what their images do, in PEM; undefined for nothing. */
  readonly certificates: string | undefined;
  /** Names of it whose values are secret. */
  readonly secretNames: ReadonlySet<string>;
  /** Ids of `build-secrets`, which keys are made of, whether they are given or not. */
  readonly secretIds: readonly string[];
  /** Secrets of the build scripts: where each is found in the step's environment. None where they are withheld. */
  readonly secrets: readonly BuildSecret[];
  /** Whether the event's code and its author may be believed; on a terminal everything is. */
  readonly trusted: boolean;
  /** Why `build-secrets` are given to nothing in this run, if they are not. */
  readonly withheld: string | undefined;
  /** Things the user should know that stop nothing. */
  readonly warnings: readonly string[];
}

/** What a job depends on beside what was given. */
export interface LoadOptions {
  /** What the agents' tools do not have. */
  readonly limits?: AgentLimits;
  /** Of the event; undefined where there is none: on a terminal everything is its user's own word. */
  readonly trust?: Trust | undefined;
  /** Where files are read instead of in the checkout. */
  readonly defaultBranch?: DefaultBranch | undefined;
}

/**
 * Turns what a reader found into a job: adds the environment file, checks everything, reads every
 * named file.
 *
 * @param stepEnvironment where `NAME` lines of `env` get their value
 * @throws BadInput with all problems at once
 */
export async function loadJob(
  given: RawSettings,
  workspace: string,
  stepEnvironment: NodeJS.ProcessEnv,
  { limits = {}, trust, defaultBranch }: LoadOptions = {},
): Promise<Job> {
  await mustBeReadable(workspace);
  const read = (path: string, origin: Origin) =>
    readConfigFile(path, origin, workspace, defaultBranch);
  const withFile = await withEnvironmentFile(given, workspace, read, trust);
  const raw = withFile.settings;
  const checked = checkSettings(raw);
  const problems: Problem[] = [...withFile.problems, ...checked.problems];
  const warnings: string[] = [...withFile.warnings];
  /** Reads the file that a setting names. */
  const readFor = (name: keyof Settings) => (path: string) => read(path, originOf(raw, name));
  const { settings } = checked;

  /** Runs one reading step; what cannot be used becomes a problem with its setting's name. */
  const attempt = async <T>(name: keyof Settings, read: () => Promise<T> | T) => {
    try {
      return await read();
    } catch (error) {
      if (error instanceof UnusableFile || error instanceof NotAScript) {
        const verb = error instanceof NotAScript ? "cannot be used: " : "";
        problems.push(at(raw[name], `${name}: ${verb}${error.message}`));
        return undefined;
      }
      throw error;
    }
  };

  const scripts: Partial<Record<ScriptSetting, Script>> = {};
  for (const name of scriptSettings) {
    const path = settings[`${name}-file`];
    const inline = settings[name];
    const text =
      path !== undefined
        ? await attempt(`${name}-file`, async () =>
            canonicalScript(await readFor(`${name}-file`)(path)),
          )
        : inline !== undefined
          ? await attempt(name, () => canonicalScript(inline))
          : undefined;
    if (text !== undefined && text !== "") {
      const shown = path === undefined ? undefined : shownPath(workspace, path);
      const file = shown === undefined || isAbsolute(shown) ? undefined : shown;
      scripts[name] = { text, label: shown ?? name, file };
    }
  }
  const cachedFiles =
    (await attempt("cached-files", () =>
      findCachedFiles(workspace, settings["cached-files"] ?? []),
    )) ?? [];
  const prompt = await readPrompt(settings, readFor, attempt);
  const agentFiles = await readAgentFiles(settings, readFor, attempt);
  for (const [name, why] of whatTheAgentLacks(settings, limits)) {
    problems.push(at(raw[name], `${name}: ${why}`));
  }
  problems.push(...whyNoReview(settings, limits).map((why) => at(raw.review, `review: ${why}`)));
  const sessions = settings["session-path"];
  if (sessions !== undefined && (await leadsOut(workspace, sessions))) {
    const message = `session-path: ${quote(sessions)} leads out of the workspace; name a folder in it`;
    problems.push(at(raw["session-path"], message));
  }
  const environment = readTaskEnvironment(settings.env ?? "", stepEnvironment, settings.mask);
  problems.push(
    ...environment.problems.map((message) =>
      at(message.startsWith("mask:") ? raw.mask : raw.env, message),
    ),
  );
  const workdir = settings["container-workdir"] ?? "/workspace"; // what is wrong with another one is told
  const context = {
    ...{ workspace, workdir, environment: stepEnvironment },
    agent: settings.agent !== undefined,
    desktop: (settings["headless-desktop"] ?? "false") !== "false",
  };
  for (const wrong of await whatIsWrongWithMounts(settings.mounts ?? [], context)) {
    problems.push(at(raw.mounts, `mounts: ${wrong}`));
  }
  const noWorkdir = whyNoWorkdir(workdir);
  if (noWorkdir !== undefined) {
    const message = `container-workdir: ${quote(workdir)} ${noWorkdir}; choose another, such as \`/workspace\``;
    problems.push(at(raw["container-workdir"], message));
  }
  const certificates = await attempt("ca-certificates", () =>
    certificatesFor(settings["ca-certificates"] ?? "off", {
      environment: stepEnvironment,
      read: readFor("ca-certificates"),
    }),
  );
  const secretIds = (settings["build-secrets"] ?? []).map((line) => line.split("=")[0] ?? line);
  const withheld =
    secretIds.length === 0 || trust === undefined || trust.trusted ? undefined : trust.why;
  const secrets = readSecrets(
    settings["build-secrets"] ?? [],
    withheld === undefined ? stepEnvironment : undefined,
    (message) => problems.push(at(raw["build-secrets"], `build-secrets: ${message}`)),
  );
  warnings.push(...environment.warnings, ...idleSettings(settings, scripts, cachedFiles));

  if (problems.length > 0) {
    throw new BadInput(problems, withFile.warnings);
  }
  return {
    settings: settings as Settings,
    workspace,
    scripts,
    cachedFiles,
    prompt,
    agentFiles,
    environment: environment.values,
    certificates,
    secretIds,
    secretNames: environment.secret,
    secrets,
    trusted: trust?.trusted ?? true,
    withheld,
    warnings,
  };
}

/**
 * The values of `build-secrets`.
 *
 * @param stepEnvironment where they are; undefined where they are not to be looked at
 */
function readSecrets(
  lines: readonly string[],
  stepEnvironment: NodeJS.ProcessEnv | undefined,
  refuse: (message: string) => void,
): BuildSecret[] {
  return lines.flatMap((line): BuildSecret[] => {
    const [id = line, variable = id] = line.split("=");
    const value = stepEnvironment && variableOf(stepEnvironment, variable);
    if (isRunnersOwn(variable)) {
      refuse(`${id}: ${variable} belongs to the runner and enters no build`);
    } else if (stepEnvironment !== undefined && (value === undefined || value === "")) {
      refuse(`${id}: the variable ${variable} is not set in this step; give it under \`env:\``);
    } else if (value !== undefined) {
      return [{ id, variable, value }];
    }
    return [];
  });
}

async function readPrompt(
  settings: Partial<Settings>,
  readFor: (name: keyof Settings) => ReadFile,
  attempt: <T>(name: keyof Settings, read: () => Promise<T> | T) => Promise<T | undefined>,
): Promise<Buffer | undefined> {
  const path = settings["prompt-file"];
  if (path !== undefined) {
    return attempt("prompt-file", () => readFor("prompt-file")(path));
  }
  return settings.prompt === undefined ? undefined : Buffer.from(settings.prompt);
}

async function readAgentFiles(
  settings: Partial<Settings>,
  readFor: (name: keyof Settings) => ReadFile,
  attempt: <T>(name: keyof Settings, read: () => Promise<T> | T) => Promise<T | undefined>,
): Promise<AgentFiles> {
  const read = async (
    name: "agent-settings" | "agent-mcp" | "agent-schema",
    how: (read: ReadFile, value: string) => Promise<string>,
  ) => {
    const value = settings[name];
    return value === undefined ? undefined : attempt(name, () => how(readFor(name), value));
  };
  const files = {
    settings: await read("agent-settings", readTextOrFile),
    mcp: await read("agent-mcp", readMcp),
    schema: settings.review ? reviewSchema : await read("agent-schema", readSchema),
  };
  return Object.fromEntries(Object.entries(files).filter(([, text]) => text !== undefined));
}

/** Settings that have no effect without another: told, so that nobody waits for what cannot come. */
function idleSettings(
  settings: Partial<Settings>,
  scripts: Partial<Record<ScriptSetting, Script>>,
  cachedFiles: readonly StagedFile[],
): string[] {
  const idle: string[] = [];
  if (settings["cache-container-build"] && scripts["cached-preflight"] === undefined) {
    idle.push("cache-container-build has no effect without a cached preflight");
  }
  if (cachedFiles.length > 0 && scripts["cached-preflight"] === undefined) {
    idle.push("cached-files has no effect without a cached preflight");
  }
  if (settings["agent-version"] !== undefined && settings.agent === undefined) {
    idle.push("agent-version has no effect without an agent");
  }
  if (settings["cache-desktop-build"] && settings["headless-desktop"] === "false") {
    idle.push("cache-desktop-build has no effect without headless-desktop");
  }
  if (settings["record-desktop"] && settings["headless-desktop"] === "false") {
    idle.push("record-desktop has no effect without headless-desktop");
  }
  for (const name of ["desktop-install-script", "desktop-setup-script"] as const) {
    if (scripts[name] !== undefined && settings["headless-desktop"] === "false") {
      idle.push(`${name} has no effect without headless-desktop`);
    }
  }
  return idle;
}

/** What is wrong with it would be told of each of its files. @throws BadInput */
async function mustBeReadable(workspace: string): Promise<void> {
  const { code } = await readdir(workspace).then(
    () => ({ code: undefined }),
    (error: NodeJS.ErrnoException) => error,
  );
  if (code === "EACCES") {
    const message = `the workspace ${workspace} cannot be read: this step's user may not enter it; check out with the user that runs this step, or give the folder to that user`;
    throw new BadInput([{ message }]);
  }
}
