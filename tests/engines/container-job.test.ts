import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { walkThrough } from "./support/walk.ts";

const engine = { DOCKER_HOST: "unix:///var/run/docker.sock" };
const dist = join(import.meta.dirname, "support/job-container.ts");

test("a job in a container, whose folders the engine has under other names", () =>
  walkThrough(engine, { dist }));

test("a job in a container, whose paths are other folders on the engine's machine", async () => {
  const at = await mkdtemp(join(tmpdir(), "agent-runner-other-"));
  await mkdir(join(at, "demo/demo"), { recursive: true });
  await writeFile(join(at, "demo/demo/given"), "the machine's own\n");
  try {
    await walkThrough({ ...engine, JOB_CONTAINER_AT: at }, { dist });
    expect(await readFile(join(at, "demo/demo/given"), "utf8")).toBe("the machine's own\n");
  } finally {
    await rm(at, { recursive: true });
  }
});
