import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { homeFolder } from "./docker-config.ts";

/** How the other side of a TLS connection shows who it is, and we do; named as Node names it. */
export interface Trust {
  /** Authorities besides the common ones. */
  readonly ca?: readonly string[];
  readonly cert?: readonly string[];
  readonly key?: readonly string[];
  readonly rejectUnauthorized?: false;
}

/** Where an engine on this machine keeps registries' certificates, and one that is rootless does. */
export function certificateFolders(environment: NodeJS.ProcessEnv): readonly string[] {
  const own = environment.XDG_CONFIG_HOME || join(homeFolder(environment), ".config");
  return ["/etc/docker/certs.d", join(own, "docker", "certs.d")];
}

/**
 * What these folders have for a registry, as Docker reads it: `*.crt` are authorities that are trusted besides the
 * common ones, `NAME.cert` with `NAME.key` says who we are. What cannot be read counts as not there.
 *
 * @param host with the port, where the reference has one
 */
export async function trustFor(
  host: string,
  folders: readonly string[],
): Promise<Trust | undefined> {
  const files = (await Promise.all(folders.map((folder) => filesIn(join(folder, host))))).flat();
  const ca = await textsOf(files.filter((file) => file.endsWith(".crt")));
  const pairs = await Promise.all(
    files
      .filter((file) => file.endsWith(".cert"))
      .map((file) => textsOf([file, file.replace(/\.cert$/, ".key")])),
  );
  const whole = pairs.filter(({ length }) => length === 2);
  if (ca.length === 0 && whole.length === 0) {
    return undefined;
  }
  return {
    ...(ca.length > 0 && { ca }),
    ...(whole.length > 0 && {
      cert: whole.map(([cert = ""]) => cert),
      key: whole.map(([, key = ""]) => key),
    }),
  };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((name) => join(folder, name));
}

async function textsOf(files: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return texts.filter((text) => text !== "");
}
