/** What a container is made of, for `docker create` and `docker run`. */
export interface ContainerSpec {
  /** An image that is in the engine. */
  readonly image: string;
  readonly entrypoint: string;
  /** Arguments of the entrypoint. */
  readonly command: readonly string[];
  readonly name?: string | undefined;
  /** `name=value` */
  readonly labels?: readonly string[];
  readonly workdir?: string | undefined;
  /** Words of `--mount`. */
  readonly mounts?: readonly string[];
  /** `uid[:gid]`; the image's own user unless given. */
  readonly user?: string | undefined;
  readonly platform?: string | undefined;
  readonly network?: string | undefined;
  readonly cpus?: string | undefined;
  readonly memory?: string | undefined;
  readonly shmSize?: string | undefined;
  /** A port of the container, published to a free one of the engine's loopback. */
  readonly publish?: number | undefined;
  /** A first process that reaps what others leave behind. */
  readonly init?: boolean;
  /** Keep standard input open. */
  readonly interactive?: boolean;
  /** All it has, instead of the engine's own set. */
  readonly capabilities?: readonly string[];
  readonly noNewPrivileges?: boolean;
  /** Processes and threads. */
  readonly pidsLimit?: number;
  /** A container whose volumes it gets, too. */
  readonly volumesFrom?: string | undefined;
}

/**
 * The words behind `docker create`. Pure.
 *
 * `--mount` rather than `-v`, which would create a missing source as root; `--entrypoint`, because the image's
 * own would swallow the command; never a pull, since only what has been verified is started.
 */
export function createArgv(spec: ContainerSpec): readonly string[] {
  return [
    "--pull=never",
    "--log-driver=none", // who attaches gets all of it; a log of the engine's would fill its disk
    ...(spec.init ? ["--init"] : []),
    ...flag("name", spec.name),
    ...(spec.labels ?? []).map((label) => `--label=${label}`),
    `--entrypoint=${spec.entrypoint}`,
    ...flag("workdir", spec.workdir),
    ...(spec.mounts ?? []).map((mount) => `--mount=${mount}`),
    ...flag("user", spec.user),
    ...flag("platform", spec.platform),
    ...flag("network", spec.network),
    ...flag("cpus", spec.cpus),
    ...flag("memory", spec.memory),
    ...flag("publish", spec.publish === undefined ? undefined : `127.0.0.1::${spec.publish}`),
    ...flag("shm-size", spec.shmSize),
    ...(spec.interactive ? ["--interactive"] : []),
    ...(spec.capabilities === undefined ? [] : ["--cap-drop=ALL"]),
    ...(spec.capabilities ?? []).map((name) => `--cap-add=${name}`),
    ...(spec.noNewPrivileges ? ["--security-opt=no-new-privileges"] : []),
    ...flag("pids-limit", spec.pidsLimit?.toString()),
    ...flag("volumes-from", spec.volumesFrom),
    spec.image,
    ...spec.command,
  ];
}

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}

/** The words of `--mount`, which the CLI reads as a line of CSV. A field without a value is a switch. */
export function mountSpec(fields: Readonly<Record<string, string | true>>): string {
  return Object.entries(fields)
    .map(([name, value]) => (value === true ? name : `${name}=${value}`))
    .map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(",");
}
