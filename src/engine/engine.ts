import type { RegistryLogin } from "../registry/docker-config.ts";
import { type Platform, parsePlatform } from "../registry/documents.ts";
import { isLoopback } from "../registry/loopback.ts";
import type { Docker } from "./cli.ts";
import { type Containers, dockerContainers } from "./containers.ts";
import { dockerImages, type Images } from "./images.ts";
import { logIn } from "./login.ts";
import { askMachine, type Machine } from "./machine.ts";
import { NoEngine } from "./trouble.ts";

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
  /** Logs in at a registry. Answers what went wrong: a public image can be had without a login. */
  login(login: RegistryLogin): Promise<string | undefined>;
  /** The CLI itself, for what builds images. */
  readonly cli: Docker;
}

/** An engine behind the docker CLI. */
export function dockerEngine(cli: Docker): Engine {
  let machine: Promise<Machine | undefined> | undefined;
  let version: string | undefined;
  const askVersion = async () => {
    const format = "{{.Server.Os}}/{{.Server.Arch}} {{.Server.Version}}";
    const answer = await cli.ask("version", "--format", format);
    const [platform = "", its = ""] = answer.stdout.trim().split(" ");
    version = its;
    return { answer, platform };
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
    async looksForUsersAtHome() {
      if (version === undefined) {
        await askVersion(); // else known since its platform was asked for
      }
      return isBefore28(version ?? "");
    },
    machine: () => {
      machine ??= askMachine(cli);
      return machine;
    },
    async isRemote() {
      const format = "{{.Endpoints.docker.Host}}";
      const { code, stdout } = await cli.ask("context", "inspect", "--format", format);
      return code === 0 && isRemoteHost(stdout.trim());
    },
    login: (login) => logIn(cli, login),
  };
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
