import { jobFacts } from "../settings/job-facts.ts";

/** The job's variables for the task; the workspace's is where the container has it. */
export function contextVariables(
  environment: NodeJS.ProcessEnv,
  workdir: string,
): Map<string, string> {
  const values = new Map<string, string>();
  for (const name of jobFacts) {
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
