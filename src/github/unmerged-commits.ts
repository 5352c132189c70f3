import { z } from "zod";
import type { Api } from "./client.ts";

const pageSize = 100;
/** A branch with more commits is looked at no further. */
const mostPages = 5;

const schema = z.object({
  total_commits: z.number().int(),
  commits: z.array(z.object({ commit: z.object({ message: z.string() }) })),
});

/**
 * The messages of the commits that a branch has and its base has not.
 *
 * @param base a branch
 * @param head a commit
 * @throws Error when they cannot all be had
 */
export async function unmergedMessages(
  api: Api,
  base: string,
  head: string,
): Promise<readonly string[]> {
  const messages: string[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const { data } = await api.call("GET /repos/{owner}/{repo}/compare/{basehead}", {
      basehead: `${base}...${head}`,
      per_page: pageSize,
      page,
    });
    const read = schema.safeParse(data);
    if (!read.success) {
      throw new Error("GitHub's answer is not understood");
    }
    messages.push(...read.data.commits.map(({ commit }) => commit.message));
    if (messages.length >= read.data.total_commits) {
      return messages;
    }
  }
  throw new Error(`the branch has more than ${mostPages * pageSize} commits`);
}
