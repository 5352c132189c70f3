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
import { borrowedFolder, type GitMount, outsideFolder } from "./changes/git-mount.ts";
import type { Container } from "./container.ts";
import { containerSpec } from "./container-spec.ts";
import { contextFolder } from "./context-files.ts";
import type { Start } from "./first-container.ts";
import { folderArchive } from "./folder-archive.ts";
import { archivedFor } from "./owner.ts";
import { certificateEntries } from "./provision.ts";
import type { TaskRequest } from "./request.ts";
import { sourcedStages, startOptions, taskFolder } from "./start-script.ts";
import type { Owner } from "./workspace/plan.ts";
import { makeSentinel } from "./workspace/shared.ts";

/** How the task's files get into its container. */
export type Way =
  /** The workspace is mounted, or copied where the engine does not share files; the engine knows the container's user. */
  | "by the engine"
  /** Everything is copied, for the numbers that the container's user has in it. */
  | "by numbers";

/** How it was made. */
export interface Made {
  /** The workspace is mounted; if not, it has been copied in, for the container's user. */
  readonly shared: boolean;
  /** For whose numbers what is copied in is archived; undefined where the engine sees to that. */
  readonly owner: Owner | undefined;
}

/**
 * Makes the container, with everything in it that the task needs.
 *
 * @throws ContainerTrouble
 */
export async function createContainer(
  engine: Engine,
  container: Container,
  request: TaskRequest,
  start: Start,
  git: GitMount | undefined,
  way: Way,
): Promise<Made> {
  const { containers, machine } = engine;
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
  const bound = () =>
    containers.create(containerSpec({ ...options, workspace: bind, box: box(totalmem()) }));
  const unbound = async () => {
    const there = box((await machine())?.memory); // it may be another machine than this one
    return containers.create(containerSpec({ ...options, workspace: undefined, box: there }));
  };
  const first = way === "by the engine" ? await bound() : undefined;
  const shared = first !== undefined && !("kind" in first && first.kind === "not shared");
  const created = shared ? first : await unbound();
  if ("kind" in created) {
    throw new ContainerTrouble(`the task's container could not be created: ${withAdvice(created)}`);
  }
  const user = request.user ?? request.imageUser;
  const owner = await archivedFor(engine, container, user, way === "by numbers");
  if (!shared) {
    await copyWorkspaceIn(container, workspace, workdir, git, owner);
  }
  return { shared, owner };
}

/** @throws ContainerTrouble */
async function copyWorkspaceIn(
  container: Container,
  workspace: string,
  workdir: string,
  git: GitMount | undefined,
  owner: Owner | undefined,
): Promise<void> {
  await copyFolderIn(container, workspace, workdir, "the workspace", owner);
  if (git?.pointer !== undefined) {
    await copyGitIn(container, workdir, git, owner);
  } else if (git !== undefined && !git.readonly) {
    const config = await readFile(join(git.source, "config")).catch(() => undefined);
    const path = `${workdir}/${git.at}/config`;
    // without the job's login
    await put(container, config ? [{ path, content: config, mode: 0o644 }] : [], [], owner);
  }
  await put(container, [], [workdir], owner); // the engine gives the user what is in it, and not the folder
}

/** A repository that lies out of the workspace: its copy, what that borrows, and the file that leads there. */
async function copyGitIn(
  container: Container,
  workdir: string,
  { source, borrowed, pointer }: GitMount,
  owner: Owner | undefined,
): Promise<void> {
  const what = "the workspace's repository";
  const content = await readFile(pointer ?? "");
  const file = { path: `${workdir}/.git`, content, mode: 0o644 };
  const objects = `${borrowedFolder}/objects`;
  const folders = borrowed === undefined ? [] : [borrowedFolder, objects];
  await put(container, [file], [outsideFolder, ...folders], owner);
  await copyFolderIn(container, source, outsideFolder, what, owner);
  if (borrowed !== undefined) {
    await copyFolderIn(container, join(borrowed, "objects"), objects, what, owner);
  }
}

async function copyFolderIn(
  container: Container,
  folder: string,
  target: string,
  what: string,
  owner: Owner | undefined,
): Promise<void> {
  return owner === undefined
    ? container.copyFolderIn(folder, target, what)
    : container.copyIn(folderArchive(folder, target, owner), "as archived");
}

function put(
  container: Container,
  entries: readonly Entry[],
  folders: readonly string[],
  owner: Owner | undefined,
): Promise<void> {
  const whose = owner === undefined ? "container's user" : "as archived";
  return container.copyIn(archive(entries, folders, owner), whose);
}

/** Copies in what the task needs beside the workspace. @throws ContainerTrouble */
export async function fillContainer(
  container: Container,
  request: TaskRequest,
  start: Start,
  owner: Owner | undefined,
  way: Way,
): Promise<void> {
  const folders = [taskFolder, `${taskFolder}/state`];
  const context = contextEntries(request);
  const entries = [...taskEntries(request, start, way === "by the engine"), ...context.entries];
  await put(container, entries, [...folders, ...context.folders], owner);
  await copySessionsIn(request, container, owner);
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
async function copySessionsIn(
  { sessionPath }: TaskRequest,
  container: Container,
  owner: Owner | undefined,
) {
  if (sessionPath === undefined) {
    return;
  }
  if (await isFolder(sessionPath)) {
    const target = `${taskFolder}/sessions`;
    await copyFolderIn(container, sessionPath, target, "the agent's sessions", owner);
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function taskEntries(
  request: TaskRequest,
  { withoutDesktop }: Start,
  hasOtherWay: boolean,
): Entry[] {
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
    hasOtherWay,
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
