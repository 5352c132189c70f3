/** Docker 20.10, which is Debian 12's: unpacked beside the installed one, never installed. */
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { unpacked } from "./unpacked.ts";

/** A PATH on which its command stands first. Fetched once. */
export async function oldDocker(): Promise<{ PATH: string }> {
  const files = await unpacked("docker-20.10", ["docker.io/bookworm"]);
  const bin = join(files, "only");
  if (!existsSync(bin)) {
    await mkdir(bin);
    await symlink(join(files, "usr/bin/docker"), join(bin, "docker"));
  }
  return { PATH: `${bin}${delimiter}${process.env.PATH}` };
}

/** A folder with its engine, and the containerd and runc of its time. Fetched once. */
export async function oldEngine(): Promise<string> {
  const packages = ["docker.io/bookworm", "containerd/bookworm", "runc/bookworm"];
  const bin = join(await unpacked("engine-20.10", packages), "usr/bin");
  if (!existsSync(join(bin, "dockerd"))) await symlink("../sbin/dockerd", join(bin, "dockerd"));
  return bin;
}
