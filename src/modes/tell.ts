import { commentWay, type Told } from "../report/comment.ts";
import type { Job } from "../settings/load.ts";
import type { Answering } from "./answer.ts";
import { commentOn } from "./comment.ts";
import type { Runtime } from "./runtime.ts";

/** Tells GitHub how the run ended: in the answer to a question, or in the comment that is kept up to date. Never fails. */
export async function tellGitHub(
  job: Job,
  told: Told,
  runtime: Runtime,
  answer: Answering | undefined,
): Promise<void> {
  if (answer !== undefined && commentWay(job.settings.comment, true) === "answer") {
    await answer.finish(told, runtime.timeline.elapsed(), job.settings);
  } else {
    await commentOn(job, told, runtime);
  }
}
