import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mounts } from "../../../../src/modes/doctor/mounts.ts";
import { inspected, noSuchImage } from "../../fakes.ts";
import { info, told, worldOf } from "./world.ts";

interface Ran {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** What it wrote is here. */
  readonly writes?: boolean;
}

async function look({ writes = false, ...ran }: Ran, said: object = {}) {
  const { world, calls } = await worldOf({
    docker: ([verb]) => {
      if (verb === "image") return inspected({ Id: "sha256:base" });
      if (verb === "info") return { stdout: JSON.stringify({ ...info, ...said }) };
      if (verb !== "run") return undefined;
      if (writes) writeFileSync(join(world.folder, "doctor", "written"), "");
      return ran;
    },
  });
  const found = told(await mounts.at(world)).map((line) =>
    line.replaceAll(world.job.workspace, "WORKSPACE"),
  );
  return { found, run: calls.find(([verb]) => verb === "run") ?? [] };
}

const uid = process.getuid?.() ?? 0;
const copied =
  "nothing: the workspace is copied into the task's container and back, which takes its time";

it("an engine with this machine's files writes one beside the workspace, and none in it", async () => {
  const { found, run } = await look({ writes: true, stdout: "may write" });
  expect(found).toEqual([
    "ok mounts: the engine has this machine's WORKSPACE",
    expect.stringMatching(new RegExp(`^ok users: .*user ${uid}\\b`)),
  ]);
  expect(run).toEqual(
    expect.arrayContaining(["--rm", "--pull=never", "--network=none", "--cap-drop=ALL"]),
  );
  expect(run.at(-1)).toMatch(/^: > \/shared\/written && \{ \[ -w \/workspace \]/);
});

it("one whose root may not write the workspace has other users", async () => {
  const { found } = await look({ writes: true, stdout: "may not" });
  expect(found[1]).toBe(
    `note users: root in a container is user ${uid} here, who may not write the workspace of user ${uid} → ${copied}`,
  );
});

it.each<[string, Ran, object, string]>([
  [
    "has none of the files",
    {
      code: 125,
      stderr:
        'docker: Error response from daemon: invalid mount config for type "bind": bind source path does not exist: /w',
    },
    {},
    `note mounts: the engine does not have this machine's WORKSPACE → ${copied}`,
  ],
  [
    "has other files of that name",
    {},
    {},
    `note mounts: the engine does not have this machine's WORKSPACE → ${copied}`,
  ],
  [
    "may not enter the folder",
    { code: 126, stderr: "docker: Error response from daemon: mount /w: permission denied" },
    { SecurityOptions: ["name=userns"] },
    `note mounts: root in a container is another user here, who may not enter the workspace: docker: Error response from daemon: mount /w: permission denied → ${copied}`,
  ],
  [
    "is for another platform",
    { code: 255, stderr: "exec /usr/bin/bash: exec format error" },
    {},
    "problem mounts: a container of the base image does not run: exec /usr/bin/bash: exec format error; set `platform` to what the image is for, or install QEMU on the runner (`docker/setup-qemu-action`)",
  ],
])("one that %s", async (_, ran, said, expected) => {
  expect((await look(ran, said)).found).toEqual([expected]);
});

it("is not tried where the base image is not in the engine: nothing is pulled for it", async () => {
  const { world, calls } = await worldOf({
    inputs: { "base-image": "debian:12" },
    docker: ([verb]) => (verb === "image" ? noSuchImage : undefined),
  });
  expect(told(await mounts.at(world))).toEqual([
    "note mounts: not tried: debian:12 is not in the engine → run a task or `mode: prebuild`, and ask again",
  ]);
  expect(calls.map(([verb]) => verb)).toEqual(["version", "image"]);
});
