import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readAsset } from "../../assets.ts";
import { mountSpec } from "../../engine/create-argv.ts";
import type { Engine } from "../../engine/engine.ts";
import { lastLines, oneLine } from "../../log/text.ts";
import type { Over } from "../changes/git-mount.ts";
import { runLabel } from "../container-spec.ts";
import { type Found, mend } from "./mend.ts";
import type { Owner } from "./plan.ts";

/**
 * A folder that only this runner has. Mounted beside the workspace, it tells an engine that shares
 * the runner's files from one that does not but has a folder of the workspace's name.
 */
export async function makeSentinel(folder: string): Promise<string> {
  const sentinel = join(folder, "shared-with-engine");
  await mkdir(sentinel, { recursive: true });
  return sentinel;
}

/** A workspace that is given to another user, and by whom. */
export interface Giving {
  /** The image of the container that does it, by its id. */
  readonly image: string;
  readonly workspace: string;
  readonly owner: Owner;
  readonly over?: Over | undefined;
}

/**
 * Gives a workspace away by a container of its own, which may do it without this process being root. Nothing in it
 * comes from a task: it is made of the image, the script is an argument, it sees the workspace and no network.
 *
 * @param whose the numbers are those of the engine's containers, or of this machine
 * @returns what went wrong, if anything
 */
export async function give(
  engine: Engine,
  giving: Giving,
  whose: "container" | "runner",
  runId: string,
): Promise<string | undefined> {
  const { image, owner, over } = giving;
  if (over?.outside) {
    // a folder of its own, and given as one
    const own = { image, owner, workspace: over.folder };
    const wrong = await give(engine, own, whose, runId);
    return (await give(engine, { ...giving, over: undefined }, whose, runId)) ?? wrong;
  }
  const { containers } = engine;
  const { workspace } = giving;
  const target = "/workspace";
  const answer = await containers.run({
    image,
    entrypoint: "bash",
    command: [
      ...["--noprofile", "--norc", "-c", await readAsset("container/give.sh"), "bash"],
      ...[target, String(owner.uid), String(owner.gid), whose],
    ],
    network: "none",
    user: "0:0",
    workdir: "/",
    noNewPrivileges: true,
    // what `chown` needs. Not DAC_READ_SEARCH, with which a program opens any file of the disk the folder lies on
    capabilities: ["CHOWN", "DAC_OVERRIDE"],
    labels: [`${runLabel}=${runId}`],
    mounts: [
      mountSpec({ type: "bind", source: workspace, target }),
      ...(over === undefined ? [] : [mountOver(over, target)]),
    ],
  });
  return answer.code === 0 ? undefined : lastLines(answer.stderr);
}

function mountOver({ folder, at, readonly }: Over, target: string): string {
  const mount = { type: "bind", source: folder, target: `${target}/${at}` };
  return mountSpec(readonly ? { ...mount, readonly } : mount);
}

/** What came of a workspace's way back, for the user. */
export interface Returned {
  readonly warnings: readonly string[];
  readonly notices: readonly string[];
  /** It is not all done, and may be tried again. */
  readonly unfinished: boolean;
}

/**
 * Hands the workspace back to the runner's user. This process does what it may; for the rest there is a container,
 * after which it looks again: programs of an image are believed nothing.
 */
export async function takeBack(
  engine: Engine,
  given: Giving & { readonly since: number },
  runId: string,
): Promise<Returned> {
  const owed = { ...given, over: stillThere(given) };
  const first = await mendAll(owed);
  if (first.left.size === 0) {
    return told(first);
  }
  const wrong = await give(engine, owed, "runner", runId);
  const second = await mendAll(owed, true);
  return told(
    {
      left: second.left,
      special: new Set([...first.special, ...second.special]),
      removed: new Set([...first.removed, ...second.removed]),
      leadOut: new Set([...first.leadOut, ...second.leadOut]),
      moved: new Set([...first.moved, ...second.moved]),
    },
    wrong,
  );
}

/** What is mounted over a folder goes before a second attempt; then that folder itself stays as it is. */
export function stillThere({ workspace, over }: Giving): Over | undefined {
  if (over === undefined || existsSync(over.folder)) {
    return over;
  }
  return over.outside
    ? undefined
    : { folder: join(workspace, over.at), at: over.at, readonly: true };
}

/** The workspace, and what was mounted over a folder of it instead of that folder, which the task has not seen. */
async function mendAll(
  { workspace, owner, since, over }: Giving & { readonly since: number },
  isLast = false,
): Promise<Found> {
  const found = await mend(workspace, owner, since, {
    isLast,
    except: over?.outside ? undefined : over?.at,
  });
  if (over === undefined || over.readonly) {
    return found;
  }
  // nothing of it is kept, but who removes it must be able to
  const { left } = await mend(over.folder, owner, since, { isLast });
  const named = [...left].map((path) => `${over.at}/${path}`);
  return { ...found, left: new Set([...found.left, ...named]) };
}

/** Pure. */
export function told({ left, special, removed, leadOut, moved }: Found, wrong?: string): Returned {
  const about = (paths: Iterable<string>, text: (named: string) => string) => {
    const all = [...paths].sort();
    return all.length === 0 ? [] : [text(named(all))];
  };
  const mended = [...special].filter((path) => !left.has(path) && !removed.has(path));
  const why = wrong === undefined ? "" : `: ${wrong}`;
  return {
    warnings: [
      ...about(
        left,
        (paths) =>
          `the workspace could not be handed back whole${why}; these are not the runner's, so start no program among them: ${paths}`,
      ),
      ...about(
        mended,
        (paths) =>
          `set-user-ID and set-group-ID were taken from what is in the workspace: ${paths}`,
      ),
      ...about(
        removed,
        (paths) =>
          `removed from the workspace, because they give others' rights (devices, set-user-ID): ${paths}`,
      ),
      ...about(
        moved,
        (paths) =>
          `folders of the workspace lay so deep that no path leads into them; they are at its top now: ${paths}`,
      ),
    ],
    notices: about(
      leadOut,
      (paths) =>
        `the task left links that lead out of the workspace; a step that follows one reads or writes there: ${paths}`,
    ),
    unfinished: left.size > 0,
  };
}

/** The first three of them, and how many more there are. */
function named(paths: readonly string[]): string {
  const shown = paths.slice(0, 3);
  const more = paths.length - shown.length;
  return `${shown.map((path) => oneLine(path, 100)).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
