import { describe, expect, it } from "vitest";
import { type CacheSetting, decideCache } from "../../../src/policy/cache.ts";

const service = {
  ACTIONS_RESULTS_URL: "http://127.0.0.1:9/",
  ACTIONS_RUNTIME_TOKEN: "t",
  ACTIONS_CACHE_SERVICE_V2: "true",
};
const repo = (id: number) => ({ repo: { id } });
const push = { name: "push", payload: {} };
const comment = { name: "issue_comment", payload: {} };
const fork = { name: "pull_request", payload: { pull_request: { head: repo(2), base: repo(1) } } };
const own = { name: "pull_request", payload: { pull_request: { head: repo(1), base: repo(1) } } };

describe("whether the Actions cache is used", () => {
  it.each<[CacheSetting, boolean, typeof push, boolean, boolean]>([
    // setting, a push is possible, event → read, write
    ["auto", false, push, true, true],
    ["auto", false, own, true, true],
    ["auto", false, fork, true, false],
    ["auto", false, comment, true, false],
    ["auto", true, push, false, false],
    ["off", false, push, false, false],
    ["read-only", false, push, true, false],
    ["read-only", true, push, true, false],
    ["read-write", true, push, true, true],
    ["read-write", false, comment, true, true],
    ["read-write", false, fork, true, false],
  ])("%s, push possible: %s, %o", (setting, possible, event, read, write) => {
    expect(decideCache(setting, service, possible, event)).toMatchObject({ read, write });
  });

  const of = (head: unknown, base: unknown) => ({ pull_request: { head, base } });
  const stranger = of(repo(2), repo(1));
  it.each<[string, unknown, boolean]>([
    // event, payload → written when `read-write` asks for it
    ["pull_request", of({ repo: null }, repo(1)), false],
    ["pull_request", {}, false],
    ["pull_request_review", stranger, false],
    ["pull_request_review", of(repo(1), repo(1)), false],
    ["pull_request_review_comment", stranger, false],
    ["pull_request_target", stranger, false],
    ["pull_request_target", {}, false],
    ["pull_request_target", of(repo(1), repo(1)), true],
    ["something_new", stranger, false],
    ["something_new", { pull_request: 7 }, false],
    ["something_new", {}, true],
    ["workflow_run", { workflow_run: {} }, true],
    ["issue_comment", { issue: {} }, true],
    ["issue_comment", undefined, false],
    ["issue_comment", "text", false],
    ["push", undefined, true],
  ])("read-write for %s with %j: %s", (name, payload, write) => {
    const decision = decideCache("read-write", service, false, { name, payload });
    expect(decision).toMatchObject({ read: true, write });
    expect(decision.why === undefined).toBe(write);
  });

  it("read-write writes nothing of what an agent wrote, on a push either", () => {
    for (const event of [push, own]) {
      const doubted = { ...event, doubt: "an agent wrote commits of this branch" };
      expect(decideCache("read-write", service, false, doubted)).toMatchObject({ write: false });
    }
  });

  it("read-write writes nothing where nobody says which event it was", () => {
    expect(decideCache("read-write", service, false, undefined)).toMatchObject({
      read: true,
      write: false,
      why: expect.stringMatching(/which event/),
    });
  });

  it("says why nothing is saved, and only where somebody may expect it", () => {
    expect(decideCache("auto", service, false, fork).why).toMatch(/fork/);
    expect(decideCache("auto", service, false, comment).why).toMatch(/issue_comment/);
    expect(decideCache("read-only", service, false, push).why).toBeUndefined();
    expect(decideCache("auto", service, true, push).why).toBeUndefined();
    expect(decideCache("auto", service, false, push).why).toBeUndefined();
  });

  it.each([
    ["none", false, false],
    ["read", true, false],
    ["write", true, true],
    ["write-only", false, true],
    [" READ ", true, false],
    ["something new", true, true],
  ])("ACTIONS_CACHE_MODE %s", (mode, read, write) => {
    const environment = { ...service, ACTIONS_CACHE_MODE: mode };
    expect(decideCache("auto", environment, false, push)).toMatchObject({ read, write });
  });

  it.each<[string, NodeJS.ProcessEnv, boolean]>([
    ["github.com", { GITHUB_SERVER_URL: "https://github.com" }, true],
    ["GitHub with data residency", { GITHUB_SERVER_URL: "https://octo.ghe.com" }, true],
    ["a GitHub Enterprise Server", { GITHUB_SERVER_URL: "https://github.example.org" }, false],
    ["a name that ends like GitHub's", { GITHUB_SERVER_URL: "https://notgithub.com" }, false],
    ["an address that is none", { GITHUB_SERVER_URL: "github" }, false],
    ["the older service", { ACTIONS_CACHE_SERVICE_V2: "" }, false],
  ])("%s: %o is used: %s", (_where, environment, used) => {
    const there = { ...service, ...environment };
    expect(decideCache("auto", there, false, push)).toMatchObject({ read: used, write: used });
    expect(decideCache("auto", there, false, push).warning).toBeUndefined();
    const { warning } = decideCache("read-only", there, false, push);
    expect(warning === undefined).toBe(used);
  });

  it("is off without a word outside of GitHub, unless it was asked for", () => {
    const off = { read: false, write: false, why: undefined };
    expect(decideCache("auto", {}, false, undefined)).toEqual(off);
    expect(decideCache("off", {}, false, undefined)).toEqual(off);
    expect(decideCache("read-write", {}, false, undefined).warning).toMatch(/no effect/);
    expect(decideCache("auto", { ACTIONS_RESULTS_URL: "u" }, false, push)).toEqual(off);
  });
});
