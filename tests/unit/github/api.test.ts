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
  it.each([
    ["read", "read"],
    ["triage", "read"],
    ["write", "write"],
    ["maintain", "write"],
    ["admin", "admin"],
  ])("has GitHub's role %s beside the older word", async (role, permission) => {
    const { server, github } = await start();
    server.roles.set("octocat", role);
    expect(await github.permissionOf("octocat")).toEqual({ permission, role, isBot: false });
    expect(server.requests).toEqual(["GET /repos/Octo-Org/Demo/collaborators/octocat/permission"]);
  });

  it.each([
    ["a custom role", { permission: "write", role_name: "release-managers" }, "release-managers"],
    ["no role", { permission: "write" }, undefined],
    ["an empty one", { permission: "write", role_name: "" }, undefined],
    ["no user", { permission: "write", role_name: null, user: null }, undefined],
  ])("is read with %s", async (_, answer, role) => {
    const { server, github } = await start();
    server.roles.set("octocat", answer);
    const permission = await github.permissionOf("octocat");
    expect(permission).toEqual({ permission: "write", role, isBot: false });
  });

  it("says whether it is an app's", async () => {
    const { server, github } = await start();
    const user = { login: "Copilot", type: "Bot" };
    server.roles.set("Copilot", { permission: "write", role_name: "write", user });
    expect(await github.permissionOf("Copilot")).toMatchObject({ isBot: true });
  });

  it("is asked about a name as it is, whatever it is", async () => {
    const { server, github } = await start();
    await expect(github.permissionOf("../../x?y")).rejects.toThrow("is not a user");
    expect(server.requests).toEqual([
      "GET /repos/Octo-Org/Demo/collaborators/..%2F..%2Fx%3Fy/permission",
    ]);
  });

  it("of somebody unknown is an error", async () => {
    const { server, github } = await start();
    await expect(github.permissionOf("mallory")).rejects.toThrow("not a user");
    expect(server.requests).toHaveLength(1);
  });

  it.each([429, 502])("is asked for once more after %d", async (status) => {
    const { server, github } = await start();
    server.roles.set("octocat", "write");
    server.passingFaults.push(status);
    expect(await github.permissionOf("octocat")).toMatchObject({ permission: "write" });
    server.passingFaults.push(status, status);
    await expect(github.permissionOf("octocat")).rejects.toThrow("Bad things");
    expect(server.requests).toHaveLength(4);
  });

  const json = { "content-type": "application/json" };
  it.each([
    ["no JSON", 200, json, "{"],
    ["a page", 200, { "content-type": "text/html" }, "<h1>admin</h1>"],
    ["nothing", 204, {}, ""],
    ["a list", 200, json, '[{"permission":"admin"}]'],
    ["an unknown word", 200, json, '{"permission":"owner","role_name":"admin"}'],
    ["no permission", 200, json, '{"role_name":"admin"}'],
    ["a role that is no text", 200, json, '{"permission":"admin","role_name":["admin"]}'],
    ["somebody else", 200, json, '{"permission":"admin","user":{"login":"monalisa"}}'],
  ])("is an error where the answer is %s", async (_, status, headers, body) => {
    const { server, github } = await start();
    server.raw.set("octocat", { status, headers, body });
    await expect(github.permissionOf("octocat")).rejects.toThrow(/^GitHub (gave|answered)/);
  });

  it.each([301, 302, 307, 308])("is not looked for where a %d leads to", async (status) => {
    const { server, github } = await start();
    server.roles.set("monalisa", { permission: "admin", role_name: "admin", user: null });
    const location = `${server.url}/repos/Octo-Org/Demo/collaborators/monalisa/permission`;
    server.raw.set("octocat", { status, headers: { location }, body: "" });
    await expect(github.permissionOf("octocat")).rejects.toThrow(`answered with ${status}`);
    expect(server.requests).toHaveLength(1);
  });
});
