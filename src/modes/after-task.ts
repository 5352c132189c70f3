import type { Job } from "../settings/load.ts";
import type { TaskResult } from "../task/ends.ts";
import { apiOf } from "./api.ts";
import { type HandedOver, handOver } from "./hands.ts";
import type { AskedOf } from "./question.ts";
import { reviewFrom } from "./review.ts";
import type { Runtime } from "./runtime.ts";
import type { Work } from "./work.ts";

/** What came of the task on GitHub. */
export interface After {
  /** For the answer, as Markdown; undefined where there is nothing to say. */
  readonly said: string | undefined;
  readonly reviewUrl: string | undefined;
  /** What became of the changes. */
  readonly handedOver: HandedOver;
}

/** How long GitHub may take to take all of it. */
const answerMs = 120_000;

/** Hands over what the agent made: its changes and its review. Never fails; what could not be done is a warning. */
export async function afterTask(
  job: Job,
  result: TaskResult,
  { pull, diff }: AskedOf,
  { ask }: Work,
  runtime: Runtime,
): Promise<After> {
  const { environment, cancelled, log } = runtime;
  const { changes, conclusion } = result;
  const handedOver = await handOver(job, { changes, conclusion, ask, pull }, runtime);
  for (const warning of handedOver.warnings) {
    log.warning(warning);
  }
  const said = [handedOver.said].flatMap((one) => one ?? []);
  let reviewUrl: string | undefined;
  if (cancelled.aborted) {
    return { said: said[0], reviewUrl, handedOver };
  }
  const signals = [cancelled, AbortSignal.timeout(answerMs)];
  const api = await apiOf(job.settings, environment, ...signals);
  if (job.settings.review && api !== undefined && result.conclusion === "success") {
    if (pull === undefined) {
      log.warning("no review was made: there is no pull request");
    } else {
      const { structured } = result.agent ?? {};
      const review = await reviewFrom({ structured, pull, diff, api });
      review.warnings.forEach((warning) => {
        log.warning(warning);
      });
      said.push(...[review.said].flatMap((one) => one ?? []));
      reviewUrl = review.url;
    }
  }
  return { said: said.length === 0 ? undefined : said.join("\n\n"), reviewUrl, handedOver };
}
