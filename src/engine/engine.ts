import type { RegistryLogin } from "../registry/docker-config.ts";
import { type Platform, parsePlatform } from "../registry/documents.ts";
import { isLoopback } from "../registry/loopback.ts";
import type { Docker } from "./cli.ts";
import { type Containers, dockerContainers } from "./containers.ts";
import { dockerImages, type Images } from "./images.ts";
import { logIn } from "./login.ts";
import { askMachine, type Machine } from "./machine.ts";
import { programOf } from "./program.ts";
import { NoEngine } from "./trouble.ts";

/**
 * - `buildx`: BuildKit, by docker's plugin
 * - `podman`: buildah, by podman's own command
 * - `podman's API`: buildah, by what the docker command had before BuildKit; it takes no build secrets
 */
export type Builds = "buildx" | "podman" | "podman's API";

/** The container engine, in verbs. Everything that is asked of one goes through here. */
export interface Engine {
  readonly images: Images;
  readonly containers: Containers;
  /** The platform its containers have. @throws NoEngine */
  platform(): Promise<Platform>;
  /** What it says of itself and its machine, asked once; undefined where it does not say. */
  machine(): Promise<Machine | undefined>;
  /**
   * Whether it is on another machine, where our loopback is not its own. `false` where it cannot be told:
   * a pull that fails is a build.
   */
  isRemote(): Promise<boolean>;
  /** How it builds images, asked once. */
  builds(): Promise<Builds>;
  /** Logs in at a registry. Answers what went wrong: a public image can be had without a login. */
  login(login: RegistryLogin): Promise<string | undefined>;
  /** The CLI itself, for what builds images. */
  readonly cli: Docker;
}

/** An engine behind the docker CLI, or podman. */
export function dockerEngine(cli: Docker): Engine {
  const program = programOf(cli);
  let machine: Promise<Machine | undefined> | undefined;
  let builds: Promise<Builds> | undefined;
  return {
    cli,
    images: dockerImages(cli),
    containers: dockerContainers(cli),
    async platform() {
      const answer = await cli.ask(...program.platform);
      if (answer.code !== 0) {
        throw new NoEngine(answer.stderr);
      }
      return parsePlatform(answer.stdout.trim());
    },
    machine: () => {
      machine ??= askMachine(cli);
      return machine;
    },
    async isRemote() {
      const { code, stdout } = await cli.ask(...program.whereabouts);
      return code === 0 && isRemoteHost(stdout.trim());
    },
    builds: () => {
      builds ??= askBuilds(cli);
      return builds;
    },
    login: (login) => logIn(cli, login),
  };
}

async function askBuilds(cli: Docker): Promise<Builds> {
  const { components } = programOf(cli);
  if (components === undefined) {
    return "podman";
  }
  // buildx would start a BuildKit of its own in it, which sees none of the engine's images
  const { stdout } = await cli.ask(...components);
  return /^podman engine$/im.test(stdout) ? "podman's API" : "buildx";
}

/** Pure. `tcp://` and `ssh://` to this machine's own loopback count as here. */
export function isRemoteHost(host: string): boolean {
  return (
    /^(?:tcp|ssh|https?):/.test(host) && URL.canParse(host) && !isLoopback(new URL(host).hostname)
  );
}
