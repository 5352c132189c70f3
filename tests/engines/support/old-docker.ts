/** The docker command of Debian 12, which is Docker 20.10: unpacked beside the installed one, never installed. */
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { withPrivateApt } from "../../../scripts/engine-install.ts";
import { run } from "../../../scripts/shell.ts";

const dir = join(import.meta.dirname, "../../../.cache/docker-20.10");

/** A PATH on which it stands first. Fetched once. */
export async function oldDocker(): Promise<{ PATH: string }> {
  const bin = join(dir, "bin");
  if (!existsSync(join(bin, "docker"))) {
    await rm(dir, { recursive: true, force: true });
    await mkdir(bin, { recursive: true });
    await withPrivateApt(false, async (options) => {
      await run("apt-get", [...options, "-qq", "update"]);
      await run("apt-get", [...options, "-qq", "download", "docker.io/bookworm"], { cwd: dir });
    });
    const [archive = ""] = (await readdir(dir)).filter((name) => name.endsWith(".deb"));
    await run("dpkg-deb", ["-x", join(dir, archive), join(dir, "files")]);
    await symlink(join(dir, "files/usr/bin/docker"), join(bin, "docker"));
  }
  return { PATH: `${bin}${delimiter}${process.env.PATH}` };
}
