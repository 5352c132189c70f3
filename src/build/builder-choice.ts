import type { Docker } from "../engine/cli.ts";
import { reasonIn } from "../engine/words.ts";

/** The builder that a build uses. */
export interface BuilderChoice {
  readonly name: string;
  /** Whether it sees the engine's own images: only the engine's own builder does. */
  readonly seesEngine: boolean;
}

/** How the setting names the engine's own builder, whatever buildx calls it. */
export const ownName = "default";

/**
 * The engine's own builder: unset means this one, since what `setup-buildx-action` leaves active sees no local parents.
 *
 * @param context the docker context in use: buildx calls the builder of its engine by the same name
 */
export function ownBuilder(context: string): BuilderChoice {
  return { name: context, seesEngine: true };
}

/**
 * Finds the builder of that name; a missing one is a warning and the engine's own builds instead.
 *
 * @param own the engine's own
 */
export async function chooseBuilder(
  cli: Docker,
  name: string | undefined,
  own: BuilderChoice,
  warn: (message: string) => void,
): Promise<BuilderChoice> {
  if (name === undefined || name === ownName || name === own.name) {
    return own;
  }
  const answer = await cli.ask("buildx", "inspect", name);
  if (answer.code !== 0) {
    warn(
      `the builder ${name} was not found (${reasonIn(answer.stderr)}); the engine's own builder is used instead`,
    );
    return own;
  }
  return { name, seesEngine: false };
}
