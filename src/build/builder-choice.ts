import type { Docker } from "../engine/cli.ts";

/** The builder that a build uses. */
export interface BuilderChoice {
  readonly name: string;
  /** Whether it sees the engine's own images: only the engine's own builder does. */
  readonly seesEngine: boolean;
}

/** The engine's own builder: unset means this one, since what `setup-buildx-action` leaves active sees no local parents. */
export const ownBuilder: BuilderChoice = { name: "default", seesEngine: true };

/** Finds the builder of that name; a missing one is a warning and the engine's own builds instead. */
export async function chooseBuilder(
  cli: Docker,
  name: string | undefined,
  warn: (message: string) => void,
): Promise<BuilderChoice> {
  if (name === undefined || name === ownBuilder.name) {
    return ownBuilder;
  }
  const answer = await cli.ask("buildx", "inspect", name);
  if (answer.code !== 0) {
    warn(
      `the builder ${name} was not found (${answer.stderr.split("\n").at(-1)}); the engine's own builder is used instead`,
    );
    return ownBuilder;
  }
  return { name, seesEngine: false };
}
