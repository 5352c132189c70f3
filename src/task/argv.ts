import type { Settings } from "../settings/schema.ts";
import { taskFolder } from "./start-script.ts";

export const runLabel = "io.agent-runner.run";
export const noVncPort = 6080;

export interface ContainerOptions {
  readonly name: string;
  /** Ties the container to this run, for the sweep. */
  readonly runId: string;
  readonly image: string;
  /** Undefined where the engine does not share the runner's files. */
  readonly workspace: { readonly source: string; readonly sentinel: string } | undefined;
  /** `uid[:gid]`, or undefined for the image's own user. */
  readonly user: string | undefined;
  readonly desktop: boolean;
  /** Keep standard input open: the start script waits for a line. */
  readonly interactive: boolean;
  readonly network: string | undefined;
  readonly settings: Pick<
    Settings,
    "container-workdir" | "mounts" | "cpus" | "memory" | "platform"
  >;
}

/**
 * The argv of `docker create` for a task. Pure.
 *
 * `--mount` rather than `-v`, which would create a missing source as root; `--entrypoint`, because
 * the image's own would swallow the command; `--init` reaps what the agent leaves behind.
 */
export function createArgv(options: ContainerOptions): readonly string[] {
  const { settings } = options;
  const workdir = settings["container-workdir"];
  return [
    "create",
    "--pull=never",
    "--init",
    `--name=${options.name}`,
    `--label=${runLabel}=${options.runId}`,
    "--entrypoint=bash",
    `--workdir=${workdir}`,
    ...workspaceMounts(options.workspace, workdir),
    ...settings.mounts.map((mount) => `--mount=${mount}`),
    ...flag("user", options.user),
    ...flag("platform", settings.platform),
    ...flag("network", options.network),
    ...flag("cpus", settings.cpus),
    ...flag("memory", settings.memory),
    // browsers need more shared memory than the engine's 64 MB
    ...(options.desktop ? [`--publish=127.0.0.1::${noVncPort}`, "--shm-size=1g"] : []),
    ...(options.interactive ? ["--interactive"] : []),
    options.image,
    "--noprofile",
    "--norc",
    `${taskFolder}/start.sh`,
  ];
}

/** The sentinel is there for the engine to find or not to find; the task has no use for it. */
function workspaceMounts(workspace: ContainerOptions["workspace"], workdir: string): string[] {
  if (workspace === undefined) {
    return [];
  }
  const { source, sentinel } = workspace;
  return [
    `--mount=${mountSpec({ type: "bind", source, target: workdir })}`,
    `--mount=${mountSpec({ type: "bind", source: sentinel, target: "/run/agent-runner-shared" })},readonly`,
  ];
}

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

/** The words of `--mount`, which the CLI reads as a line of CSV. */
export function mountSpec(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(",");
}
