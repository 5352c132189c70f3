import type { Docker } from "./cli.ts";

/**
 * The same CLI, but what is pulled from one repository, and builds into the engine, which may have to pull it, use
 * another configuration: the CLI looks logins up by the host alone, and that host has two.
 *
 * @param repository with its host: `ghcr.io/owner/base`
 * @param folder for `DOCKER_CONFIG`
 */
export function pullAs(cli: Docker, repository: string, folder: string): Docker {
  const isOfIt = (name = "") =>
    name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`);
  return {
    ...cli, // with what ends its commands at a cancel
    start(args, options) {
      const pulls = args[0] === "pull" && (isOfIt(args.at(-1)) || args.at(-1) === repository);
      const builds = args[0] === "buildx" && args.includes("--load");
      return cli.start(
        args,
        pulls || builds ? { ...options, env: { ...options?.env, DOCKER_CONFIG: folder } } : options,
      );
    },
  };
}
