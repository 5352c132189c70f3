import { isAbsolute } from "node:path";
import { canonicalScript, NotAScript } from "../keys/script.ts";
import {
  type AgentFiles,
  type AgentLimits,
  readMcp,
  readSchema,
  readTextOrFile,
  whatTheAgentLacks,
} from "./agent-files.ts";
import { findCachedFiles, type StagedFile } from "./cached-files.ts";
import { agentSettings, at, checkSettings } from "./check.ts";
import { readEnvironmentFile } from "./file.ts";
import { mountsOfSocket } from "./mounts.ts";
import { BadInput, type Problem, quote } from "./problem.ts";
import type { RawSettings } from "./raw.ts";
import { type ScriptSetting, type Settings, scriptSettings } from "./schema.ts";
import { readTaskEnvironment } from "./task-environment.ts";
import { leadsOut, readWorkspaceFile, shownPath, UnusableFile } from "./workspace-file.ts";

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
  /** Names of it whose values are secret. */
  readonly secretNames: ReadonlySet<string>;
  /** Secrets of the build scripts: where each is found in the step's environment. */
  readonly secrets: readonly BuildSecret[];
  /** Things the user should know that stop nothing. */
  readonly warnings: readonly string[];
}

/**
 * Turns what a reader found into a job: adds the environment file, checks everything, reads every
 * named file.
 *
 * @param stepEnvironment where `NAME` lines of `env` get their value
 * @param limits what the agents' tools do not have
 * @throws BadInput with all problems at once
 */
export async function loadJob(
  given: RawSettings,
  workspace: string,
  stepEnvironment: NodeJS.ProcessEnv,
  limits: AgentLimits = {},
): Promise<Job> {
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const raw = await withEnvironmentFile(given, workspace, problems);
  const checked = checkSettings(raw);
  problems.push(...checked.problems);
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
            canonicalScript(await readWorkspaceFile(workspace, path)),
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
  const prompt = await readPrompt(settings, workspace, attempt);
  const agentFiles = await readAgentFiles(settings, workspace, attempt);
  for (const [name, why] of whatTheAgentLacks(settings, limits)) {
    problems.push(at(raw[name], `${name}: ${why}`));
  }
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
  for (const mount of await mountsOfSocket(settings.mounts ?? [], stepEnvironment.DOCKER_HOST)) {
    const message = `mounts: ${quote(mount)} would bring the engine's socket into the container, and who has it is root on the runner; mount a folder that does not hold it`;
    problems.push(at(raw.mounts, message));
  }
  const secrets = (settings["build-secrets"] ?? []).flatMap((line): BuildSecret[] => {
    const [id = line, variable = id] = line.split("=");
    const value = stepEnvironment[variable];
    if (value === undefined || value === "") {
      const message = `build-secrets: ${id}: the variable ${variable} is not set in this step; give it under \`env:\``;
      problems.push(at(raw["build-secrets"], message));
      return [];
    }
    return [{ id, variable, value }];
  });
  warnings.push(...environment.warnings, ...idleSettings(settings, scripts, cachedFiles));

  if (problems.length > 0) {
    throw new BadInput(problems);
  }
  return {
    settings: settings as Settings,
    workspace,
    scripts,
    cachedFiles,
    prompt,
    agentFiles,
    environment: environment.values,
    secretNames: environment.secret,
    secrets,
    warnings,
  };
}

async function withEnvironmentFile(
  given: RawSettings,
  workspace: string,
  problems: Problem[],
): Promise<RawSettings> {
  const path = given.environment?.value;
  if (path === undefined) {
    return given;
  }
  try {
    const bytes = await readWorkspaceFile(workspace, path);
    const read = readEnvironmentFile(canonicalScript(bytes), shownPath(workspace, path));
    problems.push(...read.problems);
    return { ...read.settings, ...withoutTwins(read.settings, given), ...given };
  } catch (error) {
    if (error instanceof UnusableFile || error instanceof NotAScript) {
      problems.push({ message: `environment: ${quote(path)}: ${error.message}` });
      return given;
    }
    throw error;
  }
}

/**
 * An input wins over the environment file as a whole: `prompt` in the workflow also hides
 * `prompt-file` in the file, which would otherwise be "both are given", and another `agent` what the
 * file says of its own.
 */
function withoutTwins(fromFile: RawSettings, given: RawSettings): RawSettings {
  const twins: [keyof RawSettings, keyof RawSettings][] = [
    ...scriptSettings.map((name): [ScriptSetting, keyof RawSettings] => [name, `${name}-file`]),
    ["prompt", "prompt-file"],
    ["command", "agent"],
  ];
  const hidden: RawSettings = {};
  const sameAgent =
    given.agent === undefined
      ? given.command === undefined
      : given.agent.value === fromFile.agent?.value;
  for (const name of sameAgent ? [] : agentSettings) {
    Object.assign(hidden, { [name]: undefined }); // a version of claude is none of codex
  }
  for (const [one, other] of twins) {
    if (given[one] !== undefined && fromFile[other] !== undefined) {
      Object.assign(hidden, { [other]: undefined });
    }
    if (given[other] !== undefined && fromFile[one] !== undefined) {
      Object.assign(hidden, { [one]: undefined });
    }
  }
  return hidden;
}

async function readPrompt(
  settings: Partial<Settings>,
  workspace: string,
  attempt: <T>(name: keyof Settings, read: () => Promise<T> | T) => Promise<T | undefined>,
): Promise<Buffer | undefined> {
  const path = settings["prompt-file"];
  if (path !== undefined) {
    return attempt("prompt-file", () => readWorkspaceFile(workspace, path));
  }
  return settings.prompt === undefined ? undefined : Buffer.from(settings.prompt);
}

async function readAgentFiles(
  settings: Partial<Settings>,
  workspace: string,
  attempt: <T>(name: keyof Settings, read: () => Promise<T> | T) => Promise<T | undefined>,
): Promise<AgentFiles> {
  const read = async (
    name: "agent-settings" | "agent-mcp" | "agent-schema",
    how: (workspace: string, value: string) => Promise<string>,
  ) => {
    const value = settings[name];
    return value === undefined ? undefined : attempt(name, () => how(workspace, value));
  };
  const files = {
    settings: await read("agent-settings", readTextOrFile),
    mcp: await read("agent-mcp", readMcp),
    schema: await read("agent-schema", readSchema),
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
