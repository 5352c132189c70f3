import { resolve } from "node:path";
import { mountSpec } from "../../engine/create-argv.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Machine } from "../../engine/machine.ts";
import { reasonIn } from "../../engine/words.ts";
import { engineContext } from "../../registry/docker-config.ts";
import { platformText } from "../../registry/documents.ts";
import type { Finding } from "../../report/doctor.ts";
import { runLabel } from "../../task/container-spec.ts";
import type { Runtime } from "../runtime.ts";
import type { Look } from "./look.ts";

/** The engine, its store and disk, its builder, and whether it has this machine's files and users. */
export const lookAtEngine: Look = async ({ settings, workspace }, runtime) => {
  const { engine } = runtime;
  // throws, where there is none, with what to do
  const platform = await engine.platform();
  const [machine, builder, shared] = await Promise.all([
    engine.machine(),
    builderOf(runtime, settings.builder),
    sharing(engine, runtime, settings["base-image"], resolve(workspace)),
  ]);
  return [
    {
      about: "engine",
      state: "ok",
      says: await engineText(runtime, machine, platformText(platform)),
    },
    ...(machine === undefined ? [] : [storeOf(machine), usersOf(machine)]),
    builder,
    shared,
  ];
};

async function engineText(
  { environment }: Runtime,
  machine: Machine | undefined,
  platform: string,
) {
  const host = environment.DOCKER_HOST;
  const where = host
    ? `\`DOCKER_HOST\` ${host.replace(/\/\/[^@/]*@/, "//")}`
    : `the context ${await engineContext(environment)}`;
  const rootless = machine?.isRootless ? ", rootless" : "";
  return `version ${machine?.version || "unknown"}, ${platform}${rootless}, by ${where}`;
}

function storeOf({ hasContainerdStore, driver, dataRoot }: Machine): Finding {
  const store = hasContainerdStore ? "containerd's image store" : "the classic image store";
  return { about: "store", state: "ok", says: `${store}, ${driver}, in ${dataRoot}` };
}

function usersOf({ mapsUsers }: Machine): Finding {
  return mapsUsers
    ? {
        about: "users",
        state: "note",
        says: "user numbers are other ones in a container (rootless, or user namespaces)",
        next: "if the task cannot write the workspace, run it as root in the container (`user: 0`), which is the engine's own user outside",
      }
    : { about: "users", state: "ok", says: "user numbers are the same in a container" };
}

async function builderOf(
  { engine, environment }: Runtime,
  wanted: string | undefined,
): Promise<Finding> {
  const version = await engine.cli.ask("buildx", "version");
  if (version.code !== 0) {
    return {
      about: "buildx",
      state: "problem",
      says: `docker has no buildx: ${reasonIn(version.stderr)}`,
      next: "install the buildx plugin; without it nothing is cached, and everything is installed at task start",
    };
  }
  const name = wanted ?? (await engineContext(environment));
  const { code, stderr } = await engine.cli.ask("buildx", "inspect", name);
  return code === 0
    ? { about: "buildx", state: "ok", says: `${version.stdout.trim()}, the builder ${name}` }
    : {
        about: "buildx",
        state: "problem",
        says: `the builder ${name} cannot be used: ${reasonIn(stderr)}`,
        next: "leave `builder` out, or create it in an earlier step (`docker/setup-buildx-action`)",
      };
}

/** Makes a container with the workspace in it, which is never started, from an image that is there. */
async function sharing(
  { images, containers }: Engine,
  { runId }: Runtime,
  base: string,
  workspace: string,
): Promise<Finding> {
  const about = "mounts";
  const image = await images.inspect(base);
  if (image === undefined) {
    const next = "run `mode: prebuild` once, and ask again";
    return { about, state: "note", says: `not tried: ${base} is not in the engine`, next };
  }
  const name = `agent-runner-${runId}-doctor`;
  const mount = { type: "bind", source: workspace, target: "/workspace", readonly: true } as const;
  const created = await containers.create({
    ...{ image: image.id, name, entrypoint: "true", command: [], network: "none" },
    labels: [`${runLabel}=${runId}`],
    mounts: [mountSpec(mount)],
  });
  await containers.remove(name);
  if (!("kind" in created)) {
    return { about, state: "ok", says: `the engine has this machine's ${workspace}` };
  }
  return created.kind === "not shared"
    ? {
        about,
        state: "note",
        says: `the engine does not have this machine's ${workspace}`,
        next: "nothing: the workspace is copied into the container and back, which takes its time",
      }
    : { about, state: "problem", says: `no container can be made: ${created.reason}` };
}
