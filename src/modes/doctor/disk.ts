import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { labelNames } from "../../layers/labels.ts";
import { megabytes } from "../../log/text.ts";
import type { Finding } from "../../report/doctor.ts";
import { type Look, ofEngine } from "./world.ts";

/** Below this an image of a desktop and its layers may not fit. */
const fewBytes = 5e9;

/** What is free on this machine, and where the engine keeps its images. */
export const disks: Look = {
  about: "disk",
  at: async ({ engine, environment }) => {
    const [machine, isRemote] = await Promise.all([
      engine.machine().catch(() => undefined),
      engine.isRemote().catch(() => false),
    ]);
    const found = await Promise.all([
      free("disk", environment.RUNNER_TEMP || tmpdir()),
      machine && !isRemote ? free("engine's disk", machine.dataRoot) : [],
    ]);
    return found.flat();
  },
};

/** Nothing of a folder that is not here: the engine may be in another container. */
async function free(about: string, folder: string): Promise<Finding[]> {
  const found = await statfs(folder).catch(() => undefined);
  if (found === undefined) {
    return [];
  }
  const bytes = found.bavail * found.bsize;
  const says = `${megabytes(bytes)} free in ${folder}`;
  const next = "free space (`docker system prune`), or use a larger runner";
  return bytes < fewBytes
    ? [{ about, state: "problem", says, next }]
    : [{ about, state: "ok", says }];
}

/** What our images take. */
export const ownImages: Look = ofEngine("images", async ({ engine }) => {
  const about = "images";
  const usage = await engine.images.usage(labelNames.layer);
  if (usage === undefined) {
    const next = "ask it with `docker image ls`";
    return [{ about, state: "note", says: "the engine does not say which it has", next }];
  }
  const { count, bytes } = usage;
  const says =
    count === 0
      ? "none of Agent Runner's"
      : `${count} of Agent Runner's, ${megabytes(bytes)} at most: what they share is counted for each`;
  return [{ about, state: "ok", says }];
});
