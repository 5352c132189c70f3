import { z } from "zod";
import type { Engine } from "../../engine/engine.ts";
import { reasonOf } from "../../log/trouble.ts";
import { isTelling } from "../changes/git-differences.ts";
import { asideIn, type Watch } from "../changes/watch.ts";
import { syncFromArchive } from "./copied.ts";
import type { WorkspacePlan } from "./plan.ts";
import { type Returned, takeBack } from "./shared.ts";

const owner = z.object({ uid: z.number(), gid: z.number() });
const over = z.object({
  folder: z.string(),
  at: z.string(),
  readonly: z.boolean(),
  outside: z.boolean().optional(),
});

/**
 * What is owed to the runner while a task has the workspace.
 *
 * - `shared`: what its files have become goes back to the runner's user; `image` is the task's, by its id, and `since`
 *   when the task began, in milliseconds since 1970
 * - `copied`: the engine does not share this machine's files, and has the task's changes alone
 */
export const owedSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("shared"),
    image: z.string(),
    workspace: z.string(),
    owner,
    since: z.number(),
    /** What is mounted over a folder of the workspace, and goes back to the runner with it. */
    over: over.optional(),
  }),
  z.object({
    kind: z.literal("copied"),
    workdir: z.string(),
    workspace: z.string(),
    owner,
    /** Paths of which the workspace keeps its own. */
    apart: z.array(z.string()).optional(),
  }),
]);
export type Owed = z.output<typeof owedSchema>;

/** What a task that begins owes. Pure. */
export function lease(
  where: { readonly image: string; readonly workspace: string; readonly workdir: string },
  { owner }: WorkspacePlan,
  isShared: boolean,
  now: number,
  { over, apart }: Pick<Watch, "over" | "apart">,
): Owed {
  const { image, workspace, workdir } = where;
  return isShared
    ? { kind: "shared", image, workspace, owner, since: now, over }
    : { kind: "copied", workdir, workspace, owner, apart: [...apart] };
}

export interface SettleOptions {
  readonly runId: string;
  /** The task's container. */
  readonly container: string;
  /** A folder for files that are being written. */
  readonly scratch: string;
}

/** Hands the workspace back with the task's changes, once nothing of it runs any more. */
export async function settle(
  engine: Engine,
  owed: Owed,
  { runId, container, scratch }: SettleOptions,
): Promise<Returned> {
  if (owed.kind === "shared") {
    return takeBack(engine, owed, runId).catch((error) => ({
      warnings: [`the workspace could not be handed back: ${reasonOf(error)}`],
      notices: [],
      unfinished: true,
    }));
  }
  const wrong = await copyBack(engine, owed, container, scratch);
  // changes that were copied in part are no more in the container's next copy
  return { warnings: wrong === undefined ? [] : [wrong], notices: [], unfinished: false };
}

/** Makes the workspace what the container's has become; nothing is removed where that fails. */
async function copyBack(
  engine: Engine,
  { workdir, workspace, owner, apart }: Owed & { kind: "copied" },
  container: string,
  scratch: string,
): Promise<string | undefined> {
  const why = (reason: string) =>
    `the task's changes could not all be copied back into the workspace: ${reason}`;
  try {
    const finish = await engine.containers.copyOut(container, workdir, (archive) =>
      syncFromArchive(archive, workspace, scratch, owner, {
        apart: { paths: apart ?? [], aside: asideIn(scratch), wants: isTelling },
      }),
    );
    if (finish === undefined) {
      return why("its folder is no longer in the container");
    }
    await finish();
    return undefined;
  } catch (error) {
    return why(reasonOf(error));
  }
}

export const changesLost =
  "the task's changes to the workspace are lost: the engine, which has its files on another machine, had them alone";
