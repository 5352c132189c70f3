import { standardOutputLog } from "./log/log.ts";
import { createRedactor } from "./log/redactor.ts";
import { live, withFailuresTold } from "./modes/life.ts";
import { readPostState, savePostState } from "./modes/post-state.ts";
import { cleanUp } from "./post.ts";
import { reportToGitHub, tellOutputs } from "./report/to-github.ts";
import { readInputs } from "./settings/inputs.ts";

// The action's entry, for main and for post: the runner starts the same file twice.

const redactor = createRedactor();
const log = standardOutputLog(true, redactor);
const { env } = process;

async function main(): Promise<void> {
  savePostState({ isPost: true });
  const { report } = await live({
    given: readInputs(env),
    workspace: env.GITHUB_WORKSPACE ?? process.cwd(),
    environment: env,
    log,
    redactor,
    known: tellOutputs,
    remember: savePostState,
  });
  await reportToGitHub(report, env, log);
}

process.noDeprecation = true; // of Node.js, for those who wrote a dependency: behind a proxy there is one

await withFailuresTold(log, async () => {
  const state = readPostState();
  await (state.isPost ? cleanUp(state, env, log) : main());
});

// a request to a registry may still be waiting for its next attempt; nothing needs its answer now
process.exit();
