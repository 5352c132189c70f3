import { posix } from "node:path";
import { isInside } from "./workspace-file.ts";

/** Folders of the container that are the action's own. Who mounts something over one ends the task's contract. */
export const ownFolders = [
  "/run/agent-runner",
  "/run/agent-runner-git",
  "/run/agent-runner-gitdir",
  "/run/agent-runner-shared",
  "/run/secrets",
  "/tmp/agents-artifacts",
  "/tmp/agents-cached-files",
  "/tmp/agents-context",
  "/tmp/agents-home",
  "/tmp/agents-runner-desktop",
] as const;

/** Where the desktop's programs and its screen are, and the agent's program, by what has to be asked for. */
const installedFolders = {
  desktop: ["/opt/agent-runner-desktop", "/tmp/.X11-unix"],
  agent: ["/usr/local/bin", "/usr/local/lib", "/usr/local/lib/node_modules"],
} as const;

/** Below these, others may put something of theirs by a mount of its own. */
const sharedFolders: ReadonlySet<string> = new Set(["/run/secrets", "/tmp/agents-home"]);

/** What a container cannot start or work without. */
const systemFolders = [
  ..."/proc /sys /dev /run /var/run /etc /boot /bin /sbin /lib /lib32 /lib64".split(" "),
  ..."/usr/bin /usr/sbin /usr/lib /usr/lib64 /usr/libexec /usr/local/bin /usr/local/lib".split(" "),
];
/** Without what the image has there, not even a shell starts; files of theirs may be mounted below. */
const needed = [
  ..."/etc /bin /sbin /lib /lib64 /usr/bin /usr/sbin /usr/lib /usr/lib64 /sbin/docker-init".split(
    " ",
  ),
  ..."/dev/init /run/podman-init".split(" "), // where podman puts the first process
  ..."/dev /dev/fd /dev/full /dev/null /dev/pts /dev/random /dev/tty /dev/urandom /dev/zero".split(
    " ",
  ),
];
/** Only itself: below, it is as good a place as any. */
const commonFolders = ["/home", "/opt", "/srv", "/usr/share", "/usr/src", "/var/lib", "/var/tmp"];

/** Why the workspace cannot be there, in words that follow the path; undefined when it can. Pure. */
export function whyNoWorkdir(path: string): string | undefined {
  const place = plain(path);
  const own = [...ownFolders, ...installedFolders.desktop].find((one) => touches(place, one));
  if (own !== undefined) {
    return isInside(own, place)
      ? `lies in ${own}, which is the action's own`
      : `would hide ${own}, which is the action's own`;
  }
  const system = systemFolders.find((one) => touches(place, one));
  if (system !== undefined) {
    return isInside(system, place)
      ? `lies in ${system}, which the container's system needs`
      : `would hide ${system}, which the container's system needs`;
  }
  const common = commonFolders.find((one) => isInside(place, one));
  return common && `would hide what the image has in ${common}; take a folder below it`;
}

/** What a mount may hide. */
export interface Hideable {
  /** `container-workdir` */
  readonly workdir: string;
  readonly agent: boolean;
  readonly desktop: boolean;
}

/** Why nothing can be mounted there, for a message; undefined when something can. Pure. */
export function whyNoTarget(target: string, hideable: Hideable): string | undefined {
  const place = plain(target);
  const other = "choose another `target`";
  const own = ownFolders.find(
    (one) => isInside(place, one) || (isInside(one, place) && !sharedFolders.has(one)),
  );
  if (own !== undefined) {
    return `${target} would hide ${own === place ? "it" : own}, which is the action's own; ${other}`;
  }
  const workdir = plain(hideable.workdir);
  if (isInside(place, workdir)) {
    return `${target} would hide the workspace in ${hideable.workdir}; ${other}`;
  }
  if (place === posix.join(workdir, ".git")) {
    return `${target} would hide the workspace's repository; ${other}`;
  }
  for (const what of ["agent", "desktop"] as const) {
    const folder = installedFolders[what].find((one) => isInside(place, one));
    if (hideable[what] && folder !== undefined) {
      return `${target} would hide ${folder}, where the ${what} is; ${other}`;
    }
  }
  const hidden =
    ["/proc", "/sys"].find((one) => touches(place, one)) ??
    needed.find((one) => isInside(place, one));
  return hidden && `${target} would hide ${hidden}, which the container's system needs; ${other}`;
}

/** Whether two targets are one place in the container. Pure. */
export function isSamePlace(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

/** The path without `.`, `..` and what is written twice; `/var/run` is a link to `/run` in nearly every image. */
function plain(path: string): string {
  return posix.resolve("/", path).replace(/^\/var\/run(?=\/|$)/, "/run");
}

function touches(one: string, other: string): boolean {
  return isInside(other, one) || isInside(one, other);
}
