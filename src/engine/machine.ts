import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { EngineRegistries } from "../registry/engine-registries.ts";
import type { Docker } from "./cli.ts";
import { programOf } from "./program.ts";

/** What an engine says of itself and of the machine that it runs its containers on. */
export interface Machine {
  /** In bytes. */
  readonly memory: number;
  /** User numbers are other ones in a container: the engine is rootless or has user namespaces. */
  readonly mapsUsers: boolean;
  /** The engine itself runs as an ordinary user. */
  readonly isRootless: boolean;
  /** The engine's version, as it writes it; empty where it does not say. */
  readonly version: string;
  /** `overlay2`, `overlayfs`, … */
  readonly driver: string;
  /** Whether images are kept by containerd, and not in the classic store. */
  readonly hasContainerdStore: boolean;
  /** Where it keeps everything, on its own machine. */
  readonly dataRoot: string;
  readonly registries: EngineRegistries;
}

const text = z.string().catch("");
const texts = z.array(z.string()).nullish().catch(undefined);
const indexSchema = z.object({ Secure: z.boolean(), Mirrors: texts });

const schema = z.object({
  MemTotal: z.number().positive(),
  SecurityOptions: texts,
  ServerVersion: text,
  Driver: text,
  DriverStatus: z
    .array(z.tuple([z.string(), z.string()]))
    .nullish()
    .catch(undefined),
  DockerRootDir: text,
  RegistryConfig: z
    .object({
      Mirrors: texts,
      InsecureRegistryCIDRs: texts,
      IndexConfigs: z.record(z.string(), indexSchema).nullish().catch(undefined),
    })
    .nullish()
    .catch(undefined),
});

/** Asks the engine, which takes it longer than most else. Undefined where it does not say. */
export async function askMachine(cli: Docker): Promise<Machine | undefined> {
  const program = programOf(cli);
  const { code, stdout } = await cli.ask(...program.info);
  return code === 0 ? readers[program.name](parseJson(stdout)) : undefined;
}

/** What `docker info` says. */
function readDockerInfo(json: unknown): Machine | undefined {
  const said = schema.safeParse(json).data;
  if (said === undefined) {
    return undefined;
  }
  const security = said.SecurityOptions ?? [];
  const indexes = said.RegistryConfig?.IndexConfigs ?? {};
  const isRootless = security.some((one) => /^name=rootless\b/.test(one));
  return {
    memory: said.MemTotal,
    mapsUsers: isRootless || security.some((one) => /^name=userns\b/.test(one)),
    isRootless,
    version: said.ServerVersion,
    driver: said.Driver,
    hasContainerdStore: (said.DriverStatus ?? []).some(
      ([, value]) => value === "io.containerd.snapshotter.v1",
    ),
    dataRoot: said.DockerRootDir,
    registries: {
      mirrors: indexes["docker.io"]?.Mirrors ?? said.RegistryConfig?.Mirrors ?? [],
      insecureHosts: Object.keys(indexes).filter((host) => indexes[host]?.Secure === false),
      insecureNetworks: said.RegistryConfig?.InsecureRegistryCIDRs ?? [],
    },
  };
}

const yes = z.boolean().catch(false);
/** An entry of `registries.conf`; `search` is no entry. */
const entrySchema = z
  .object({
    Insecure: yes,
    Mirrors: z
      .array(z.object({ Location: text }))
      .nullish()
      .catch(undefined),
  })
  .optional()
  .catch(undefined);

const podmanSchema = z.object({
  host: z.object({
    memTotal: z.number().positive(),
    security: z.object({ rootless: yes }).catch({ rootless: false }),
  }),
  store: z
    .object({ graphDriverName: text, graphRoot: text })
    .catch({ graphDriverName: "", graphRoot: "" }),
  registries: z.record(z.string(), entrySchema).nullish().catch(undefined),
  version: z.object({ Version: text }).catch({ Version: "" }),
});

/** What `podman info` says. */
function readPodmanInfo(json: unknown): Machine | undefined {
  const said = podmanSchema.safeParse(json).data;
  if (said === undefined) {
    return undefined;
  }
  const { host, store, version } = said;
  const registries = Object.entries(said.registries ?? {});
  return {
    memory: host.memTotal,
    mapsUsers: host.security.rootless,
    isRootless: host.security.rootless,
    version: version.Version,
    driver: store.graphDriverName,
    hasContainerdStore: false,
    dataRoot: store.graphRoot,
    registries: {
      mirrors: (said.registries?.["docker.io"]?.Mirrors ?? []).map(({ Location }) => Location),
      insecureHosts: registries.flatMap(([name, entry]) => (entry?.Insecure ? [name] : [])),
      insecureNetworks: [],
    },
  };
}

const readers = { docker: readDockerInfo, podman: readPodmanInfo };
