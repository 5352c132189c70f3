import { twice } from "./client.ts";
import { octokitFor } from "./octokit.ts";
import { readPermission, type UserPermission } from "./permission.ts";

/** The few calls of GitHub's API that are used here. */
export interface GitHub {
  /** Our own comment that begins with the mark: its id. */
  findComment(issue: number, mark: string): Promise<number | undefined>;
  createComment(issue: number, body: string): Promise<void>;
  updateComment(id: number, body: string): Promise<void>;
  /** What somebody may do in the repository. Asked again once where GitHub itself is in trouble. */
  permissionOf(user: string): Promise<UserPermission>;
}

/**
 * @param repository `owner/name`
 * @param apiUrl the runner's `GITHUB_API_URL`
 * @param signal ends every request: GitHub may not answer
 */
export async function githubApi(
  token: string,
  repository: string,
  apiUrl: string,
  signal: AbortSignal,
): Promise<GitHub> {
  const octokit = await octokitFor(token, apiUrl, signal);
  const [owner = "", repo = ""] = repository.split("/");
  const here = { owner, repo };
  let self: Promise<string | undefined> | undefined;
  /** The token's own user; an app's token, as the job's, has none and writes as a bot. */
  const login = () => {
    self ??= octokit.rest.users.getAuthenticated().then(
      ({ data }) => data.login,
      () => undefined,
    );
    return self;
  };
  return {
    async findComment(issue, mark) {
      const own = await login();
      const comments = octokit.paginate.iterator(octokit.rest.issues.listComments, {
        ...here,
        issue_number: issue,
        per_page: 100,
      });
      for await (const { data } of comments) {
        // anybody may write our mark, and could change a comment of theirs after us
        const ours = data.find(
          ({ body, user }) =>
            body?.startsWith(mark) &&
            (own === undefined ? user?.type === "Bot" : user?.login === own),
        );
        if (ours !== undefined) {
          return ours.id;
        }
      }
      return undefined;
    },
    async createComment(issue, body) {
      await octokit.rest.issues.createComment({ ...here, issue_number: issue, body });
    },
    async updateComment(id, body) {
      await octokit.rest.issues.updateComment({ ...here, comment_id: id, body });
    },
    async permissionOf(user) {
      const ask = () =>
        octokit.rest.repos.getCollaboratorPermissionLevel({
          ...here,
          username: user,
          // only GitHub's own word counts, and only about this repository
          request: { redirect: "manual" },
        });
      const { status, data } = await twice(ask, retryAfterMs, signal);
      if (Number(status) !== 200) {
        throw new Error(`GitHub answered with ${status} instead of a permission`);
      }
      return readPermission(user, data);
    },
  };
}

const retryAfterMs = 500;
