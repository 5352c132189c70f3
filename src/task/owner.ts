import type { Engine } from "../engine/engine.ts";
import { ContainerTrouble } from "../engine/trouble.ts";
import type { Container } from "./container.ts";
import { userOf } from "./workspace/hand-over.ts";
import type { Owner } from "./workspace/plan.ts";

/** Whom every machine knows by the same number. */
const roots = ["", "0", "root"];

/**
 * For whose numbers what is copied into a container is archived; undefined where the engine finds its user by itself.
 *
 * @param user of the container
 * @param always whatever the engine can do
 * @throws ContainerTrouble for a user that the image does not know
 */
export async function archivedFor(
  engine: Pick<Engine, "looksForUsersAtHome">,
  container: Pick<Container, "text">,
  user: string,
  always = false,
): Promise<Owner | undefined> {
  if (!always && (roots.includes(user) || !(await engine.looksForUsersAtHome()))) {
    return undefined;
  }
  const owner = await userOf(container, user);
  if (owner === undefined) {
    throw new ContainerTrouble(
      `the task's container could not be created: the image does not know its user ${user}`,
    );
  }
  return owner;
}
