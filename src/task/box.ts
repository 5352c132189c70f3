/** What keeps a task in its container; the engine's own seccomp and AppArmor profiles come on top. */
export interface Box {
  /** Of a privileged process; empty for none. */
  readonly capabilities: readonly string[];
  /** No program may gain rights by set-user-ID or file capabilities. */
  readonly noNewPrivileges: boolean;
  readonly pidsLimit: number;
  /** As `docker create` takes it; undefined for no limit. */
  readonly memory: string | undefined;
}

/**
 * What root needs to install packages, to add users and to work as one, and to end its own processes: tried with apt,
 * dpkg's scripts, adduser, su, runuser, chpasswd and setpriv. Of the engine's defaults MKNOD, NET_RAW, SETPCAP and
 * AUDIT_WRITE are not among them.
 */
const root = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETUID",
  "SYS_CHROOT",
];

/** sudo tells the kernel's audit log whom it let do what, and complains where it may not. */
const sudo = "AUDIT_WRITE";

/**
 * Half of the least `kernel.pid_max` there is (32768). Threads count, so browsers and builds on many processors need
 * thousands.
 */
const pidsLimit = 16_384;

/** What the runner and the engine need beside a task: 1 GiB, on a small machine a quarter of it. */
const kept = 1024 ** 3;

export interface BoxWish {
  /** The container's user as the engine names it: empty for root. */
  readonly user: string;
  readonly allowSudo: boolean;
  /** The setting. */
  readonly memory: string | undefined;
  /** Of the engine's machine, in bytes; undefined where nobody knows. */
  readonly machineMemory: number | undefined;
}

/** Pure. */
export function boxFor({ user, allowSudo, memory, machineMemory }: BoxWish): Box {
  return {
    capabilities: allowSudo ? [...root, sudo] : isRoot(user) ? root : [],
    noNewPrivileges: !allowSudo,
    pidsLimit,
    memory: memory ?? memoryFor(machineMemory),
  };
}

function memoryFor(machine: number | undefined): string | undefined {
  return machine === undefined
    ? undefined
    : `${Math.floor(machine - Math.min(kept, machine / 4))}b`;
}

/** By its name or number, with or without a group; a name whose number only the image knows is somebody else. */
export function isRoot(user: string): boolean {
  return /^(?:root|0*)(?::|$)/.test(user);
}
