import type { Docker } from "./cli.ts";
import { programOf } from "./program.ts";

/**
 * The same CLI, but what is pulled from one repository, and builds into the engine, which may have to pull it, use
 * another configuration: the CLI looks logins up by the host alone, and that host has two.
 *
 * @param repository with its host: `ghcr.io/owner/base`
 * @param folder of the other configuration
 */
export function pullAs(cli: Docker, repository: string, folder: string): Docker {
  const isOfIt = (name = "") =>
    name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`);
  return {
    ...cli, // with what ends its commands at a cancel
    start(args, options) {
      const pulls = args[0] === "pull" && (isOfIt(args.at(-1)) || args.at(-1) === repository);
      const builds = args[0] === "build" || (args[0] === "buildx" && args.includes("--load"));
      return cli.start(
        args,
        pulls || builds
          ? { ...options, env: { ...options?.env, ...programOf(cli).loginsIn(folder) } }
          : options,
      );
    },
  };
}
