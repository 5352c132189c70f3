/** Docker in Docker: an engine in a container of the machine's, made of this machine's own programs. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { answers } from "../../../scripts/engine-daemon.ts";
import { run } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";

/** In a container there is no system that makes groups of the processes: with cgroup v2 none may be in the topmost. */
const begin = `
if [ -e /sys/fs/cgroup/cgroup.procs ]; then
  mkdir -p /sys/fs/cgroup/init
  while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs; done </sys/fs/cgroup/cgroup.procs
fi
exec dockerd --host unix:///dind/docker.sock --iptables=false --ip6tables=false`;

/**
 * Starts one with the tests' base image, and ends it afterwards, with its data.
 *
 * @param shared folders that it has by the same names as the machine
 */
export async function withDind(
  shared: readonly string[],
  body: (env: { DOCKER_HOST: string }) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp("/var/tmp/agent-runner-dind-");
  const [socket, data] = [join(dir, "socket"), join(dir, "data")];
  for (const folder of [socket, data]) await mkdir(folder);
  const volume = (source: string, target: string) => ["--volume", `${source}:${target}`];
  const programs = ["/usr", "/etc/alternatives"].flatMap((path) => volume(path, `${path}:ro`));
  const id = await run("docker", [
    ...["run", "--detach", "--privileged", "--entrypoint", "bash", ...programs],
    ...[...volume(socket, "/dind"), ...volume(data, "/var/lib/docker")],
    ...shared.flatMap((path) => volume(path, path)),
    ...[BASE_IMAGE, "-c", begin],
  ]);
  try {
    const env = { DOCKER_HOST: `unix://${socket}/docker.sock` };
    await untilItAnswers(env.DOCKER_HOST);
    const tar = join(dir, "base.tar");
    await run("docker", ["save", "--output", tar, BASE_IMAGE]);
    await run("docker", ["load", "--quiet", "--input", tar], { env });
    await body(env);
  } finally {
    await run("docker", ["rm", "--force", "--volumes", id.trim()]);
    await rm(dir, { recursive: true, force: true });
  }
}

async function untilItAnswers(host: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await answers(host))) {
    if (Date.now() > deadline) throw new Error(`no engine answers at ${host} after 60 s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
