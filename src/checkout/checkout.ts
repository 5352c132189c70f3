import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fullDisk, Trouble } from "../log/trouble.ts";
import { type Before, lookBefore } from "./before.ts";
import { NotFetched } from "./fetch-trouble.ts";
import { GitTrouble } from "./git-program.ts";
import { fetchHistory, type History } from "./history.ts";
import { type NewRepository, newRepository } from "./new-repository.ts";
import { forgetNames, takeObjects } from "./old-objects.ts";
import { putInPlace } from "./put-in-place.ts";
import { type CheckedOut, type CheckoutRequest, checkRequest } from "./request.ts";
import { noticesOf } from "./tell-tree.ts";
import { type Overwritten, switchTo, takeIndex, tellOverwritten } from "./work-tree.ts";

const defaultLimitMs = 10 * 60_000;

/**
 * Brings the pinned head of a pull request into the workspace. It is made in a repository of our own, which takes the
 * place of the one that was there: nothing that somebody has set in that one is ever run. Until the head and its
 * history have come, the workspace is not touched.
 *
 * @throws Trouble
 */
export async function checkOut(request: CheckoutRequest): Promise<CheckedOut> {
  checkRequest(request);
  const { limitMs = defaultLimitMs } = request;
  const late = AbortSignal.timeout(limitMs);
  const own = join(request.scratch, "checkout");
  try {
    const signal = AbortSignal.any([request.signal, late]);
    return await bring({ ...request, signal }, own);
  } catch (error) {
    if (request.signal.aborted) {
      throw new Trouble("`checkout: head` was cancelled");
    }
    if (late.aborted) {
      throw new Trouble(
        `\`checkout: head\` took longer than ${Math.round(limitMs / 60_000)} minutes and was ended; give a smaller \`fetch-depth\``,
      );
    }
    throw troubleOf(error);
  } finally {
    await rm(own, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * Why there is nothing to work on; undefined where the workspace is a checkout.
 *
 * @param hasHead whether `checkout: head` could bring something
 */
export function whyNoCheckout(workspace: string, hasHead: boolean): string | undefined {
  const head = hasHead ? ", or set `checkout: head`" : "";
  return existsSync(join(workspace, ".git"))
    ? undefined
    : `there is no checkout in the workspace (${workspace}): add \`actions/checkout\` before this step${head}`;
}

async function bring(request: CheckoutRequest, own: string): Promise<CheckedOut> {
  const { workspace, head } = request;
  await mkdir(workspace, { recursive: true });
  await mkdir(own, { recursive: true });
  const empty = await newRepository(join(own, "empty"), request);
  const before = await lookBefore(empty, request);
  const { repository, history } = await fetched(empty, before, request, own);
  await forgetNames(repository.folder);
  await writeFile(join(repository.folder, "HEAD"), `${head.sha}\n`);
  const overwritten: Overwritten =
    before.folder === undefined
      ? { paths: [], isUnknown: false }
      : await takeIndex(repository, before.folder);
  await switchTo(repository, head.sha);
  await putInPlace(workspace, repository.folder, join(own, "old"));
  const told = tellOverwritten(overwritten);
  return {
    head: head.sha,
    mergeBase: history.mergeBase,
    warnings: [...history.warnings, ...(told === undefined ? [] : [told])],
    notices: await noticesOf(workspace, before),
  };
}

/** With what the old repository has, if that leads anywhere; else without. */
async function fetched(
  empty: NewRepository,
  before: Before,
  request: CheckoutRequest,
  own: string,
): Promise<{ repository: NewRepository; history: History }> {
  if (before.folder !== undefined && !before.isPartial) {
    const repository = await newRepository(join(own, "with-old"), request);
    const taken = await takeObjects(repository, before.folder);
    if (taken !== undefined) {
      try {
        return { repository, history: await fetchHistory(repository, request, taken === "all") };
      } catch (error) {
        if (!(error instanceof NotFetched) || error.failure !== "other") {
          throw error;
        }
        // something may be wrong with what is there: the next try tells
      }
    }
  }
  return { repository: empty, history: await fetchHistory(empty, request) };
}

function troubleOf(error: unknown): unknown {
  const full = fullDisk(error);
  if (full !== undefined) {
    return new Trouble(`\`checkout: head\` could not be done: ${full}`);
  }
  // of git, or of a file that is another user's
  return error instanceof GitTrouble || (error instanceof Error && "syscall" in error)
    ? new Trouble(`\`checkout: head\` could not be done: ${error.message}`)
    : error;
}
