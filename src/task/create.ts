import { stat } from "node:fs/promises";
import { agents } from "../agents/agents.ts";
import type { Engine } from "../engine/engine.ts";
import { ContainerTrouble } from "../engine/trouble.ts";
import { archive, type Entry } from "./archive.ts";
import type { Watch } from "./changes/watch.ts";
import type { Container } from "./container.ts";
import { containerSpec } from "./container-spec.ts";
import { provisionEntries } from "./provision.ts";
import type { TaskRequest } from "./request.ts";
import { startOptions, taskFolder } from "./start-script.ts";
import { lease, type Owed } from "./workspace/lease.ts";
import type { WorkspacePlan } from "./workspace/plan.ts";
import { makeSentinel } from "./workspace/shared.ts";

/** The sourced preflights, in the order of the contract. */
const stages = ["settings-preflight", "run-preflight", "environment-preflight"] as const;

/** Whether the start script waits for us: something has to be done in the running container first. */
export function mustWait({ missing }: TaskRequest, plan: WorkspacePlan): boolean {
  return missing.length > 0 || plan.handOver;
}

/**
 * Makes the container, with everything in it that the task needs.
 *
 * @returns whether the engine shares the runner's files (if not, the workspace has been copied in), and what
 *   is owed for the workspace from now on
 * @throws ContainerTrouble
 */
export async function createContainer(
  { containers }: Engine,
  container: Container,
  request: TaskRequest,
  plan: WorkspacePlan,
  watch: Watch,
): Promise<{ shared: boolean; owed: Owed | undefined }> {
  const { settings, workspace } = request.job;
  const workdir = settings["container-workdir"];
  const options = {
    name: container.name,
    runId: request.runId,
    image: request.image,
    user: request.user,
    desktop: settings["headless-desktop"] !== "false",
    interactive: mustWait(request, plan),
    // installing needs a network; `none` is put in force when it is done
    network:
      request.missing.length > 0 && settings.network === "none" ? undefined : settings.network,
    settings,
  };
  const sentinel = await makeSentinel(request.folder);
  const bind = { source: workspace, sentinel, git: watch.git };
  let created = await containers.create(containerSpec({ ...options, workspace: bind }));
  const shared = !("kind" in created && created.kind === "not shared");
  if (!shared) {
    created = await containers.create(containerSpec({ ...options, workspace: undefined }));
  }
  if ("kind" in created) {
    throw new ContainerTrouble(`the task's container could not be created: ${created.reason}`);
  }
  if (!shared) {
    await container.copyFolderIn(workspace, workdir, "the workspace");
  }
  const folders = ["", "/state", ...(request.missing.length > 0 ? ["/build"] : [])].map(
    (folder) => `${taskFolder}${folder}`,
  );
  const entries = [
    ...taskEntries(request, plan),
    ...(await provisionEntries(request.missing, request.secrets)),
  ];
  await container.copyIn(archive(entries, folders));
  await copySessionsIn(request, container);
  return { shared, owed: lease({ image: request.image, workspace, workdir }, plan, shared, watch) };
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

function taskEntries(request: TaskRequest, plan: WorkspacePlan): Entry[] {
  const { job, environment, assets, launch } = request;
  const { settings, scripts, prompt } = job;
  const present = stages.filter((stage) => scripts[stage] !== undefined);
  const desktop = settings["headless-desktop"];
  const options = startOptions({
    stages: present,
    waits: mustWait(request, plan),
    hasPrompt: prompt !== undefined,
    desktop: desktop === "true" ? "required" : desktop === "false" ? "none" : "optional",
    run: settings.agent === undefined ? "command" : "agent",
    owner: plan.takeBack ? plan.owner : undefined,
    mark: request.mark,
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
