/** A user of the docker CLI with a configuration of their own, as `docker/login-action` and others leave it. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../../scripts/shell.ts";
import { jobFolder } from "../../harness/runner-env.ts";

export interface DockerUser {
  /** Goes into the step's environment. */
  env: { DOCKER_CONFIG: string };
  folder: string;
  /** Logs in as `docker/login-action` does. */
  logIn(registry: string, account: { username: string; password: string }): Promise<void>;
}

export async function dockerUser(config: object = {}): Promise<DockerUser> {
  const folder = await mkdtemp(join(await jobFolder(), "docker-user-"));
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const env = { DOCKER_CONFIG: folder };
  return {
    env,
    folder,
    logIn: async (registry, { username, password }) => {
      const argv = ["login", "--username", username, "--password-stdin", registry];
      await run("docker", argv, { env, input: password });
    },
  };
}
