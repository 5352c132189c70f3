import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { sha256 } from "../keys/hash.ts";
import { parseJson } from "../log/json.ts";

/** The folder where the docker CLI keeps its configuration; an empty variable is one not set. */
export function configFolder(environment: NodeJS.ProcessEnv): string {
  return environment.DOCKER_CONFIG || join(homeFolder(environment), ".docker");
}

/** Never a folder of no name: what lies below it would be that of the checkout. */
export function homeFolder(environment: NodeJS.ProcessEnv): string {
  if (environment.HOME) {
    return environment.HOME;
  }
  try {
    return userInfo().homedir || "/";
  } catch {
    return "/"; // a user number without a name
  }
}

const text = z.string().optional().catch(undefined);
const entrySchema = z.looseObject({
  auth: text,
  username: text,
  password: text,
  identitytoken: text,
});
/** One entry of `auths`. */
export type LoginEntry = z.output<typeof entrySchema>;

const authsSchema = z.record(z.string(), entrySchema.catch({})).optional().catch(undefined);

// What is not as it should be counts as not there, and costs nothing else; what is not read here stays.
const configSchema = z
  .looseObject({
    auths: authsSchema,
    credsStore: text,
    currentContext: text,
    credHelpers: z.record(z.string(), z.string()).optional().catch(undefined),
  })
  .catch({});
export type DockerConfig = z.output<typeof configSchema>;

/** By the step's environment, of which there is one in a run. */
const configs = new WeakMap<NodeJS.ProcessEnv, Promise<DockerConfig>>();

/** The docker CLI's `config.json`, read once a run; one that cannot be read is an empty one. */
export function readConfig(environment: NodeJS.ProcessEnv): Promise<DockerConfig> {
  const config = configs.get(environment) ?? readFrom(configFolder(environment));
  configs.set(environment, config);
  return config;
}

async function readFrom(folder: string): Promise<DockerConfig> {
  const text = await readFile(join(folder, "config.json"), "utf8").catch(() => "");
  return configSchema.parse(parseJson(text));
}

const authConfigSchema = z.looseObject({ auths: authsSchema });

/** The logins of `DOCKER_AUTH_CONFIG`, which come before those of the file; none where it cannot be read. */
export function authsOf({ DOCKER_AUTH_CONFIG: text = "" }: NodeJS.ProcessEnv) {
  return authConfigSchema.safeParse(parseJson(text)).data?.auths ?? {};
}

/** The context that the docker CLI works in, by its own order; a host of its own is the context `default`. */
export async function engineContext(environment: NodeJS.ProcessEnv): Promise<string> {
  if (environment.DOCKER_HOST) {
    return "default";
  }
  return environment.DOCKER_CONTEXT || (await readConfig(environment)).currentContext || "default";
}

const contextSchema = z.object({ Endpoints: z.object({ docker: z.object({ Host: z.string() }) }) });

/** The engine's address as the docker CLI has it, `tcp://host:2376`: of the environment, or of the context. */
async function engineHost(
  environment: NodeJS.ProcessEnv,
  { currentContext }: DockerConfig,
): Promise<string | undefined> {
  const { DOCKER_HOST: host, DOCKER_CONTEXT: context = "" } = environment;
  const tls = Boolean(environment.DOCKER_TLS_VERIFY || environment.DOCKER_TLS);
  const name = context || currentContext || "default";
  if (host || name === "default") {
    return wholeHost((host ?? "").trim(), tls);
  }
  const folder = join(configFolder(environment), "contexts", "meta", sha256(name));
  const text = await readFile(join(folder, "meta.json"), "utf8").catch(() => "");
  const found = contextSchema.safeParse(parseJson(text));
  return found.success ? wayTo(found.data.Endpoints.docker.Host) : undefined;
}

/** With what the CLI fills in. Pure. */
function wholeHost(host: string, tls = false): string {
  if (host === "") {
    return tls ? "tcp://localhost:2376" : "unix:///var/run/docker.sock";
  }
  const address = host.includes("://") ? host : `tcp://${host}`;
  if (/^unix:\/\/$/.test(address)) {
    return "unix:///var/run/docker.sock";
  }
  const [, name, port, path = ""] = /^tcp:\/\/([^/]*?)(?::(\d*))?(\/.*)?$/.exec(address) ?? [];
  return name === undefined
    ? wayTo(address)
    : `tcp://${name || "localhost"}:${port || 2375}${path}`;
}

/** Behind SSH every engine has this one address. */
function wayTo(address: string): string {
  return address.startsWith("ssh://") ? "http://docker.example.com" : address;
}

const proxiesSchema = z.record(z.string(), z.record(z.string(), z.unknown()).catch({})).catch({});

/**
 * The proxies that the docker CLI itself gives to builds and containers of this engine, by their variables in small
 * letters: `https_proxy`.
 */
export async function proxiesOfDocker(
  environment: NodeJS.ProcessEnv,
): Promise<ReadonlySet<string>> {
  const config = await readConfig(environment);
  const all = proxiesSchema.parse(config.proxies);
  const engines = Object.keys(all).filter((name) => name !== "default");
  const engine = engines.length === 0 ? undefined : await engineHost(environment, config);
  const given = engine !== undefined && Object.hasOwn(all, engine) ? all[engine] : all.default;
  return new Set(
    Object.entries(given ?? {})
      .filter(([, value]) => typeof value === "string" && value !== "")
      .map(([name]) => name.replace(/Proxy$/, "_proxy")),
  );
}

/** The name by which the docker CLI writes down a registry's login. */
export function dockersName(registry: string): string {
  return registry === "docker.io" ? "https://index.docker.io/v1/" : registry;
}

/**
 * Makes a docker configuration of the step's own, so that a login never reaches the user's: what the
 * user's has is there too (other logins, also those of `DOCKER_AUTH_CONFIG`, which would come before ours, helpers,
 * proxies, contexts, builders, plugins), but for the registry of the login, which is kept in this folder's file whatever helper the user has.
 *
 * @param hasNameless whether the helper of no name is the file, as it is to docker, or one that is looked for
 * @returns the folder, for `DOCKER_CONFIG`
 */
export async function makePrivateConfig(
  folder: string,
  registry: string,
  environment: NodeJS.ProcessEnv,
  hasNameless = true,
): Promise<string> {
  const inherited = resolve(configFolder(environment));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const config = await readConfig(environment);
  const helper = hasNameless ? "" : undefined;
  const names = hasNameless ? [dockersName(registry)] : [dockersName(registry), registry];
  const kept = Object.fromEntries(names.map((name) => [name, helper]));
  const auths = { ...config.auths, ...authsOf(environment) };
  const own = {
    ...config,
    ...(Object.keys(auths).length > 0 && { auths }),
    credHelpers: { ...config.credHelpers, ...kept },
  };
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

/** Who to be at the registry of the settings. */
export interface RegistryLogin {
  /** Host only, `ghcr.io`. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

/**
 * Whether a repository is one of those that the login of the settings is for: what lies below their path, and where
 * that is a whole host, the images that are made here.
 *
 * @param path where our own images are, below the host: `owner/cache`; empty for the host itself
 */
export function isOfLogin(
  { host, path }: { readonly host: string; readonly path: string },
  registry: string,
  repository: string,
): boolean {
  return (
    registry === host &&
    (path === "" ? repository.startsWith("agent-runner-") : `${repository}/`.startsWith(`${path}/`))
  );
}
