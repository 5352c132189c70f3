import { spawn } from "node:child_process";
import { z } from "zod";
import { parseJson } from "../log/json.ts";
import {
  authsOf,
  type DockerConfig,
  dockersName,
  type LoginEntry,
  readConfig,
} from "./docker-config.ts";

/** What a registry is told of the user; `identityToken` is traded for an access token. */
export type Credentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

/** A login, and where it is from. */
export interface Login {
  readonly credentials: Credentials;
  /** The credential helper that has it; undefined for the configuration's own file. */
  readonly helper: string | undefined;
}

/**
 * The credentials that `docker login` left for a repository, from the CLI's own configuration and
 * its credential helpers; undefined where there are none. An unreadable configuration counts as
 * none: the registry's 401 then says what is missing.
 *
 * @param registry `docker.io`, `ghcr.io`, `localhost:5000`
 * @param repository `owner/name`: a file may have logins for a part of a registry
 */
export async function credentialsFor(
  registry: string,
  repository: string,
  environment: NodeJS.ProcessEnv,
  helperMs = helperLimitMs,
): Promise<Credentials | undefined> {
  return (await loginFor(registry, repository, environment, helperMs))?.credentials;
}

/** The same, with where it is from. */
export async function loginFor(
  registry: string,
  repository: string,
  environment: NodeJS.ProcessEnv,
  helperMs = helperLimitMs,
): Promise<Login | undefined> {
  const given = inFile({ auths: authsOf(environment) }, registry, repository);
  if (given !== undefined) {
    return { credentials: given, helper: undefined };
  }
  const config = await readConfig(environment);
  const other = registry === "docker.io" ? registry : `https://${registry}`;
  const names = [dockersName(registry), other];
  // an empty name is a choice as well: the file, whatever the common helper has
  const own = names.map((name) => config.credHelpers?.[name]).find((name) => name !== undefined);
  const helper = own ?? config.credsStore;
  if (helper) {
    for (const name of names) {
      const found = await askHelper(helper, name, environment, helperMs);
      if (found === "late") {
        break;
      }
      if (found !== undefined) {
        return { credentials: found, helper };
      }
    }
  }
  const credentials = inFile(config, registry, repository);
  return credentials && { credentials, helper: undefined };
}

/** All that `docker login` left in the configuration's own file, and what the environment has. */
export async function storedCredentials(
  environment: NodeJS.ProcessEnv,
): Promise<readonly Credentials[]> {
  const { auths } = await readConfig(environment);
  return [...Object.values(auths ?? {}), ...Object.values(authsOf(environment))].flatMap(
    (entry) => credentialsOf(entry) ?? [],
  );
}

/**
 * The login for the longest part of the name; of two for the same, the one that Docker writes. Where none is for a
 * part of it, one for another part of the registry: Docker itself looks at nothing but the host.
 */
function inFile(
  { auths = {} }: DockerConfig,
  registry: string,
  repository: string,
): Credentials | undefined {
  const rank = (key: string) => (key === dockersName(registry) ? 0 : 1);
  const host = coverage(registry);
  const known = Object.entries(auths)
    .map(([key, entry]) => ({ key, covers: coverage(key), found: credentialsOf(entry) }))
    .filter(({ found }) => found !== undefined)
    .sort((a, b) => b.covers.length - a.covers.length || rank(a.key) - rank(b.key));
  const ours = known.find(({ covers }) => `${host}/${repository}/`.startsWith(`${covers}/`));
  return (ours ?? known.find(({ covers }) => covers.startsWith(`${host}/`)))?.found;
}

/**
 * What a key of `auths` is for: `https://index.docker.io/v1/` → `docker.io`, `http://host/v1/` → `host`,
 * `ghcr.io/owner` as it is.
 */
function coverage(key: string): string {
  return key
    .toLowerCase()
    .replace(/^https?:\/\//, "")
    .replace(/\/+$/, "")
    .replace(/^([^/]+)\/v[12]$/, "$1")
    .replace(/^(?:index|registry-1)\.docker\.io(?=\/|$)/, "docker.io");
}

function credentialsOf({ auth, username, password, identitytoken }: LoginEntry) {
  if (identitytoken) {
    return { identityToken: identitytoken };
  }
  const pair = auth ? Buffer.from(auth, "base64").toString() : "";
  const colon = pair.indexOf(":");
  if (colon > 0) {
    return { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
  }
  return username && password ? { username, password } : undefined;
}

/** A helper that asks somebody, or waits for a network, is not waited for. */
const helperLimitMs = 10_000;
/** No answer is longer. */
const helperBytes = 1024 * 1024;

/**
 * Speaks the credential helper protocol: the registry on standard input, JSON on standard output. What a helper has
 * started may outlive it and keep the output open: it is ended with all of its group.
 */
function askHelper(
  helper: string,
  registry: string,
  environment: NodeJS.ProcessEnv,
  limitMs: number,
): Promise<Credentials | "late" | undefined> {
  return new Promise((resolve) => {
    if (!/^[A-Za-z0-9_.-]+$/.test(helper)) {
      resolve(undefined);
      return;
    }
    const child = spawn(`docker-credential-${helper}`, ["get"], {
      env: environment,
      stdio: ["pipe", "pipe", "ignore"],
      detached: true,
    });
    const giveUp = () => {
      endGroup(child.pid);
      child.stdout.destroy();
      resolve("late");
    };
    const late = setTimeout(giveUp, limitMs);
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.length > helperBytes) {
        giveUp();
      }
    });
    child.on("error", () => {
      clearTimeout(late);
      resolve(undefined);
    });
    child.on("close", (code) => {
      clearTimeout(late);
      resolve(code === 0 ? parseHelperAnswer(output) : undefined);
    });
    child.stdin.on("error", () => {});
    child.stdin.end(registry);
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) {
      process.kill(-pid, "SIGKILL");
    }
  } catch {
    // it has ended by itself
  }
}

const helperSchema = z.object({ Username: z.string(), Secret: z.string() });

function parseHelperAnswer(output: string): Credentials | undefined {
  const { data } = helperSchema.safeParse(parseJson(output));
  if (data === undefined || data.Username === "" || data.Secret === "") {
    return undefined; // so some say that they have none
  }
  return data.Username === "<token>"
    ? { identityToken: data.Secret }
    : { username: data.Username, password: data.Secret };
}
