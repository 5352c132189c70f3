import { programOf } from "../../engine/program.ts";
import { platformText } from "../../registry/documents.ts";
import { withoutLogin } from "./shown.ts";
import { type Look, ofEngine } from "./world.ts";

/** Whether there is an engine. Without one no task runs, so what is thrown here fails the step. */
export const engine: Look = {
  about: "engine",
  at: async ({ engine, platform, environment, engineContext }) => {
    const [its, machine] = await Promise.all([platform(), engine.machine()]);
    const host = environment.DOCKER_HOST;
    const docker = host ? `\`DOCKER_HOST\` ${withoutLogin(host)}` : `the context ${engineContext}`;
    const where = programOf(engine.cli).hasBuilders ? docker : "podman's own command";
    const kind = machine?.isRootless ? ", rootless" : machine?.mapsUsers ? ", userns-remap" : "";
    const says = `version ${machine?.version || "unknown"}, ${platformText(its)}${kind}, by ${where}`;
    return [{ about: "engine", state: "ok", says }];
  },
};

export const store: Look = ofEngine("store", async ({ engine }) => {
  const about = "store";
  const machine = await engine.machine();
  if (machine === undefined) {
    const next = "ask it with `docker info`";
    return [{ about, state: "note", says: "the engine does not say", next }];
  }
  const { hasContainerdStore, driver, dataRoot } = machine;
  const own = programOf(engine.cli).hasBuilders ? "the classic image store" : "podman's own store";
  const kind = hasContainerdStore ? "containerd's image store" : own;
  return [{ about, state: "ok", says: `${kind}, ${driver}, in ${dataRoot}` }];
});
