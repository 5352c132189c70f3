import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";
import { carryOut } from "../../../src/modes/modes.ts";
import { whyNotPermitted } from "../../../src/modes/permission.ts";
import type { Runtime } from "../../../src/modes/runtime.ts";
import { type FakeLog, fakeLog } from "../fakes.ts";
import { apiOfTest } from "../github/api-server.ts";
import { payloadOf } from "../github/payloads.ts";
import { load } from "../settings/workspace.ts";

interface Asked {
  readonly inputs?: Record<string, string>;
  readonly event?: Runtime["event"];
  readonly environment?: NodeJS.ProcessEnv;
  readonly cancelled?: AbortSignal;
  readonly limit?: AbortSignal;
}

const commentBy = (login: string, type = "User") => ({
  name: "issue_comment",
  payload: { ...payloadOf("issue_comment"), sender: { login, type } },
});

async function jobOf(inputs: Record<string, string> = {}) {
  return load({ inputs: { "github-token": "ghs_x", command: "true", ...inputs } });
}

/** A runtime in which nothing but GitHub may be asked. */
function runtimeOf(url: string, { environment, cancelled, ...asked }: Asked) {
  const event = "event" in asked ? asked.event : commentBy("octocat");
  const log = fakeLog();
  const world = {
    log,
    redactor: createRedactor(),
    cancelled: cancelled ?? new AbortController().signal,
    event,
    environment: {
      GITHUB_API_URL: url,
      GITHUB_REPOSITORY: "Octo-Org/Demo",
      GITHUB_EVENT_NAME: event?.name,
      GITHUB_ACTOR: "octocat",
      ...environment,
    },
  };
  const runtime = new Proxy(world, {
    get(target, name) {
      if (!(name in target)) throw new Error(`${String(name)} was used`);
      return target[name as keyof typeof world];
    },
  });
  return runtime as unknown as Runtime & { readonly log: FakeLog };
}

async function ask(url: string, asked: Asked = {}) {
  return whyNotPermitted(await jobOf(asked.inputs), runtimeOf(url, asked), asked.limit);
}

describe("whoever starts something by a comment", () => {
  it.each(["write", "maintain", "admin"])("may with the role %s", async (role) => {
    const server = await apiOfTest();
    server.roles.set("octocat", role);
    expect(await ask(server.url)).toBeUndefined();
  });

  it("may with a custom role that is based on write", async () => {
    const server = await apiOfTest();
    server.roles.set("octocat", { permission: "write", role_name: "release-managers" });
    expect(await ask(server.url)).toBeUndefined();
  });

  it.each([
    ["none", "none"],
    ["read", "read"],
    ["triage", "triage"],
    [{ permission: "read", role_name: "release-managers" }, "read"],
  ])("may not with the role %j, and is told why", async (role, has) => {
    const server = await apiOfTest();
    server.roles.set("octocat", role);
    expect(await ask(server.url)).toBe(
      `octocat has the permission \`${has}\` here, and \`write\` is required. Who has it can start the run; \`allow-users\` lets single people do so. \`required-permission\` is \`write\` for \`issue_comment\` unless it is given`,
    );
  });

  it("is held to maintain by its name where that is required", async () => {
    const server = await apiOfTest();
    const inputs = { "required-permission": "maintain" };
    server.roles.set("octocat", "maintain");
    expect(await ask(server.url, { inputs })).toBeUndefined();
    server.roles.set("octocat", "write");
    expect(await ask(server.url, { inputs })).toMatch(/`write` here, and `maintain` is required/);
  });

  it("may be anybody, unasked, with `required-permission: none`", async () => {
    const server = await apiOfTest();
    const event = commentBy("mallory");
    expect(await ask(server.url, { event, inputs: { "required-permission": "none" } })).toBe(
      undefined,
    );
    expect(server.requests).toEqual([]);
  });
});

describe("a job whose event nobody knows", () => {
  const asked = { event: undefined, environment: { GITHUB_ACTIONS: "true" } };

  it("may have been caused by anybody, so it is not begun", async () => {
    const server = await apiOfTest();
    server.roles.set("octocat", "admin");
    expect(await ask(server.url, asked)).toMatch(/^nothing says who started the run: [^.]*$/);
    const inputs = { "required-permission": "none" };
    expect(await ask(server.url, { ...asked, inputs })).toBeUndefined();
  });

  it("is on a terminal its user's own", async () => {
    const server = await apiOfTest();
    expect(await ask(server.url, { event: undefined })).toBeUndefined();
  });
});

