import { lchownSync, type Stats } from "node:fs";
import type { Engine } from "../../engine/engine.ts";
import type { Over } from "../changes/git-mount.ts";
import type { Container } from "../container.ts";
import type { TaskRequest } from "../request.ts";
import type { Owner } from "./plan.ts";
import { give } from "./shared.ts";
import { isNumeric, userIn } from "./user.ts";
import { type Path, walk } from "./walk.ts";

/**
 * The numbers of the user that a container is made for; the engine reads the image's lists of users, and nothing of the
 * image is run. Undefined for a name that the image does not know.
 */
export async function userOf(
  container: Pick<Container, "text">,
  user: string,
): Promise<Owner | undefined> {
  const lists = isNumeric(user)
    ? []
    : await Promise.all(["/etc/passwd", "/etc/group"].map((path) => container.text(path)));
  return userIn(user, lists[0] ?? "", lists[1] ?? "");
}

/** Hands the workspace, and what is mounted over a folder of it, to the user that the container will run as. Answers what went wrong, if anything. */
export async function handOver(
  engine: Engine,
  { job, runId }: TaskRequest,
  image: string,
  heir: Owner | undefined,
  over: Over | undefined,
): Promise<string | undefined> {
  if (heir === undefined) {
    return "the workspace could not be made writable for the container's user: the image does not know it";
  }
  const { workspace } = job;
  const isRoot = process.getuid?.() === 0;
  if (isRoot && (await engine.machine())?.mapsUsers === false) {
    const giveAway = (path: Path, { uid }: Stats) => {
      if (uid !== heir.uid) {
        lchownSync(path, heir.uid, heir.gid);
      }
      return undefined;
    };
    await walk(workspace, giveAway, over?.at);
    if (over !== undefined && !over.readonly) {
      await walk(over.folder, giveAway);
    }
    return undefined;
  }
  const wrong = await give(engine, { image, workspace, owner: heir, over }, "container", runId);
  return (
    wrong &&
    `the workspace could not be made writable for the container's user ${heir.uid}: ${wrong}`
  );
}
