import { readFile, stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { join, posix } from "node:path";
import { agents } from "../agents/agents.ts";
import { withAdvice } from "../engine/advice.ts";
import type { Engine } from "../engine/engine.ts";
import { ContainerTrouble } from "../engine/trouble.ts";
import { certificateVariables } from "../settings/certificates.ts";
import { archive, type Entry } from "./archive.ts";
import { boxFor } from "./box.ts";
import type { GitMount } from "./changes/git-mount.ts";
import type { Container } from "./container.ts";
import { containerSpec } from "./container-spec.ts";
import { contextFolder } from "./context-files.ts";
import type { Start } from "./first-container.ts";
import { certificateEntries } from "./provision.ts";
import type { TaskRequest } from "./request.ts";
import { sourcedStages, startOptions, taskFolder } from "./start-script.ts";
import { makeSentinel } from "./workspace/shared.ts";

/**
 * Makes the container, with everything in it that the task needs.
 *
 * @returns whether the engine shares the runner's files; if not, the workspace has been copied in, for its user
 * @throws ContainerTrouble
 */
export async function createContainer(
  { containers, machine }: Engine,
  container: Container,
  request: TaskRequest,
  start: Start,
  git: GitMount | undefined,
): Promise<{ shared: boolean }> {
  const { settings, workspace } = request.job;
  const workdir = settings["container-workdir"];
  const options = {
    name: container.name,
    runId: request.runId,
    image: start.image,
    user: request.user,
    desktop: settings["headless-desktop"] !== "false",
    volumesFrom: start.volumesFrom,
    settings,
  };
  const box = (machineMemory: number | undefined) =>
    boxFor({
      user: request.user ?? request.imageUser,
      allowSudo: settings["allow-sudo"],
      memory: settings.memory,
      machineMemory,
    });
  const bind = { source: workspace, sentinel: await makeSentinel(request.folder), git };
  let created = await containers.create(
    containerSpec({ ...options, workspace: bind, box: box(totalmem()) }),
  );
  const shared = !("kind" in created && created.kind === "not shared");
  if (!shared) {
    const there = box((await machine())?.memory); // it is another machine than this one
    created = await containers.create(
      containerSpec({ ...options, workspace: undefined, box: there }),
    );
  }
  if ("kind" in created) {
    throw new ContainerTrouble(`the task's container could not be created: ${withAdvice(created)}`);
  }
  if (!shared) {
    await container.copyFolderIn(workspace, workdir, "the workspace");
    if (git !== undefined && !git.readonly) {
      const config = await readFile(join(git.source, "config")).catch(() => undefined);
      const path = `${workdir}/${git.at}/config`;
      // without the job's login
      await container.copyIn(archive(config ? [{ path, content: config, mode: 0o644 }] : [], []));
    }
    await container.copyIn(archive([], [workdir])); // the engine gives the user what is in it, and not the folder
  }
  return { shared };
}

/** Copies in what the task needs beside the workspace. @throws ContainerTrouble */
export async function fillContainer(
  container: Container,
  request: TaskRequest,
  start: Start,
): Promise<void> {
  const folders = [taskFolder, `${taskFolder}/state`];
  const context = contextEntries(request);
  const entries = [...taskEntries(request, start), ...context.entries];
  await container.copyIn(archive(entries, [...folders, ...context.folders]));
  await copySessionsIn(request, container);
}

/** Of the task's user alone: what the job's token may read is not for everybody in the container. */
function contextEntries({ contextFiles }: TaskRequest): { entries: Entry[]; folders: string[] } {
  const entries = [...contextFiles].map(([name, content]) => ({
    path: `${contextFolder}/${name}`,
    content,
    mode: 0o600,
  }));
  const folders = new Set(entries.map(({ path }) => posix.dirname(path)));
  return { entries, folders: entries.length === 0 ? [] : [...folders.add(contextFolder)].sort() };
}

/** @throws ContainerTrouble */
async function copySessionsIn({ sessionPath }: TaskRequest, container: Container) {
  if (sessionPath === undefined) {
    return;
  }
  if (await isFolder(sessionPath)) {
    await container.copyFolderIn(sessionPath, `${taskFolder}/sessions`, "the agent's sessions");
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function taskEntries(request: TaskRequest, { withoutDesktop }: Start): Entry[] {
  const { job, environment, assets, launch } = request;
  const { settings, scripts, prompt } = job;
  const present = sourcedStages.filter((stage) => scripts[stage] !== undefined);
  const desktop = withoutDesktop ? "false" : settings["headless-desktop"];
  const options = startOptions({
    stages: present,
    hasPrompt: prompt !== undefined,
    desktop: desktop === "true" ? "required" : desktop === "false" ? "none" : "optional",
    run: settings.agent === undefined ? "command" : "agent",
    mark: request.mark,
    certificates: job.certificates === undefined ? [] : certificateVariables,
    sessions: settings.agent === undefined ? "" : agents[settings.agent].sessionFolder,
  });
  const values = [...environment].map(([name, value]) => `${name}=${value}\0`).join("");
  const file = (path: string, content: string | Buffer, mode: number): Entry => ({
    path: `${taskFolder}/${path}`,
    content,
    mode,
  });
  return [
    file("options.sh", options, 0o644),
    file("environment", values, 0o600),
    ...certificateEntries(job.certificates),
    launch === undefined
      ? file("command.sh", settings.command ?? "", 0o644)
      : file("agent", launch.argv.map((word) => `${word}\0`).join(""), 0o600),
    ...agentEntries(request).map(([path, content]) => file(path, content, 0o600)),
    ...(prompt === undefined ? [] : [file("prompt", prompt, 0o600)]),
    ...present.map((stage) => file(`${stage}.sh`, scripts[stage]?.text ?? "", 0o644)),
    ...[...assets].map(([path, text]) => file(path, text, 0o755)),
  ];
}

/** Where the agent's files are in the container. */
export const agentFilePaths = {
  settings: `${taskFolder}/agent-settings`,
  mcp: `${taskFolder}/agent-mcp.json`,
  schema: `${taskFolder}/agent-schema.json`,
};

/** The agent's own files: those that its arguments name, and those that belong into the home folder. */
function agentEntries({ job, launch }: TaskRequest): [path: string, content: string][] {
  const { agentFiles } = job;
  const named = Object.entries(agentFilePaths).flatMap(([name, path]): [string, string][] => {
    const text = agentFiles[name as keyof typeof agentFilePaths];
    return text === undefined ? [] : [[path.slice(taskFolder.length + 1), text]];
  });
  const texts = new Map(Object.entries(agentFilePaths).map(([name, path]) => [path, name]));
  const inHome = Object.entries(launch?.homeFiles ?? {}).map(([path, file]): [string, string] => {
    const text =
      "text" in file
        ? file.text
        : agentFiles[texts.get(file.copyOf) as keyof typeof agentFilePaths];
    return [`home/${path}`, text ?? ""];
  });
  return [...named, ...inHome];
}
