import { lstat, readFile, realpath } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { parseJson } from "../log/json.ts";
import { type Hideable, isSamePlace, whyNoTarget } from "./container-folders.ts";
import { type MachineFolder, machineFolders, whatIsThere } from "./machine-folders.ts";
import { type MountLine, parseMount } from "./mount-line.ts";
import { quote } from "./problem.ts";
import { isInside } from "./workspace-file.ts";

export interface MountContext extends Hideable {
  readonly workspace: string;
  /** The step's own environment. */
  readonly environment: NodeJS.ProcessEnv;
}

const allowed =
  "mount a folder of the workspace, of the tool cache, or one made for the task, such as one below /srv or the runner's temporary folder";

/**
 * What is wrong with the lines of `mounts`, a message a line: what they would bring into the container by its own
 * path, by a folder above it, or by a link to either, and what they would hide in it.
 */
export async function whatIsWrongWithMounts(
  lines: readonly string[],
  { workspace, environment, ...hideable }: MountContext,
): Promise<readonly string[]> {
  if (lines.length === 0) {
    return [];
  }
  const folders = await asTheyAre(
    machineFolders({
      environment,
      workspace,
      home: homeFolder(),
      program: process.execPath,
      engineFolders: await engineFolders(),
    }),
  );
  const mounts = lines.map(parseMount);
  const problems = await Promise.all(
    lines.map(async (line, index) => {
      const mount = mounts[index] as MountLine | string;
      if (typeof mount === "string") {
        return [`${quote(line)} cannot be used: ${mount}`];
      }
      const wrong = [];
      if (mount.type === "bind") {
        const found = await whatComesIn(mount.source, folders);
        wrong.push(...(found === undefined ? [] : [`${found}; ${allowed}`]));
        if (!mount.readonly && (await hasRepository(mount.source, workspace))) {
          wrong.push(repositoryComesIn);
        }
      }
      const hidden = whyNoTarget(mount.target, hideable);
      wrong.push(...(hidden === undefined ? [] : [hidden]));
      const isTwice = mounts
        .slice(0, index)
        .some((one) => typeof one !== "string" && isSamePlace(one.target, mount.target));
      wrong.push(...(isTwice ? [`a line before it has the same \`target\``] : []));
      return wrong.map((why) => `${quote(line)} is refused: ${why}`);
    }),
  );
  return problems.flat();
}

const repositoryComesIn =
  "the workspace's own `.git` would come in with it, and git on the runner obeys what a task writes there (the task has a copy); mount another folder, or add `,readonly`";

/** Whether a mount has the workspace's repository in it, or lies in it. */
async function hasRepository(source: string, workspace: string): Promise<boolean> {
  const repository = join(workspace, ".git");
  if ((await lstat(repository).catch(() => undefined)) === undefined) {
    return false; // one that a task makes is taken away afterwards
  }
  const places = [repository, await realOf(repository)];
  const paths = [resolve(source), await realOf(source)];
  return places.some((place) =>
    paths.some((path) => isInside(path, place) || isInside(place, path)),
  );
}

async function whatComesIn(
  source: string,
  folders: readonly MachineFolder[],
): Promise<string | undefined> {
  // relative paths count from here, for the CLI too
  const plain = resolve(source);
  const real = await realOf(plain);
  for (const path of new Set([plain, real, await realOf(source)])) {
    const found = whatIsThere(path, folders);
    if (found !== undefined) {
      const leads = path === source ? path : `${source} leads to ${path}`;
      const has = found.path === path ? "which is" : `and ${found.path} is`;
      return `${leads}, ${has} ${found.what}`;
    }
  }
  return undefined;
}

/** The folders by the names they have, and by those that their links lead to. */
async function asTheyAre(folders: readonly MachineFolder[]): Promise<readonly MachineFolder[]> {
  const real = folders.map(async (one) => ({ ...one, path: await realOf(one.path) }));
  return [...folders, ...(await Promise.all(real))];
}

/** Where a path leads; of one that is not there yet, as far as it is. */
async function realOf(path: string): Promise<string> {
  const above = dirname(path);
  return realpath(path).catch(async () =>
    above === path ? path : join(await realOf(above), basename(path)),
  );
}

function homeFolder(): string {
  try {
    return userInfo().homedir;
  } catch {
    return ""; // a user number that the system has no name for
  }
}

const engineConfig = z.object({
  "data-root": z.string().optional(),
  "exec-root": z.string().optional(),
  hosts: z.array(z.string()).optional(),
});

/** What the configuration of an engine on this machine says of its folders and sockets. */
async function engineFolders(): Promise<readonly string[]> {
  const text = await readFile("/etc/docker/daemon.json", "utf8").catch(() => "");
  const { data } = engineConfig.safeParse(parseJson(text));
  const sockets = (data?.hosts ?? []).map((host) => host.replace(/^unix:\/\//, ""));
  return [data?.["data-root"], data?.["exec-root"], ...sockets].filter(
    (path) => path?.startsWith("/") === true,
  ) as string[];
}
