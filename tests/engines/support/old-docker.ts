/** The docker command of Debian 12, which is Docker 20.10: unpacked beside the installed one, never installed. */
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { unpacked } from "./unpacked.ts";

/** A PATH on which it stands first. Fetched once. */
export async function oldDocker(): Promise<{ PATH: string }> {
  const files = await unpacked("docker-20.10", ["docker.io/bookworm"]);
  const bin = join(files, "only");
  if (!existsSync(bin)) {
    await mkdir(bin);
    await symlink(join(files, "usr/bin/docker"), join(bin, "docker"));
  }
  return { PATH: `${bin}${delimiter}${process.env.PATH}` };
}
