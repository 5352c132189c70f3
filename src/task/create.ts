import { agents } from "../agents/agents.ts";
import type { Engine } from "../engine/engine.ts";
import { ContainerTrouble } from "../engine/trouble.ts";
import { archive, type Entry } from "./archive.ts";
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
  const bind = { source: workspace, sentinel: await makeSentinel(request.folder) };
  let created = await containers.create(containerSpec({ ...options, workspace: bind }));
  const shared = !("kind" in created && created.kind === "not shared");
  if (!shared) {
    created = await containers.create(containerSpec({ ...options, workspace: undefined }));
  }
  if ("kind" in created) {
    throw new ContainerTrouble(`the task's container could not be created: ${created.reason}`);
  }
  if (!shared) {
    await container.copyFolderIn(workspace, workdir);
  }
  const folders = ["", "/state", ...(request.missing.length > 0 ? ["/build"] : [])].map(
    (folder) => `${taskFolder}${folder}`,
  );
  const entries = [
    ...taskEntries(request, plan),
    ...(await provisionEntries(request.missing, request.secrets)),
  ];
  await container.copyIn(archive(entries, folders));
  return { shared, owed: lease({ image: request.image, workspace, workdir }, plan, shared) };
}

function taskEntries(request: TaskRequest, plan: WorkspacePlan): Entry[] {
  const { job, environment, assets } = request;
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
    settings.agent === undefined
      ? file("command.sh", settings.command ?? "", 0o644)
      : file("agent", agentArgv(settings.agent, settings["agent-args"]), 0o600),
    ...(prompt === undefined ? [] : [file("prompt", prompt, 0o600)]),
    ...present.map((stage) => file(`${stage}.sh`, scripts[stage]?.text ?? "", 0o644)),
    ...[...assets].map(([path, text]) => file(path, text, 0o755)),
  ];
}

/** The agent's argv, each word NUL-terminated: words of the user's, which no shell reads. */
function agentArgv(name: keyof typeof agents, further: readonly string[]): string {
  const { binary, args } = agents[name];
  // the last argument may stand for standard input (codex' `-`), so the user's go before it
  const fixed = args.at(-1) === "-" ? args.slice(0, -1) : args;
  const last = args.at(-1) === "-" ? ["-"] : [];
  return [binary, ...fixed, ...further, ...last].map((word) => `${word}\0`).join("");
}
