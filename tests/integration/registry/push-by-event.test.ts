import { beforeAll, expect, test } from "vitest";
import { fromFork, payloadOf } from "../../unit/github/payloads.ts";
import { act, messages, printed, salt } from "../support/act.ts";
import { nothingLeft } from "../support/leftovers.ts";
import { useRegistry } from "../support/registries.ts";
import { publishBase, published, registryApi, sharing, writes } from "../support/sharing.ts";

// Which events may push, and what `push` says to that, is in unit/policy/push and unit/policy/trust.
const registry = useRegistry();
beforeAll(() => publishBase(registry()));

/** One cold run under an event, with what it said about pushing. */
async function under(name: string, payload: unknown, push?: string) {
  registry().requests.length = 0;
  const inputs = sharing(registry(), {
    "cache-version": salt(),
    "desktop-install-script": "echo desktop >/desktop",
    "headless-desktop": "optional",
    "cache-desktop-build": "true",
    // what an event may publish is asked here, not who may cause it
    "required-permission": "none",
    ...(push === undefined ? {} : { push }),
  });
  const result = await act(inputs, { event: { name, payload } });
  expect(result.exitCode).toBe(0);
  expect(printed(result)).toEqual([expect.stringMatching(/^task: [0-9a-f-]{36}$/)]);
  await nothingLeft(result);
  return result;
}

test.each([
  ["push", "to the repository", () => payloadOf("push"), undefined],
  ["pull_request", "from a fork", fromFork, "always"],
])("%s %s publishes both layers (%#)", async (name, _whose, payload, push) => {
  const result = await under(name, payload(), push);
  expect(result.layers.map(({ pushed }) => pushed)).toEqual([true, true]);
  const api = registryApi(registry());
  for (const { name: which, key } of result.layers) {
    const digest = await api.digestOf(`demo/agent-runner-${which}`, key);
    expect(digest).toMatch(/^sha256:/);
    expect(published(result, which)).toBe(digest);
  }
  expect(messages(result, "notice")).toEqual([]);
  // nothing but the desktop, whose install script here installs none
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/^the desktop did not start/),
  ]);
});

test.each([
  ["pull_request", "from a fork", fromFork, /because the pull request is from a fork$/],
  ["issue_comment", "", () => payloadOf("issue_comment"), /because `issue_comment` /],
])("%s %s sends nothing and says why, once", async (name, _whose, payload, why) => {
  const result = await under(name, payload());
  expect(writes(registry())).toEqual([]);
  expect(result.layers.map(({ pushed }) => pushed)).toEqual([false, false]);
  expect(messages(result, "notice")).toEqual([expect.stringMatching(why)]);
  // nothing but the desktop, whose install script here installs none
  expect(messages(result, "warning")).toEqual([
    expect.stringMatching(/^the desktop did not start/),
  ]);
});
