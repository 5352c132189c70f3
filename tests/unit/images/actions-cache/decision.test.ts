import { describe, expect, it } from "vitest";
import { type CacheSetting, decideCache } from "../../../../src/images/actions-cache/decision.ts";

const service = { ACTIONS_RESULTS_URL: "http://127.0.0.1:9/", ACTIONS_RUNTIME_TOKEN: "t" };
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

  it("is off without a word outside of GitHub, unless it was asked for", () => {
    const off = { read: false, write: false, why: undefined };
    expect(decideCache("auto", {}, false, undefined)).toEqual(off);
    expect(decideCache("off", {}, false, undefined)).toEqual(off);
    expect(decideCache("read-write", {}, false, undefined).warning).toMatch(/no effect/);
    expect(decideCache("auto", { ACTIONS_RESULTS_URL: "u" }, false, push)).toEqual(off);
  });
});
