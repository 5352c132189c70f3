/** Debian's packages unpacked beside what is installed: nothing of the machine changes. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { withPrivateApt } from "../../../scripts/engine-install.ts";
import { run } from "../../../scripts/shell.ts";

const cache = join(import.meta.dirname, "../../../.cache");

/**
 * The folder with all files of these packages. Fetched once.
 *
 * @param name of the folder
 * @param packages as apt-get has them: `docker.io/bookworm`, `bash:arm64`
 * @param architecture whose packages apt knows about, beside this machine's
 */
export async function unpacked(
  name: string,
  packages: readonly string[],
  architecture?: string,
): Promise<string> {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  // made apart, and named when it is whole
  const archives = await mkdtemp(join(cache, "fetched-"));
  const files = await mkdtemp(join(cache, "unpacked-"));
  await withPrivateApt(false, async (options) => {
    const apt = [...options, "-qq", ...architectureOptions(architecture)];
    await run("apt-get", [...apt, "update"]);
    await run("apt-get", [...apt, "download", ...packages], { cwd: archives });
  });
  for (const archive of await readdir(archives)) {
    await run("dpkg-deb", ["-x", join(archives, archive), files]);
  }
  await run("chmod", ["755", files]);
  await run("rm", ["-r", archives]);
  await rename(files, folder);
  return folder;
}

/** Only for this call: dpkg knows nothing of it. */
function architectureOptions(architecture: string | undefined): string[] {
  return architecture === undefined ? [] : ["-o", `APT::Architectures=${architecture}`];
}
