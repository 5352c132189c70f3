import { z } from "zod";
import type { GitHubEvent } from "../github/event.ts";
import type { Level } from "./permission.ts";

// Who may start something here: which events are asked about, and whom. Pure.

/** Events that take write access to cause, or that nobody causes. */
const byWriters = new Set([
  "push",
  "schedule",
  "workflow_dispatch",
  "repository_dispatch",
  "release",
  "merge_group",
  "create",
  "delete",
  "deployment",
]);

/**
 * What happens to a pull request from outside its code. Of all the rest a fork's pull request runs without secrets, and
 * another's code is from somebody who may write.
 */
const pullRequestActions = new Set([
  "labeled",
  "unlabeled",
  "assigned",
  "unassigned",
  "review_requested",
  "review_request_removed",
]);

const action = z.object({ action: z.string() });

/**
 * `required-permission` where it is not given: `write` for whatever a stranger can cause with the repository's rights.
 * An event that is not known is one of them.
 */
export function defaultPermission({ name, payload }: GitHubEvent): Level | undefined {
  if (byWriters.has(name)) {
    return undefined;
  }
  if (name === "pull_request") {
    const read = action.safeParse(payload);
    return read.success && !pullRequestActions.has(read.data.action) ? undefined : "write";
  }
  return "write";
}

/** Somebody who has caused the run. */
export interface Starter {
  readonly login: string;
  readonly isBot: boolean;
}

/** Letters, digits and `-`; `_` is in the logins of managed users; an app's ends in `[bot]`. */
const login = /^[A-Za-z0-9][A-Za-z0-9_-]{0,38}(?:\[bot\])?$/;

/** Whether a text can be the login of a person. */
export function isUserLogin(text: string): boolean {
  return login.test(text) && !looksLikeBot(text);
}

/** Whether a text can be the login of an app, with or without `[bot]`. */
export function isBotLogin(text: string): boolean {
  return login.test(text);
}

const account = z.object({ login: z.string(), type: z.string().optional() });
const payloadSchema = z.object({
  sender: account,
  workflow_run: z
    .object({ actor: account.nullish(), triggering_actor: account.nullish() })
    .optional(),
});

/**
 * Everybody who has caused the run: the event's sender, the runner's actor, who re-ran it, and for `workflow_run` who
 * caused the run before it. All of them have to be permitted. A text says why they cannot be told.
 *
 * @param environment the step's own
 */
export function startersOf(
  event: GitHubEvent | undefined,
  environment: NodeJS.ProcessEnv,
): readonly Starter[] | string {
  const { GITHUB_ACTOR: actor, GITHUB_TRIGGERING_ACTOR: again } = environment;
  if (event === undefined || !actor) {
    return "nothing says who started the run: `GITHUB_EVENT_NAME` and `GITHUB_ACTOR` are not set";
  }
  const read = payloadSchema.safeParse(event.payload);
  // GitHub names a sender wherever there is one
  if (!read.success && event.name !== "schedule") {
    return "the event's payload does not say who caused it";
  }
  const { sender, workflow_run: before } = read.data ?? {};
  if (event.name === "workflow_run" && !(before?.actor || before?.triggering_actor)) {
    return "the event's payload does not say who caused the run before this one";
  }
  const named = [sender, before?.actor, before?.triggering_actor].flatMap((one) => one ?? []);
  const accounts = [...named, ...[actor, again].flatMap((one) => (one ? [{ login: one }] : []))];
  if (!accounts.every((one) => login.test(one.login))) {
    return "the run was started by an account whose name is none of GitHub's";
  }
  const starters = new Map<string, Starter>();
  for (const { login, type } of accounts as z.output<typeof account>[]) {
    const key = login.toLowerCase();
    const isBot = type === "Bot" || looksLikeBot(login) || starters.get(key)?.isBot === true;
    starters.set(key, { login, isBot });
  }
  return [...starters.values()];
}

/** Where only a login is known. */
function looksLikeBot(login: string): boolean {
  return /\[bot\]$|^github-actions$/i.test(login);
}

/** Whether a list has the starter's name; `[bot]` may be left out in a list of bots. */
export function isNamed({ login }: Starter, names: readonly string[]): boolean {
  const bare = (name: string) => name.toLowerCase().replace(/\[bot\]$/, "");
  return names.some((name) => bare(name) === bare(login));
}
