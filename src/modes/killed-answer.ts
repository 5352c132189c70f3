import { editAnswer } from "../github/answers.ts";
import { apiClient, apiUrlOf } from "../github/client.ts";
import type { Log } from "../log/log.ts";
import { whyNotWritten } from "./comment.ts";
import type { PostState } from "./post-state.ts";

/** How long GitHub may take. */
const answerMs = 10_000;

/**
 * Ends an answer that a main process which was killed has left at "working on it". Never fails.
 *
 * @param token the step's `github-token`
 */
export async function endKilledAnswer(
  { answer, ended }: Pick<PostState, "answer" | "ended">,
  token: string | undefined,
  environment: NodeJS.ProcessEnv,
  log: Pick<Log, "warning">,
): Promise<void> {
  const { GITHUB_REPOSITORY: repository } = environment;
  if (!answer || ended || token === undefined || !repository) {
    return;
  }
  const signal = AbortSignal.timeout(answerMs);
  const access = { repository, token, apiUrl: apiUrlOf(environment), signal };
  try {
    await editAnswer(await apiClient(access), answer, answer.text);
  } catch (error) {
    const why = signal.aborted ? "GitHub did not answer in time" : whyNotWritten(error);
    log.warning(`the answer still says that work goes on, and could not be edited: ${why}`);
  }
}
