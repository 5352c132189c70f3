import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { dockerCli } from "../engine/cli.ts";
import { dockerEngine, type Engine } from "../engine/engine.ts";
import { type Program, programOn } from "../engine/program.ts";
import { pullAs } from "../engine/pull-as.ts";
import type { GitHubEvent } from "../github/event.ts";
import { removeStaging } from "../images/actions-cache/session.ts";
import { nameOf, parseReference } from "../keys/reference.ts";
import type { Log } from "../log/log.ts";
import type { Redactor } from "../log/redactor.ts";
import type { Timeline } from "../log/timeline.ts";
import { Trouble } from "../log/trouble.ts";
import type { CredentialsFor } from "../registry/auth.ts";
import { type Credentials, credentialsFor, storedCredentials } from "../registry/credentials.ts";
import {
  configFolder,
  engineContext,
  isOfLogin,
  makePrivateConfig,
  proxiesOfDocker,
  removePrivateConfig,
} from "../registry/docker-config.ts";
import type { Outputs } from "../report/outputs.ts";
import type { Job } from "../settings/load.ts";
import { noProxies, proxiesOf } from "../settings/proxies.ts";
import { loginSecrets } from "../settings/secrets.ts";
import { type AuthoritiesFile, filesForNode } from "./authorities.ts";
import type { PostState } from "./post-state.ts";

/** What a mode works with: the world, passed in. */
export interface Runtime {
  readonly engine: Engine;
  /** The docker context that the engine is used by: `default` where none is chosen. */
  readonly engineContext: string;
  readonly log: Log;
  /** For what others said, before it is written anywhere but to the log. */
  readonly redactor: Redactor;
  readonly timeline: Timeline;
  /** The step's own environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** What started the job; undefined outside of GitHub Actions. */
  readonly event: GitHubEvent | undefined;
  /** Tells this run's containers from all others. */
  readonly runId: string;
  /** This run's own folder: transcript, artifacts, build contexts. It stays for the steps that follow. */
  readonly folder: string;
  /** What builds and tasks get of the step's proxies. */
  readonly proxies: ReadonlyMap<string, string>;
  /** For the programs that ask others for us: npm, the Actions cache's. */
  readonly authorities: AuthoritiesFile;
  readonly credentials: CredentialsFor;
  /** Logs the docker CLI in, once, if the settings have a login. Never fails. */
  readonly login: () => Promise<void>;
  /** Fires when the step is cancelled. */
  readonly cancelled: AbortSignal;
  /** Tells outputs as soon as they are known: this process may be killed before its end. */
  readonly known: (outputs: Outputs) => void;
  /** Keeps a value for `post`, which runs even when this process is killed. */
  readonly remember: (state: PostState) => void;
}

/** Marks the docker commands of a run, so that `post` finds those of a process that was killed. */
export const runVariable = "AGENT_RUNNER_RUN_ID";

/** The step was cancelled before there was a task. */
export class Cancelled extends Trouble {
  constructor() {
    super("the step was cancelled");
  }
}

export function newRunId(): string {
  return randomBytes(8).toString("hex");
}

/** The run's own folder. */
export function runFolder(environment: NodeJS.ProcessEnv, runId: string): string {
  return join(environment.RUNNER_TEMP || tmpdir(), `agent-runner-${runId}`);
}

