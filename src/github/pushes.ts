import { z } from "zod";
import { permissionHint, shaSchema, timeSchema, unreadOf } from "./checked.ts";
import type { Api } from "./client.ts";
import { isEarlier, type Push } from "./pinned-head.ts";

/** Pages of 100 that are read to get back to a question: it has not been waiting for long. */
const mostPages = 10;

const activitiesSchema = z.array(
  z.object({ ref: z.string(), before: shaSchema, after: shaSchema, timestamp: timeSchema }),
);

/**
 * What happened to a branch, newest first, back to what was before the question. Or why that cannot be read.
 *
 * @param repository `owner/name` of the one the branch is in
 */
export async function pushesSince(
  api: Api,
  repository: string,
  branch: string,
  at: string,
): Promise<readonly Push[] | string> {
  const [owner = "", repo = ""] = repository.split("/");
  const ref = `refs/heads/${branch}`;
  const pushes: Push[] = [];
  let pages = 0;
  try {
    const route = "GET /repos/{owner}/{repo}/activity";
    for await (const page of api.pages(route, { owner, repo, ref, direction: "desc" })) {
      const read = activitiesSchema.safeParse(page);
      if (!read.success) {
        return "GitHub's list of pushes is not understood";
      }
      for (const { timestamp, before, after } of read.data.filter((one) => one.ref === ref)) {
        const newer = pushes.at(-1);
        if (newer !== undefined && Date.parse(newer.timestamp) < Date.parse(timestamp)) {
          return "GitHub's list of pushes is not in order";
        }
        pushes.push({ timestamp, before, after });
        if (isEarlier(timestamp, at)) {
          return pushes;
        }
      }
      pages += 1;
      if (pages === mostPages) {
        return "there were too many pushes since";
      }
    }
    return pushes;
  } catch (error) {
    const unread = unreadOf(error);
    return `GitHub's list of pushes cannot be read: ${unread.why}${permissionHint(unread, "contents: read")}`;
  }
}
