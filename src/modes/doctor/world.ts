import type { Engine } from "../../engine/engine.ts";
import type { Platform } from "../../registry/documents.ts";
import type { Finding } from "../../report/doctor.ts";
import type { Job } from "../../settings/load.ts";
import type { Runtime } from "../runtime.ts";

/** What the doctor looks at. */
export interface World
  extends Pick<Runtime, "engineContext" | "environment" | "event" | "runId" | "folder"> {
  readonly job: Pick<Job, "settings" | "workspace" | "certificates">;
  readonly credentials: Runtime["credentials"];
  /** Every command of it ends in time. */
  readonly engine: Engine;
  /** The engine's, asked once. @throws NoEngine */
  readonly platform: () => Promise<Platform>;
  /** Fires when what is asked has to be answered. */
  readonly signal: AbortSignal;
}

/** One look at one part of the surroundings. */
export interface Look {
  /** What is told of when there is no answer. */
  readonly about: string;
  /** It may throw: then that is what it found. */
  readonly at: (world: World) => Promise<readonly Finding[]>;
}

/** A look that needs an engine: where there is none, that is told elsewhere, and not of each part of it. */
export function ofEngine(about: string, at: Look["at"]): Look {
  const nothing: Finding = { about, state: "note", says: "not looked at: no engine answers" };
  return {
    about,
    at: async (world) => {
      const answers = await world.platform().then(
        () => true,
        () => false,
      );
      return answers ? at(world) : [nothing];
    },
  };
}
