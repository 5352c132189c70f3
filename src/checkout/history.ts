import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { oneLine } from "../log/text.ts";
import { type FetchFailure, fetchFailure, NotFetched, tellFetchTrouble } from "./fetch-trouble.ts";
import { GitTrouble } from "./git-program.ts";
import { type NewRepository, originOf } from "./new-repository.ts";
import type { CheckoutRequest } from "./request.ts";

export interface History {
  readonly mergeBase: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * How deep the history is asked for, one after the other, until the merge base is in it: nobody knows before how far it
 * is. Most pull requests end at the first, at no more than some hundred kilobytes above one commit's; the last is all.
 */
const steps = [50, 500, 5_000, 0] as const;

/** A commit that is further back than this from where its pull request is now was pushed over. */
const farEnough = 500;

/** What has passed by then was not worth a failed run. */
const retryAfterMs = 2_000;

/**
 * Brings the pinned head and the base, in one fetch where that is enough. Both have names then: the head
 * `refs/remotes/pull/N/head`, the base `refs/remotes/origin/<base>`.
 *
 * @param known what is there already is not one commit deep: more depth would take history away
 * @throws NotFetched when the head cannot be had
 */
export async function fetchHistory(
  repository: NewRepository,
  request: CheckoutRequest,
  known = false,
): Promise<History> {
  const { head, base, number, depth } = request;
  const pulled = `refs/remotes/pull/${number}/head`;
  const [headName, baseName] = [`refs/pull/${number}/head`, `refs/heads/${base.ref}`];
  const tracked = `refs/remotes/origin/${base.ref}`;
  const from = { head: head.sha, base: baseName };
  const warnings: string[] = [];
  const depths = depth !== undefined ? [depth, farEnough] : known ? [0] : steps;
  let hasHead = false;
  let mergeBase: string | undefined;
  let why: string | undefined;
  for (const commits of depths) {
    try {
      await fetchOnce(commits);
    } catch (error) {
      if (!hasHead || !(error instanceof GitTrouble)) {
        throw troubleOf(error);
      }
      why = oneLine(error.message, 200);
      break;
    }
    hasHead = from.head === head.sha || (await isIn(repository, head.sha, pulled));
    mergeBase = hasHead ? await asked(repository, ["merge-base", tracked, head.sha]) : undefined;
    const isEnough = hasHead
      ? mergeBase !== undefined || depth !== undefined
      : commits === 0 || commits >= farEnough;
    if (isEnough || !(await isShallow(repository))) {
      break;
    }
  }
  if (!hasHead) {
    throw new NotFetched(goneText(), "no such commit");
  }
  // by hand: where the pull request has moved on, what was asked about is what counts
  await writeFile(join(repository.folder, pulled), `${head.sha}\n`);
  if (mergeBase === undefined) {
    why ??= (await isShallow(repository))
      ? `it is further back than \`fetch-depth: ${depth}\` brings`
      : "the two have no history in common";
    warnings.push(`${noMergeBase()}: ${why}`);
  }
  return { mergeBase, warnings };

  async function fetchOnce(commits: number): Promise<void> {
    // every way that can be tried in place of another, at most once
    for (let tries = 0; ; tries += 1) {
      try {
        const deep = commits === 0 ? await allOfIt() : [`--depth=${commits}`];
        const refs = [`+${from.head}:${pulled}`, `+${from.base}:${tracked}`];
        const quietly = ["--quiet", "--no-tags", "--no-write-fetch-head"];
        await repository.gitOnline(["fetch", ...quietly, ...deep, originOf(request), ...refs]);
        return;
      } catch (error) {
        const failure = error instanceof GitTrouble ? fetchFailure(error.said) : "other";
        if (failure === "passing" && tries === 0) {
          await pause(request.retryAfterMs ?? retryAfterMs, undefined, { signal: request.signal });
        } else if (tries > 2 || !otherWay(failure, (error as GitTrouble).said)) {
          throw error;
        }
      }
    }
  }

  async function allOfIt(): Promise<readonly string[]> {
    return (await isShallow(repository)) ? ["--unshallow"] : [];
  }

  /** Changes what is asked for; false where there is no other way. */
  function otherWay(failure: FetchFailure, said: string): boolean {
    if (failure === "no such commit" && from.head === head.sha && !said.includes(base.sha)) {
      from.head = headName;
      return true;
    }
    if (failure === "no such ref" && from.base === baseName && said.includes(baseName)) {
      from.base = base.sha;
      warnings.push(
        `the base branch \`${base.ref}\` is not there any more: \`origin/${base.ref}\` is its last known commit`,
      );
      return true;
    }
    return false;
  }

  function troubleOf(error: unknown): unknown {
    if (!(error instanceof GitTrouble)) {
      return error;
    }
    const failure = fetchFailure(error.said);
    if (from.head === headName && failure === "no such ref") {
      return new NotFetched(goneText(), "no such commit");
    }
    const { serverUrl, token } = request;
    const about = { repository: request.repository, serverUrl, hasToken: Boolean(token) };
    return new NotFetched(tellFetchTrouble(error.said || error.message, about), failure);
  }

  function goneText(): string {
    return `commit ${head.sha} of pull request #${number} is not there any more: its branch was pushed over since somebody asked; ask again for what is there now`;
  }

  function noMergeBase(): string {
    return `where pull request #${number} left \`${base.ref}\` is not known, so \`git diff origin/${base.ref}...HEAD\` cannot be had`;
  }
}

async function isShallow({ folder }: NewRepository): Promise<boolean> {
  return (await readFile(join(folder, "shallow"), "utf8").catch(() => "")) !== "";
}

async function isIn(repository: NewRepository, commit: string, ref: string): Promise<boolean> {
  try {
    return (await asked(repository, ["merge-base", "--is-ancestor", commit, ref])) !== undefined;
  } catch (error) {
    if (error instanceof GitTrouble) {
      return false; // it knows no such commit
    }
    throw error;
  }
}

/** What git answers; undefined where it says no, which is an exit code without words. */
async function asked(
  repository: NewRepository,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    return (await repository.git(args)).trim();
  } catch (error) {
    if (error instanceof GitTrouble && error.said === "") {
      return undefined;
    }
    throw error;
  }
}
