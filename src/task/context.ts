/** What a task may know of the job it runs in: facts, never tokens or the runner's own files. */
const passed = [
  "CI",
  "GITHUB_ACTION",
  "GITHUB_ACTIONS",
  "GITHUB_ACTOR",
  "GITHUB_ACTOR_ID",
  "GITHUB_API_URL",
  "GITHUB_BASE_REF",
  "GITHUB_EVENT_NAME",
  "GITHUB_GRAPHQL_URL",
  "GITHUB_HEAD_REF",
  "GITHUB_JOB",
  "GITHUB_REF",
  "GITHUB_REF_NAME",
  "GITHUB_REF_PROTECTED",
  "GITHUB_REF_TYPE",
  "GITHUB_REPOSITORY",
  "GITHUB_REPOSITORY_ID",
  "GITHUB_REPOSITORY_OWNER",
  "GITHUB_REPOSITORY_OWNER_ID",
  "GITHUB_RETENTION_DAYS",
  "GITHUB_RUN_ATTEMPT",
  "GITHUB_RUN_ID",
  "GITHUB_RUN_NUMBER",
  "GITHUB_SERVER_URL",
  "GITHUB_SHA",
  "GITHUB_TRIGGERING_ACTOR",
  "GITHUB_WORKFLOW",
  "GITHUB_WORKFLOW_REF",
  "GITHUB_WORKFLOW_SHA",
  "RUNNER_ARCH",
  "RUNNER_DEBUG",
  "RUNNER_ENVIRONMENT",
  "RUNNER_NAME",
  "RUNNER_OS",
];

/** The job's variables for the task; the workspace's is where the container has it. */
export function contextVariables(
  environment: NodeJS.ProcessEnv,
  workdir: string,
): Map<string, string> {
  const values = new Map<string, string>();
  for (const name of passed) {
    const value = environment[name];
    if (value !== undefined && value !== "") {
      values.set(name, value);
    }
  }
  if (environment.GITHUB_WORKSPACE !== undefined) {
    values.set("GITHUB_WORKSPACE", workdir);
  }
  return values;
}
