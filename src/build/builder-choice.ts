import type { Docker } from "../engine/cli.ts";
import { programOf } from "../engine/program.ts";
import { reasonIn } from "../engine/words.ts";

/** The builder that a build uses. */
export interface BuilderChoice {
  readonly name: string;
  /** Whether it sees the engine's own images: only the engine's own builder does. */
  readonly seesEngine: boolean;
}

/**
 * The engine's own builder, which has the name of the context that the engine is used by: unset means this one, since
 * what `setup-buildx-action` leaves active sees no local parents.
 */
export const ownBuilder = (context: string): BuilderChoice => ({ name: context, seesEngine: true });

/** Whether the setting means the engine's own builder: `default` does, whatever the context is called. */
export function meansOwnBuilder(name: string | undefined, context: string): boolean {
  return name === undefined || name === "default" || name === context;
}

/** Finds the builder of that name; a missing one is a warning and the engine's own builds instead. */
export async function chooseBuilder(
  cli: Docker,
  name: string | undefined,
  context: string,
  warn: (message: string) => void,
): Promise<BuilderChoice> {
  if (name === undefined || meansOwnBuilder(name, context)) {
    return ownBuilder(context);
  }
  if (!programOf(cli).hasBuilders) {
    warn(`the builder ${name} is not used: podman has no BuildKit, and builds by itself`);
    return ownBuilder(context);
  }
  const answer = await cli.ask("buildx", "inspect", name);
  if (answer.code !== 0) {
    warn(
      `the builder ${name} was not found (${reasonIn(answer.stderr)}); the engine's own builder is used instead`,
    );
    return ownBuilder(context);
  }
  return { name, seesEngine: false };
}
