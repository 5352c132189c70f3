/**
 * A rootless Docker engine of the runner's user. What it needs beside dockerd comes from Debian, unpacked beside it and
 * never installed; the user, and the numbers that he may give away, are known in its own mount namespace alone.
 */
import { existsSync } from "node:fs";
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { launch } from "../../../scripts/engine-daemon.ts";
import { withPrivateApt } from "../../../scripts/engine-install.ts";
import { attempt, endProcess, run, which } from "../../../scripts/shell.ts";
import { BASE_IMAGE } from "../../harness/base-image.ts";
import { runner } from "../../integration/support/task-users.ts";

const cache = join(import.meta.dirname, "../../../.cache/rootless");
const packages = ["rootlesskit", "slirp4netns", "uidmap", "libslirp0"];
/** Debian's docker.io has it here, where no PATH leads. */
const starter = "/usr/share/docker.io/contrib/dockerd-rootless.sh";

export interface RootlessEngine {
  env: { DOCKER_HOST: string };
  docker(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  end(): Promise<void>;
}

/** With the tests' base image; whoever starts it ends it. */
export async function rootlessEngine(): Promise<RootlessEngine> {
  const files = await unpacked();
  const dir = await mkdtemp("/var/tmp/agent-runner-rootless-");
  await chmod(dir, 0o755);
  const place = (name: string) => join(dir, name);
  for (const name of ["home", "run", "bin", "lib"]) await mkdir(place(name));
  for (const name of ["home", "run"]) await chown(place(name), runner.uid, runner.gid);
  await copyAll(join(files, "usr/bin"), place("bin"));
  await copyAll(join(files, "usr/lib/x86_64-linux-gnu"), place("lib"));
  for (const name of ["newuidmap", "newgidmap"]) await chmod(join(place("bin"), name), 0o4755);
  const ids = `${runner.uid}:${runner.gid}`;
  const users = await readFile("/etc/passwd", "utf8");
  await writeFile(place("passwd"), `${users}rootless:x:${ids}::${place("home")}:/bin/sh\n`);
  await writeFile(place("numbers"), "rootless:400000:65536\n");
  const path = `${place("bin")}:${process.env.PATH}:/usr/sbin:/sbin`;
  await writeFile(
    join(place("bin"), "dockerd"),
    [
      "#!/bin/sh",
      `[ -z "$AR_ROOTLESS" ] || exec ${which("dockerd")} "$@"`,
      `exec ${which("unshare")} --mount --propagation private sh -c '`,
      `  mount --bind ${place("passwd")} /etc/passwd &&`,
      `  mount --bind ${place("numbers")} /etc/subuid && mount --bind ${place("numbers")} /etc/subgid &&`,
      `  mknod --mode 666 ${place("tun")} c 10 200 && mount --bind ${place("tun")} /dev/net/tun &&`,
      `  mount --make-rshared / && exec setpriv --reuid ${runner.uid} --regid ${runner.gid} --clear-groups env -i AR_ROOTLESS=yes \\`,
      `    HOME=${place("home")} XDG_RUNTIME_DIR=${place("run")} LD_LIBRARY_PATH=${place("lib")} PATH=${path} \\`,
      `    ${starter} "$@"' sh "$@"`,
      "",
    ].join("\n"),
    { mode: 0o755 },
  );
  const env = { DOCKER_HOST: `unix://${place("run")}/docker.sock` };
  const own = process.env.PATH;
  process.env.PATH = path;
  const pid = await launch(
    ["--data-root", place("home/data"), "--storage-driver", "overlay2"],
    place("dockerd.log"),
    env.DOCKER_HOST,
  )
    .catch(async (error) => {
      await rm(dir, { recursive: true, force: true });
      throw error;
    })
    .finally(() => {
      process.env.PATH = own;
    });
  const abandon = () => process.kill(pid, "SIGTERM");
  process.once("exit", abandon);
  await run("sh", ["-c", 'docker --host "" save "$0" | docker load --quiet', BASE_IMAGE], { env });
  return {
    env,
    docker: (...args) => attempt("docker", args, { env }),
    async end() {
      process.off("exit", abandon);
      await endProcess(pid);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function unpacked(): Promise<string> {
  const files = join(cache, "files");
  if (!existsSync(join(files, "usr/bin/rootlesskit"))) {
    await rm(cache, { recursive: true, force: true });
    await mkdir(cache, { recursive: true });
    await withPrivateApt(false, async (options) => {
      await run("apt-get", [...options, "-qq", "update"]);
      await run("apt-get", [...options, "-qq", "download", ...packages], { cwd: cache });
    });
    const archives = (await readdir(cache)).filter((name) => name.endsWith(".deb"));
    for (const name of archives) await run("dpkg-deb", ["-x", join(cache, name), files]);
  }
  return files;
}

async function copyAll(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    await copyFile(join(from, name), join(to, name));
    await chmod(join(to, name), 0o755);
  }
}
