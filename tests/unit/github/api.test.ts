import { afterEach, describe, expect, it } from "vitest";
import { githubApi } from "../../../src/github/api.ts";
import { keepComment, marker } from "../../../src/github/comment.ts";
import { type ApiOptions, type ApiServer, type Comment, startApi } from "./api-server.ts";

const servers: ApiServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function start(options?: ApiOptions) {
  const server = await startApi(options);
  servers.push(server);
  return {
    server,
    github: await githubApi("ghs_token", "Octo-Org/Demo", server.url, AbortSignal.timeout(9_000)),
  };
}

const mark = marker("test");
const by = (login: string, type: "Bot" | "User", id: number, body: string): Comment => ({
  id,
  body,
  user: { login, type },
});

/** Enough comments for several pages, none of them ours. */
const others = (count: number) =>
  Array.from({ length: count }, (_, index) => by("octocat", "User", index + 1, `no. ${index}`));

describe("the one comment of a job", () => {
  it("is created once and then updated", async () => {
    const { server, github } = await start();
    await keepComment(github, 7, "test", "first");
    await keepComment(github, 7, "test", "second");
    await keepComment(github, 7, "test", "third");
    expect(server.comments.get(7)).toEqual([
      by("github-actions[bot]", "Bot", 1000, `${mark}\nthird`),
    ]);
    const changes = server.requests.filter((request) => !request.startsWith("GET"));
    expect(changes).toEqual([
      "POST /repos/Octo-Org/Demo/issues/7/comments",
      "PATCH /repos/Octo-Org/Demo/issues/comments/1000",
      "PATCH /repos/Octo-Org/Demo/issues/comments/1000",
    ]);
    expect([...server.tokens]).toEqual(["token ghs_token"]);
  });

  it("is found on a later page", async () => {
    const { server, github } = await start({ pageSize: 2 });
    server.comments.set(7, [...others(5), by("github-actions[bot]", "Bot", 900, `${mark}\nold`)]);
    await keepComment(github, 7, "test", "new");
    expect(server.comments.get(7)?.at(-1)).toMatchObject({ id: 900, body: `${mark}\nnew` });
    expect(server.comments.get(7)).toHaveLength(6);
  });

  it("is another one for another job, and on another pull request", async () => {
    const { server, github } = await start();
    await keepComment(github, 7, "test", "a");
    await keepComment(github, 7, "lint", "b");
    await keepComment(github, 8, "test", "c");
    expect([...server.comments].map(([number, all]) => [number, all.length])).toEqual([
      [7, 2],
      [8, 1],
    ]);
  });

  it("is never a stranger's who wrote our mark", async () => {
    const { server, github } = await start();
    const forged = by("mallory", "User", 1, `${mark}\nmine`);
    server.comments.set(7, [forged, by("octocat", "User", 2, `look: ${mark}`)]);
    await keepComment(github, 7, "test", "ours");
    expect(server.comments.get(7)?.map(({ body }) => body)).toEqual([
      `${mark}\nmine`,
      `look: ${mark}`,
      `${mark}\nours`,
    ]);
  });

  it("with a person's token is that person's, and no bot's", async () => {
    const { server, github } = await start({ self: "octocat" });
    server.comments.set(7, [by("other[bot]", "Bot", 1, `${mark}\nanother app's`)]);
    await keepComment(github, 7, "test", "first");
    await keepComment(github, 7, "test", "second");
    expect(server.comments.get(7)).toEqual([
      by("other[bot]", "Bot", 1, `${mark}\nanother app's`),
      by("octocat", "User", 1000, `${mark}\nsecond`),
    ]);
  });

  it("that may not be written is an error with GitHub's words", async () => {
    const { server, github } = await start();
    server.fault = 403;
    await expect(keepComment(github, 7, "test", "x")).rejects.toThrow("Bad things");
  });
});

describe("the permission of a user", () => {
  it.each(["read", "triage", "write", "maintain", "admin", "custom-role"])(
    "is GitHub's role %s",
    async (role) => {
      const { server, github } = await start();
      server.roles.set("octocat", role);
      expect(await github.permissionOf("octocat")).toBe(role);
      expect(server.requests).toEqual([
        "GET /repos/Octo-Org/Demo/collaborators/octocat/permission",
      ]);
    },
  );

  it("of somebody unknown is an error", async () => {
    const { github } = await start();
    await expect(github.permissionOf("mallory")).rejects.toThrow("not a user");
  });
});
