import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

/** What a registry is told of the user; `identityToken` is traded for an access token. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

const configSchema = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});

const helperSchema = z.object({ Username: z.string(), Secret: z.string() });

/** Docker Hub's name in the docker CLI's configuration. */
const hub = "https://index.docker.io/v1/";

/**
 * The credentials that `docker login` left for a registry, from the CLI's own configuration and
 * its credential helpers; undefined where there are none. An unreadable configuration counts as
 * none: the registry's 401 then says what is missing.
 */
export async function credentialsFor(
  registry: string,
  environment: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const config = await readConfig(environment);
  const names = registry === "docker.io" ? [hub, "docker.io"] : [registry, `https://${registry}`];
  // an empty name is a choice as well: the file, whatever the common helper has
  const own = names.map((name) => config?.credHelpers?.[name]).find((name) => name !== undefined);
  const helper = own ?? config?.credsStore;
  if (helper) {
    for (const name of names) {
      const found = await askHelper(helper, name, environment);
      if (found !== undefined) {
        return found;
      }
    }
  }
  for (const name of names) {
    const entry = config?.auths?.[name];
    if (entry?.identitytoken) {
      return { identityToken: entry.identitytoken };
    }
    const pair = entry?.auth ? Buffer.from(entry.auth, "base64").toString() : undefined;
    const colon = pair?.indexOf(":") ?? -1;
    if (pair !== undefined && colon > 0) {
      return { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
    }
    if (entry?.username && entry.password) {
      return { username: entry.username, password: entry.password };
    }
  }
  return undefined;
}

async function readConfig(environment: NodeJS.ProcessEnv) {
  const folder = environment.DOCKER_CONFIG ?? join(environment.HOME ?? homedir(), ".docker");
  try {
    return configSchema.parse(JSON.parse(await readFile(join(folder, "config.json"), "utf8")));
  } catch {
    return undefined;
  }
}

/** Speaks the credential helper protocol: the registry on standard input, JSON on standard output. */
function askHelper(
  helper: string,
  registry: string,
  environment: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  return new Promise((resolve) => {
    if (!/^[A-Za-z0-9_.-]+$/.test(helper)) {
      resolve(undefined);
      return;
    }
    const child = spawn(`docker-credential-${helper}`, ["get"], {
      env: environment,
      stdio: ["pipe", "pipe", "ignore"],
      timeout: 10_000,
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", () => resolve(undefined));
    child.on("close", (code) => resolve(code === 0 ? parseHelperAnswer(output) : undefined));
    child.stdin.on("error", () => {});
    child.stdin.end(registry);
  });
}

function parseHelperAnswer(output: string): Credentials | undefined {
  try {
    const { Username, Secret } = helperSchema.parse(JSON.parse(output));
    return Username === "<token>"
      ? { identityToken: Secret }
      : { username: Username, password: Secret };
  } catch {
    return undefined;
  }
}
