import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readAsset } from "../../assets.ts";
import { mountSpec } from "../../engine/create-argv.ts";
import type { Engine } from "../../engine/engine.ts";
import { lastLines } from "../../log/text.ts";
import { runLabel } from "../container-spec.ts";
import { taskFolder } from "../start-script.ts";
import type { Owner } from "./plan.ts";

/**
 * A folder that only this runner has. Mounted beside the workspace, it tells an engine that shares
 * the runner's files from one that does not but has a folder of the workspace's name.
 */
export async function makeSentinel(folder: string): Promise<string> {
  const sentinel = join(folder, "shared-with-engine");
  await mkdir(sentinel, { recursive: true });
  return sentinel;
}

/** Handing over means to go through all files of the workspace; the task's own limit ends it. */
const limitMs = 7 * 24 * 3_600_000;

/** Hands the workspace to the user that the container runs as. Answers what went wrong, if anything. */
export async function handOver(
  { containers }: Engine,
  container: string,
  workdir: string,
): Promise<string | undefined> {
  // bash knows both without a program of the image
  const asked = await containers.ask(container, ["bash", "-c", 'echo "$UID:${GROUPS[0]}"']);
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(asked.stdout.trim()) ?? [];
  if (uid === undefined || gid === undefined) {
    return `could not find out the container's user: ${asked.stderr || asked.stdout}`;
  }
  const give = ["bash", `${taskFolder}/give.sh`, workdir, uid, gid];
  const given = await containers.exec(container, give, { user: "0", workdir: "/", limitMs });
  return given.code === 0
    ? undefined
    : `the workspace could not be made writable for the container's user ${uid}: ${lastLines(given.tail)}`;
}

/** Hands the workspace back to the runner's user, by a container, which may do it without being root. */
export async function takeBack(
  { containers }: Engine,
  owed: {
    readonly image: string;
    readonly workspace: string;
    readonly owner: Owner;
    readonly over?: { readonly folder: string; readonly at: string } | undefined;
  },
  runId: string,
): Promise<string | undefined> {
  const target = "/workspace";
  const { uid, gid } = owed.owner;
  const answer = await containers.run({
    image: owed.image,
    entrypoint: "bash",
    command: [
      ...["-c", await readAsset("container/give.sh"), "bash"],
      ...[target, String(uid), String(gid), "runner"],
    ],
    network: "none",
    user: "0:0",
    labels: [`${runLabel}=${runId}`],
    mounts: [
      mountSpec({ type: "bind", source: owed.workspace, target }),
      ...(owed.over === undefined
        ? []
        : [
            mountSpec({
              type: "bind",
              source: owed.over.folder,
              target: `${target}/${owed.over.at}`,
            }),
          ]),
    ],
  });
  return answer.code === 0
    ? undefined
    : `some files of the workspace still belong to the container's user: ${answer.stderr}`;
}
