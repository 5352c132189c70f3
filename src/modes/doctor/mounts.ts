import { chmod, mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { withAdvice } from "../../engine/advice.ts";
import { mountSpec } from "../../engine/create-argv.ts";
import { readRefusal } from "../../engine/words.ts";
import type { Finding } from "../../report/doctor.ts";
import { runLabel } from "../../task/container-spec.ts";
import { ownerOf } from "../../task/workspace/plan.ts";
import { type Look, ofEngine, type World } from "./world.ts";

const about = "mounts";

/** Leaves a file in a folder of ours; of the workspace it only asks whether it could. */
const script =
  ': > /shared/written && { [ -w /workspace ] && echo "may write" || echo "may not"; }';

/**
 * Whether a container has this machine's files, and who root is in it: one is made as a task's is, of the base image,
 * and writes one file beside the workspace.
 */
export const mounts: Look = ofEngine(about, async (world) => {
  const { engine, runId, folder } = world;
  const base = world.job.settings["base-image"];
  const image = await engine.images.inspect(base);
  if (image === undefined) {
    const says = `not tried: ${base} is not in the engine`;
    return [{ about, state: "note", says, next: "run a task or `mode: prebuild`, and ask again" }];
  }
  const workspace = resolve(world.job.workspace);
  const beside = await folderForAll(folder);
  const { code, stdout, stderr } = await engine.containers.run({
    ...{ image: image.id, entrypoint: "bash", user: "0:0", workdir: "/", network: "none" },
    command: ["--noprofile", "--norc", "-c", script],
    noNewPrivileges: true,
    capabilities: ["DAC_OVERRIDE"], // by which root may write what is another user's
    labels: [`${runLabel}=${runId}`],
    mounts: [
      mountSpec({ type: "bind", source: workspace, target: "/workspace" }),
      mountSpec({ type: "bind", source: beside, target: "/shared" }),
    ],
  });
  if (code !== 0) {
    return [await whyNot(world, stderr)];
  }
  const written = await stat(join(beside, "written")).catch(() => undefined);
  if (written === undefined) {
    return [notShared(workspace)];
  }
  const shared = {
    about,
    state: "ok",
    says: `the engine has this machine's ${workspace}`,
  } as const;
  return [shared, await users(workspace, written.uid, stdout.trim() === "may write")];
});

/** Whoever root in a container is, it can write there; nobody else comes into the run's folder, where it is. */
async function folderForAll(folder: string): Promise<string> {
  const made = join(folder, "doctor");
  await mkdir(made, { recursive: true });
  await chmod(made, 0o777);
  return made;
}

const copied =
  "nothing: the workspace is copied into the task's container and back, which takes its time";

function notShared(workspace: string): Finding {
  const says = `the engine does not have this machine's ${workspace}`;
  return { about, state: "note", says, next: copied };
}

/** @param root who root in a container is here */
async function users(workspace: string, root: number, mayWrite: boolean): Promise<Finding> {
  const about = "users";
  const { uid } = await ownerOf(workspace);
  if (!mayWrite) {
    const says = `root in a container is user ${root} here, who may not write the workspace of user ${uid}`;
    return { about, state: "note", says, next: copied };
  }
  const says =
    root === 0
      ? `numbers are the same in a container; the workspace goes back to user ${uid} after a task`
      : `root in a container is user ${root} here, who may write the workspace of user ${uid}`;
  return { about, state: "ok", says };
}

async function whyNot({ engine, job }: World, stderr: string): Promise<Finding> {
  const refusal = readRefusal(stderr, job.settings["base-image"]);
  if (refusal.kind === "not shared") {
    return notShared(resolve(job.workspace));
  }
  const machine = await engine.machine();
  if (machine?.mapsUsers && /permission denied/i.test(refusal.reason)) {
    const says = `root in a container is another user here, who may not enter the workspace: ${refusal.reason}`;
    return { about, state: "note", says, next: copied };
  }
  const says = `a container of the base image does not run: ${withAdvice(refusal)}`;
  return { about, state: "problem", says };
}
