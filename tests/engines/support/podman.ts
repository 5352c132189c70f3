/**
 * Podman of Debian 12 (4.3), by its own command and by its Docker socket. It is unpacked beside the machine's programs
 * and never installed: it finds itself in /usr, and its configuration in /etc, in a mount namespace of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { withPrivateApt } from "../../../scripts/engine-install.ts";
import { attempt, endProcess, type RunResult, run, which } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";
import { pathWithout } from "../../integration/support/path-with.ts";

const cache = join(import.meta.dirname, "../../../.cache/podman");
const packages = [
  ...["podman", "conmon", "netavark", "aardvark-dns", "catatonit"],
  ...["golang-github-containers-common", "golang-github-containers-image"],
  ...["libgpgme11", "libassuan0", "libsubid4", "libdevmapper1.02.1", "libglib2.0-0"],
];

export interface PodmanEngine {
  /** For a step that knows podman's own command, and no docker. */
  env: { PATH: string };
  /** For one with the docker command. */
  socket: { DOCKER_HOST: string };
  podman(...args: string[]): Promise<RunResult>;
  build(name: string, dockerfile: readonly string[]): Promise<unknown>;
  /** Its own login, in a file for `REGISTRY_AUTH_FILE`. */
  login(host: string, as: { username: string; password: string }): Promise<string>;
  /** The variables of one that looks for its first process where none is. */
  withoutInit: { CONTAINERS_CONF: string };
  end(): Promise<void>;
}

/**
 * With the tests' base image; whoever starts it ends it.
 *
 * @param plain hosts of registries that it speaks plain HTTP with; of loopback it does not do so by itself
 */
export async function podmanEngine(plain: readonly string[] = []): Promise<PodmanEngine> {
  const files = await unpacked();
  const dir = await mkdtemp("/var/tmp/agent-runner-podman-");
  const place = (name: string) => join(dir, name);
  for (const name of ["etc", "work", "bin", "copies"]) await mkdir(place(name));
  await cp(join(files, "etc/containers"), place("etc/containers"), { recursive: true });
  const registries = plain.map((host) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
  await writeFile(place("etc/containers/registries.conf"), registries.join(""));
  await writeFile(place("etc/containers/storage.conf"), storageConf(dir));
  await writeFile(place("etc/containers/containers.conf"), containersConf(dir));
  const none = `init_path = "/nowhere/catatonit"\n`;
  await writeFile(place("no-init.conf"), `${containersConf(dir)}${none}`);
  const socket = `unix://${place("podman.sock")}`;
  const service = spawn(
    which("unshare") ?? "unshare",
    [
      ...["--mount", "--propagation", "private", "sh", "-ec"],
      `mount -t overlay overlay -o lowerdir=${files}/usr:/usr /usr
       mount -t overlay overlay -o lowerdir=/etc,upperdir=${place("etc")},workdir=${place("work")} /etc
       mount -t tmpfs tmpfs /dev/shm
       exec podman system service --time=0 ${socket}`,
    ],
    { stdio: "ignore" },
  );
  const inside = [which("nsenter") ?? "nsenter", `--target=${service.pid}`, "--mount"];
  const wrapper = `#!/bin/sh\nexec ${inside.join(" ")} --wd="$PWD" /usr/bin/podman "$@"\n`;
  await writeFile(place("bin/podman"), wrapper);
  await chmod(place("bin/podman"), 0o755);
  const { PATH } = await pathWithout(/^(?:docker|podman)$/);
  const podman = (...args: string[]) => attempt(place("bin/podman"), args);
  const end = async () => {
    await podman("rm", "--all", "--force", "--volumes", "--time=0");
    await endIt(service);
    // those that watched over a command wait for minutes, and would make the folder anew
    for (const pid of await pidsWith(dir)) await endProcess(pid);
    await rm(dir, { recursive: true, force: true });
  };
  const abandon = () => service.kill("SIGTERM");
  process.once("exit", abandon);
  try {
    await answers(place("podman.sock"), service);
    await run("sh", [
      "-c",
      'docker save "$0" | "$1" load --quiet',
      BASE_IMAGE,
      place("bin/podman"),
    ]);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    env: { PATH: `${place("bin")}${delimiter}${PATH}` },
    socket: { DOCKER_HOST: socket },
    podman,
    build: (name, dockerfile) =>
      run(place("bin/podman"), ["build", "--quiet", "--tag", name, "-"], {
        input: `${dockerfile.join("\n")}\n`,
      }),
    async login(host, { username, password }) {
      const file = place("auth.json");
      const flags = ["--authfile", file, "--tls-verify=false", "--password-stdin"];
      const argv = ["login", ...flags, "--username", username, host];
      await run(place("bin/podman"), argv, { input: password });
      return file;
    },
    withoutInit: { CONTAINERS_CONF: place("no-init.conf") },
    async end() {
      process.off("exit", abandon);
      await end();
    },
  };
}

async function endIt({ pid }: ChildProcess): Promise<void> {
  if (pid !== undefined) await endProcess(pid);
}

async function pidsWith(words: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return pids.filter((_, index) => lines[index]?.includes(words)).map(Number);
}

async function answers(socket: string, service: ChildProcess): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!existsSync(socket)) {
    if (service.exitCode !== null || Date.now() > deadline) {
      throw new Error(`podman's service did not come up (exit code ${service.exitCode})`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const storageConf = (dir: string) => `[storage]
driver = "overlay"
graphroot = "${dir}/images"
runroot = "${dir}/run"
`;

// limits that a machine without CAP_SYS_RESOURCE can give, too; runc, because crun knows no hybrid control groups
const containersConf = (dir: string) => `[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
tmp_dir = "${dir}/tmp"
image_copy_tmp_dir = "${dir}/copies"
[network]
network_backend = "netavark"
network_config_dir = "${dir}/networks"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
`;

async function unpacked(): Promise<string> {
  const files = join(cache, "files");
  if (!existsSync(join(files, "usr/bin/podman"))) {
    await rm(cache, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await withPrivateApt(false, async (options) => {
      await run("apt-get", [...options, "-qq", "update"]);
      await run("apt-get", [...options, "-qq", "download", ...packages], { cwd: cache });
    });
    const archives = (await readdir(cache)).filter((name) => name.endsWith(".deb"));
    for (const name of archives) await run("dpkg-deb", ["-x", join(cache, name), files]);
    // to Debian the two are one
    if (existsSync(join(files, "lib")))
      await run("cp", ["-a", `${files}/lib/.`, `${files}/usr/lib`]);
  }
  return files;
}
