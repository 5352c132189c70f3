import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { readAsset } from "../../assets.ts";
import type { Docker } from "../../engine/cli.ts";
import { runLabel } from "../argv.ts";
import type { Container } from "../container.ts";
import { taskFolder } from "../start-script.ts";

/** Who owns what: user and group number. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What has to be done so that the task can write the workspace and the runner keeps it. Pure data. */
export interface WorkspacePlan {
  readonly owner: Owner;
  /** Hand it to the container's user before the task. */
  readonly handOver: boolean;
  /** Hand it back afterwards. */
  readonly takeBack: boolean;
}

/**
 * @param user the container's user as the engine names it: `""` (root), a number with or without a
 *   group, or a name, whose number only the image knows
 */
export function planWorkspace(owner: Owner, user: string): WorkspacePlan {
  const [name = ""] = user.split(":");
  const uid = name === "" || name === "root" ? 0 : /^\d+$/.test(name) ? Number(name) : undefined;
  return {
    owner,
    // root may write everything; a user that owns the workspace has nothing to gain
    handOver: uid === undefined || (uid !== 0 && uid !== owner.uid),
    takeBack: uid === undefined || uid !== owner.uid,
  };
}

export async function ownerOf(workspace: string): Promise<Owner> {
  const { uid, gid } = await stat(workspace);
  return { uid, gid };
}

/**
 * A folder that only this runner has. Mounted beside the workspace, it tells an engine that shares
 * the runner's files from one that does not but has a folder of the workspace's name.
 */
export async function makeSentinel(folder: string): Promise<string> {
  const sentinel = join(folder, "shared-with-engine");
  await mkdir(sentinel, { recursive: true });
  return sentinel;
}

/** What `docker create` says when the engine does not have the source of a mount. */
export function isNotShared(stderr: string): boolean {
  return /bind source path does not exist/i.test(stderr);
}

/** Hands the workspace to the user that the container runs as. Answers what went wrong, if anything. */
export async function handOver(
  docker: Docker,
  container: Container,
  workdir: string,
): Promise<string | undefined> {
  const asked = await docker.ask(
    "exec",
    container.name,
    "bash",
    "-c",
    'echo "$UID:${GROUPS[0]}"', // bash knows both without a program of the image
  );
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(asked.stdout.trim()) ?? [];
  if (uid === undefined || gid === undefined) {
    return `the container's user could not be found out: ${asked.stderr || asked.stdout}`;
  }
  const output = new Collector();
  const give = ["bash", `${taskFolder}/give.sh`, workdir, uid, gid];
  const { code } = await container.exec(give, { user: "0", output });
  return code === 0
    ? undefined
    : `the workspace could not be made writable for the container's user ${uid}: ${output.text()}`;
}

/** What it takes to hand the workspace back; kept for `post`, in case main is killed. */
export interface TakeBack {
  readonly image: string;
  readonly workspace: string;
  readonly owner: Owner;
}

/** Hands the workspace back to the runner's user, by a container, which may do it without being root. */
export async function takeBack(
  docker: Docker,
  { image, workspace, owner }: TakeBack,
  runId: string,
): Promise<string | undefined> {
  const answer = await docker.ask(
    "run",
    "--rm",
    "--pull=never",
    "--network=none",
    "--user=0:0",
    "--entrypoint=bash",
    `--label=${runLabel}=${runId}`,
    `--mount=type=bind,"source=${workspace.replaceAll('"', '""')}",target=/workspace`,
    image,
    "-c",
    await readAsset("container/give.sh"),
    "bash",
    "/workspace",
    String(owner.uid),
    String(owner.gid),
    "runner",
  );
  return answer.code === 0
    ? undefined
    : `some files of the workspace still belong to the container's user: ${answer.stderr}`;
}

/** Keeps a few lines of output for a message. */
class Collector extends Writable {
  #text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#text = (this.#text + chunk.toString()).slice(-500);
    done();
  }

  text(): string {
    return this.#text.trim();
  }
}