describe("everybody who has caused the run is asked about", () => {
  const rerun = { GITHUB_ACTOR: "mallory", GITHUB_TRIGGERING_ACTOR: "octocat" };

  it("so a maintainer's re-run does not make a stranger's comment a maintainer's", async () => {
    const server = await apiOfTest();
    server.roles.set("octocat", "admin");
    server.roles.set("mallory", "read");
    const event = commentBy("mallory");
    expect(await ask(server.url, { event, environment: rerun })).toMatch(/^mallory has/);
    expect(server.requests.toSorted()).toEqual([
      "GET /repos/Octo-Org/Demo/collaborators/mallory/permission",
      "GET /repos/Octo-Org/Demo/collaborators/octocat/permission",
    ]);
  });

  it("nor does a maintainer's comment make a re-run by somebody else theirs", async () => {
    const server = await apiOfTest();
    server.roles.set("octocat", "admin");
    server.roles.set("mallory", "read");
    const environment = { GITHUB_ACTOR: "octocat", GITHUB_TRIGGERING_ACTOR: "mallory" };
    expect(await ask(server.url, { environment })).toMatch(/^mallory has/);
  });

  it("nor the sender the actor's, where a permission is required of a push", async () => {
    const server = await apiOfTest();
    server.roles.set("octocat", "admin");
    server.roles.set("mallory", "read");
    const event = { name: "push", payload: { sender: { login: "mallory" } } };
    const inputs = { "required-permission": "write" };
    expect(await ask(server.url, { event, inputs })).toMatch(/^mallory has/);
    expect(await ask(server.url, { event })).toBeUndefined(); // a push is not asked about by itself
  });

  it("and of a workflow_run, who caused the run before", async () => {
    const server = await apiOfTest();
    server.roles.set("octocat", "admin");
    const before = { actor: { login: "mallory" }, triggering_actor: { login: "octocat" } };
    const payload = { sender: { login: "octocat" }, workflow_run: before };
    expect(await ask(server.url, { event: { name: "workflow_run", payload } })).toMatch(
      /^the permission of mallory could not be read/,
    );
  });
});

describe("lists of names", () => {
  it("let people in, whatever they may do", async () => {
    const server = await apiOfTest();
    const inputs = { "allow-users": "monalisa,\n OctoCat" };
    expect(await ask(server.url, { inputs })).toBeUndefined();
    expect(server.requests).toEqual([]);
    expect(await ask(server.url, { inputs, event: commentBy("mallory") })).toMatch(/mallory/);
  });

  it.each(["dependabot, renovate", "Dependabot[bot]"])("let bots in: %s", async (names) => {
    const server = await apiOfTest();
    const event = commentBy("dependabot[bot]", "Bot");
    const environment = { GITHUB_ACTOR: "dependabot[bot]" };
    const inputs = { "allow-bots": names };
    expect(await ask(server.url, { event, environment, inputs })).toBeUndefined();
    expect(server.requests).toEqual([]);
  });

  it("are the only way for a bot, whatever it may do", async () => {
    const server = await apiOfTest();
    server.roles.set("renovate[bot]", "admin");
    server.roles.set("octocat", "admin");
    const event = commentBy("renovate[bot]", "Bot");
    for (const inputs of [{}, { "allow-bots": "dependabot" }] as Record<string, string>[]) {
      expect(await ask(server.url, { event, inputs })).toMatch(
        /^renovate\[bot\] is a bot that `allow-bots` does not name/,
      );
    }
  });

  it("are the only way for a bot of which only GitHub's answer says that it is one", async () => {
    const server = await apiOfTest();
    const user = { login: "Copilot", type: "Bot" };
    server.roles.set("Copilot", { permission: "write", role_name: "write", user });
    const event = { name: "schedule", payload: {} };
    const environment = { GITHUB_ACTOR: "Copilot" };
    const inputs = { "required-permission": "write" };
    expect(await ask(server.url, { event, environment, inputs })).toMatch(/^Copilot is a bot/);
    const named = { ...inputs, "allow-bots": "copilot" };
    expect(await ask(server.url, { event, environment, inputs: named })).toBeUndefined();
  });

  it("of bots let no person in who is called like one", async () => {
    const server = await apiOfTest();
    server.roles.set("octocat", "admin");
    const inputs = { "allow-bots": "renovate" };
    expect(await ask(server.url, { event: commentBy("renovate"), inputs })).toMatch(/of renovate/);
  });
});

