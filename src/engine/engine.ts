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
   * Whether it looks for a container's user on its own machine when it copies for that user, as Docker did before 28:
   * it finds none, or another one of that name.
   */
  looksForUsersAtHome(): Promise<boolean>;
  /**
   * Whether it is on another machine, where our loopback is not its own. `false` where it cannot be told:
   * a pull that fails is a build.
   */
  isRemote(): Promise<boolean>;
  /** How it builds images. */
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
  let version: string | undefined;
  const askVersion = async () => {
    const answer = await cli.ask(...program.version);
    const [platform = "", its = ""] = answer.stdout.trim().split(" ");
    version = its;
    return { answer, platform };
  };
  /** Known since its platform was asked for. */
  const versionOf = async () => {
    if (version === undefined) {
      await askVersion();
    }
    return version ?? "";
  };
  return {
    cli,
    images: dockerImages(cli),
    containers: dockerContainers(cli),
    async platform() {
      const { answer, platform } = await askVersion();
      if (answer.code !== 0) {
        throw new NoEngine(answer.stderr);
      }
      return parsePlatform(platform);
    },
    looksForUsersAtHome: async () => isBefore28(await versionOf()),
    machine: () => {
      machine ??= askMachine(cli);
      return machine;
    },
    async isRemote() {
      const { code, stdout } = await cli.ask(...program.whereabouts);
      return code === 0 && isRemoteHost(stdout.trim());
    },
    async builds() {
      if (!program.hasBuilders) {
        return "podman";
      }
      // buildx would start a BuildKit of its own in it, which sees none of the engine's images
      return isPodmans(await versionOf()) ? "podman's API" : "buildx";
    },
    login: (login) => logIn(cli, login),
  };
}

/** Pure. Docker's own versions begin at 17, and podman's API says podman's. */
export function isPodmans(version: string): boolean {
  return /^[1-9]\./.test(version);
}

/** Pure. Docker's own versions: podman, which has others and finds the users, is not meant. */
export function isBefore28(version: string): boolean {
  return /^(?:1[7-9]|2[0-7])\./.test(version);
}

/** Pure. `tcp://` and `ssh://` to this machine's own loopback count as here. */
export function isRemoteHost(host: string): boolean {
  return (
    /^(?:tcp|ssh|https?):/.test(host) && URL.canParse(host) && !isLoopback(new URL(host).hostname)
  );
}