export async function createRuntime(options: {
  job: Job;
  event: GitHubEvent | undefined;
  log: Log;
  redactor: Redactor;
  /** Takes a secret that turns up on the way. */
  hide: (values: Iterable<string>) => void;
  runId: string;
  timeline: Timeline;
  environment: NodeJS.ProcessEnv;
  /** Fires when the step is cancelled. */
  signal: AbortSignal;
  remember: (state: PostState) => void;
  known: (outputs: Outputs) => void;
}): Promise<Runtime> {
  const { environment, event, log, redactor, hide, job, runId, signal, remember, known, timeline } =
    options;
  const folder = runFolder(environment, runId);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const program = programOn(environment.PATH);
  const logins = await withLoginsOf(program, environment);
  hide((await storedCredentials(logins)).flatMap(secretsOfLogin));
  const login = loginOf(job);
  const config =
    login === undefined
      ? undefined
      : await makePrivateConfig(loginFolder(folder), login.host, logins, program.hasNamelessHelper);
  /** What the Actions cache's own registry lets nobody in without. */
  const secret = new RegExp(`(?<=${runId}-)[0-9a-f]+`, "g");
  const docker = dockerCli(
    {
      ...environment,
      [runVariable]: runId,
      ...(config !== undefined && { ...program.loginsIn(config), DOCKER_AUTH_CONFIG: "" }),
    },
    (args) => {
      if (environment.RUNNER_DEBUG === "1") {
        log.info(`docker ${args.join(" ").replaceAll(secret, "…")}`);
      }
    },
    signal,
  );
  const proxies =
    job.settings.proxy === "off"
      ? noProxies
      : proxiesOf(environment, await proxiesOfDocker(environment));
  if (proxies.warning !== undefined && !["plan", "doctor"].includes(job.settings.mode)) {
    log.warning(proxies.warning);
  }
  let loggedIn: Promise<void> | undefined;
  const base = login && (await otherLoginOf(job, login, logins));
  const theirs = resolve(configFolder(environment));
  const engine = dockerEngine(base === undefined ? docker : pullAs(docker, base, theirs));
  return {
    engine,
    engineContext: await engineContext(environment),
    log,
    redactor,
    timeline,
    environment,
    event,
    runId,
    folder,
    proxies: proxies.values,
    authorities: filesForNode(job, environment, folder),
    credentials: async (registry, repository) => {
      if (login !== undefined && isOfLogin(login, registry, repository)) {
        return login;
      }
      const found = await credentialsFor(registry, repository, logins);
      hide(found === undefined ? [] : secretsOfLogin(found)); // a helper may have had it
      // another repository of the same host may have a login of its own
      return found ?? (registry === login?.host ? login : undefined);
    },
    login: () => {
      loggedIn ??= (async () => {
        const wrong = login === undefined ? undefined : await engine.login(login);
        if (wrong !== undefined) {
          log.warning(wrong);
        }
      })();
      return loggedIn;
    },
    cancelled: signal,
    known,
    remember,
  };
}

/** The environment with the logins of a file of the program's own, which come before those of Docker's configuration. */
async function withLoginsOf(
  program: Program,
  environment: NodeJS.ProcessEnv,
): Promise<NodeJS.ProcessEnv> {
  const file = program.loginFile(environment);
  return file === undefined
    ? environment
    : { ...environment, DOCKER_AUTH_CONFIG: await readFile(file, "utf8").catch(() => "") };
}

/** What an installation at task start brings, below the run's folder. */
export const toolsFolder = "agent-tools";

/** Removes what must not outlive the step: its login, and what a cache has staged. */
export async function disposeRuntime(folder: string): Promise<void> {
  await removePrivateConfig(loginFolder(folder));
  await removeStaging(folder);
  await rm(join(folder, toolsFolder), { recursive: true, force: true });
}

function secretsOfLogin(found: Credentials): readonly string[] {
  return "identityToken" in found
    ? [found.identityToken]
    : loginSecrets(found.username, found.password);
}

function loginFolder(folder: string): string {
  return join(folder, "docker");
}

/** The base's repository, where it is on the host of the settings' login and has a login of its own. */
async function otherLoginOf(
  { settings }: Job,
  login: { readonly host: string; readonly path: string },
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const image = parseReference(settings["base-image"]);
  const registry = image?.registry;
  if (image === undefined || registry !== login.host) {
    return undefined;
  }
  const isOurs = isOfLogin(login, registry, image.repository);
  const own = isOurs ? undefined : await credentialsFor(registry, image.repository, environment);
  return own && nameOf(image);
}

function loginOf({ settings }: Job) {
  const { registry } = settings;
  const username = settings["registry-username"];
  const password = settings["registry-password"];
  if (registry === undefined || username === undefined || password === undefined) {
    return undefined;
  }
  const [first = "", ...path] = registry.toLowerCase().split("/");
  const host = first === "index.docker.io" ? "docker.io" : first; // two names of one
  return { host, path: path.join("/"), username, password };
}
