import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { contextPrefix } from "../build/context.ts";
import type { Docker } from "../engine/cli.ts";
import { forgetNames, namesOfRun } from "../images/actions-cache/forget.ts";
import { type Swept, sweep } from "../task/container.ts";
import { copyPrefix } from "../task/workspace/copied.ts";
import { disposeRuntime, runVariable } from "./runtime.ts";

/** What a main process that was killed may leave: programs it started, containers, files, names of images. */
export async function removeLeftovers(
  docker: Docker,
  runId: string,
  folder: string,
): Promise<Swept> {
  const ended = await endProcesses(runId);
  await disposeRuntime(folder);
  for (const name of await readdir(folder).catch(() => [])) {
    if (name.startsWith(contextPrefix) || name.startsWith(copyPrefix)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
  const swept = await sweep(docker, runId);
  await forgetNames(docker, namesOfRun(runId));
  if (ended === 0) {
    return swept;
  }
  // a `docker create` that was just ended may have reached the engine
  await pause(1_000);
  const again = await sweep(docker, runId);
  return { found: swept.found + again.found, wrong: again.wrong };
}

/** Ends the docker commands of a run that are still there, by the variable they were given. */
async function endProcesses(runId: string): Promise<number> {
  const mark = `${runVariable}=${runId}`;
  let ended = 0;
  // where there is no /proc, the runner's own clean-up at the end of the job has to do
  for (const pid of (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(mark)) {
      try {
        process.kill(Number(pid), "SIGKILL");
        ended += 1;
      } catch {
        // it has ended by itself
      }
    }
  }
  return ended;
}
