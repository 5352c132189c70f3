import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type AgentName, agents } from "../agents/agents.ts";
import { parseJson } from "../log/json.ts";

/** An exact version as npm has them; anything else (`latest`, `1`, `next`) has to be looked up. */
const exact = /^\d+\.\d+\.\d+(?:[-+][A-Za-z0-9.+-]+)?$/;

/** How long npm may take, in milliseconds. */
const answerMs = 15_000;

/** How npm is asked; only tests need more than the signal and the authorities. */
export interface AskOptions {
  /** Ends the question: the step was cancelled. */
  readonly signal?: AbortSignal | undefined;
  readonly authorities?: (() => Promise<string | undefined>) | undefined;
  readonly environment?: NodeJS.ProcessEnv;
  readonly limitMs?: number;
}

/**
 * The exact version behind `agent-version`, since a key must not depend on the day. Asks npm, which
 * knows the registry to ask; undefined where npm is missing, does not know or takes too long.
 */
export async function exactVersion(
  agent: AgentName,
  wanted: string,
  options: AskOptions = {},
): Promise<string | undefined> {
  if (exact.test(wanted)) {
    return wanted;
  }
  try {
    const found: unknown = JSON.parse(await view(`${agents[agent].npmPackage}@${wanted}`, options));
    const version = Array.isArray(found) ? found.at(-1) : found; // a range has several
    return typeof version === "string" && exact.test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

/** What npm says of the bytes of an exact version, `sha512-…`; undefined where it cannot be asked. */
export async function integrityOf(
  agent: AgentName,
  version: string,
  options: AskOptions = {},
): Promise<string | undefined> {
  try {
    const spec = `${agents[agent].npmPackage}@${version}`;
    const found = parseJson(await view(spec, options, "dist.integrity"));
    return typeof found === "string" && /^sha\d+-[\w+/=]+$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** What `npm view` prints. */
async function view(spec: string, options: AskOptions, field = "version"): Promise<string> {
  const { signal, environment = process.env, limitMs = answerMs } = options;
  const env = await npmEnvironment(environment, options.authorities);
  return inNpmFolder(async (cwd) => {
    const argv = ["view", spec, field, "--json", "--no-workspaces"];
    const { stdout } = await promisify(execFile)("npm", argv, {
      cwd,
      env,
      timeout: limitMs,
      killSignal: "SIGKILL",
      ...(signal === undefined ? {} : { signal }),
    });
    return stdout;
  });
}

/**
 * Works in a folder of npm's own: in the workspace it would obey the `.npmrc` there, and a pull request's could
 * choose the registry and send it our variables.
 */
export async function inNpmFolder<T>(
  work: (folder: string) => Promise<T>,
  above = tmpdir(),
): Promise<T> {
  const folder = await mkdtemp(join(above, "agent-runner-npm-"));
  try {
    // npm looks for a project from here upwards: this is one, and it is part of no other
    await writeFile(join(folder, "package.json"), "{}\n");
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where programs are, the network's settings, and npm's own; in npm's, the case does not matter. */
const passed =
  /^(?:PATH|HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR))$|^(?:https?|all|no)_proxy$|^npm_config_/i;

/**
 * What npm gets of the step's environment: no inputs and no tokens of the runner, since an `.npmrc`
 * can name any variable. `npm_config_…` are the workflow's own.
 *
 * @param authorities writes a file with those that npm is to trust, too
 */
export async function npmEnvironment(
  environment: NodeJS.ProcessEnv,
  authorities?: AskOptions["authorities"],
): Promise<NodeJS.ProcessEnv> {
  const file = await authorities?.();
  const kept = Object.entries(environment).filter(([name]) => passed.test(name));
  return { ...Object.fromEntries(kept), ...(file !== undefined && { NODE_EXTRA_CA_CERTS: file }) };
}
