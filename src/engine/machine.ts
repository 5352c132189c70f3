import { z } from "zod";
import { parseJson } from "../log/json.ts";
import type { EngineRegistries } from "../registry/engine-registries.ts";
import type { Docker } from "./cli.ts";

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
  const { code, stdout } = await cli.ask("info", "--format", "{{json .}}");
  const said = code === 0 ? schema.safeParse(parseJson(stdout)).data : undefined;
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
