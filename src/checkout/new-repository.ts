import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GitTrouble, noSettings, type RunOptions, runGit } from "./git-program.ts";
import type { CheckoutRequest } from "./request.ts";

/** A repository that we make, for the workspace; its settings are ours alone. */
export interface NewRepository {
  /** Its own folder. */
  readonly folder: string;
  /**
   * Runs git on it and the workspace, and answers what it wrote, with one character a byte.
   *
   * @throws GitTrouble
   */
  git(args: readonly string[], options?: RunOptions): Promise<string>;
  /** The same with the way to the server: its login, proxy and certificates. */
  gitOnline(args: readonly string[]): Promise<string>;
}

/** What git and its TLS need of the step's environment; above all, none of its secrets. */
const passedOn =
  /^(?:PATH|LD_LIBRARY_PATH|TMPDIR|TZ|SYSTEM(?:DRIVE|ROOT)|RUNNER_TRACKING_ID|(?:https?|no|all)_proxy|SSL_CERT_(?:FILE|DIR)|CURL_CA_BUNDLE|GIT_SSL_CA(?:INFO|PATH))$/i;

/** Of the runner's own settings, what may be needed to reach a server. */
const wayOut =
  "^http\\.(.*\\.)?(proxy|proxyauthmethod|proxysslca(info|path)?|sslcainfo|sslcapath|sslbackend)$";

/** A checkout of a stranger's tree: nothing of it, and nothing that a machine has set up for others, is run. */
const settings: readonly Setting[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["credential.helper", ""],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  // one pack as it comes, which nothing looks after: the repository does not grow old
  ["fetch.unpackLimit", "1"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
];

type Setting = readonly [name: string, value: string];

/**
 * Makes one that has nothing yet, with the remote `origin`.
 *
 * @param folder a new folder: it becomes the workspace's `.git`
 */
export async function newRepository(
  folder: string,
  request: CheckoutRequest,
): Promise<NewRepository> {
  const { workspace, scratch, signal, environment } = request;
  for (const path of ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"]) {
    await mkdir(join(folder, path), { recursive: true });
  }
  await writeFile(join(folder, "HEAD"), "ref: refs/heads/none\n");
  await writeFile(
    join(folder, "config"),
    `[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n[remote "origin"]\n\turl = ${originOf(request)}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`,
  );
  const passed = Object.fromEntries(
    Object.entries(environment).filter(([name]) => passedOn.test(name)),
  );
  const place = { GIT_DIR: folder, GIT_WORK_TREE: workspace, GIT_ALLOW_PROTOCOL: "http:https" };
  const env = { ...passed, ...noSettings(scratch), ...place, ...asVariables(settings) };
  const run = (args: readonly string[], of: NodeJS.ProcessEnv, options: RunOptions = {}) =>
    answerOf(args, workspace, of, { signal, ...options });
  let online: Promise<NodeJS.ProcessEnv> | undefined;
  const way = async (): Promise<NodeJS.ProcessEnv> => {
    const { HOME, XDG_CONFIG_HOME } = environment;
    const asUser = { ...passed, HOME, XDG_CONFIG_HOME, GIT_DIR: folder };
    const found = await run(["config", "--null", "--get-regexp", wayOut], asUser).catch(none);
    const way = settingsIn(found);
    const trust = await trustOf(way, request);
    return { ...env, ...trust, ...asVariables([...settings, ...way, ...loginOf(request)]) };
  };
  return {
    folder,
    git: (args, options) => run(args, env, options),
    gitOnline: async (args) => {
      online ??= way();
      return run(args, await online);
    },
  };
}

/** What git is told of authorities, where neither its settings nor the step's environment do it. */
async function trustOf(
  way: readonly Setting[],
  { environment, authorities }: CheckoutRequest,
): Promise<NodeJS.ProcessEnv> {
  const isTold =
    environment.GIT_SSL_CAINFO ||
    environment.GIT_SSL_CAPATH ||
    way.some(([name]) => /\.sslca(?:info|path)$/.test(name));
  const file = isTold ? undefined : await authorities?.();
  return file === undefined ? {} : { GIT_SSL_CAINFO: file };
}

/** Where the repository is, as people write it. */
export function originOf({ serverUrl, repository }: CheckoutRequest): string {
  return `${serverUrl.replace(/\/$/, "")}/${repository}`;
}

/** As `actions/checkout` does it, but in no file: what is in a process's environment goes with it. */
function loginOf({ serverUrl, token }: CheckoutRequest): readonly Setting[] {
  if (token === undefined || token === "") {
    return [];
  }
  const login = Buffer.from(`x-access-token:${token}`).toString("base64");
  const name = `http.${serverUrl.replace(/\/$/, "")}/.extraheader`;
  return [[name, `AUTHORIZATION: basic ${login}`]];
}

/** What `git config --null` lists. Pure. */
export function settingsIn(listed: string): readonly Setting[] {
  return listed.split("\0").flatMap((entry) => {
    const end = entry.indexOf("\n");
    return end < 0 ? [] : [[entry.slice(0, end), entry.slice(end + 1)] as const];
  });
}

function asVariables(all: readonly Setting[]): NodeJS.ProcessEnv {
  const variables = all.flatMap(([name, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, name],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return { ...Object.fromEntries(variables), GIT_CONFIG_COUNT: String(all.length) };
}

/** git ends with 1 where nothing is set. */
function none(error: unknown): string {
  if (error instanceof GitTrouble) {
    return "";
  }
  throw error;
}

async function answerOf(
  args: readonly string[],
  folder: string,
  env: NodeJS.ProcessEnv,
  options: RunOptions,
): Promise<string> {
  const chunks: Buffer[] = [];
  await runGit(args, { folder, env }, { take: (chunk) => void chunks.push(chunk), ...options });
  return Buffer.concat(chunks).toString("latin1");
}
