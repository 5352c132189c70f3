import { describe, expect, it } from "vitest";
import {
  defaultPermission,
  isBotLogin,
  isNamed,
  isUserLogin,
  startersOf,
} from "../../../src/policy/starters.ts";
import { payloadOf, payloadsOf } from "../github/payloads.ts";

describe("`required-permission` where it is not given", () => {
  it.each([
    "issue_comment",
    "commit_comment",
    "discussion",
    "discussion_comment",
    "pull_request_review",
    "pull_request_review_comment",
    "issues",
    "workflow_run",
    "check_run",
    "status",
    "fork",
    "watch",
    "gollum",
  ])("is write for every %s", (name) => {
    for (const payload of payloadsOf(name)) {
      expect(defaultPermission({ name, payload })).toBe("write");
    }
    expect(defaultPermission({ name, payload: undefined })).toBe("write");
  });

  it("is write for every pull_request_target", () => {
    for (const payload of payloadsOf("pull_request")) {
      expect(defaultPermission({ name: "pull_request_target", payload })).toBe("write");
    }
  });

  it.each([
    "labeled",
    "unlabeled",
    "assigned",
    "unassigned",
    "review_requested",
    "review_request_removed",
  ])("is write for a pull_request that is %s", (action) => {
    expect(defaultPermission({ name: "pull_request", payload: { action } })).toBe("write");
  });

  it.each(["opened", "synchronize", "reopened", "closed", "ready_for_review", "edited"])(
    "is none for a pull_request that is %s: a fork's has no secrets",
    (action) => {
      expect(defaultPermission({ name: "pull_request", payload: { action } })).toBeUndefined();
    },
  );

  it.each([undefined, null, "text", {}, { action: 1 }])(
    "is write for a pull_request with the payload %j",
    (payload) => {
      expect(defaultPermission({ name: "pull_request", payload })).toBe("write");
    },
  );

  it.each([
    "push",
    "schedule",
    "workflow_dispatch",
    "repository_dispatch",
    "release",
    "merge_group",
    "create",
    "delete",
    "deployment",
  ])("is none for %s, which takes write access", (name) => {
    expect(defaultPermission({ name, payload: {} })).toBeUndefined();
  });

  it.each(["", "constructor", "some_new_event"])("is write for the unknown event %j", (name) => {
    expect(defaultPermission({ name, payload: {} })).toBe("write");
  });
});

const octocat = { GITHUB_ACTOR: "octocat", GITHUB_TRIGGERING_ACTOR: "octocat" };
const by = (sender: unknown, more: object = {}) => ({
  name: "issue_comment",
  payload: { sender, ...more },
});
const logins = (event: Parameters<typeof startersOf>[0], environment: NodeJS.ProcessEnv) => {
  const starters = startersOf(event, environment);
  return typeof starters === "string" ? starters : starters.map(({ login }) => login);
};

describe("who has caused the run", () => {
  it("is one person in most runs", () => {
    expect(logins(by({ login: "Octocat", type: "User" }), octocat)).toEqual(["octocat"]);
  });

  it("is the sender, the actor, and who re-ran it", () => {
    const environment = { GITHUB_ACTOR: "octocat", GITHUB_TRIGGERING_ACTOR: "monalisa" };
    const event = by({ login: "mallory", type: "User" });
    expect(logins(event, environment)).toEqual(["mallory", "octocat", "monalisa"]);
  });

  it("is never the one whom the payload names elsewhere", () => {
    const event = by({ login: "mallory" }, { comment: { user: { login: "monalisa" } } });
    expect(logins(event, { GITHUB_ACTOR: "mallory" })).toEqual(["mallory"]);
  });

  it("is, for workflow_run, who caused the run before it, too", () => {
    const payload = payloadsOf("workflow_run")[1] as Record<string, unknown>;
    const before = { actor: { login: "mallory" }, triggering_actor: { login: "monalisa" } };
    const event = { name: "workflow_run", payload: { ...payload, workflow_run: before } };
    expect(logins(event, octocat)).toEqual(["Codertocat", "mallory", "monalisa", "octocat"]);
  });

  it.each([{}, { actor: null, triggering_actor: null }, undefined])(
    "is not told by a workflow_run that has %j",
    (before) => {
      const payload = { sender: { login: "octocat" }, workflow_run: before };
      expect(startersOf({ name: "workflow_run", payload }, octocat)).toMatch(/run before this one/);
    },
  );

  it("is the actor of a schedule, which nobody sends", () => {
    const event = { name: "schedule", payload: { schedule: "15 4 * * 1" } };
    expect(logins(event, octocat)).toEqual(["octocat"]);
  });

  it.each([undefined, {}, { sender: null }, { sender: { login: 1 } }, "text"])(
    "is not told by the payload %j",
    (payload) => {
      expect(startersOf({ name: "issue_comment", payload }, octocat)).toMatch(/does not say/);
    },
  );

  it("is not told outside of GitHub Actions, or without an actor", () => {
    const event = { name: "issue_comment", payload: payloadOf("issue_comment") };
    expect(startersOf(undefined, octocat)).toMatch(/nothing says who/);
    expect(startersOf(event, {})).toMatch(/nothing says who/);
  });

  it.each(["", "../admin", "a/b", "a%2Fb", "a b", "-a", "a\n", "x".repeat(40), "a[bot]x"])(
    "is nobody whose name is %j",
    (login) => {
      const environment = { GITHUB_ACTOR: "octocat", GITHUB_TRIGGERING_ACTOR: login };
      expect(startersOf(by({ login }), octocat)).toMatch(/none of GitHub's/);
      if (login !== "") {
        expect(startersOf(by({ login: "octocat" }), environment)).toMatch(/none of GitHub's/);
      }
    },
  );

  it.each([
    [{ login: "dependabot[bot]", type: "Bot" }, true],
    [{ login: "dependabot[bot]" }, true],
    [{ login: "Copilot", type: "Bot" }, true],
    [{ login: "github-actions" }, true],
    [{ login: "octocat", type: "User" }, false],
    [{ login: "robot" }, false],
    [{ login: "octo_corp" }, false],
  ])("%j is a bot: %j", (sender, isBot) => {
    expect(startersOf(by(sender), { GITHUB_ACTOR: sender.login })).toEqual([
      { login: sender.login, isBot },
    ]);
  });
});

describe("a name in a list", () => {
  it("counts whatever its capitals are, and with or without [bot]", () => {
    const bot = { login: "Dependabot[bot]", isBot: true };
    expect(isNamed(bot, ["renovate", "dependabot"])).toBe(true);
    expect(isNamed(bot, ["DEPENDABOT[bot]"])).toBe(true);
    expect(isNamed({ login: "octocat", isBot: false }, ["OctoCat"])).toBe(true);
  });

  it("counts as a whole", () => {
    const bot = { login: "dependabot[bot]", isBot: true };
    for (const name of ["dep", "*", "dependabot-x", ""]) expect(isNamed(bot, [name])).toBe(false);
    expect(isNamed(bot, [])).toBe(false);
  });

  it("is a login", () => {
    expect(["octocat", "octo_corp", "a-b"].every(isUserLogin)).toBe(true);
    expect(["*", "@octocat", "a b", "dependabot[bot]", "github-actions"].some(isUserLogin)).toBe(
      false,
    );
    expect(["dependabot", "dependabot[bot]", "Copilot"].every(isBotLogin)).toBe(true);
    expect(["*", "@renovate", "[bot]"].some(isBotLogin)).toBe(false);
  });
});
