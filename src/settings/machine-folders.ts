import { dirname, join } from "node:path";
import { isInside } from "./workspace-file.ts";

/** A folder (or socket) of the machine that no task gets, or one that it may have. */
export interface MachineFolder {
  readonly path: string;
  /** What it is, for the message; undefined where it may be mounted. */
  readonly what: string | undefined;
  /** Whether what lies below is meant, too. What lies above always has it in it. */
  readonly below: boolean;
}

/** What is known of this machine. */
export interface Machine {
  /** The step's own environment. */
  readonly environment: NodeJS.ProcessEnv;
  readonly workspace: string;
  /** The home folder that the system knows, which `HOME` may differ from. */
  readonly home: string;
  /** The program that runs this action: the runner brings its own. */
  readonly program: string;
  /** The engine's data folders that its configuration names. */
  readonly engineFolders: readonly string[];
}

const socket = "the engine's socket, and who has it is root on the runner";
const engineData = "the engine's own data";
const programs = "programs that the runner starts";

const ofEveryMachine: readonly (readonly [path: string, what: string, below?: false])[] = [
  ["/etc", "the machine's configuration"],
  ["/proc", "the machine's processes"],
  ["/sys", "the machine's kernel"],
  ["/dev", "the machine's devices"],
  ["/run", "where services of the machine have their sockets"],
  ["/var/run", "where services of the machine have their sockets"],
  ["/run/docker.sock", socket],
  ["/var/run/docker.sock", socket],
  ["/boot", "the machine's kernel"],
  ["/root", "root's home folder"],
  ["/bin", programs],
  ["/sbin", programs],
  ["/usr/bin", programs],
  ["/usr/sbin", programs],
  ["/usr/local/bin", programs],
  ["/usr/local/sbin", programs],
  ["/lib", programs, false],
  ["/usr/lib", programs, false],
  // of these, what is loaded or run by root or by the runner
  ...["/lib64", "/usr/lib64", "/usr/libexec", "/usr/local/lib/docker", "/var/spool/cron"].map(
    (path): [string, string] => [path, programs],
  ),
  ...["systemd", "docker", "udev", "x86_64-linux-gnu", "aarch64-linux-gnu"].flatMap(
    (name): [string, string][] => [
      [`/lib/${name}`, programs],
      [`/usr/lib/${name}`, programs],
    ],
  ),
  ["/var/lib/docker", engineData],
  ["/var/lib/containerd", engineData],
  ["/var/lib/containers", engineData],
];

/** Below a home folder: logins, and what is run or read when somebody logs in. */
const private_ = [
  ".docker .ssh .gnupg .aws .azure .kube .config .netrc .npmrc .pypirc .git-credentials .gitconfig",
  ".bashrc .bash_profile .bash_logout .bash_aliases .profile .zshrc .zshenv .password-store .vault-token",
  ".credentials .credentials_rsaparams .runner .local/share/docker .local/share/containers .local/bin",
]
  .join(" ")
  .split(" ");

/** Files by which a step speaks to the runner; who writes one runs in the next step. */
const runnerFiles = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE"] as const;

/**
 * What a task may not have mounted, and what it may have within that. For a path, the nearest of them above it
 * counts. Pure.
 */
export function machineFolders(machine: Machine): readonly MachineFolder[] {
  const { environment, workspace, program, engineFolders } = machine;
  const no = (path: string | undefined, what: string, below = true): MachineFolder[] =>
    path?.startsWith("/") ? [{ path, what, below }] : [];
  const yes = (path: string | undefined): MachineFolder[] =>
    path?.startsWith("/") ? [{ path, what: undefined, below: true }] : [];
  const homes = new Set([environment.HOME ?? machine.home, machine.home]);
  const temp = environment.RUNNER_TEMP;
  const work = /^(.+)\/_temp\/?$/.exec(temp ?? "")?.[1];
  const runner = /^(.+)\/externals\/node[^/]*\/bin\/node$/.exec(program)?.[1];
  const engineSocket = /^unix:\/\/(\/.+)$/.exec(environment.DOCKER_HOST ?? "")?.[1];
  const theRunners = "the runner's own";
  return [
    ...no("/", "the whole machine", false),
    ...ofEveryMachine
      .filter(([path]) => !homes.has(path))
      .flatMap(([path, what, below]) => no(path, what, below)),
    ...no(engineSocket, socket),
    ...no(environment.XDG_RUNTIME_DIR, "where services of the user have their sockets"),
    ...engineFolders.flatMap((folder) => no(folder, engineData)),
    ...[...homes].flatMap((home) => [
      ...no(home, "the home folder of the runner's user", false),
      ...private_.flatMap((name) => no(join(home, name), "private to the runner's user")),
    ]),
    ...no(runner, theRunners),
    ...(work === undefined
      ? []
      : [
          ...no(work, theRunners, false),
          ...no(join(work, "_actions"), theRunners),
          ...no(join(work, "_PipelineMapping"), theRunners),
        ]),
    ...(temp === undefined
      ? []
      : [
          ...yes(temp),
          ...no(temp, theRunners, false),
          ...["_runner_file_commands", "_github_home", "_github_workflow"].flatMap((name) =>
            no(join(temp, name), theRunners),
          ),
        ]),
    ...runnerFiles.flatMap((name) => {
      const file = environment[name];
      return file === undefined ? [] : no(dirname(file), theRunners);
    }),
    ...yes(environment.RUNNER_TOOL_CACHE),
    ...yes(workspace),
  ];
}

/**
 * What a mount of this path would bring into the container that no task gets; undefined when nothing. Pure.
 *
 * @param path absolute, without `..`
 */
export function whatIsThere(
  path: string,
  folders: readonly MachineFolder[],
): MachineFolder | undefined {
  const above = folders.find((one) => one.what !== undefined && isInside(path, one.path));
  const holding = folders
    .filter((one) => one.below && isInside(one.path, path))
    .toSorted((one, other) => other.path.length - one.path.length)[0];
  return above ?? (holding?.what === undefined ? undefined : holding);
}
