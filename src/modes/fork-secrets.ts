import { agents } from "../agents/agents.ts";
import type { Job } from "../settings/load.ts";

/** With which the tool of Copilot can do more than reach its model. */
const repositoryTokens = new Set(["GH_TOKEN", "GITHUB_TOKEN"]);

/** The job without the secrets of its `env` that no model needs, and their names: a fork's code is a stranger's. Pure. */
export function withModelKeyOnly(job: Job): {
  readonly job: Job;
  readonly withheld: readonly string[];
} {
  const agent = job.settings.agent && agents[job.settings.agent];
  const needed = new Set(
    agent === undefined
      ? []
      : [...agent.keys, ...Object.keys(agent.aliases), ...agent.otherAccess].filter(
          (name) => !repositoryTokens.has(name),
        ),
  );
  const withheld = [...job.secretNames].filter((name) => !needed.has(name));
  const environment = new Map(job.environment);
  for (const name of withheld) {
    environment.delete(name);
  }
  const secretNames = new Set([...job.secretNames].filter((name) => needed.has(name)));
  return { job: { ...job, environment, secretNames, secrets: [] }, withheld };
}
