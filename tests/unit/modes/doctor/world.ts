import { dockerEngine } from "../../../../src/engine/engine.ts";
import type { World } from "../../../../src/modes/doctor/world.ts";
import type { Finding } from "../../../../src/report/doctor.ts";
import { fakeDocker } from "../../fakes.ts";
import { load, workspace } from "../../settings/workspace.ts";

type Answers = Parameters<typeof fakeDocker>[0];

interface Given extends Partial<Omit<World, "job" | "engine" | "platform">> {
  readonly inputs?: Record<string, string>;
  /** What the docker command says; an engine is there unless it is asked for its version and says otherwise. */
  readonly docker?: Answers;
  readonly job?: Partial<World["job"]>;
}

/** What `docker info` says of an engine without anything special. */
export const info = {
  MemTotal: 1e9,
  SecurityOptions: ["name=seccomp"],
  ServerVersion: "28.5.2",
  Driver: "overlay2",
  DriverStatus: [],
  DockerRootDir: "/nowhere/docker",
  RegistryConfig: { Mirrors: [], InsecureRegistryCIDRs: [], IndexConfigs: {} },
};

export const noEngine = { code: 1, stderr: "Cannot connect to the Docker daemon at unix:///x" };

/** Surroundings in which all is well, but for what is given. */
export async function worldOf({
  inputs = {},
  docker = () => undefined,
  job,
  ...given
}: Given = {}) {
  const cli = fakeDocker(async (args) => (await docker(args)) ?? usual(args));
  const engine = dockerEngine(cli);
  const loaded = await load({ inputs: { mode: "doctor", ...inputs } });
  const world: World = {
    engineContext: "default",
    environment: {},
    event: undefined,
    runId: "00",
    folder: workspace(),
    credentials: async () => undefined,
    signal: new AbortController().signal,
    ...given,
    job: { ...loaded, ...job },
    engine,
    platform: engine.platform,
  };
  return { world, calls: cli.calls };
}

function usual([verb, noun, flag]: readonly string[]) {
  if (verb === "version") return { stdout: flag?.includes("Client") ? "28.5.2" : "linux/amd64" };
  if (verb === "info") return { stdout: JSON.stringify(info) };
  if (verb === "context") return { stdout: "unix:///var/run/docker.sock" };
  return verb === "buildx" && noun === "version"
    ? { stdout: "github.com/docker/buildx v0.29.1 abc" }
    : undefined;
}

/** As people read it: the state, what it is about, and what is said. */
export function told(findings: readonly Finding[]): readonly string[] {
  return findings.map(
    ({ state, about, says, next }) => `${state} ${about}: ${says}${next ? ` → ${next}` : ""}`,
  );
}
