import { dockerCli } from "./engine/cli.ts";
import { dockerEngine } from "./engine/engine.ts";
import type { Log } from "./log/log.ts";
import { authoritiesBeforeJob } from "./modes/authorities.ts";
import { removeLeftovers } from "./modes/leftovers.ts";
import type { PostState } from "./modes/post-state.ts";
import { runFolder } from "./modes/runtime.ts";
import { offerAuthorities } from "./network/authorities.ts";
import { readInputs } from "./settings/inputs.ts";

/** Post: removes what a main process that was killed left behind; one that ended by itself left nothing, if it could. */
export async function cleanUp(
  state: PostState,
  environment: NodeJS.ProcessEnv,
  log: Log,
): Promise<void> {
  const { runId, ended, container, workspace, git, steering } = state;
  if (state.answer) {
    const { endKilledAnswer } = await import("./modes/killed-answer.ts");
    const given = readInputs(environment);
    const token = given["github-token"]?.value;
    const here = environment.GITHUB_WORKSPACE ?? process.cwd();
    offerAuthorities(authoritiesBeforeJob({ given, workspace: here, environment }));
    await endKilledAnswer(state, token, environment, log);
  }
  // without an id main stopped before it started anything
  if (runId === undefined || (ended && !container && !workspace && !git && !steering)) {
    return;
  }
  const engine = dockerEngine(dockerCli(environment));
  const folder = runFolder(environment, runId);
  const owed = workspace ?? undefined;
  await removeLeftovers({ engine, runId, folder, owed, git: git ?? undefined, log });
}
