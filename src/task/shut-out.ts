import type { Engine } from "../engine/engine.ts";
import { ContainerTrouble } from "../engine/trouble.ts";
import type { Evidence } from "./collect.ts";

/** How the start script ends before all else, where the container's user may not write what it has to. */
const shutOutCode = 93;

/**
 * Whether the container's user is shut out of its files, as the start script says by its code and by leaving no note.
 * A task that fakes it does itself no good: it begins anew, once. Pure.
 */
export function isShutOut({ ended, state, notes }: Pick<Evidence, "ended" | "state" | "notes">) {
  return ended === "by itself" && state.ExitCode === shutOutCode && notes.size === 0;
}

/**
 * Whether a container could not even be started for want of rights on an engine whose users have other numbers: it could not
 * enter the workspace's folder, or find what is to be mounted.
 */
export async function isKeptOut(error: unknown, engine: Engine): Promise<boolean> {
  return (
    error instanceof ContainerTrouble &&
    /permission denied/i.test(error.message) &&
    (await engine.machine())?.mapsUsers === true
  );
}

export const otherWay =
  "users have other numbers on this engine, and the container's may not write the mounted workspace: it is copied in, and back after the task";