describe("what cannot be found out is not allowed", () => {
  it.each([
    [401, /be able to read/],
    [403, /be able to read/],
    [404, /no such user, or the `github-token` may not see/],
    [500, /Run the job again/],
    [503, /Run the job again/],
  ])("where GitHub says %d", async (status, help) => {
    const server = await apiOfTest();
    server.roles.set("octocat", "admin");
    server.fault = status;
    const why = await ask(server.url);
    expect(why).toMatch(/^the permission of octocat could not be read: Bad things/);
    expect(why).toMatch(help);
  });

  it("where GitHub has been asked too often, which is not the token's fault", async () => {
    const server = await apiOfTest();
    const body = '{"message":"API rate limit exceeded for installation"}';
    server.raw.set("octocat", {
      status: 403,
      headers: { "content-type": "application/json" },
      body,
    });
    expect(await ask(server.url)).toMatch(/API rate limit exceeded.*Run the job again/);
  });

  it.each([
    ["garbage", 200, "{"],
    ["an unknown word", 200, '{"permission":"owner","role_name":"admin"}'],
    ["somebody else", 200, '{"permission":"admin","user":{"login":"monalisa"}}'],
    ["a redirect", 302, ""],
  ])("where GitHub answers with %s", async (_, status, body) => {
    const server = await apiOfTest();
    server.raw.set("octocat", { status, headers: { "content-type": "application/json" }, body });
    expect(await ask(server.url)).toMatch(/could not be read: GitHub (gave|answered)/);
  });

  it("where nobody listens", async () => {
    expect(await ask("http://127.0.0.1:1")).toMatch(/could not be read: .*Run the job again/);
  });

  it("where GitHub does not answer, or drips, when the limit is over", async () => {
    for (const begin of ["", '{"permission":"admin",']) {
      const limit = new AbortController();
      const server = createServer((_, response) => {
        if (begin !== "") response.writeHead(200, { "content-type": "application/json" });
        response.write(begin, () => limit.abort());
        if (begin === "") limit.abort();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => {
        server.closeAllConnections();
        server.close();
      });
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      expect(await ask(url, { limit: limit.signal })).toMatch(/did not answer in time/);
    }
  });

  it.each([
    [{ "github-token": "" }, {}, /there is no `github-token`/],
    [{}, { GITHUB_REPOSITORY: "" }, /`GITHUB_REPOSITORY` is not set/],
    [{}, { GITHUB_ACTOR: "" }, /nothing says who started/],
    [{}, { GITHUB_ACTOR: "../octocat" }, /none of GitHub's/],
  ])("where %j and %j are given", async (inputs, environment, why) => {
    const server = await apiOfTest();
    server.roles.set("octocat", "admin");
    expect(await ask(server.url, { inputs, environment })).toMatch(why);
    expect(server.requests).toEqual([]);
  });
});

describe("every mode", () => {
  it.each(["run", "prebuild", "plan"])(
    "%s that is not permitted is skipped, says so, and uses nothing",
    async (mode) => {
      const server = await apiOfTest();
      server.roles.set("mallory", "read");
      server.roles.set("octocat", "admin");
      const runtime = runtimeOf(server.url, { event: commentBy("mallory") });
      const report = await carryOut(await jobOf({ mode }), runtime);
      expect(report).toMatchObject({
        exitCode: 0,
        failure: undefined,
        outputs: { conclusion: "skipped", "exit-code": "", "cache-hit": "false" },
      });
      expect(report.summary).toMatch(/Agent Runner: skipped[\s\S]*mallory has the permission/);
      expect(runtime.log.lines).toEqual([
        expect.stringMatching(/^warning: nothing was started: mallory has the permission/),
      ]);
    },
  );

  it("that is cancelled meanwhile is cancelled, not skipped", async () => {
    const server = await apiOfTest();
    const runtime = runtimeOf(server.url, { cancelled: AbortSignal.abort() });
    const report = await carryOut(await jobOf({ mode: "prebuild" }), runtime);
    expect(report.outputs).toMatchObject({ conclusion: "cancelled", "exit-code": "130" });
  });
});
