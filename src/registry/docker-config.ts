import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Who to be at the registry of the settings. */
export interface RegistryLogin {
  /** Host only, `ghcr.io`. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

/** The folder where the docker CLI keeps its configuration. */
export function configFolder(environment: NodeJS.ProcessEnv): string {
  return environment.DOCKER_CONFIG || join(environment.HOME || homedir(), ".docker");
}

/**
 * Makes a docker configuration of the step's own, so that a login never reaches the user's: what the
 * user's has is there too (other logins, helpers, proxies, contexts, builders, plugins), but for the
 * registry of the login, which is kept in this folder's file whatever helper the user has.
 *
 * @returns the folder, for `DOCKER_CONFIG`
 */
export async function makePrivateConfig(
  folder: string,
  registry: string,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  const inherited = resolve(configFolder(environment));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const config = await readJson(join(inherited, "config.json"));
  const helpers = isObject(config.credHelpers) ? config.credHelpers : {};
  const name = registry === "docker.io" ? hub : registry;
  const own = { ...config, credHelpers: { ...helpers, [name]: "" } };
  await writeFile(join(folder, "config.json"), JSON.stringify(own), { mode: 0o600 });
  const entries = await readdir(inherited).catch(() => []);
  await Promise.all(
    entries
      .filter((entry) => entry !== "config.json")
      .map((entry) => symlink(join(inherited, entry), join(folder, entry)).catch(() => {})),
  );
  return folder;
}

/** Removes the login; what it links to is the user's and stays. */
export async function removePrivateConfig(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Docker Hub's name in the CLI's configuration. */
const hub = "https://index.docker.io/v1/";

async function readJson(path: string): Promise<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(await readFile(path, "utf8"));
    return isObject(json) ? json : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
