import { type ContainerSpec, mountSpec } from "../engine/create-argv.ts";
import type { Settings } from "../settings/schema.ts";
import type { Box } from "./box.ts";
import { borrowedFolder, type GitMount, outsideFolder } from "./changes/git-mount.ts";
import { taskFolder } from "./start-script.ts";

export const runLabel = "io.agent-runner.run";
export const noVncPort = 6080;

export interface ContainerOptions {
  readonly name: string;
  /** Ties the container to this run, for the sweep. */
  readonly runId: string;
  readonly image: string;
  /** Undefined where the engine does not share the runner's files. */
  readonly workspace:
    | {
        readonly source: string;
        readonly sentinel: string;
        /** What the task gets in the place of the repository's own folder. */
        readonly git?: GitMount | undefined;
      }
    | undefined;
  /** `uid[:gid]`, or undefined for the image's own user. */
  readonly user: string | undefined;
  readonly desktop: boolean;
  readonly box: Box;
  /** A container whose volumes it gets. */
  readonly volumesFrom: string | undefined;
  readonly settings: Pick<
    Settings,
    "container-workdir" | "mounts" | "cpus" | "network" | "platform"
  >;
}

/** What the task's container is made of. Pure. */
export function containerSpec(options: ContainerOptions): ContainerSpec {
  const { name, image, user, box, settings } = options;
  const workdir = settings["container-workdir"];
  return {
    name,
    image,
    entrypoint: "bash",
    command: ["--noprofile", "--norc", `${taskFolder}/start.sh`],
    init: true, // it reaps what the agent leaves behind
    labels: [`${runLabel}=${options.runId}`],
    workdir,
    mounts: [...workspaceMounts(options.workspace, workdir), ...settings.mounts],
    user,
    network: settings.network,
    platform: settings.platform,
    cpus: settings.cpus,
    volumesFrom: options.volumesFrom,
    ...box,
    // browsers need more shared memory than the engine's 64 MB
    ...(options.desktop && { publish: noVncPort, shmSize: "1g" }),
  };
}

/**
 * The container for what no image provides. It has what a build's steps have: the engine's own rights and the image's
 * user, and of the task's settings only those without which nothing could be had. Its first process waits, and ends
 * with its standard input, so at the latest with us. Pure.
 */
export function firstContainerSpec(
  options: Pick<ContainerOptions, "name" | "runId" | "image"> & {
    readonly settings: Pick<Settings, "network" | "platform">;
  },
): ContainerSpec {
  const { name, runId, image, settings } = options;
  const { network, platform } = settings;
  return {
    name,
    image,
    entrypoint: "bash",
    command: ["--noprofile", "--norc", "-c", "read -r"],
    interactive: true,
    labels: [`${runLabel}=${runId}`],
    // what is installed has to come from somewhere
    network: network === "none" ? undefined : network,
    platform,
  };
}

/** The sentinel is there for the engine to find or not to find; the task has no use for it. */
function workspaceMounts(workspace: ContainerOptions["workspace"], workdir: string): string[] {
  if (workspace === undefined) {
    return [];
  }
  const { source, sentinel, git } = workspace;
  const target = "/run/agent-runner-shared";
  return [
    mountSpec({ type: "bind", source, target: workdir }),
    mountSpec({ type: "bind", source: sentinel, target, readonly: true }),
    ...(git === undefined ? [] : gitMounts(git, source, workdir)),
  ];
}

function gitMounts(
  { source, at, readonly, borrowed, pointer }: GitMount,
  workspace: string,
  workdir: string,
): string[] {
  // a folder on the way could be moved from under it, unless it is a mount, too
  const above = at
    .split("/")
    .slice(0, -1)
    .map((_, index, steps) => {
      const folder = steps.slice(0, index + 1).join("/");
      return { type: "bind", source: `${workspace}/${folder}`, target: `${workdir}/${folder}` };
    });
  const target = pointer === undefined ? `${workdir}/${at}` : outsideFolder;
  const own = { type: "bind", source, target, ...(readonly && { readonly }) };
  const lent = { type: "bind", source: borrowed ?? "", target: borrowedFolder, readonly: true };
  const led =
    pointer === undefined
      ? []
      : [{ type: "bind", source: pointer, target: `${workdir}/${at}`, readonly: true }];
  return [...above, own, ...led, ...(borrowed === undefined ? [] : [lent])].map((mount) =>
    mountSpec(mount as Record<string, string | true>),
  );
}
